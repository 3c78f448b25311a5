"""Is this release able to serve? It is when what it depends on answers."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import resee

# Asked once: whoever wants to know asks again by himself.
broker = redis.Redis.from_url(
    settings.REDIS_URL,
    socket_connect_timeout=2,
    socket_timeout=2,
    health_check_interval=0,
    retry=None,
)


def ask_postgres() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def ask_redis() -> None:
    broker.ping()


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 if Postgres and Redis answer; else 503 and the names of those that don't."""
    checks: dict[str, Callable[[], None]] = {"postgres": ask_postgres, "redis": ask_redis}
    failed = {}
    for name, ask in checks.items():
        try:
            ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, the dependency did not answer
            failed[name] = type(error).__name__
    body: dict[str, object] = {
        "status": "error" if failed else "ok",
        "release": resee.__version__,
    }
    if failed:
        body["failed"] = failed
    return JsonResponse(body, status=503 if failed else 200)
