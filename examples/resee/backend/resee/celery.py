"""The Celery application, and the file by which its containers tell that they are alive."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import beat_init, heartbeat_sent, worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resee.settings.production")

app = Celery("resee")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

ALIVE = Path("/tmp/celery-alive")  # noqa: S108 - private to the container


@worker_ready.connect
@heartbeat_sent.connect
@beat_init.connect
def tell_alive(**_: Any) -> None:
    # The healthcheck reads the file's age: asking the worker by `inspect ping` would start a whole
    # Python each time, on a host with one CPU.
    ALIVE.touch()


@worker_shutting_down.connect
def tell_stopping(**_: Any) -> None:
    ALIVE.unlink(missing_ok=True)
