"""Exit 0 when the server in this container answers 200."""

from http.client import HTTPConnection
from sys import exit

connection = HTTPConnection("127.0.0.1", 3000, timeout=2)
connection.request("GET", "/health")
exit(0 if connection.getresponse().status == 200 else 1)
