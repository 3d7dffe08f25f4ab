"""Shares of the bill: what each hour's machines were paid for, kind by kind. An hour's shares are its ledger."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.hourly import HourlyList, HourQuery, words
from billing.models import AllocatedCost, CostKind
from fleet.api.fields import Word, column_names
from fleet.api.listing import Fields, narrowed, paged
from fleet.api.schema import says


class ShareQuery(HourQuery):
    kind = serializers.ChoiceField(CostKind.choices, required=False)
    cloud = Word(required=False)
    allocation = Word(required=False, help_text="Public id")
    fields = Fields(lambda: ShareOut)  # type: ignore[assignment]  # a name of the base class, unused here


class ShareOut(serializers.Serializer[Any]):
    hour = serializers.DateTimeField()
    project = serializers.CharField(allow_null=True, help_text="Empty: a machine nobody asked for")
    allocation = serializers.CharField(allow_null=True)
    endpoint = serializers.CharField(allow_null=True)
    cloud = serializers.CharField()
    kind = serializers.ChoiceField(CostKind.choices)
    amount = serializers.CharField()
    currency = serializers.CharField()
    seconds = serializers.FloatField(help_text="Machine-seconds")
    accelerator_seconds = serializers.FloatField()
    method = serializers.CharField(help_text="busy-ratio, ready-time, no-telemetry, unowned")
    completeness = serializers.FloatField(help_text="Ratio of the machine time that was observed")


COLUMNS = column_names(ShareOut, without={"project", "allocation", "endpoint"})


class Shares(HourlyList):
    resource = "billing"

    @says(
        paged(ShareOut),
        query=ShareQuery,
        csv=True,
        summary="What each hour's bill was for, by allocation and kind, newest hour first",
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(ShareQuery)
        shares = self.visible(AllocatedCost.objects.all())
        found = narrowed(shares, query, kind="kind", cloud="cloud", allocation="allocation__public_id")
        return self.by_hour(
            found,
            query,
            key=words("project_id", "allocation_id", "endpoint_ref", "cloud", "kind", "currency"),
            columns=COLUMNS,
            joined={
                "of_project": F("project__slug"),
                "of_allocation": F("allocation__public_id"),
                "endpoint": F("endpoint_ref"),
            },
            row=_as_json,
            shape=ShareOut,
            name="shares",
        )


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = {**row, "endpoint": row["endpoint"] or None}
    shown["project"], shown["allocation"] = shown.pop("of_project"), shown.pop("of_allocation")
    return shown
