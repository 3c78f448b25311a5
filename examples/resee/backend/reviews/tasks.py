import socket

from celery import shared_task
from django.utils import timezone

import resee
from reviews.exporting import export_lines
from reviews.models import DueSnapshot, Export, Review

KEPT_SNAPSHOTS = 100


@shared_task
def compute_due_reviews() -> int:
    """Counts what is due now, for the summary; celery-beat sends it."""
    now = timezone.now()
    due = Review.due(now).count()
    DueSnapshot.objects.create(computed_at=now, due=due, release=resee.__version__)
    kept = DueSnapshot.objects.order_by("-computed_at").values("pk")[:KEPT_SNAPSHOTS]
    DueSnapshot.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return due


@shared_task
def prepare_export(export_id: str) -> None:
    """Prepares an export; told twice, it prepares it once."""
    export = Export.objects.get(pk=export_id)
    if export.finished_at is not None:
        return
    run = export.runs.create(worker=socket.gethostname(), release=resee.__version__)
    cards = sum(1 for _ in export_lines(export.pace_seconds)) - 1
    now = timezone.now()
    run.finished_at = now
    run.save(update_fields=["finished_at"])
    Export.objects.filter(pk=export_id).update(finished_at=now, cards=cards)
