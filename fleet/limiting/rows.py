"""Limits as the page shows them: words, bars and what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.formatting import cloud_name, fixed, money, place
from fleet.models import Budget, ChangeRequest, Quota
from fleet.services import limits
from fleet.services.access import Caller
from fleet.services.buying_blocks import NOUN


@dataclass(frozen=True)
class Bar:
    """How much of a cap is taken. `spent` and `held` are points of 100, cut off at the cap."""

    label: str
    held: float
    spent: float
    said: str
    left: str
    over: bool


@dataclass(frozen=True)
class LimitRow:
    public_id: str
    scope: str
    detail: str
    bars: list[Bar]
    action: str
    may_set: bool
    columns: Mapping[str, Any] = field(default_factory=dict)


def quota_row(quota: Quota, held: int, by: Caller) -> LimitRow:
    cap = quota.max_accelerators
    bar = Bar(
        "Accelerators", _points(held, cap), 0, f"{fixed(held)} of {fixed(cap)} held", fixed(cap - held), held > cap
    )
    columns = {
        "project": quota.project.slug if quota.project else "",
        "cloud": quota.cloud,
        "accelerator": quota.accelerator,
        "max_accelerators": cap,
    }
    may = limits.may_set(by, quota.project_id)
    return LimitRow(quota.public_id, _who(quota), _what(quota.cloud, quota.accelerator), [bar], "", may, columns)


def budget_row(row: dict[str, Any], by: Caller) -> LimitRow:
    """A row of `budgets.status`."""
    bars = []
    currency = row["currency"]
    if (cap := row["cap_per_hour"]) is not None:
        held = row["held_per_hour"]
        said = f"{money(held, currency)} of {money(cap, currency)}/h held"
        bars.append(Bar("Hour", _points(held, cap), 0, said, f"{money(cap - held, currency)}/h", held > cap))
    if (cap := row["cap_per_month"]) is not None:
        held, spent = row["held_amount"], row["spent_this_month"]
        said = f"{money(spent, currency)} spent and {money(held, currency)} held of {money(cap, currency)}"
        over = row["left_this_month"] < 0
        left = money(row["left_this_month"], currency)
        bars.append(Bar("Month", _points(held, cap), _points(spent, cap), said, left, over))
    columns = {
        "project": row["project"] or "",
        "cloud": row["cloud"],
        "endpoint": row["endpoint"],
        "cap_per_hour": row["cap_per_hour"],
        "cap_per_month": row["cap_per_month"],
        "currency": row["currency"],
        "action": row["action"],
        "warn_ratio": row["warn_ratio"],
    }
    scope = row["project"] or "The whole installation"
    detail = _what(row["cloud"], row["endpoint"])
    may = limits.may_set(by, row["project_id"])
    return LimitRow(row["public_id"], scope, detail, bars, row["action"], may, columns)


def request_row(request: ChangeRequest, *, mine: bool) -> dict[str, Any]:
    """A change that waits, with each value before and after. `mine`: this reader may approve it."""
    after = request.after or {}
    names = [name for name in request.before if request.before[name] != after.get(name)]
    return {
        "row": request,
        "mine": mine,
        "what": request.subject,
        "buys": _block(request.after) if request.noun == NOUN and request.after else None,
        "where": request.project.slug if request.project else "The whole installation",
        "pairs": [(name.replace("_", " "), request.before[name], after.get(name, "gone")) for name in names],
    }


def _block(after: Mapping[str, Any]) -> dict[str, Any]:
    """What would be bought, with its price: everything is owed at once."""
    times = {name: datetime.fromisoformat(after[name]) for name in ("starts_at", "ends_at")}
    shape = f"{after['machines']} × {after['instance_type']}"
    where = place(after["cloud"], after["region"], after["zone"])
    return {"shape": shape, "place": where, **times, "fee": money(Decimal(after["fee"]), after["currency"])}


def _who(limit: Quota | Budget) -> str:
    return limit.project.slug if limit.project else "The whole installation"


def _what(cloud: str, other: str) -> str:
    return " · ".join(filter(None, [cloud_name(cloud) if cloud else "", other])) or "Everything"


def _points(part: Decimal | int, cap: Decimal | int) -> float:
    """Of 100; a cap of nothing is full with the first thing held."""
    if cap <= 0:
        return 100.0 if part > 0 else 0.0
    return round(min(float(part) / float(cap), 1.0) * 100, 2)
