"""A plan as the API shows it: what would be bought, and when nothing on sale could ever do."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from fleet.api.fields import Flag, Strict
from fleet.domain.lifecycle import NO_ROOM
from fleet.domain.placement import Plan
from fleet.domain.refusals import Refused

UNFIT = frozenset(
    {"cloud", "region", "capacity-type", "accelerator", "size", "fp8", "interconnect", "memory", "price", "currency"}
)
"""Codes of offerings that waiting will not make fit."""


class DryRun(Strict):
    dry_run = Flag(default=False, help_text="Only say what would be bought, at what price, and why nothing else")


class PlanOut(serializers.Serializer[Any]):
    """What would be bought and everything that was weighed; every loser has its reason."""

    dry_run = serializers.BooleanField()
    feasible = serializers.BooleanField()
    planned_at = serializers.DateTimeField()
    price_per_hour = serializers.CharField()
    expected_per_hour = serializers.CharField()
    currency = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    chosen = serializers.ListField(child=serializers.DictField())
    candidates = serializers.ListField(child=serializers.DictField())
    rejected = serializers.ListField(child=serializers.DictField())
    rejected_by_reason = serializers.DictField(child=serializers.IntegerField())


def refuse_hopeless(plan: Plan) -> None:
    """Raise Refused when nothing that is on sale can meet the demand, now or later, as quotas and budgets stand."""
    if plan.chosen:
        return
    codes = {rejection.code for rejection in plan.rejected} - UNFIT
    if codes - NO_ROOM:
        return  # a stock-out or a throttle passes: the request waits for it
    code = "no-offering"
    if plan.candidates or codes:
        named = {"token-cap": "spend cap of the token", "budget": "the budget"}
        code = next((code for code, words in named.items() if code in codes or words in plan.note), "quota")
    raise Refused(code, plan.note or "Nothing on sale meets this.")
