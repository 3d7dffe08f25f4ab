"""Lists whose rows belong to an hour and are written anew when the hour is: newest hour first, by the hour itself.

A row's number says when it was written last, not which hour it is of, so neither the order nor a cursor may rest on
it. A cursor names an hour and the row's own words within it, which stay the same however often the hour is rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.response import Response

from fleet.api.cursors import answer, decode, only
from fleet.api.exports import ListQuery, ListView
from fleet.api.fields import Instant, Word
from fleet.api.problems import Problem

WITHIN = "within_hour"


class HourQuery(ListQuery):
    """Which hours, of what."""

    start = Instant(required=False, help_text="The hour that holds it, and later ones")
    end = Instant(required=False, help_text="Hours that begin before it")
    project = Word(required=False, help_text="Slug")
    endpoint = Word(required=False, help_text="Public id")


def within(rows: QuerySet[Any], query: dict[str, Any]) -> QuerySet[Any]:
    """The rows of the hours, the project and the endpoint that were asked for."""
    if "start" in query:
        rows = rows.filter(hour__gte=hour_of(query["start"]))
    if "end" in query:
        rows = rows.filter(hour__lt=query["end"])
    if "project" in query:
        rows = rows.filter(project__slug=query["project"])
    if "endpoint" in query:
        rows = rows.filter(endpoint_ref=query["endpoint"])
    return rows


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def words(*columns: str) -> Concat:
    """What tells the rows of one hour apart, as one text."""
    parts: list[Any] = []
    for column in columns:
        parts += [Coalesce(Cast(F(column), CharField()), Value("")), Value("|")]
    return Concat(*parts, output_field=CharField())


class HourlyList(ListView):
    """`rows` carry `hour` and are told apart within it by `key`."""

    def by_hour(
        self,
        rows: QuerySet[Any],
        query: dict[str, Any],
        *,
        key: Concat,
        columns: tuple[Any, ...],
        joined: dict[str, Any],
        row: Callable[[dict[str, Any]], dict[str, Any]],
        shape: type[serializers.Serializer[Any]],
        name: str,
    ) -> Response | StreamingHttpResponse:
        found = within(rows, query).annotate(**{WITHIN: key}).order_by("-hour", WITHIN)
        values = found.values(WITHIN, *columns, **joined)

        def shown(values: dict[str, Any]) -> dict[str, Any]:
            return row({column: value for column, value in values.items() if column != WITHIN})

        if self.wants_csv:
            return self.whole_as_csv(values, query, row=shown, shape=shape, name=name)
        limit: int = query["limit"]
        if query.get("cursor"):
            hour, after = _place(query["cursor"])
            values = values.filter(Q(hour__lt=hour) | Q(hour=hour, **{f"{WITHIN}__gt": after}))
        page = list(values[: limit + 1])
        last = f"{page[limit - 1]['hour'].isoformat()} {page[limit - 1][WITHIN]}" if len(page) > limit else None
        items = only([shown(values) for values in page[:limit]], query.get("fields"))
        return Response(answer(self.request._request, items, last))


def _place(cursor: str) -> tuple[datetime, str]:
    hour, _, after = decode(cursor, str).partition(" ")
    try:
        at = datetime.fromisoformat(hour)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(422, "cursor", "This cursor is not one of ours; start without it.", field="cursor")
    return at, after
