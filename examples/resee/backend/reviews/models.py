import uuid
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from reviews.spacing import Spacing, next_spacing


class Card(models.Model):
    """A question and its answer."""

    front = models.CharField(max_length=500)
    back = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.front

    @classmethod
    @transaction.atomic
    def learn(cls, front: str, back: str) -> "Card":
        """A new card, due at once."""
        card = cls.objects.create(front=front, back=back)
        card.reviews.create(due_at=card.created_at)
        return card


class Review(models.Model):
    """One asking of a card: open until it is answered; the answer opens the next."""

    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="reviews")
    due_at = models.DateTimeField()
    interval_days = models.PositiveIntegerField(default=0)
    ease = models.FloatField(default=2.5)
    answered_at = models.DateTimeField(null=True, blank=True)
    grade = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(answered_at=None), name="review_open_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["card"], condition=Q(answered_at=None), name="review_one_open_per_card"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card} due {self.due_at:%Y-%m-%d}"

    @classmethod
    def due(cls, now: datetime) -> models.QuerySet["Review"]:
        """Open reviews whose time has come, the longest overdue first."""
        return cls.objects.filter(answered_at=None, due_at__lte=now).order_by("due_at", "id")

    @transaction.atomic
    def answer(self, grade: int, now: datetime) -> "Review | None":
        """Closes this review and opens the card's next; None if somebody has answered it before."""
        answered = Review.objects.filter(pk=self.pk, answered_at=None).update(
            answered_at=now, grade=grade
        )
        if not answered:
            return None
        spacing = next_spacing(Spacing(self.interval_days, self.ease), grade)
        return self.card.reviews.create(
            due_at=now + timedelta(days=spacing.interval_days),
            interval_days=spacing.interval_days,
            ease=spacing.ease,
        )


class DueSnapshot(models.Model):
    """How many reviews were due when celery-beat last had them counted."""

    computed_at = models.DateTimeField(default=timezone.now, db_index=True)
    due = models.PositiveIntegerField()
    release = models.CharField(max_length=50)

    def __str__(self) -> str:
        return f"{self.due} due at {self.computed_at:%Y-%m-%d %H:%M:%S}"


class Export(models.Model):
    """A copy of all cards that a user asked for, prepared by a worker."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pace_seconds = models.PositiveIntegerField(default=0)
    requested_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    cards = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class ExportRun(models.Model):
    """One worker's work on an export. More than one of them, or one unfinished, tells of a lost worker."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="runs")
    worker = models.CharField(max_length=200)
    release = models.CharField(max_length=50)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.export} by {self.worker}"
