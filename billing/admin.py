"""billing in the admin: read only. The ledger is corrected by reversals, never by hand."""

from __future__ import annotations

from django.contrib import admin

from billing.models import AllocatedCost, CostPerToken, LedgerEntry, MeterState, TokenUsage, UsageInterval
from fleet.admin.base import ReadOnly


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = ["recorded_at", "account", "amount", "currency", "kind", "instance", "reason"]
    list_filter = ["kind", "cloud"]
    show_full_result_count = False


@admin.register(UsageInterval)
class UsageIntervalAdmin(ReadOnly):
    list_display = ["instance", "period", "price_per_hour", "amount", "currency", "kind"]
    list_filter = ["kind", "cloud"]


@admin.register(AllocatedCost)
class AllocatedCostAdmin(ReadOnly):
    list_display = ["hour", "project", "endpoint_ref", "kind", "amount", "currency", "method", "completeness"]
    list_filter = ["kind", "project"]


@admin.register(CostPerToken)
class CostPerTokenAdmin(ReadOnly):
    list_display = ["hour", "endpoint_ref", "cost_per_million", "currency", "method", "completeness", "closed"]


for fact in (MeterState, TokenUsage):
    admin.site.register(fact, ReadOnly)
