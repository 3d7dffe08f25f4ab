"""Telemetry gaps: stretches in which something may have happened that nobody saw. Flagged, never filled."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.exports import ListQuery, ListView
from fleet.api.fields import Flag, Instant, Word, column_names
from fleet.api.listing import Fields, Ordering, narrowed, paged
from fleet.api.schema import says
from inference.models import TelemetryGap


class GapQuery(ListQuery):
    endpoint = Word(required=False, help_text="Public id")
    replica = Word(required=False, help_text="Public id")
    kind = Word(required=False)
    open = Flag(required=False, help_text="true: only those that have not ended")
    loses_counts = Flag(required=False)
    start = Instant(required=False, help_text="Ended after it, or still open")
    end = Instant(required=False, help_text="Began before it")
    ordering = Ordering("started_at", "kind")
    fields = Fields(lambda: GapOut)  # type: ignore[assignment]  # a name of the base class, unused here


class GapOut(serializers.Serializer[Any]):
    """Half-open; no end: still open."""

    endpoint = serializers.CharField()
    replica = serializers.CharField(allow_null=True, help_text="Empty: of the whole endpoint")
    kind = serializers.CharField(help_text="unreachable, refused, counter-reset, unseen-tail and others")
    detail = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    loses_counts = serializers.BooleanField(help_text="Tokens may be missing for good")


COLUMNS = column_names(GapOut, without={"endpoint", "replica"})


class TelemetryGaps(ListView):
    resource = "inference"

    @says(paged(GapOut), query=GapQuery, csv=True, summary="Stretches nobody watched, newest first")
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(GapQuery)
        found = self.visible(TelemetryGap.objects.all(), project="endpoint__project_id")
        if "open" in query:
            found = found.filter(ended_at__isnull=query["open"])
        if "start" in query:
            found = found.filter(Q(ended_at=None) | Q(ended_at__gt=query["start"]))
        found = narrowed(
            found,
            query,
            endpoint="endpoint__public_id",
            replica="replica__public_id",
            kind="kind",
            loses_counts="loses_counts",
            end="started_at__lt",
        )
        values = found.values("id", *COLUMNS, of_endpoint=F("endpoint__public_id"), of_replica=F("replica__public_id"))
        return self.listed(values, query, key="id", row=_as_json, shape=GapOut, name="telemetry-gaps")


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name != "id"}
    shown["endpoint"], shown["replica"] = shown.pop("of_endpoint"), shown.pop("of_replica")
    return shown
