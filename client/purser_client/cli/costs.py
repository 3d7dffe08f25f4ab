"""`purser costs`: what was spent, by endpoint, project, kind or cloud."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from purser_client.cli.output import NOTHING, Output, usd, when
from purser_client.cli.reading import every
from purser_client.problems import Forbidden
from purser_client.session import Purser

NAME = "costs"
HELP = "What was spent; the rows add up to the ledger."
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--by", choices=["endpoint", "project", "kind", "cloud"], default="endpoint")
    command.add_argument("--since", help="36h, 7d, 4w, 2026-03-01 or an instant; the first of the month unless said")
    command.add_argument("--until", help="the same, exclusive; now unless said")
    command.add_argument("--step", choices=["hour", "day", "all"], default="all")
    command.add_argument("--project", help="only of this project (slug)")
    command.add_argument("--endpoint", help="only of this endpoint (id)")


def run(options: argparse.Namespace, out: Output, purser: Purser) -> None:
    now = datetime.now(UTC)
    answer = purser.get(
        "costs",
        by=options.by,
        step=options.step,
        project=options.project,
        endpoint=options.endpoint,
        start=instant(options.since, now) if options.since else None,
        end=instant(options.until, now) if options.until else None,
    )
    if out.as_json:
        out.data(answer)
        return
    names = _names(purser) if options.by == "endpoint" else {}
    out.heading(f"{when(answer['start'])} to {when(answer['end'])} UTC, by {options.by}")
    out.line()
    rows = sorted(answer["items"], key=lambda row: (row["start"], -Decimal(row["amount"])))
    totals = {row["currency"]: Decimal(row["allocated"]) for row in answer["totals"]}
    timed = options.step != "all"
    out.table(
        [*(["from"] if timed else []), options.by, "amount", "share", "machine h", "accelerator h", "observed"],
        [[*([when(row["start"])] if timed else []), *_cells(row, names, totals)] for row in rows],
        right=["amount", "share", "machine h", "accelerator h", "observed"],
    )
    for total in answer["totals"]:
        out.line()
        late = Decimal(total["not_yet_shared_out"])
        rest = f", {usd(late)} of it not shared out yet" if late else ""
        out.line(f"Ledger {usd(total['ledger'])} {total['currency']}{rest}.")


def instant(text: str, now: datetime) -> str:
    """`7d` ago, a day or an instant, as the API takes it. Raises ValueError with what may stand there."""
    if ago := re.fullmatch(r"(\d{1,4})([hdw])", text):
        at = now - int(ago[1]) * UNITS[ago[2]]
    else:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no time: write 36h, 7d, 4w, 2026-03-01 or 2026-03-01T12:00:00Z.") from None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _cells(row: dict[str, Any], names: dict[str, str], totals: dict[str, Decimal]) -> list[str]:
    total = totals.get(row["currency"])
    share = f"{Decimal(row['amount']) / total:.1%}" if total else NOTHING
    return [
        names.get(row["name"] or "", row["name"] or "none"),
        usd(row["amount"]),
        share,
        f"{row['machine_hours']:,.1f}",
        f"{row['accelerator_hours']:,.1f}",
        f"{row['completeness']:.0%}",
    ]


def _names(purser: Purser) -> dict[str, str]:
    """Public id -> name, also of endpoints that are gone; ids alone for a token that may not read endpoints."""
    try:
        return {row["id"]: row["name"] for row in every(purser, "endpoints")}
    except Forbidden:
        return {}
