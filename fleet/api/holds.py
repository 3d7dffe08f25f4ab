"""Holds: money and accelerators kept aside for each launch until its machine is gone, and for each block's fee."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.fields import Flag, Word
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.schema import says
from fleet.models import Hold


class HoldQuery(PageQuery):
    open = Flag(required=False, help_text="true: only those not released")
    allocation = Word(required=False, help_text="Public id")
    project = Word(required=False, help_text="Slug")
    cloud = Word(required=False)
    accelerator = Word(required=False)
    ordering = Ordering("created_at", "price_per_hour", "amount", "released_at")
    fields = Fields(lambda: HoldOut)  # type: ignore[assignment]  # a name of the base class, unused here


class HoldOut(serializers.Serializer[Any]):
    attempt = serializers.CharField(allow_null=True, help_text="Public id of the launch it is for")
    allocation = serializers.CharField(allow_null=True)
    purchase = serializers.CharField(allow_null=True, help_text="Public id of the capacity block it is for")
    project = serializers.CharField()
    cloud = serializers.CharField()
    endpoint = serializers.CharField(allow_null=True)
    accelerator = serializers.CharField()
    accelerator_count = serializers.IntegerField()
    price_per_hour = serializers.CharField()
    amount = serializers.CharField(help_text="What it can cost before it is noticed and stopped")
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()
    released_at = serializers.DateTimeField(allow_null=True)


COLUMNS = (
    "cloud", "accelerator", "accelerator_count", "price_per_hour", "amount", "currency", "created_at", "released_at",
)  # fmt: skip


class Holds(ApiView):
    resource = "fleet"

    @says(paged(HoldOut), query=HoldQuery, summary="What is kept aside, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(HoldQuery)
        found = self.visible(Hold.objects.all())
        if "open" in query:
            found = found.filter(released_at__isnull=query["open"])
        found = narrowed(
            found, query, allocation="attempt__slot__allocation__public_id", project="project__slug", cloud="cloud",
            accelerator="accelerator",
        )  # fmt: skip
        values = found.values(
            "id", "endpoint_ref", *COLUMNS, of_attempt=F("attempt__public_id"), of_project=F("project__slug"),
            of_allocation=F("attempt__slot__allocation__public_id"), of_purchase=F("purchase__public_id"),
        )  # fmt: skip
        return Response(page(request._request, values, query, key="id", row=_as_json))


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name.removeprefix("of_"): value for name, value in row.items() if name != "id"}
    shown["endpoint"] = shown.pop("endpoint_ref") or None
    return shown
