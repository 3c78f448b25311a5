"""Exit 0 when the server in this container answers 200."""

import os
import sys
from http.client import HTTPConnection

connection = HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=2)
connection.request("GET", "/", headers={"connection": "close"})
answer = connection.getresponse()
answer.read()
sys.exit(0 if answer.status == 200 else 1)
