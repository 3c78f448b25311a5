import pytest
import redis
from django.test import Client

import resee
from resee import health

pytestmark = pytest.mark.django_db


def unreachable() -> redis.Redis:
    return redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=1, retry=None)


def test_it_is_well_and_tells_its_release_when_postgres_and_redis_answer(client: Client) -> None:
    answer = client.get("/api/health/")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "release": resee.__version__}


def test_it_names_redis_when_that_does_not_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "broker", unreachable())
    answer = client.get("/api/health/")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "error",
        "release": resee.__version__,
        "failed": {"redis": "ConnectionError"},
    }


def test_it_names_postgres_when_that_does_not_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(health, "ask_postgres", refuse)
    answer = client.get("/api/health/")
    assert answer.status_code == 503
    assert list(answer.json()["failed"]) == ["postgres"]


def test_no_cache_may_keep_it(client: Client) -> None:
    assert "no-store" in client.get("/api/health/")["Cache-Control"]


def test_an_unknown_host_is_turned_away(client: Client) -> None:
    assert client.get("/api/health/", headers={"host": "elsewhere.example"}).status_code == 400
