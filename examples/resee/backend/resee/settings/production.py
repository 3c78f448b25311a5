"""Production: every setting that differs from host to host comes from the environment (.env)."""

import os

from django.core.exceptions import ImproperlyConfigured

from resee.settings.base import *  # noqa: F403


def required(name: str) -> str:
    """The value of an environment variable; an unset or empty one is an error that names it."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: see .env.example")
    return value


def listed(name: str) -> list[str]:
    """A comma-separated environment variable."""
    return [entry.strip() for entry in os.environ.get(name, "").split(",") if entry.strip()]


DEBUG = False
SECRET_KEY = required("SECRET_KEY")
# `localhost` is what the container's own healthcheck and the deploy's ask for.
ALLOWED_HOSTS = [*listed("ALLOWED_HOSTS"), "localhost"]
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("DB_HOST", "postgres"),
        "PORT": os.environ.get("DB_PORT", "5432"),
        "NAME": os.environ.get("DB_NAME", "resee_prod"),
        "USER": os.environ.get("DB_USER", "postgres"),
        "PASSWORD": required("DB_PASSWORD"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 3},
    },
}

REDIS_URL = os.environ.get("REDIS_URL", "redis://redis:6379/0")
CELERY_BROKER_URL = REDIS_URL

# nginx, and Cloudflare before it, speak HTTPS to the visitor and HTTP to us.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
