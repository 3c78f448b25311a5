"""A connector, as cloudflared is one: it dials out to an edge, and takes what comes from there to where it belongs."""

import os
import socket
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler

WAITING = 64


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def splice(visitor):
    """To nginx, byte by byte."""
    first = visitor.recv(65536)
    if not first:
        return
    with socket.create_connection(("proxy", 80), 10) as server:
        server.settimeout(None)
        server.sendall(first)
        back = threading.Thread(target=copy, args=(server, visitor))
        back.start()
        copy(visitor, server)
        back.join()


class Visit(BaseHTTPRequestHandler):
    """To the app itself: each request on a connection of its own. None is tried again."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.hand_on(None)

    def do_POST(self):
        self.hand_on(self.rfile.read(int(self.headers.get("content-length", 0))))

    def hand_on(self, body):
        server = HTTPConnection("api", 8000, timeout=30)
        try:
            server.request(self.command, self.path, body, {"content-type": "application/json"})
            answer = server.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, HTTPException) as error:
            print(f"Error: {self.path}: {error}", flush=True)
            status, text = 502, str(error).encode()
        finally:
            server.close()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


SERVE = {"proxy": splice, "app": lambda visitor: Visit(visitor, None, None)}
serve = SERVE[sys.argv[1]]
host, port = os.environ[f"EDGE_{sys.argv[1].upper()}"].rsplit(":", 1)


def wait_for_visitors():
    while True:
        try:
            with socket.create_connection((host, int(port)), 10) as visitor:
                visitor.settimeout(None)
                serve(visitor)
        except OSError as error:
            print(f"Error: {error}", flush=True)
            time.sleep(0.2)


threads = [threading.Thread(target=wait_for_visitors, daemon=True) for _ in range(WAITING)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
