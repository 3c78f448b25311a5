"""A FastCGI responder that, as PHP does, reads the sources anew for each request; SIGQUIT ends it gently."""

import json
import os
import signal
import socketserver
import struct
import threading
import time
from urllib.parse import parse_qs

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, request, content):
    return struct.pack("!BBHHBx", 1, kind, request, len(content), 0) + content


def pairs(data):
    found, at = {}, 0
    while at < len(data):
        sizes = []
        for _ in range(2):
            size = data[at]
            if size >> 7:
                size = struct.unpack("!I", data[at : at + 4])[0] & 0x7FFFFFFF
                at += 4
            else:
                at += 1
            sizes.append(size)
        name, value = data[at : at + sizes[0]], data[at + sizes[0] : at + sum(sizes)]
        found[name.decode()] = value.decode()
        at += sum(sizes)
    return found


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        params, body = b"", b""
        while True:
            header = self.rfile.read(8)
            if len(header) < 8:
                return
            _, kind, request, size, padding = struct.unpack("!BBHHBx", header)
            content = self.rfile.read(size)
            self.rfile.read(padding)
            if kind == PARAMS:
                params += content
            elif kind == STDIN and content:
                body += content
            elif kind == STDIN:
                break
        environment = pairs(params)
        query = parse_qs(environment.get("QUERY_STRING", ""))
        if "s" in query:
            time.sleep(float(query["s"][0]))
        with open("/var/www/RELEASE") as file:
            answer = {"release": file.read().strip(), "echo": body.decode()}
        text = b"Content-Type: application/json\r\n\r\n" + json.dumps(answer).encode()
        self.wfile.write(
            record(STDOUT, request, text) + record(STDOUT, request, b"") + record(END, request, bytes(8))
        )


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    request_queue_size = 128


server = Server(("", 9000), Handler)
signal.signal(signal.SIGQUIT, lambda *_: threading.Thread(target=server.shutdown).start())
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print("ready to handle connections")
server.serve_forever(poll_interval=0.05)
server.server_close()
