from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from reviews.models import Card, Review

pytestmark = pytest.mark.django_db


def add(client: Client, front: str = "capital of Korea", back: str = "Seoul") -> Any:
    return client.post(
        "/api/cards/", {"front": front, "back": back}, content_type="application/json"
    )


def due(client: Client) -> list[dict[str, Any]]:
    return client.get("/api/reviews/due/").json()["reviews"]


def answer(client: Client, review_id: int, grade: Any) -> Any:
    return client.post(
        f"/api/reviews/{review_id}/answer/", {"grade": grade}, content_type="application/json"
    )


def test_a_new_card_is_listed_and_due_at_once(client: Client) -> None:
    created = add(client)
    assert created.status_code == 201
    assert client.get("/api/cards/").json()["cards"] == [created.json()]
    assert [review["card"] for review in due(client)] == [created.json()]


def test_an_answered_card_is_not_due_before_its_day(client: Client) -> None:
    add(client)
    [review] = due(client)
    following = answer(client, review["id"], 4).json()["next"]
    assert following["interval_days"] == 1
    in_days = datetime.fromisoformat(following["due_at"]) - timezone.now()
    assert timedelta(hours=23) < in_days <= timedelta(days=1)
    assert due(client) == []


def test_the_longest_overdue_is_asked_first(client: Client) -> None:
    late, later = Card.learn("late", "1"), Card.learn("later", "2")
    now = timezone.now()
    Review.objects.filter(card=late).update(due_at=now - timedelta(days=1))
    Review.objects.filter(card=later).update(due_at=now - timedelta(days=3))
    assert [review["card"]["front"] for review in due(client)] == ["later", "late"]


def test_a_review_is_answered_once(client: Client) -> None:
    add(client)
    [review] = due(client)
    assert answer(client, review["id"], 5).status_code == 200
    assert answer(client, review["id"], 5).status_code == 409
    assert Review.objects.filter(card_id=review["card"]["id"]).count() == 2


def test_an_unknown_review_is_not_found(client: Client) -> None:
    assert answer(client, 404, 3).status_code == 404


@pytest.mark.parametrize("grade", [None, -1, 6, "easy", 2.5, True])
def test_a_grade_that_is_none_is_refused_by_name(client: Client, grade: Any) -> None:
    add(client)
    [review] = due(client)
    refused = answer(client, review["id"], grade)
    assert refused.status_code == 400
    assert "'grade'" in refused.json()["error"]
    assert len(due(client)) == 1


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"front": "a"}', "'back'"),
        ('{"front": " ", "back": "b"}', "'front'"),
        ('{"front": "' + "x" * 501 + '", "back": "b"}', "at most 500"),
    ],
)
def test_a_faulty_card_is_refused_and_not_stored(client: Client, body: str, fault: str) -> None:
    refused = client.post("/api/cards/", body, content_type="application/json")
    assert refused.status_code == 400
    assert fault in refused.json()["error"]
    assert not Card.objects.exists()
