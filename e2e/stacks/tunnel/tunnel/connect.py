"""A connector, as cloudflared is one: it dials out to an edge, and takes what comes from there to where it belongs."""

import os
import socket
import sys
import threading
import time

ORIGINS = {"proxy": ("proxy", 80), "app": ("api", 8000)}
WAITING = 64

origin = ORIGINS[sys.argv[1]]
host, port = os.environ[f"EDGE_{sys.argv[1].upper()}"].rsplit(":", 1)
edge = (host, int(port))


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve():
    """One visitor after the other; each has a connection of its own, to the edge and to the origin."""
    while True:
        try:
            with socket.create_connection(edge, 10) as visitor:
                visitor.settimeout(None)
                first = visitor.recv(65536)
                if not first:
                    continue
                with socket.create_connection(origin, 10) as server:
                    server.settimeout(None)
                    server.sendall(first)
                    back = threading.Thread(target=copy, args=(server, visitor))
                    back.start()
                    copy(visitor, server)
                    back.join()
        except OSError as error:
            print(f"Error: {origin[0]}: {error}", flush=True)
            time.sleep(0.2)


threads = [threading.Thread(target=serve, daemon=True) for _ in range(WAITING)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
