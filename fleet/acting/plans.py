"""A plan as the plan dialog shows it: what is asked, the ranked candidates with their risks, the losers, the money."""

from __future__ import annotations

import calendar
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from fleet.domain.capacity import USD, Memory, Pool
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.placement import Candidate, Plan
from fleet.domain.spans import write_span
from fleet.formatting import clock, cloud_name, duration, percent, place, usd
from fleet.formatting import money as in_currency
from fleet.models import Project
from fleet.pages import Frame
from fleet.queries.machines import live_machines
from fleet.services import budgets

Shown = dict[str, Any]
SHOWN_CANDIDATES, SHOWN_LOSERS = 8, 40
DAY = timedelta(days=1)
KNOWN_AFTER_HOURS = 1.0


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
    """Everything the dialog says about a plan."""
    horizon = min(spec.ttl or DAY, DAY)
    rows = _candidates(plan, budgets.quota_use(project), horizon)
    chosen = [row for row in rows if row["chosen"]]
    return {
        "title": f"Placement plan: allocate {asks(spec.demand)}",
        "checked": plan.candidates_total + plan.rejected_total,
        "at": plan.planned_at,
        "facts": _facts(spec, project),
        "candidates": rows[:SHOWN_CANDIDATES],
        "more_candidates": rows[SHOWN_CANDIDATES:],
        "losers": _losers(plan),
        "horizon": spaced(horizon),
        "note": plan.note,
        "currency": plan.currency,
        "price": plan.price_per_hour,
        "expected": plan.expected_per_hour,
        "burn_before": money.burn,
        "burn_after": money.burn + (plan.price_per_hour if plan.currency == USD else 0),
        "budgets": budget_lines(project, plan, spec.ttl, now),
        "blast": _blast(plan, spec, now),
        "fallback": _fallback(rows, chosen, plan),
        "action": _action(plan),
    }


def spaced(span: timedelta) -> str:
    """`24 h`, `7 d`, `90 min`: as it was asked for."""
    return re.sub(r"([0-9])([a-z])", r"\1 \2", write_span(span))


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


def _candidates(plan: Plan, quotas: Sequence[Mapping[str, Any]], horizon: timedelta) -> list[Shown]:
    bought = {choice.candidate.offering.pool: choice.machines for choice in plan.chosen}
    first = next((k for k, c in enumerate(plan.candidates) if c.offering.pool in bought), len(plan.candidates))
    best = plan.expected_per_hour
    return [
        _candidate(candidate, k, bought, k < first, best, quotas, horizon)
        for k, candidate in enumerate(plan.candidates)
    ]


def _candidate(
    candidate: Candidate,
    k: int,
    bought: Mapping[Pool, int],
    larger: bool,
    best: Decimal,
    quotas: Sequence[Mapping[str, Any]],
    horizon: timedelta,
) -> Shown:
    offering, pool = candidate.offering, candidate.offering.pool
    machines = bought.get(pool, candidate.machines_for_all)
    seen = candidate.memory
    expected = candidate.expected_per_hour * machines
    return {
        "rank": k + 1,
        "chosen": pool in bought,
        "larger": larger,
        "place": place(pool.cloud, pool.region, pool.zone),
        "shape": f"{machines} × {pool.instance_type}" if machines > 1 else pool.instance_type,
        "chips": f"{offering.accelerator_count} × {offering.accelerator}",
        "capacity": pool.capacity_type,
        "price": offering.price_per_hour * machines,
        "currency": offering.currency,
        "stockout": _risk(candidate.stockout_probability),
        "stockout_basis": _basis(seen),
        "fills_in": _fills_in(seen),
        "cautions": candidate.cautions,
        "interruption": _interruption(candidate, seen, horizon),
        "quota": _quota(quotas, pool.cloud, offering.accelerator),
        "expected": expected,
        "why": _why(candidate, machines, pool in bought, larger, expected, best),
    }


