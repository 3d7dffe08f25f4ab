"""Cursor pages: `limit` with a cap, and an opaque `cursor` that never skips or repeats a row."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework import serializers

from fleet.api.fields import Strict, Whole, Word
from fleet.api.problems import Problem

MOST = 100
USUAL = 50


class PageQuery(Strict):
    """What every list takes."""

    limit = Whole(min_value=1, max_value=MOST, default=USUAL, help_text="Rows in one page")
    cursor = Word(required=False, max_length=300, help_text="`next_cursor` of the page before")


def paged(item: type[serializers.Serializer[Any]]) -> serializers.SerializerMetaclass:
    """The schema of a page of these."""
    name = item.__name__.removesuffix("Out") + "Page"
    return serializers.SerializerMetaclass(
        name,
        (serializers.Serializer,),
        {
            "items": item(many=True),
            "next_cursor": serializers.CharField(allow_null=True, help_text="Empty on the last page"),
            "next": serializers.CharField(allow_null=True, help_text="The next page's path with all parameters"),
        },
    )


def page(
    request: HttpRequest,
    rows: QuerySet[Any, Any],
    query: dict[str, Any],
    *,
    key: str,
    row: Callable[[dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """One page of `rows.values(...)`, newest first by the unique column `key`."""
    limit: int = query["limit"]
    if query.get("cursor"):
        rows = rows.filter(**{f"{key}__lt": decode(query["cursor"], int if key in ("id", "pk") else str)})
    found = list(rows.order_by(f"-{key}")[: limit + 1])
    last = found[limit - 1][key] if len(found) > limit else None
    return answer(request, [row(values) for values in found[:limit]], last)


def answer(request: HttpRequest, items: Iterable[dict[str, Any]], last: int | str | None) -> dict[str, Any]:
    """A page whose next one starts after `last`."""
    cursor = encode(last) if last is not None else None
    following = None
    if cursor:
        parameters = {**request.GET.dict(), "cursor": cursor}
        following = f"{request.path}?{urlencode(parameters)}"
    return {"items": list(items), "next_cursor": cursor, "next": following}


def encode(value: int | str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def decode(text: str, kind: type) -> Any:
    """The value in a cursor. Raises Problem for one we did not make."""
    try:
        value = orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, UnicodeEncodeError):
        value = None
    wrong = type(value) is not kind
    if wrong or (isinstance(value, str) and "\x00" in value) or (isinstance(value, int) and abs(value) >= 2**63):
        raise Problem(422, "cursor", "This cursor is not one of ours; start without it.", field="cursor")
    return value
