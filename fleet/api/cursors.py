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

from fleet.api.database_json import DatabaseJSON
from fleet.api.fields import Strict, Whole, Word
from fleet.api.ordering import VALUE, Asked, Order, refuse_cursor

MOST = 100
USUAL = 50


class PageQuery(Strict):
    """What every list takes."""

    timeless = True
    limit = Whole(min_value=1, max_value=MOST, default=USUAL, help_text="Rows in one page")
    cursor = Word(required=False, max_length=600, help_text="`next_cursor` of the page before")


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
    """One page of `rows.values(...)`, newest first by the unique column `key`, or as the query's `ordering` says."""
    found, last = _cut(rows, query, key)
    shown = [row({name: value for name, value in values.items() if name != VALUE}) for values in found]
    return answer(request, only(shown, query.get("fields")), last)


def page_of_keys(
    request: HttpRequest, rows: QuerySet[Any, Any], query: dict[str, Any], *, key: str, shown: DatabaseJSON
) -> dict[str, Any]:
    """As `page`, of rows the database writes itself: which ones is asked first, with the filters, then those alone."""
    found, last = _cut(rows.values("pk", key), query, key)
    return answer(request, shown.show([values["pk"] for values in found], query.get("fields")), last)


def _cut(
    rows: QuerySet[Any, Any], query: dict[str, Any], key: str
) -> tuple[list[dict[str, Any]], int | str | list[Any] | None]:
    """The rows of the page, and where the next one starts after; None: there is none."""
    limit: int = query["limit"]
    asked: Asked | None = query.get("ordering")
    order = Order(rows, asked, key) if asked else None
    if query.get("cursor") and order:
        rows = order.after(rows, decode_any(query["cursor"]))
    elif query.get("cursor"):
        rows = rows.filter(**{f"{key}__lt": decode(query["cursor"], int if key in ("id", "pk") else str)})
    found = list((order.sorted(rows) if order else rows.order_by(f"-{key}"))[: limit + 1])
    last = None
    if len(found) > limit:
        last = order.place(found[limit - 1]) if order else found[limit - 1][key]
    return found[:limit], last


def only(items: list[dict[str, Any]], names: tuple[str, ...] | None) -> list[dict[str, Any]]:
    """The items with only these fields, in the order they were asked for."""
    return items if names is None else [{name: item[name] for name in names} for item in items]


def answer(request: HttpRequest, items: Iterable[Any], last: int | str | list[Any] | None) -> dict[str, Any]:
    """A page whose next one starts after `last`."""
    cursor = encode(last) if last is not None else None
    following = None
    if cursor:
        parameters = {**request.GET.dict(), "cursor": cursor}
        following = f"{request.path}?{urlencode(parameters)}"
    return {"items": list(items), "next_cursor": cursor, "next": following}


def encode(value: int | str | list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def decode(text: str, kind: type) -> Any:
    """The value in a cursor. Raises Problem for one we did not make."""
    value = decode_any(text)
    wrong = type(value) is not kind
    if wrong or (isinstance(value, str) and "\x00" in value) or (isinstance(value, int) and abs(value) >= 2**63):
        raise refuse_cursor()
    return value


def decode_any(text: str) -> Any:
    try:
        return orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, UnicodeEncodeError):
        raise refuse_cursor() from None
