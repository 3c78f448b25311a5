from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews.exporting import export_lines
from reviews.models import Card, DueSnapshot, Export, Review
from reviews.requests import explain_bad_requests, json_body, text, whole_number
from reviews.tasks import prepare_export

LONGEST_FRONT = 500
LONGEST_BACK = 10_000
PAGE = 50


def card_json(card: Card) -> dict[str, Any]:
    return {"id": card.pk, "front": card.front, "back": card.back, "created_at": card.created_at}


def review_json(review: Review) -> dict[str, Any]:
    return {
        "id": review.pk,
        "card": card_json(review.card),
        "due_at": review.due_at,
        "interval_days": review.interval_days,
    }


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@explain_bad_requests
def cards(request: HttpRequest) -> JsonResponse:
    """GET: the newest cards. POST {front, back}: a new card, due at once."""
    if request.method == "POST":
        body = json_body(request)
        card = Card.learn(text(body, "front", LONGEST_FRONT), text(body, "back", LONGEST_BACK))
        return JsonResponse(card_json(card), status=201)
    newest = Card.objects.order_by("-created_at", "-pk")[:PAGE]
    return JsonResponse({"cards": [card_json(card) for card in newest]})


@require_GET
def due_reviews(request: HttpRequest) -> JsonResponse:
    """What to ask now, the longest overdue first."""
    due = Review.due(timezone.now()).select_related("card")[:PAGE]
    return JsonResponse({"reviews": [review_json(review) for review in due]})


@csrf_exempt
@require_POST
@explain_bad_requests
def answer(request: HttpRequest, review_id: int) -> JsonResponse:
    """POST {grade: 0 to 5}: closes the review and tells when the card comes again."""
    grade = whole_number(json_body(request).get("grade"), "grade", 0, 5)
    review = get_object_or_404(Review.objects.select_related("card"), pk=review_id)
    following = review.answer(grade, timezone.now())
    if following is None:
        return JsonResponse({"error": "this review has been answered before"}, status=409)
    return JsonResponse({"next": review_json(following)})


@require_GET
def summary(request: HttpRequest) -> JsonResponse:
    """The last count that celery-beat had made."""
    snapshot = DueSnapshot.objects.order_by("-computed_at").first()
    if snapshot is None:
        return JsonResponse({"due": None, "computed_at": None, "release": None})
    return JsonResponse(
        {"due": snapshot.due, "computed_at": snapshot.computed_at, "release": snapshot.release}
    )


@require_GET
@explain_bad_requests
def export(request: HttpRequest) -> StreamingHttpResponse:
    """All cards as JSON lines; `?pace=2` spreads them over two seconds."""
    pace_seconds = whole_number(request.GET.get("pace", "0"), "pace", 0, 5)
    # The proxy in front buffers answers; this one is to reach the visitor line by line.
    return StreamingHttpResponse(
        export_lines(pace_seconds),
        content_type="application/x-ndjson",
        headers={"X-Accel-Buffering": "no"},
    )


@csrf_exempt
@require_POST
@explain_bad_requests
def request_export(request: HttpRequest) -> JsonResponse:
    """POST {pace}: has a worker prepare an export, over `pace` seconds; answers with its id."""
    pace_seconds = whole_number(json_body(request).get("pace", 0), "pace", 0, 60)
    requested = Export.objects.create(pace_seconds=pace_seconds)
    prepare_export.delay(str(requested.pk))
    return JsonResponse({"id": str(requested.pk)}, status=202)


@require_GET
def export_state(request: HttpRequest, export_id: UUID) -> JsonResponse:
    """How far it is, and who worked on it."""
    found = get_object_or_404(Export, pk=export_id)
    runs = found.runs.order_by("started_at").values(
        "worker", "release", "started_at", "finished_at"
    )
    return JsonResponse(
        {
            "id": str(found.pk),
            "finished_at": found.finished_at,
            "cards": found.cards,
            "runs": list(runs),
        }
    )
