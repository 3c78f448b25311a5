"""An HTTP server for tests: tells its release, echoes, is slow when asked, streams, speaks WebSocket."""

import json
import re
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import websocket

RELEASE = Path(__file__).with_name("RELEASE").read_text().strip()
# As Django's ALLOWED_HOSTS: any address of this machine, and no other name.
KNOWN_HOST = re.compile(r"(localhost|[\d.]+)(:\d+)?")
stopping = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An idle connection of a proxy must not hold up the end of the process.
    timeout = 3

    def do_GET(self):
        if not KNOWN_HOST.fullmatch(self.headers["host"]):
            self.answer(400, {"release": RELEASE})
            return
        url = urlsplit(self.path)
        if url.path == "/slow":
            time.sleep(float(parse_qs(url.query)["s"][0]))
        if url.path == "/events":
            self.send_events()
        elif url.path == "/ws" and "sec-websocket-key" in self.headers:
            self.speak_websocket()
        elif url.path in ("/", "/health", "/slow"):
            self.answer(200, {"release": RELEASE})
        else:
            self.answer(404, {"release": RELEASE})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer(200, {"release": RELEASE, "echo": body.decode()})

    def answer(self, status, fields):
        text = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def send_events(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        while not stopping.wait(0.2):
            self.send_chunk(f"data: {RELEASE}\n\n".encode())
        # In good order: the visitor is told, and the answer is whole.
        self.send_chunk(b"event: end\ndata: {}\n\n")
        self.send_chunk(b"")
        self.close_connection = True

    def speak_websocket(self):
        self.send_response(101)
        self.send_header("upgrade", "websocket")
        self.send_header("connection", "upgrade")
        self.send_header("sec-websocket-accept", websocket.accept_key(self.headers["sec-websocket-key"]))
        self.end_headers()
        websocket.echo(self.connection, stopping)
        self.close_connection = True

    def send_chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


def main():
    server = Server(("", 3000), Handler)

    def stop(*_):
        stopping.set()
        # shutdown() waits for the loop that this handler interrupts, so it needs a thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    print(f"release {RELEASE} serves on port 3000", flush=True)
    server.serve_forever(poll_interval=0.05)
    # Waits for the requests that are still being answered.
    server.server_close()


if __name__ == "__main__":
    main()
