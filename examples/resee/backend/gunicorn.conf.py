"""gunicorn reads this file by itself from the working directory."""

import os
from pathlib import Path

from resee.assets import publish

bind = "0.0.0.0:8000"
wsgi_app = "resee.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("GUNICORN_WORKERS", "2"))
threads = int(os.environ.get("GUNICORN_THREADS", "8"))
preload_app = True
# Longer than nginx keeps an idle connection to us (30 s), so that it is never we who close one just
# as a request is on its way.
keepalive = 75
timeout = 60
# On SIGTERM requests in flight have this long; Compose's stop_grace_period is longer.
graceful_timeout = 30
worker_tmp_dir = "/dev/shm"
accesslog = None
forwarded_allow_ips = "*"


def on_starting(server):
    """Before the first request: this release's static files are where the frontend serves them."""
    publish(Path("/app/staticfiles"), Path("/srv/static"))
