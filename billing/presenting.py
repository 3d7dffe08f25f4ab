"""Rows of money, made ready to show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.formatting import clock

Row = Mapping[str, Any]


def budget_row(row: Row, now: datetime) -> dict[str, Any]:
    spent = row["spent_amount"] if row["spent_month"] == now.date().replace(day=1) else Decimal(0)
    scope = ", ".join(filter(None, [row["project__slug"] or "", row["cloud"], row["endpoint_ref"]])) or "Everything"
    ratios = [(spent, row["cap_per_month"], "this month"), (row["held"], row["cap_per_hour"], "an hour held")]
    return {
        "scope": scope,
        "action": "refuses launches" if row["action"] == "block" else "warns only",
        "meters": [
            _meter(value, cap, what, float(row["warn_ratio"])) | {"currency": row["currency"]}
            for value, cap, what in ratios
            if cap
        ],
        "until": row["spent_until"],
    }


def price_row(row: Row | None, now: datetime) -> dict[str, Any]:
    if row is None:
        return {"value": None, "how": "No hour of the last day has a bill"}
    seen = "" if row["completeness"] >= 0.995 else f", {row['completeness']:.0%} seen"
    return {
        "value": row["cost_per_million"],
        "how": row["reason"] or f"Allocated, hour of {clock(row['hour'], now)}, tokens by {row['method']}{seen}",
    }


def _meter(value: Decimal, cap: Decimal, what: str, warn: float) -> dict[str, Any]:
    ratio = float(value / cap)
    tone = "bad" if ratio >= 1 else "warn" if ratio >= warn else ""
    return {
        "value": value,
        "cap": cap,
        "what": what,
        "ratio": ratio,
        "points": round(min(ratio, 1) * 100, 2),
        "tone": tone,
    }
