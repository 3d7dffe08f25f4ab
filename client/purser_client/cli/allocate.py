"""`purser allocate`: shows what would be bought and asks before it spends; then waits until it is there."""

from __future__ import annotations

import argparse
import re
import sys
import time
import uuid
from typing import Any

from purser_client.cli.explain import show_plan
from purser_client.cli.output import Output, usd
from purser_client.cli.reading import News
from purser_client.problems import OperationFailed
from purser_client.session import Purser

NAME = "allocate"
HELP = "Ask for accelerators: the plan with its price first, then your word, then progress until they are there."
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
THERE = ("active",)
OVER = ("failed", "released")
LOOK_SECONDS = 20.0


class NotAgreed(Exception):
    """Nobody said yes, so nothing was asked for."""


def arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--accelerator", required=True, help="H100, L4 … as in purser ls offerings")
    command.add_argument("--count", type=int, default=1, help="how many accelerators (1)")
    command.add_argument("--per-machine", type=int, metavar="N", help="machines with exactly so many each")
    command.add_argument("--gang", action="store_true", help="all machines in one pool, or none")
    command.add_argument("--name", default="from-the-terminal")
    command.add_argument("--project", help="slug; needed when the token may act in several")
    command.add_argument("--cloud", action="append", default=[], help="only there; may be given again")
    command.add_argument("--region", action="append", default=[], help="only there; may be given again")
    command.add_argument(
        "--capacity-type",
        action="append",
        default=[],
        choices=["on-demand", "spot", "reserved", "flex-start"],
        help="only these",
    )
    command.add_argument("--max-price", metavar="USD", help="of one machine, an hour")
    command.add_argument("--on-demand-floor", type=int, metavar="N", help="so many accelerators may not be spot")
    command.add_argument("--residency", metavar="WHERE", help="country or union the machines must stand in: de, eu …")
    command.add_argument("--ttl", metavar="TIME", help="release it after 90m, 24h, 7d …")
    command.add_argument("--deadline", metavar="TIME", help="give up filling it after that time")
    command.add_argument("--dry-run", action="store_true", help="only show the plan")
    command.add_argument("--yes", action="store_true", help="spend without asking")
    command.add_argument("--no-wait", action="store_true", help="end once it is accepted")
    command.add_argument("--timeout", default="30m", metavar="TIME", help="wait at most so long (30m)")


def run(options: argparse.Namespace, out: Output, purser: Purser) -> None:
    body, patience = body_of(options), seconds(options.timeout, "--timeout")
    plan = purser.send("POST", "allocations", parameters={"dry_run": True}, body=body).json()
    room = budgets_of(purser, options.project)
    if options.dry_run:
        out.data({**plan, "budgets": room}) if out.as_json else _show(out, plan, room)
        return
    if not out.as_json:
        _show(out, plan, room)
    _agree(options, plan)
    news = None if options.no_wait else News(purser)  # from before it is asked for, so that nothing is missed
    made = purser.send("POST", "allocations", body=body, headers={"Idempotency-Key": uuid.uuid4().hex}).json()
    out.told(f"Asked for as {made['id']}.")
    if news is not None:
        made = _until_there(out, purser, news, made, patience)
    if out.as_json:
        out.data(made)
        return
    for machine in made.get("connect", ()):
        out.line(machine["connect"] or machine["private_ip"])


def body_of(options: argparse.Namespace) -> dict[str, Any]:
    """The request as the API takes it."""
    if options.count < 1:
        raise ValueError("--count is at least 1.")
    wanted = {
        "name": options.name,
        "accelerator": options.accelerator,
        "accelerator_count": options.count,
        "accelerators_per_slot": options.per_machine,
        "gang": options.gang,
        "project": options.project,
        "clouds": options.cloud,
        "regions": options.region,
        "capacity_types": options.capacity_type,
        "max_price_per_hour": options.max_price,
        "on_demand_floor": options.on_demand_floor,
        "residency": options.residency,
        "ttl_seconds": seconds(options.ttl, "--ttl") if options.ttl else None,
        "deadline_seconds": seconds(options.deadline, "--deadline") if options.deadline else None,
    }
    return {name: value for name, value in wanted.items() if value not in (None, [])}


def seconds(text: str, option: str) -> int:
    """`90m` in seconds. Raises ValueError with what may stand there."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found or not int(found[1]):
        raise ValueError(f"{option} {text!r} is no time: write 90s, 45m, 24h or 7d.")
    return int(found[1]) * UNITS[found[2]]


def budgets_of(purser: Purser, project: str | None) -> list[dict[str, Any]]:
    """The budgets this would fall under, with what is left of each."""
    found = purser.get("budgets", limit=100)["items"]
    return [budget for budget in found if not budget["endpoint"] and project in (None, budget["project"])]


def _show(out: Output, plan: dict[str, Any], room: list[dict[str, Any]]) -> None:
    if plan["feasible"]:
        out.heading(f"{usd(plan['price_per_hour'])}/h, {usd(plan['expected_per_hour'])}/h with its risks.")
    else:
        out.heading("Nothing can be had right now.")
    show_plan(out, plan)
    for budget in room:
        whose = ", ".join(filter(None, [budget["project"] or "every project", budget["cloud"]]))
        hour, month = (usd(budget[f"left_{span}"]) for span in ("per_hour", "this_month"))
        out.line(f"Budget of {whose}: {hour} left per hour, {month} left this month.")


def _agree(options: argparse.Namespace, plan: dict[str, Any]) -> None:
    """Raises NotAgreed unless somebody said yes."""
    if options.yes:
        return
    if options.json or not sys.stdin.isatty():
        raise NotAgreed("Nothing was asked for. Add --yes to spend without being asked, or --dry-run to only look.")
    price = f"Spend {usd(plan['price_per_hour'])}/h" if plan["feasible"] else "Ask for it and wait"
    sys.stderr.write(f"\n{price}? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise NotAgreed("Nothing was asked for.")


def _until_there(out: Output, purser: Purser, news: News, made: dict[str, Any], patience: int) -> dict[str, Any]:
    """The allocation once its machines are there; every change of it is told. Raises OperationFailed, TimeoutError."""
    until, told = time.monotonic() + patience, ""
    while True:
        seen: dict[str, Any] = purser.get(f"allocations/{made['id']}")
        now = f"{seen['state']}: {seen['machines_ready']} of {seen['machines']} machines ready. {seen['detail']}"
        if now != told:
            out.told(now.strip())
            told = now
        if seen["state"] in THERE:
            return seen
        if seen["state"] in OVER:
            raise OperationFailed(f"{made['id']} is {seen['state']}: {seen['detail'] or seen['reason']}")
        if time.monotonic() >= until:
            raise TimeoutError(
                f"{made['id']} is not there after {patience} s; it goes on. purser explain {made['id']} says why."
            )
        news.wait(min(LOOK_SECONDS, max(until - time.monotonic(), 0.0)))
