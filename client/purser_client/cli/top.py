"""`purser top`: endpoints and allocations with what they burn, kept current by the feed."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from purser_client.cli.output import CLEAR, Output, usd, when
from purser_client.cli.reading import News, burn_by_allocation, every
from purser_client.session import Purser

NAME = "top"
HELP = "Endpoints and allocations with what they burn; looks again whenever something happens."


def arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--once", action="store_true", help="show it once and end")
    command.add_argument("--project", help="only of this project (slug)")
    command.add_argument("--every", type=float, default=15.0, metavar="SECONDS", help="look at least so often (15)")


def run(options: argparse.Namespace, out: Output, purser: Purser) -> None:
    if options.every < 1:
        raise ValueError("--every is at least 1 second.")
    live = out.terminal and not options.once and not out.as_json
    news = News(purser) if live else None
    while True:
        seen = look(purser, options.project)
        if out.as_json:
            out.data(seen)
            return
        if live:
            sys.stdout.write(CLEAR)
        show(out, seen)
        if news is None:
            return
        out.line()
        out.line("Ctrl-C ends this; nothing that runs is touched.")
        news.wait(options.every)


def look(purser: Purser, project: str | None) -> dict[str, Any]:
    """One picture of everything alive."""
    burn = burn_by_allocation(purser)
    allocations = list(every(purser, "allocations", living=True, project=project))
    endpoints = list(every(purser, "endpoints", living=True, project=project))
    for row in allocations:
        row["burn_per_hour"] = str(burn.get(row["id"], Decimal(0)))
    for row in endpoints:
        row["burn_per_hour"] = str(burn.get(row["allocation"] or "", Decimal(0)))
    wanted = {row["id"] for row in allocations}
    total = sum((amount for held, amount in burn.items() if project is None or held in wanted), Decimal(0))
    budgets = [
        budget for budget in purser.get("budgets", limit=100)["items"] if project in (None, budget["project"], "")
    ]
    return {
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "burn_per_hour": str(total),
        "currency": "USD",
        "endpoints": endpoints,
        "allocations": allocations,
        "budgets": budgets,
    }


def show(out: Output, seen: dict[str, Any]) -> None:
    left = [budget["left_this_month"] for budget in seen["budgets"] if budget["left_this_month"] is not None]
    budget = f", {usd(min(map(Decimal, left)))} left this month" if left else ""
    out.heading(f"{when(seen['at'])} UTC  {usd(seen['burn_per_hour'])}/h{budget}")
    out.line()
    out.table(
        ["endpoint", "project", "state", "ready", "$/h", "model", "why"],
        [
            [
                row["name"],
                row["project"],
                row["state"],
                f"{row['replicas_ready']}/{row['desired_replicas']}",
                usd(row["burn_per_hour"]),
                row["model_name"],
                row["detail"] or row["reason"],
            ]
            for row in seen["endpoints"]
        ],
        right=["ready", "$/h"],
    )
    out.line()
    out.table(
        ["allocation", "project", "state", "machines", "$/h", "what", "expires", "why"],
        [
            [
                row["name"],
                row["project"],
                row["state"],
                f"{row['machines_ready']}/{row['machines']}",
                usd(row["burn_per_hour"]),
                f"{row['accelerator_count']} × {row['accelerator'] or 'any that fits'}",
                when(row["expires_at"]),
                row["detail"] or row["reason"],
            ]
            for row in sorted(seen["allocations"], key=lambda row: -Decimal(row["burn_per_hour"]))
        ],
        right=["machines", "$/h"],
    )
