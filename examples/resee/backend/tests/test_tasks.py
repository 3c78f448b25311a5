from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

import resee
from reviews.models import Card, DueSnapshot, Export, Review
from reviews.tasks import KEPT_SNAPSHOTS, compute_due_reviews, prepare_export

pytestmark = pytest.mark.django_db


def test_beat_is_told_to_have_due_reviews_computed() -> None:
    scheduled = PeriodicTask.objects.get(task=compute_due_reviews.name)
    assert scheduled.enabled
    assert scheduled.interval.period == "seconds"


def test_the_summary_tells_the_last_count(client: Client) -> None:
    assert client.get("/api/reviews/summary/").json()["due"] is None
    Card.learn("one", "1")
    answered = Card.learn("two", "2").reviews.get()
    answered.answer(5, timezone.now())
    compute_due_reviews.delay()
    told = client.get("/api/reviews/summary/").json()
    assert (told["due"], told["release"]) == (1, resee.__version__)


def test_only_the_last_snapshots_are_kept() -> None:
    now = timezone.now()
    DueSnapshot.objects.bulk_create(
        DueSnapshot(computed_at=now - timedelta(minutes=minute), due=0, release="0")
        for minute in range(1, KEPT_SNAPSHOTS + 20)
    )
    compute_due_reviews.delay()
    assert DueSnapshot.objects.count() == KEPT_SNAPSHOTS
    assert DueSnapshot.objects.order_by("-computed_at").first().release == resee.__version__


def test_an_export_asked_for_is_prepared_by_one_run(client: Client) -> None:
    Card.learn("one", "1")
    asked = client.post("/api/exports/", {"pace": 0}, content_type="application/json")
    assert asked.status_code == 202
    state = client.get(f"/api/exports/{asked.json()['id']}/").json()
    assert state["cards"] == 1
    assert state["finished_at"] is not None
    [run] = state["runs"]
    assert run["release"] == resee.__version__
    assert run["finished_at"] is not None


def test_an_export_told_twice_is_prepared_once() -> None:
    export = Export.objects.create()
    prepare_export.delay(str(export.pk))
    prepare_export.delay(str(export.pk))
    assert export.runs.count() == 1


@pytest.mark.parametrize("pace", [-1, 61, "fast"])
def test_an_impossible_pace_is_refused(client: Client, pace: object) -> None:
    refused = client.post("/api/exports/", {"pace": pace}, content_type="application/json")
    assert refused.status_code == 400
    assert not Export.objects.exists()


def test_due_means_open_and_not_later_than_now() -> None:
    now = timezone.now()
    Card.learn("now", "1")
    future = Card.learn("future", "2").reviews.get()
    Review.objects.filter(pk=future.pk).update(due_at=now + timedelta(hours=1))
    assert [review.card.front for review in Review.due(timezone.now())] == ["now"]
