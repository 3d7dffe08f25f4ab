"""The clouds' own bill, per second, from the ledger alone. Standard library only.

A machine costs from `launched_at` to `terminated_at`. Everything is billed at the price at launch for its whole life,
except spot on aws, which follows the market's change points.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

MICROSECONDS_AN_HOUR = Decimal(3_600_000_000)
PLACES = Decimal("0.000000000001")
INSTALLATION, SLOT, ALLOCATION = "purser:installation", "purser:slot", "purser:allocation"


def sandbox_bill(connection: sqlite3.Connection, at: str, installation: str | None = None) -> dict[str, Any]:
    """The bill of one installation, or of all of them, up to the business time `at` (in the ledger's format)."""
    rows = connection.execute("SELECT * FROM machines WHERE foreign_owner IS NULL AND launched_at < ?", (at,))
    lines = [_line(connection, row, at) for row in rows.fetchall() if _belongs(row, installation)]
    total = sum((Decimal(line["cost"]) for line in lines), Decimal(0))
    return {"total": str(total), "currency": "USD", "machines": lines, "at": at}


def _belongs(row: sqlite3.Row, installation: str | None) -> bool:
    owner = json.loads(row["tags"]).get(INSTALLATION)
    return owner is not None and installation in (None, owner)


def _line(connection: sqlite3.Connection, row: sqlite3.Row, at: str) -> dict[str, Any]:
    end = min(row["terminated_at"] or at, at)
    tags = json.loads(row["tags"])
    return {
        "id": row["id"],
        "seconds": _microseconds(row["launched_at"], end) / 1_000_000,
        "cost": str(_cost(connection, row, end)),
        "cloud": row["cloud"],
        "slot": tags.get(SLOT),
        "allocation": tags.get(ALLOCATION),
    }


def _cost(connection: sqlite3.Connection, row: sqlite3.Row, end: str) -> Decimal:
    follows_market = row["cloud"] == "aws" and row["capacity_type"] == "spot" and not row["history"]
    stretches = _market(connection, row, end) if follows_market else [(row["launched_at"], end, row["price_at_launch"])]
    with localcontext(prec=60):
        worth = sum((Decimal(price) * _microseconds(start, stop) for start, stop, price in stretches), Decimal(0))
        return (worth / MICROSECONDS_AN_HOUR).quantize(PLACES)


def _market(connection: sqlite3.Connection, row: sqlite3.Row, end: str) -> list[tuple[str, str, str]]:
    """The machine's life cut at the change points of its pool."""
    start = row["launched_at"]
    points = connection.execute(
        "SELECT effective_from, price_per_hour FROM price_points WHERE cloud = ? AND instance_type = ? AND zone = ?"
        " AND capacity_type = ? AND effective_from > ? AND effective_from < ? ORDER BY effective_from",
        (row["cloud"], row["instance_type"], row["zone"], row["capacity_type"], start, end),
    ).fetchall()
    cuts = [(start, row["price_at_launch"]), *((point[0], point[1]) for point in points)]
    ends = [cut[0] for cut in cuts[1:]] + [end]
    return [(since, until, price) for (since, price), until in zip(cuts, ends, strict=True)]


def _microseconds(start: str, end: str) -> int:
    difference = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0, (difference.days * 86_400 + difference.seconds) * 1_000_000 + difference.microseconds)
