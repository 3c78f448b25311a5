"""The app of the other stacks: every path tells the release, `/slow` takes its time, POST echoes."""

import json
import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

RELEASE = Path(__file__).with_name("RELEASE").read_text().strip()
PORT = int(os.environ.get("PORT", "8000"))
stopping = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 75

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path.endswith("/slow"):
            time.sleep(float(parse_qs(url.query)["s"][0]))
        if url.path.endswith("/events"):
            self.send_events()
        else:
            self.answer({})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer({"echo": body.decode()})

    def answer(self, fields):
        text = json.dumps({"release": RELEASE, **fields}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        # Without the word nginx takes a connection that it asked to be closed for one that it may use again.
        if stopping.is_set() or self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(text)

    def send_events(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        while not stopping.wait(0.5):
            self.wfile.write(f"data: {RELEASE}\n\n".encode())

    def handle_one_request(self):
        self.server.idle.add(self.connection)
        try:
            super().handle_one_request()
        finally:
            self.server.idle.discard(self.connection)

    def parse_request(self):
        self.server.idle.discard(self.connection)
        return super().parse_request()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, *arguments):
        super().__init__(*arguments)
        # Connections that wait for a request: nobody is lost when they end.
        self.idle = set()

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def main():
    time.sleep(float(os.environ.get("BOOT_SECONDS", "0")))
    server = Server(("::", PORT), Handler)

    def stop(*_):
        stopping.set()
        # shutdown() waits for the loop that this handler interrupts, so it needs a thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGQUIT, stop)
    print(f"release {RELEASE} serves on port {PORT}", flush=True)
    server.serve_forever(poll_interval=0.05)
    for connection in list(server.idle):
        connection.shutdown(socket.SHUT_RD)
    # Waits for the requests that are still being answered.
    server.server_close()


if __name__ == "__main__":
    main()
