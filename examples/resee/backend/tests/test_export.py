import json

import pytest
from django.test import Client

from reviews.exporting import export_lines
from reviews.models import Card

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("cards", [0, 1, 9, 23])
def test_every_card_is_exported_once_and_counted(cards: int) -> None:
    for number in range(cards):
        Card.learn(f"front {number}", f"back {number}")
    lines = [json.loads(line) for line in export_lines(0)]
    assert [line["front"] for line in lines[:-1]] == [f"front {n}" for n in range(cards)]
    assert lines[-1] == {"exported": cards}


def test_the_pace_is_spread_over_the_whole_export() -> None:
    pauses: list[float] = []
    list(export_lines(2, sleep=pauses.append))
    assert sum(pauses) == pytest.approx(2)
    assert max(pauses) <= 0.2


def test_it_is_streamed(client: Client) -> None:
    Card.learn("one", "1")
    answer = client.get("/api/export/")
    assert answer.streaming
    assert answer["Content-Type"] == "application/x-ndjson"
    assert b"".join(answer.streaming_content).endswith(b'{"exported": 1}\n')


def test_a_pace_beyond_five_seconds_is_refused(client: Client) -> None:
    assert client.get("/api/export/?pace=6").status_code == 400
