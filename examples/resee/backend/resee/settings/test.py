"""Tests: a real Postgres and a real Redis; tasks run in place."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("DB_PASSWORD", "only-for-tests")

from resee.settings.production import *  # noqa: E402, F403

ALLOWED_HOSTS = ["testserver", "localhost"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
