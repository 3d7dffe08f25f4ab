"""Codes with which clouds answered and that no rule covers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.fields import Word, column_names
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.schema import says
from fleet.models import UnclassifiedSignal


class SignalQuery(PageQuery):
    cloud = Word(required=False)
    code = Word(required=False)
    ordering = Ordering("last_seen_at", "times")
    fields = Fields(lambda: SignalOut)  # type: ignore[assignment]  # a name of the base class, unused here


class SignalOut(serializers.Serializer[Any]):
    """One code of one cloud. Add it to fleet/providers/outcomes.toml; until then its calls count as unclear."""

    id = serializers.CharField()
    cloud = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField(allow_blank=True, help_text="The cloud's own text, as it was the last time")
    times = serializers.IntegerField()
    first_seen_at = serializers.DateTimeField(help_text="Business time")
    last_seen_at = serializers.DateTimeField(help_text="Business time")


COLUMNS = column_names(SignalOut, without={"id"})


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    return shown


class UnclassifiedSignals(ApiView):
    resource = "fleet"

    @says(paged(SignalOut), query=SignalQuery, summary="Answers of clouds that no rule covers, counted by code")
    def get(self, request: Request) -> Response:
        query = self.query(SignalQuery)
        found = narrowed(UnclassifiedSignal.objects.all(), query, cloud="cloud", code="code")
        rows = found.values("id", "public_id", *COLUMNS)
        return Response(page(request._request, rows, query, key="id", row=as_json))
