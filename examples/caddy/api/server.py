"""The smallest app to try a deploy with: every path answers 200 and tells the release."""

import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RELEASE = Path(__file__).with_name("RELEASE").read_text().strip()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        text = json.dumps({"release": RELEASE, "path": self.path}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Server(ThreadingHTTPServer):
    # Closing the server waits for the requests that are being answered.
    daemon_threads = False
    request_queue_size = 128


server = Server(("", 8000), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
