"""Renders on the server: what the backend answers, or a 502 where the call fails. No call is tried again."""

import os
import signal
import threading
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

BACKEND = os.environ["BACKEND_URL"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.call(None)

    def do_POST(self):
        self.call(self.rfile.read(int(self.headers.get("content-length", 0))))

    def call(self, body):
        try:
            with urlopen(Request(BACKEND + self.path, data=body), timeout=20) as answer:
                self.render(200, answer.read())
        except (OSError, HTTPException) as error:
            print(f"{self.path}: {error}", flush=True)
            self.render(502, str(error).encode())

    def render(self, status, text):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("", 3000), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever(poll_interval=0.05)
