"""The price of a million tokens, by endpoint and hour, or the reason why there is none."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.hourly import HourlyList, HourQuery, words
from billing.models import CostPerToken
from fleet.api.fields import Flag, column_names
from fleet.api.listing import Fields, paged
from fleet.api.schema import says


class TokenCostQuery(HourQuery):
    priced = Flag(required=False, help_text="true: only hours with a number")
    fields = Fields(lambda: TokenCostOut)  # type: ignore[assignment]  # a name of the base class, unused here


class TokenCostOut(serializers.Serializer[Any]):
    """On the allocated basis: all of the hour's bill over the hour's tokens."""

    hour = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="Covers [hour, until)")
    closed = serializers.BooleanField()
    endpoint = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    amount = serializers.CharField()
    currency = serializers.CharField()
    input_tokens = serializers.IntegerField(help_text="Not from the prefix cache")
    cached_input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_per_million = serializers.CharField(allow_null=True)
    cost_per_million_output = serializers.CharField(allow_null=True)
    method = serializers.CharField()
    completeness = serializers.FloatField()
    gap_seconds = serializers.FloatField()
    reason = serializers.CharField(allow_blank=True, help_text="Why there is no number, or why it is rough")


COLUMNS = column_names(TokenCostOut, without={"endpoint", "project"})


class TokenCosts(HourlyList):
    resource = "billing"

    @says(
        paged(TokenCostOut),
        query=TokenCostQuery,
        csv=True,
        summary="What a million tokens cost, by endpoint and hour, newest hour first",
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(TokenCostQuery)
        found = self.visible(CostPerToken.objects.all())
        if "priced" in query:
            found = found.filter(cost_per_million__isnull=not query["priced"])
        return self.by_hour(
            found,
            query,
            key=words("endpoint_ref", "currency"),
            columns=COLUMNS,
            joined={"endpoint": F("endpoint_ref"), "of_project": F("project__slug")},
            row=_as_json,
            shape=TokenCostOut,
            name="token-costs",
        )


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["project"] = shown.pop("of_project")
    return shown
