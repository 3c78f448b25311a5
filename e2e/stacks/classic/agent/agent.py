"""Takes datagrams, as syslog and statsd do."""

import os
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", int(os.environ.get("PORT", "5514"))))
while True:
    print(server.recv(2048).decode(errors="replace"))
