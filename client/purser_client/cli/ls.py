"""`purser ls`: the lists of Purser as tables."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from purser_client.cli.output import Output, usd, when
from purser_client.cli.reading import every
from purser_client.session import Purser

NAME = "ls"
HELP = "Allocations, endpoints, instances, offerings, replicas, models or operations as a table."

Row = dict[str, Any]
Column = Callable[[Row], Any]


def _price(row: Row) -> str:
    return usd(row["price_per_hour"])


LISTS: dict[str, tuple[dict[str, Any], dict[str, Column]]] = {
    "allocations": (
        {"living": True},
        {
            "id": lambda row: row["id"],
            "name": lambda row: row["name"],
            "project": lambda row: row["project"],
            "state": lambda row: row["state"],
            "what": lambda row: f"{row['accelerator_count']} × {row['accelerator'] or 'any that fits'}",
            "machines": lambda row: f"{row['machines_ready']}/{row['machines']}",
            "expires": lambda row: when(row["expires_at"]),
            "why": lambda row: row["detail"] or row["reason"],
        },
    ),
    "endpoints": (
        {"living": True},
        {
            "id": lambda row: row["id"],
            "name": lambda row: row["name"],
            "project": lambda row: row["project"],
            "state": lambda row: row["state"],
            "ready": lambda row: f"{row['replicas_ready']}/{row['desired_replicas']}",
            "model": lambda row: row["model_name"],
            "on": lambda row: row["accelerators"],
            "why": lambda row: row["detail"] or row["reason"],
        },
    ),
    "instances": (
        {"live": True},
        {
            "id": lambda row: row["id"],
            "cloud": lambda row: row["cloud"],
            "zone": lambda row: row["zone"],
            "type": lambda row: row["instance_type"],
            "capacity": lambda row: row["capacity_type"],
            "what": lambda row: f"{row['accelerator_count']} × {row['accelerator']}",
            "state": lambda row: row["state"] or "orphan",
            "$/h": _price,
            "since": lambda row: when(row["launched_at"]),
            "allocation": lambda row: row["allocation"],
        },
    ),
    "offerings": (
        {},
        {
            "cloud": lambda row: row["cloud"],
            "zone": lambda row: row["zone"],
            "type": lambda row: row["instance_type"],
            "capacity": lambda row: row["capacity_type"],
            "what": lambda row: f"{row['accelerator_count']} × {row['accelerator']}",
            "$/h": _price,
            "observed": lambda row: when(row["observed_at"]),
        },
    ),
    "replicas": (
        {"open": True},
        {
            "id": lambda row: row["id"],
            "endpoint": lambda row: row["endpoint_name"],
            "n": lambda row: row["ordinal"],
            "state": lambda row: row["state"],
            "weight": lambda row: row["weight"],
            "zone": lambda row: row["zone"],
            "what": lambda row: f"{row['accelerator_count']} × {row['accelerator']}",
            "$/h": _price,
            "why": lambda row: row["detail"] or row["reason"],
        },
    ),
    "models": (
        {},
        {
            "id": lambda row: row["id"],
            "name": lambda row: row["name"],
            "project": lambda row: row["project"] or "everybody",
            "parameters": lambda row: f"{row['parameters'] / 1e9:.1f} B",
            "context": lambda row: row["context_length"],
            "configs": lambda row: row["serving_configs"],
            "endpoints": lambda row: row["endpoints"],
        },
    ),
    "operations": (
        {"done": False},
        {
            "id": lambda row: row["id"],
            "kind": lambda row: row["kind"],
            "subject": lambda row: row["subject"],
            "state": lambda row: row["state"],
            "progress": lambda row: f"{row['progress']:.0%}",
            "detail": lambda row: row["detail"],
        },
    ),
}
NUMBERS = {"machines", "ready", "$/h", "n", "weight", "parameters", "context", "configs", "endpoints", "progress"}
WITH_PROJECT = {"allocations", "endpoints", "replicas", "models", "operations"}


def arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", nargs="?", choices=list(LISTS), default="allocations")
    command.add_argument("--all", action="store_true", help="also what has ended")
    command.add_argument("--project", help="only of this project (slug)")
    command.add_argument("--accelerator", help="only of this accelerator (allocations, offerings)")
    command.add_argument("--limit", type=int, default=200, help="at most so many rows (200)")


def run(options: argparse.Namespace, out: Output, purser: Purser) -> None:
    usual, columns = LISTS[options.what]
    narrowed: dict[str, Any] = {} if options.all else dict(usual)
    if options.project:
        if options.what not in WITH_PROJECT:
            raise ValueError(f"--project does not narrow {options.what}; it does {', '.join(sorted(WITH_PROJECT))}.")
        narrowed["project"] = options.project
    if options.accelerator:
        if options.what not in ("allocations", "offerings"):
            raise ValueError("--accelerator narrows allocations and offerings.")
        narrowed["accelerator"] = options.accelerator
    if options.limit < 1:
        raise ValueError("--limit is at least 1.")
    rows = list(every(purser, options.what, most=options.limit + 1, **narrowed))
    more, rows = len(rows) > options.limit, rows[: options.limit]
    if out.as_json:
        out.data(rows)
        return
    names = list(columns)
    out.table(names, [[column(row) for column in columns.values()] for row in rows], right=NUMBERS & set(names))
    if more:
        out.told(f"There are more; --limit {options.limit * 10} shows further ones.")
