"""`manage.py allocate`: plan accelerators over every account, and ask for them on `--yes`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.domain.capacity import Offering
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.placement import Plan, refuse_hopeless
from fleet.domain.refusals import Refused
from fleet.domain.rules import IN_WORDS
from fleet.domain.spans import read_span
from fleet.models import Project
from fleet.services import allocations
from fleet.services.clock import business_now

WHO = "manage.py allocate"
SHOWN = 20


class Command(BaseCommand):
    help = "Show where accelerators would come from and what they cost; ask for them with --yes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="who pays: a project's slug")
        parser.add_argument("--name", default="allocation")
        parser.add_argument("--accelerator", required=True, help="as the catalogue calls it, such as H100")
        parser.add_argument("--count", type=int, required=True, help="accelerators, not machines")
        parser.add_argument("--gang", action="store_true", help="all or none, in one pool")
        for option in ("cloud", "region", "capacity-type"):
            parser.add_argument(f"--{option}", action="append", default=[], help="may be given again; none: any")
        parser.add_argument("--max-price", default="", help="US dollars an hour of one machine")
        parser.add_argument("--on-demand-floor", type=int, default=0, help="so many accelerators may not be spot")
        parser.add_argument("--residency", default="", help="country or union the machines must stand in: de, eu …")
        parser.add_argument("--ttl", default="", help="such as 24h; none: until somebody releases it")
        parser.add_argument("--image", default="")
        done = parser.add_mutually_exclusive_group()
        done.add_argument("--yes", action="store_true", help="ask for what was planned")
        done.add_argument("--dry-run", action="store_true", help="only plan, as without --yes")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **said: Any) -> None:
        try:
            project = _project(said["project"])
            spec = _spec(said)
            plan = allocations.preview(project=project, spec=spec, now=business_now())
            asked = ""
            if said["yes"]:
                refuse_hopeless(plan)
                row = allocations.request_allocation(project=project, spec=spec, requested_by=WHO, now=business_now())
                asked = row.public_id
        except Refused as error:
            raise CommandError(error.sentence) from error
        if said["json"]:
            self.stdout.write(json.dumps({"allocation": asked or None, "plan": plan.as_json()}))
        else:
            self.stdout.write("\n".join(_lines(plan, asked)))


def _project(slug: str) -> Project:
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Project.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise Refused("unknown-project", f"There is no project {slug[:60]!r}. There are: {known}.")
    return found


def _spec(said: dict[str, Any]) -> AllocationSpec:
    """Raises Refused for what cannot be read."""
    try:
        price = Decimal(said["max_price"]) if said["max_price"] else None
    except InvalidOperation as error:
        raise Refused("max-price", "Give --max-price as an amount, such as 12.50.") from error
    try:
        ttl = read_span(said["ttl"]) if said["ttl"] else None
    except ValueError as error:
        raise Refused("ttl", f"--ttl: {error}") from error
    demand = Demand(
        said["count"],
        said["accelerator"],
        gang=said["gang"],
        clouds=tuple(said["cloud"]),
        regions=tuple(said["region"]),
        capacity_types=tuple(said["capacity_type"]),
        max_price_per_hour=price,
        on_demand_floor=said["on_demand_floor"],
        residency=said["residency"],
    )
    return AllocationSpec(said["name"], demand, image=said["image"], ttl=ttl)


def _lines(plan: Plan, asked: str) -> list[str]:
    """The choice, what comes after it, and the losers by reason."""
    lines = [
        f"{choice.machines} x {_named(choice.candidate.offering)}: "
        f"{choice.candidate.offering.price_per_hour * choice.machines:.2f} {plan.currency}/h"
        for choice in plan.chosen
    ]
    lines += [f"Together {plan.price_per_hour:.2f} {plan.currency}/h, expected {plan.expected_per_hour:.2f}."]
    chosen = {choice.candidate.offering.pool for choice in plan.chosen}
    others = [candidate for candidate in plan.candidates if candidate.offering.pool not in chosen]
    lines += [
        f"  or {candidate.machines_for_all} x {_named(candidate.offering)}: "
        f"{candidate.offering.price_per_hour * candidate.machines_for_all:.2f} {candidate.offering.currency}/h, "
        f"expected {candidate.expected_per_hour * candidate.machines_for_all:.2f}"
        for candidate in others[:SHOWN]
    ]
    lines += [f"  {caution}" for choice in plan.chosen for caution in choice.candidate.cautions]
    skipped = sorted(plan.rejected_by_reason.items())
    lines += [f"  {count} skipped: {IN_WORDS.get(code, code.replace('-', ' '))}" for code, count in skipped]
    if not plan.chosen:
        lines = [plan.note, *lines[1:]]
    return [*lines, f"Asked for as {asked}." if asked else "Nothing was asked for: add --yes."]


def _named(offering: Offering) -> str:
    return f"{offering.pool} ({offering.account})" if offering.account else str(offering.pool)
