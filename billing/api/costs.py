"""What it cost: shares of the bill by hour or day, which add up to the ledger."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Trunc
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.hourly import hour_of, within
from billing.models import AllocatedCost, LedgerEntry
from fleet.api.exports import ListView, as_csv
from fleet.api.fields import Instant, Strict, Word
from fleet.api.problems import Problem
from fleet.api.schema import says
from fleet.services.clock import business_now

LONGEST_SPAN = timedelta(days=400)
LONGEST_BY_HOUR = timedelta(days=32)
NAMES = {"endpoint": "endpoint_ref", "project": "project__slug", "kind": "kind", "cloud": "cloud"}


class CostQuery(Strict):
    start = Instant(required=False, help_text="Inclusive; default: the first of the month")
    end = Instant(required=False, help_text="Exclusive; default: now")
    step = serializers.ChoiceField(["hour", "day", "all"], default="day")
    by = serializers.ChoiceField(list(NAMES), default="endpoint")
    project = Word(required=False, help_text="Slug")
    endpoint = Word(required=False, help_text="Public id")
    format = serializers.ChoiceField(["json", "csv"], required=False, help_text="csv: the items, without the totals")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now = business_now()
        attrs["end"] = attrs.get("end", now)
        month = attrs["end"].replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        attrs["start"] = hour_of(attrs.get("start", month))
        if not attrs["start"] < attrs["end"]:
            raise Problem(422, "range", "It must lie after start.", field="end")
        longest = LONGEST_BY_HOUR if attrs["step"] == "hour" else LONGEST_SPAN
        if attrs["end"] - attrs["start"] > longest:
            raise Problem(422, "range", f"At most {longest.days} days at this step.", field="end")
        return attrs


class CostOut(serializers.Serializer[Any]):
    start = serializers.DateTimeField(help_text="Of the hour, the day, or the whole range")
    by = serializers.CharField()
    name = serializers.CharField(allow_null=True, help_text="Of the endpoint, project, kind or cloud; empty: none")
    amount = serializers.CharField()
    currency = serializers.CharField()
    machine_hours = serializers.FloatField()
    accelerator_hours = serializers.FloatField()
    methods = serializers.ListField(child=serializers.CharField(), help_text="How the shares were found")
    completeness = serializers.FloatField(help_text="Ratio of the machine time that was observed")


class CostTotalOut(serializers.Serializer[Any]):
    currency = serializers.CharField()
    allocated = serializers.CharField(help_text="Sum of the items")
    ledger = serializers.CharField(help_text="What the ledger holds for the same hours")
    not_yet_shared_out = serializers.CharField(help_text="Ledger minus allocated: metered since the last rebuild")


class CostsOut(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    items = CostOut(many=True)
    totals = CostTotalOut(many=True)


class Costs(ListView):
    resource = "billing"

    @says(CostsOut, query=CostQuery, csv=True, summary="Costs by hour or day; the items add up to the ledger")
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(CostQuery)
        shares = within(self.visible(AllocatedCost.objects.all()), query)
        if self.wants_csv:
            return as_csv(CostOut, iter(_items(shares, query)), name="costs")
        entries = within(self.visible(LedgerEntry.objects.filter(account__startswith="cost:")), query)
        return Response(
            {
                "start": query["start"],
                "end": query["end"],
                "items": _items(shares, query),
                "totals": _totals(shares, entries),
            }
        )


def _items(shares: QuerySet[AllocatedCost], query: dict[str, Any]) -> list[dict[str, Any]]:
    keys: dict[str, F | Trunc] = {"name": F(NAMES[query["by"]])}
    if query["step"] != "all":
        keys["bucket"] = Trunc("hour", query["step"])
    sums = (
        shares.values("currency", **keys)
        .annotate(
            total=Sum("amount"),
            machine_seconds=Sum("seconds"),
            chip_seconds=Sum("accelerator_seconds"),
            observed=Sum(F("completeness") * F("seconds")),
            methods=ArrayAgg("method", distinct=True, default=[]),
        )
        .order_by(*keys, "currency")
    )
    return [_item(dict(row), query) for row in sums]


def _item(row: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    seconds = row["machine_seconds"]
    return {
        "start": row.get("bucket", query["start"]),
        "by": query["by"],
        "name": row["name"] or None,
        "amount": row["total"],
        "currency": row["currency"],
        "machine_hours": seconds / 3600,
        "accelerator_hours": row["chip_seconds"] / 3600,
        "methods": sorted(row["methods"]),
        "completeness": row["observed"] / seconds if seconds else 0.0,
    }


def _totals(shares: QuerySet[AllocatedCost], entries: QuerySet[LedgerEntry]) -> list[dict[str, Any]]:
    allocated = _by_currency(shares)
    ledger = _by_currency(entries)
    return [
        {
            "currency": currency,
            "allocated": allocated.get(currency, Decimal(0)),
            "ledger": ledger.get(currency, Decimal(0)),
            "not_yet_shared_out": ledger.get(currency, Decimal(0)) - allocated.get(currency, Decimal(0)),
        }
        for currency in sorted(allocated | ledger)
    ]


def _by_currency(rows: QuerySet[Any]) -> dict[str, Decimal]:
    return dict(rows.values_list("currency").annotate(total=Sum("amount")).order_by("currency"))
