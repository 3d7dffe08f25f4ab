"""A plan as the API shows it: what would be bought, and everything that was weighed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from fleet.api.fields import Flag, Strict


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
