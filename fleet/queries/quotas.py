"""The limits clouds keep on our accounts, as they were last read."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, F, FloatField, Min, Q, Value, When
from django.db.models.functions import Cast

from fleet.models import CloudQuota
from fleet.queries.rows import Rows, plain

SHOWN = 12
KNOWN = Q(most__gt=0, used__isnull=False)
ZERO = Q(most=0)


def quota_rows() -> Rows:
    """The fullest first, with their `share`; then those of which the cloud does not say all; those of nothing last."""
    share = Cast(F("used"), FloatField()) / Cast(F("most"), FloatField())
    found = CloudQuota.objects.filter(account__enabled=True).annotate(
        share=Case(When(KNOWN, then=share), default=None, output_field=FloatField()),
        rank=Case(When(KNOWN, then=Value(0)), When(ZERO, then=Value(2)), default=Value(1)),
    )
    return plain(
        found.order_by("rank", F("share").desc(nulls_last=True), "account__cloud", "region", "name", "id").values(
            "region", "zone", "name", "unit", "most", "used", "share", "observed_at", "capacity_types",
            cloud=F("account__cloud"), account_name=F("account__name"),
        )[:SHOWN]
    )  # fmt: skip


def quota_totals() -> dict[str, Any]:
    """How many there are, how many allow nothing, of how many the cloud does not say all; and the oldest reading."""
    return CloudQuota.objects.filter(account__enabled=True).aggregate(
        all=Count("id"),
        zero=Count("id", filter=ZERO),
        unknown=Count("id", filter=~KNOWN & ~ZERO | Q(most=None)),
        oldest=Min("observed_at"),
    )
