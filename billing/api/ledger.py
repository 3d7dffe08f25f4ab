"""The ledger and what it rests on: both sides of every posting, and the stretches of each machine's bill."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.hourly import HourQuery, within
from billing.models import ChargeKind, LedgerEntry, UsageInterval
from fleet.api.exports import ListView
from fleet.api.fields import Flag, Word, column_names
from fleet.api.listing import Fields, Ordering, narrowed, paged
from fleet.api.schema import says

ACCOUNTS = "cost:<project, leak or unused>, payable:<cloud account>, prepaid:<paid capacity>"


class BillQuery(HourQuery):
    instance = Word(required=False, help_text="Public id")
    cloud = Word(required=False)
    kind = serializers.ChoiceField(ChargeKind.choices, required=False)


class UsageQuery(BillQuery):
    ordering = Ordering("hour", "amount", "price_per_hour")
    fields = Fields(lambda: UsageIntervalOut)  # type: ignore[assignment]  # a name of the base class, unused here


class LedgerQuery(BillQuery):
    ordering = Ordering("hour", "amount", "recorded_at")
    fields = Fields(lambda: LedgerEntryOut)  # type: ignore[assignment]  # a name of the base class, unused here
    transaction = serializers.UUIDField(required=False)
    account = Word(required=False, max_length=120, help_text=ACCOUNTS)
    reversal = Flag(required=False, help_text="true: only entries that take another back")


class LedgerEntryOut(serializers.Serializer[Any]):
    """One side of a transaction, whose entries add up to zero. Never changed: corrections are reversals."""

    id = serializers.IntegerField()
    transaction = serializers.UUIDField()
    account = serializers.CharField(help_text=ACCOUNTS)
    amount = serializers.CharField()
    currency = serializers.CharField()
    kind = serializers.ChoiceField(ChargeKind.choices)
    start = serializers.DateTimeField(help_text="Business time; inside one hour")
    end = serializers.DateTimeField(help_text="Exclusive")
    hour = serializers.DateTimeField()
    instance = serializers.CharField(allow_null=True, help_text="Empty: it is about paid capacity, not a machine")
    paid_capacity = serializers.CharField(allow_null=True)
    cloud = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    endpoint = serializers.CharField(allow_null=True)
    price_per_hour = serializers.CharField()
    price_source = serializers.CharField(help_text="launch, or market@ and the change's instant")
    reverses = serializers.IntegerField(allow_null=True, help_text="The entry it takes back")
    reason = serializers.CharField(allow_blank=True, help_text="Why it was reversed")
    recorded_at = serializers.DateTimeField(help_text="Real time")


class UsageIntervalOut(serializers.Serializer[Any]):
    """A stretch of one machine's bill at one price, inside one hour. No instant is in two of them."""

    start = serializers.DateTimeField(help_text="Business time")
    end = serializers.DateTimeField(help_text="Exclusive")
    hour = serializers.DateTimeField()
    instance = serializers.CharField()
    kind = serializers.ChoiceField(ChargeKind.choices)
    amount = serializers.CharField()
    currency = serializers.CharField()
    price_per_hour = serializers.CharField()
    price_source = serializers.CharField()
    cloud = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    endpoint = serializers.CharField(allow_null=True)


JOINED = {"start", "end", "instance", "paid_capacity", "project", "endpoint"}
LEDGER_COLUMNS = column_names(LedgerEntryOut, without={*JOINED, "id", "transaction", "reverses"})
USAGE_COLUMNS = column_names(UsageIntervalOut, without=JOINED)
OF_OTHERS = {
    "of_instance": F("instance__public_id"),
    "of_project": F("project__slug"),
    "endpoint": F("endpoint_ref"),
}

OF_LEDGER = {"of_paid_capacity": F("paid_capacity__public_id")}


class LedgerEntries(ListView):
    resource = "billing"

    @says(paged(LedgerEntryOut), query=LedgerQuery, csv=True, summary="Entries of the ledger, the last recorded first")
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(LedgerQuery)
        found = within(self.visible(LedgerEntry.objects.all()), query)
        if "reversal" in query:
            found = found.filter(reverses__isnull=not query["reversal"])
        found = _of(found, query, transaction="transaction_id", account="account")
        values = found.values(
            "id", "period", *LEDGER_COLUMNS, "transaction_id", "reverses_id", **OF_OTHERS, **OF_LEDGER
        )
        shape = LedgerEntryOut
        return self.listed(values, query, key="id", row=_entry, shape=shape, name="ledger-entries")


class UsageIntervals(ListView):
    resource = "billing"

    @says(
        paged(UsageIntervalOut),
        query=UsageQuery,
        csv=True,
        summary="Stretches of each machine's bill, the last metered first",
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(UsageQuery)
        found = _of(within(self.visible(UsageInterval.objects.all()), query), query)
        values = found.values("id", "period", *USAGE_COLUMNS, **OF_OTHERS)
        shape = UsageIntervalOut
        return self.listed(values, query, key="id", row=_interval, shape=shape, name="usage-intervals")


def _of(found: QuerySet[Any], query: dict[str, Any], **more: str) -> QuerySet[Any]:
    return narrowed(found, query, instance="instance__public_id", cloud="cloud", kind="kind", **more)


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    shown = _interval(row) | {"id": row["id"], "transaction": row["transaction_id"], "reverses": row["reverses_id"]}
    shown["paid_capacity"] = shown.pop("of_paid_capacity")
    return {name: value for name, value in shown.items() if name not in ("transaction_id", "reverses_id")}


def _interval(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in ("id", "period")}
    shown |= {"start": row["period"].lower, "end": row["period"].upper, "endpoint": row["endpoint"] or None}
    shown["instance"], shown["project"] = shown.pop("of_instance"), shown.pop("of_project")
    return shown
