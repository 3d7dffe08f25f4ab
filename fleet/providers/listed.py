"""A price out of a cloud's list: exactly one row says it, or there is none, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

MOST_NAMED = 4


@dataclass(frozen=True)
class Listed:
    """What a list says of one machine. `row`: which row, in the cloud's words."""

    price: Decimal | None
    row: str = ""
    problem: str = ""


def only_one(rows: Sequence[tuple[Decimal, str]]) -> Listed:
    """The price of the only row there is. Prices with the names of their rows."""
    if len(rows) != 1:
        named = ", ".join(sorted(row for _, row in rows)[:MOST_NAMED])
        return Listed(None, problem=f"{len(rows)} rows of the price list say a price ({named})." if rows else "")
    [(price, row)] = rows
    if price <= 0:
        return Listed(None, row, f"The price list says {price:f} ({row}).")
    return Listed(price, row)
