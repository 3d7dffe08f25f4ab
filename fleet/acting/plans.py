"""A plan as the plan dialog shows it: what is asked, its rows, what comes after, the money."""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from fleet.acting.plan_rows import Around, candidate_rows, loser_rows, of_several, time_to_fill
from fleet.domain.capacity import USD
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.placement import Plan
from fleet.domain.rules import IN_WORDS
from fleet.domain.spans import spaced
from fleet.formatting import clock, cloud_name, duration, usd
from fleet.formatting import money as in_currency
from fleet.models import Project
from fleet.pages import Frame
from fleet.queries.machines import live_machines
from fleet.services import budgets, market

Shown = dict[str, Any]
SHOWN_CANDIDATES, SHOWN_LOSERS = 5, 10
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Money:
    """What everything visible costs an hour before this."""

    burn: Decimal


def money_of(frame: Frame) -> Money:
    """What the money bar above the dialog says."""
    burn = live_machines(frame.projects, frame.now).filter(currency=USD).aggregate(sum=Sum("price_now"))["sum"]
    return Money(burn or Decimal(0))


def paths_of(name: str, *, back: str) -> Callable[[], dict[str, str]]:
    """Where the plan's buttons lead: routes `name`, `name-plan`, `name-buy`, and the page behind the dialog."""
    return lambda: {
        "edit": reverse(name),
        "plan": reverse(f"{name}-plan"),
        "buy": reverse(f"{name}-buy"),
        "back": reverse(back),
    }


def shown_plan(plan: Plan, spec: AllocationSpec, *, project: Project, money: Money, now: datetime) -> Shown:
    """Everything the dialog says about a plan. Of a whole market it shows the nearest and counts the rest."""
    horizon = min(spec.ttl or DAY, DAY)
    limits = market.limits_now(market.on_sale())
    around = Around(bool(spec.demand.accelerator), budgets.quota_use(project), limits, horizon, now, of_several(plan))
    rows, losers = candidate_rows(plan, around), loser_rows(plan, around)
    return {
        "title": f"Placement plan: allocate {asks(spec.demand)}",
        "checked": plan.candidates_total + plan.rejected_total,
        "at": plan.planned_at,
        "facts": _facts(spec, project),
        "candidates": rows[:SHOWN_CANDIDATES],
        "more_candidates": rows[SHOWN_CANDIDATES:],
        "untold_candidates": plan.candidates_total - len(rows),
        "losers": losers[:SHOWN_LOSERS],
        "more_losers": losers[SHOWN_LOSERS:],
        "skipped": plan.rejected_total,
        "counts": _counts(plan),
        "horizon": spaced(horizon),
        "note": plan.note,
        "currency": plan.currency,
        "price": plan.price_per_hour,
        "paid": _paid(plan),
        "expected": plan.expected_per_hour,
        "burn_before": money.burn,
        "burn_after": money.burn + (plan.price_per_hour if plan.currency == USD else 0),
        "budgets": budget_lines(project, plan, spec.ttl, now),
        "blast": _blast(plan, spec, now),
        "fallback": _fallback(rows, plan),
        "action": _action(plan),
    }


def asks(demand: Demand) -> str:
    """`8 × H100`, or the need."""
    if demand.accelerator:
        return f"{demand.accelerator_count} × {demand.accelerator}"
    need = demand.need
    parts = [f"≥ {need.memory_gib:g} GiB" if need and need.memory_gib else "", "FP8" if need and need.fp8 else ""]
    parts.append(need.interconnect if need else "")
    return ", ".join(filter(None, parts)) or f"{demand.accelerator_count} accelerators"


def budget_lines(
    project: Project, plan: Plan, ttl: timedelta | None, now: datetime, *, endpoint_ref: str = ""
) -> list[Shown]:
    """Each budget this counts against: money left of the hour and of the month, before and after."""
    of_cloud: dict[str, Decimal] = defaultdict(Decimal)
    for choice in plan.chosen:
        offering = choice.candidate.offering
        of_cloud[offering.pool.cloud] += offering.price_per_hour * choice.machines
    found: dict[int, Shown] = {}
    for cloud in of_cloud or {"": Decimal(0)}:
        for row in budgets.standing(project, cloud=cloud, endpoint_ref=endpoint_ref, now=now):
            counted = of_cloud if row["currency"] == plan.currency else {}
            added = sum((v for c, v in counted.items() if row["cloud"] in ("", c)), Decimal(0))
            found[row["id"]] = budget_line(row, added, ttl, now)
    return list(found.values())


