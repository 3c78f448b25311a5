"""A worker that has always a job of half a second in hand, and finishes it before it stops."""

import signal
import threading
from pathlib import Path

RELEASE = Path(__file__).with_name("RELEASE").read_text().strip()
stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())

print(f"release {RELEASE} works", flush=True)
while not stopping.is_set():
    threading.Event().wait(0.5)
print("finished its job", flush=True)
