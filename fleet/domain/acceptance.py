"""What somebody agreed to when they saw a plan, and whether the plan of now still is that."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from fleet.domain.capacity import USD
from fleet.domain.placement import Plan

DEARER_RATIO = Decimal("0.02")
DEARER_PER_HOUR = Decimal("0.01")

Where = tuple[str, str, str, str]  # cloud, region, instance type, capacity type


@dataclass(frozen=True)
class Agreed:
    """The price of the whole plan and how many machines in which kinds of pool. Zones of a region are alike."""

    price_per_hour: Decimal
    machines: tuple[tuple[Where, int], ...]
    currency: str = USD

    def as_text(self) -> str:
        """For a hidden field of the form."""
        rows = [[*where, count] for where, count in self.machines]
        return json.dumps([str(self.price_per_hour), rows, self.currency])


def agreed_of(plan: Plan) -> Agreed:
    """What a plan asks to agree to."""
    counts: Counter[Where] = Counter()
    for choice in plan.chosen:
        pool = choice.candidate.offering.pool
        counts[(pool.cloud, pool.region, pool.instance_type, pool.capacity_type)] += choice.machines
    return Agreed(plan.price_per_hour, tuple(sorted(counts.items())), plan.currency)


def read_agreed(text: str) -> Agreed | None:
    """Of `as_text`; None for anything else: then nothing was agreed to."""
    try:
        price, rows, currency = json.loads(text)
        machines = tuple(((str(a), str(b), str(c), str(d)), int(count)) for a, b, c, d, count in rows)
        amount = Decimal(str(price))
    except (ValueError, TypeError, InvalidOperation):
        return None
    return Agreed(amount, machines, str(currency)) if amount.is_finite() else None


def what_changed(agreed: Agreed, now: Agreed) -> str:
    """A sentence when the plan of now is not what was agreed to; empty when it is, or differs too little to matter.

    Cheaper in the same place is fine; up to 2% or a cent an hour dearer is too.
    """
    if (agreed.machines, agreed.currency) != (now.machines, now.currency):
        if not now.machines:
            return f"What was {_money(agreed)} is not to be had any more."
        if not agreed.machines:
            return f"Something is free now: {_places(now)} for {_money(now)}."
        return f"It was {_places(agreed)} for {_money(agreed)}; it is {_places(now)} for {_money(now)} now."
    more = now.price_per_hour - agreed.price_per_hour
    if more > max(DEARER_PER_HOUR, agreed.price_per_hour * DEARER_RATIO):
        return f"The price rose from {_money(agreed)} to {_money(now)}."
    return ""


def _money(agreed: Agreed) -> str:
    amount = f"{agreed.price_per_hour:,.2f}"
    return f"${amount}/h" if agreed.currency == USD else f"{amount} {agreed.currency}/h"


def _places(agreed: Agreed) -> str:
    rows = agreed.machines
    return ", ".join(f"{count} × {kind} {capacity} in {region}" for (_, region, kind, capacity), count in rows)
