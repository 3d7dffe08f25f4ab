"""`purser explain`: why something is as it is, and what happens next by itself."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from typing import Any

from purser_client.cli.output import Output, usd, when
from purser_client.session import Purser

NAME = "explain"
HELP = "Why an allocation, decision, endpoint, replica, instance or operation is as it is."

Row = dict[str, Any]


def arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("id", help="alloc_…, dec_…, ep_…, rep_…, inst_… or op_…")


def run(options: argparse.Namespace, out: Output, purser: Purser) -> None:
    prefix = options.id.partition("_")[0]
    if prefix not in READERS:
        known = ", ".join(f"{known}_…" for known in READERS)
        raise ValueError(f"{options.id!r} is none of {known}; purser ls shows ids.")
    read, show = READERS[prefix]
    found = read(purser, options.id)
    if out.as_json:
        out.data(found)
    else:
        show(out, found)


def _state(out: Output, row: Row) -> None:
    why = ". ".join(filter(None, [row.get("reason"), row.get("detail")]))
    out.heading(f"{row['state']} since {when(row.get('since'))} UTC: {why}")
    if row.get("next_action"):
        at = f" at {when(row['next_action_at'])} UTC" if row.get("next_action_at") else ""
        out.line(f"Next by itself: {row['next_action']}{at}.")


def show_plan(out: Output, plan: Row) -> None:
    """What was chosen, what would have done as well, and why the others lost."""
    names = ["", "cloud", "zone", "type", "capacity", "machines", "$/h each"]
    rows = [_pool("→", row, row.get("machines")) for row in plan["chosen"]]
    rows += [_pool("", row, None) for row in plan["candidates"][:5] if not _is_chosen(row, plan)]
    if rows:
        out.table(names, rows, right=["machines", "$/h each"])
    if plan.get("note"):
        out.line(plan["note"])
    if plan["rejected"]:
        out.line()
        out.line(f"{plan.get('rejected_total') or len(plan['rejected'])} offerings lost. The nearest:")
        for (code, reason), count in Counter((row["code"], row["reason"]) for row in plan["rejected"]).most_common(8):
            out.line(f"  {count} × {code}: {reason}")


def _pool(mark: str, row: Row, machines: Any) -> list[Any]:
    price = usd(row["price_per_hour"])
    return [mark or " ", row["cloud"], row["zone"], row["instance_type"], row["capacity_type"], machines, price]


def _is_chosen(row: Row, plan: Row) -> bool:
    keys = ("cloud", "zone", "instance_type", "capacity_type")
    return any(all(row[key] == chosen[key] for key in keys) for chosen in plan["chosen"])


def _allocation(out: Output, found: Row) -> None:
    _state(out, found)
    if found["plan"]:
        out.line()
        out.line(f"Planned {when(found['planned_at'])} UTC:")
        show_plan(out, found["plan"])
    if found["slots"]:
        out.line()
        out.table(
            ["slot", "state", "cloud", "zone", "type", "$/h", "why"],
            [
                [
                    row["ordinal"], row["state"], row["cloud"], row["zone"], row["instance_type"],
                    usd(row["price_per_hour"]), row["detail"] or row["reason"],
                ]
                for row in found["slots"]
            ],
            right=["slot", "$/h"],
        )  # fmt: skip
    failed = [row for row in found["attempts"] if row["error"]]
    for row in failed[-5:]:
        out.line(f"Attempt {row['n']} in {row['cloud']} {row['zone']}: {row['error']['class']} {row['error']['code']}")
    out.line()
    for event in found["trail"][-12:]:
        out.line(f"{when(event['at'])}  {event['topic']}  {event['actor']}")


def _decision(out: Output, found: Row) -> None:
    out.heading(f"{found['action']}: {found['current']} → {found['allowed']} replicas of {found['endpoint_name']}")
    for sentence in found["sentences"]:
        out.line(sentence)


def _read_endpoint(purser: Purser, public_id: str) -> Row:
    endpoint: Row = purser.get(f"endpoints/{public_id}")
    latest = purser.get(f"endpoints/{public_id}/decisions", limit=1)["items"]
    endpoint["decision"] = purser.get(f"decisions/{latest[0]['id']}") if latest else None
    allocation = endpoint["allocation"]
    endpoint["explained_allocation"] = purser.get(f"allocations/{allocation}/explain") if allocation else None
    return endpoint


def _endpoint(out: Output, found: Row) -> None:
    _state(out, found)
    if found["decision"]:
        out.line()
        _decision(out, found["decision"])
    if found["explained_allocation"]:
        out.line()
        out.line("Its allocation:")
        _allocation(out, found["explained_allocation"])


def _replica(out: Output, found: Row) -> None:
    _state(out, found)
    out.line()
    out.table(
        ["from", "to", "state", "why"],
        [[when(row["started_at"]), when(row["ended_at"]), row["state"], row["reason"]] for row in found["periods"]],
    )


def _instance(out: Output, found: Row) -> None:
    _state(out, {**found, "state": found["state"] or "orphan", "since": found["since"] or found["launched_at"]})
    out.line(f"{found['provider_id']} in {found['cloud']} {found['zone']}, {usd(found['price_per_hour'])}/h.")
    out.line()
    out.table(
        ["attempt", "state", "zone", "type", "error"],
        [
            [row["n"], row["state"], row["zone"], row["instance_type"], row["error_code"] or row["error_class"]]
            for row in found["attempts"]
        ],
    )


def _operation(out: Output, found: Row) -> None:
    out.heading(f"{found['kind']} of {found['subject']}: {found['state']}, {found['progress']:.0%}")
    for text in (found["detail"], (found["error"] or {}).get("detail")):
        if text:
            out.line(text)


READERS: dict[str, tuple[Callable[[Purser, str], Row], Callable[[Output, Row], None]]] = {
    "alloc": (lambda purser, row: purser.get(f"allocations/{row}/explain"), _allocation),
    "dec": (lambda purser, row: purser.get(f"decisions/{row}"), _decision),
    "ep": (_read_endpoint, _endpoint),
    "rep": (lambda purser, row: purser.get(f"replicas/{row}"), _replica),
    "inst": (lambda purser, row: purser.get(f"instances/{row}"), _instance),
    "op": (lambda purser, row: purser.get(f"operations/{row}"), _operation),
}