def budget_line(row: Mapping[str, Any], added: Decimal, ttl: timedelta | None, now: datetime) -> Shown:
    """One budget beside `added` an hour, in its currency, for `ttl` (None: to the month's end and beyond)."""
    rest = min(ttl, until_month_end(now)) if ttl is not None else until_month_end(now)
    bill = added * Decimal(rest / timedelta(hours=1))
    hour, month = row["left_per_hour"], row["left_this_month"]
    hour_after = None if hour is None else hour - added
    month_after = None if month is None else month - bill
    return {
        "scope": row["scope"],
        "currency": row["currency"],
        "blocks": row["action"] == "block",
        "hour": hour,
        "hour_after": hour_after,
        "month": month,
        "month_after": month_after,
        "over": bool((hour_after is not None and hour_after < 0) or (month_after is not None and month_after < 0)),
        "for": spaced(rest) if rest == ttl else duration(rest),
    }


def until_month_end(now: datetime) -> timedelta:
    days = calendar.monthrange(now.year, now.month)[1]
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days) - now


def _facts(spec: AllocationSpec, project: Project) -> list[tuple[str, str]]:
    demand = spec.demand
    shape = asks(demand) + (f", {demand.accelerators_per_slot} a machine" if demand.accelerators_per_slot else "")
    rules = [
        ", ".join(cloud_name(cloud) for cloud in demand.clouds),
        ", ".join(demand.regions),
        ", ".join(demand.capacity_types),
        f"at least {demand.on_demand_floor} not spot" if demand.on_demand_floor else "",
        f"in {demand.residency.upper()}" if demand.residency else "",
        f"at most {usd(demand.max_price_per_hour)}/h a machine" if demand.max_price_per_hour is not None else "",
    ]
    return [
        ("Project", project.name),
        ("Shape", shape + (", all or none" if demand.gang else "")),
        ("For", spaced(spec.ttl) if spec.ttl else "until released"),
        ("Filled within", spaced(spec.deadline) if spec.deadline else "no limit"),
        ("Rules", " · ".join(filter(None, rules)) or "any cloud, region and capacity"),
    ]


def _counts(plan: Plan) -> list[Shown]:
    """How many lost for each reason, the commonest first."""
    return [
        {"code": IN_WORDS.get(code, code.replace("-", " ")), "count": count}
        for code, count in Counter(plan.rejected_by_reason).most_common()
        if count
    ]


def _blast(plan: Plan, spec: AllocationSpec, now: datetime) -> list[str]:
    """What this touches, and how it ends."""
    said = ["Nothing that runs is touched."]
    if spec.ttl:
        total = plan.price_per_hour * Decimal(spec.ttl / timedelta(hours=1))
        until, costs = clock(now + spec.ttl, now), in_currency(total, plan.currency)
        said.append(f"It ends by itself on {until} UTC and costs about {costs} until then.")
    elif plan.chosen:
        month = in_currency(plan.price_per_hour * 730, plan.currency, 0)
        said.append(f"It has no time to live: it costs about {month} a month until somebody releases it.")
    if spec.idle_release:
        said.append(f"It is released after {spaced(spec.idle_release)} without work.")
    return said


def _paid(plan: Plan) -> Decimal:
    """What part of its price is owed whether it is used or not."""
    paid = (choice for choice in plan.chosen if choice.candidate.offering.paid)
    return sum((choice.candidate.offering.price_per_hour * choice.machines for choice in paid), Decimal(0))


def _fallback(rows: Sequence[Shown], plan: Plan) -> str:
    """How long the chosen pools took to fill, and what comes after them."""
    if not plan.chosen:
        return ""
    took = time_to_fill([choice.candidate.memory for choice in plan.chosen])
    filled = f"Time to fill {took}." if took else "Time to fill is not known yet."
    following = next((row for row in rows if not row["chosen"] and not row["larger"]), None)
    if following is None:
        return f"{filled} If it is refused, Purser asks again when its cool-down is over."
    return f"{filled} If it is refused, Purser goes on to {following['place']}, {following['capacity'].lower()}."


def _action(plan: Plan) -> str:
    """The primary button: the action and its price."""
    if not plan.chosen:
        return "Ask, and wait for capacity"
    clouds = {choice.candidate.offering.pool.cloud for choice in plan.chosen}
    kinds = {choice.candidate.offering.pool.capacity_type for choice in plan.chosen}
    where = cloud_name(clouds.pop()) if len(clouds) == 1 else f"{len(clouds)} clouds"
    kind = f" {kinds.pop()}" if len(kinds) == 1 else ""
    return f"Allocate on {where}{kind}, {in_currency(plan.price_per_hour, plan.currency)}/h"
