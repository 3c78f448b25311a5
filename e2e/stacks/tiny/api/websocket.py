"""The server's side of a WebSocket (RFC 6455) that echoes, as far as a test needs it."""

import base64
import hashlib
import struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
GOING_AWAY = 1001
# How often the end of the server is looked for, and how long a visitor has to answer a close.
LOOK_EVERY_S = 0.1
CLOSE_WITHIN_S = 2


def accept_key(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def frame(opcode, payload):
    """One unmasked frame, as a server sends it; no payload here needs more than 16 bits of length."""
    size = len(payload)
    length = bytes([size]) if size < 126 else bytes([126]) + struct.pack("!H", size)
    return bytes([0x80 | opcode]) + length + payload


def taken(buffer):
    """The first whole frame of `buffer` as (opcode, payload), and what follows it; or None."""
    if len(buffer) < 2:
        return None
    size, at = buffer[1] & 0x7F, 2
    if size == 126:
        size, at = struct.unpack("!H", buffer[2:4])[0] if len(buffer) >= 4 else 0, 4
    if len(buffer) < at + 4 + size:
        return None
    mask, body = buffer[at : at + 4], buffer[at + 4 : at + 4 + size]
    payload = bytes(byte ^ mask[n % 4] for n, byte in enumerate(body))
    return (buffer[0] & 0x0F, payload), buffer[at + 4 + size :]


def echo(connection, stopping):
    """Echoes until the visitor leaves; once `stopping` is set, says 1001 and waits for the answer."""
    connection.settimeout(LOOK_EVERY_S)
    buffer, patience = b"", None
    while patience is None or patience > 0:
        if patience is not None:
            patience -= LOOK_EVERY_S
        elif stopping.is_set():
            connection.sendall(frame(CLOSE, struct.pack("!H", GOING_AWAY)))
            patience = CLOSE_WITHIN_S
        try:
            received = connection.recv(4096)
        except TimeoutError:
            continue
        if not received:
            return
        buffer += received
        while (found := taken(buffer)) is not None:
            (opcode, payload), buffer = found
            if opcode == CLOSE:
                if patience is None:
                    connection.sendall(frame(CLOSE, payload[:2]))
                return
            if patience is None and opcode in (TEXT, PING):
                connection.sendall(frame(PONG if opcode == PING else TEXT, payload))
