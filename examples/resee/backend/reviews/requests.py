"""What a request may say: read, judged, and every fault answered with 400 and its name."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase


class BadRequestError(Exception):
    """The request asks for something that cannot be; its text is for the caller."""


View = Callable[..., HttpResponseBase]


def explain_bad_requests(view: View) -> View:
    @wraps(view)
    def explained(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except BadRequestError as error:
            return JsonResponse({"error": str(error)}, status=400)

    return explained


def json_body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise BadRequestError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadRequestError("the body is not a JSON object")
    return body


def text(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadRequestError(f"'{name}' must be a text")
    if len(value) > longest:
        raise BadRequestError(f"'{name}' must have at most {longest} characters")
    return value.strip()


def whole_number(value: Any, name: str, lowest: int, highest: int) -> int:
    """An integer, or its digits as in a query."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise BadRequestError(f"'{name}' must be a whole number from {lowest} to {highest}")
    return value
