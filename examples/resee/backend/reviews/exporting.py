"""All cards, line by line, at a pace that leaves the database to those who are learning."""

import json
import time
from collections.abc import Callable, Iterator

from reviews.models import Card

PORTIONS = 10


def export_lines(pace_seconds: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """One JSON line a card, spread over `pace_seconds`; the last line tells the number of cards."""
    total = Card.objects.count()
    portion = -(-total // PORTIONS)
    exported, last_id = 0, 0
    for _ in range(PORTIONS):
        cards = Card.objects.filter(pk__gt=last_id).order_by("pk")[:portion]
        for card in cards:
            exported, last_id = exported + 1, card.pk
            yield json.dumps({"front": card.front, "back": card.back}) + "\n"
        sleep(pace_seconds / PORTIONS)
    yield json.dumps({"exported": exported}) + "\n"