def _basis(seen: Memory) -> str:
    """What the risk is judged by; what was long ago hardly counts any more."""
    if not seen.attempts:
        return "never asked"
    if seen.attempts < 0.5:
        return "not asked lately"
    return f"{seen.refusals:.0f} of {seen.attempts:.0f} asked lately were refused"


def _fills_in(seen: Memory) -> str:
    seconds = seen.median_fill_seconds()
    return "" if seconds is None else duration(timedelta(seconds=seconds))


def _risk(probability: float) -> str:
    word = "Low" if probability < 0.15 else "Medium" if probability < 0.5 else "High"
    return f"{word}, {percent(probability)}"


def _interruption(candidate: Candidate, seen: Memory, horizon: timedelta) -> str:
    """P(at least one) over the horizon; of a pool never held nothing is known."""
    if candidate.offering.pool.capacity_type != "spot":
        return "None"
    if seen.held_hours < KNOWN_AFTER_HOURS:
        return "Not known yet"
    hours = horizon / timedelta(hours=1)
    return percent(1 - math.exp(-candidate.interruptions_per_hour * hours))


def _quota(quotas: Sequence[Mapping[str, Any]], cloud: str, accelerator: str) -> str:
    """The tightest of those that count this pool."""
    covering = [q for q in quotas if q["cloud"] in ("", cloud) and q["accelerator"] in ("", accelerator)]
    tightest = min(covering, key=lambda q: q["most"] - q["held"], default=None)
    return f"{tightest['held']} of {tightest['most']} held" if tightest else "No quota"


def _why(candidate: Candidate, machines: int, chosen: bool, larger: bool, expected: Decimal, best: Decimal) -> str:
    risk = expected - candidate.offering.price_per_hour * machines
    if chosen:
        return f"Lowest expected cost. Its risks are worth {in_currency(risk, candidate.offering.currency)}/h of that."
    if larger:
        return "Less per accelerator, but it brings more than is asked for."
    if not best:
        return "Would do by itself."
    return f"Would do. {in_currency(expected - best, candidate.offering.currency)}/h more is expected."


def _losers(plan: Plan) -> list[Shown]:
    """By reason, the commonest first; of each group the nearest are named."""
    groups = []
    for code, count in Counter(plan.rejected_by_reason).most_common():
        rows = [r for r in plan.rejected if r.code == code][:SHOWN_LOSERS]
        groups.append(
            {
                "code": code.replace("-", " "),
                "count": count,
                "more": count - len(rows),
                "rows": [
                    {
                        "place": place(r.offering.pool.cloud, r.offering.pool.region, r.offering.pool.zone),
                        "shape": r.offering.pool.instance_type,
                        "capacity": r.offering.pool.capacity_type,
                        "price": r.offering.price_per_hour,
                        "currency": r.offering.currency,
                        "reason": r.reason,
                    }
                    for r in rows
                ],
            }
        )
    return groups


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


def _fallback(rows: Sequence[Shown], chosen: Sequence[Shown], plan: Plan) -> str:
    if not chosen:
        return ""
    fills = [
        seconds for choice in plan.chosen if (seconds := choice.candidate.memory.median_fill_seconds()) is not None
    ]
    filled = f"Filled in {duration(timedelta(seconds=max(fills)))} before (median). " if fills else ""
    following = next((row for row in rows if not row["chosen"] and not row["larger"]), None)
    if following is None:
        return f"{filled}If it is refused, Purser asks again when its cool-down is over."
    return f"{filled}If it is refused, Purser goes on to {following['place']}, {following['capacity']}."


def _action(plan: Plan) -> str:
    """The primary button: the action and its price."""
    if not plan.chosen:
        return "Ask, and wait for capacity"
    clouds = {choice.candidate.offering.pool.cloud for choice in plan.chosen}
    kinds = {choice.candidate.offering.pool.capacity_type for choice in plan.chosen}
    where = cloud_name(clouds.pop()) if len(clouds) == 1 else f"{len(clouds)} clouds"
    kind = f" {kinds.pop()}" if len(kinds) == 1 else ""
    return f"Allocate on {where}{kind}, {in_currency(plan.price_per_hour, plan.currency)}/h"
