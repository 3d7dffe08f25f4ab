"""What is being spent: burn rate, month to date, where the month is heading; reported to the budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Func, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Greatest, Least

from billing.domain.money import quantise
from billing.domain.projection import Projection, month_of, project_month
from billing.models import PostedMonth
from billing.services import prepaid
from fleet.models import Budget, Instance
from fleet.queries.machines import current_price
from fleet.queries.rows import in_scope
from fleet.services import budgets, incidents

ACCRUED = Sum(F("price_now") * F("seconds") / Value(Decimal(3600)))
BURN = Sum("price_now", filter=Q(terminated_at=None))
Scope = tuple[int | None, str, str, str]  # project, cloud, endpoint, currency


@dataclass
class Spending:
    """Of one project, cloud and endpoint, this month."""

    project_id: int | None
    cloud: str
    endpoint_ref: str
    currency: str
    posted: Decimal = Decimal(0)
    accrued: Decimal = Decimal(0)  # run up since each machine was last metered, at its price now
    burn_per_hour: Decimal = Decimal(0)

    @property
    def month_to_date(self) -> Decimal:
        return self.posted + self.accrued


def spending(now: datetime, *, projects: Sequence[int] | None = None) -> list[Spending]:
    """This month's spending by project, cloud, endpoint and currency; `projects` None means all and the leaks."""
    found: dict[Scope, Spending] = {}
    for scope, posted in _posted(month_of(now), projects):
        found[scope] = Spending(*scope, posted=posted)
    for scope, accrued, burn in _running(now, projects):
        row = found.setdefault(scope, Spending(*scope))
        row.accrued, row.burn_per_hour = accrued, burn
    for ahead in prepaid.outlook(now, projects=projects):
        scope = ahead.project_id, ahead.cloud, "", ahead.currency
        row = found.setdefault(scope, Spending(*scope))
        row.accrued += ahead.accrued
        row.burn_per_hour += ahead.burn_per_hour
    return list(found.values())


def projection(now: datetime, *, currency: str = "USD", projects: Sequence[int] | None = None) -> Projection:
    """Month to date, burn rate and the month's expected end, in one currency."""
    posted = in_scope(PostedMonth.objects.filter(month=month_of(now), currency=currency), projects)
    running = in_scope(_unsettled(now).filter(currency=currency), projects, "owner")
    sums = posted.aggregate(amount=Sum("amount")) | running.aggregate(accrued=ACCRUED, burn=BURN)
    spent = (sums["amount"] or Decimal(0)) + quantise(sums["accrued"] or Decimal(0))
    burn = sums["burn"] or Decimal(0)
    unused = [row for row in prepaid.outlook(now, projects=projects) if row.currency == currency]
    spent += sum((row.accrued for row in unused), Decimal(0))
    inside = running.filter(terminated_at=None, paid_capacity__isnull=False).select_related("paid_capacity__purchase")
    fixed, ahead = Decimal(0), sum((row.ahead for row in unused), Decimal(0))
    for machine in inside:
        fixed += machine.price_per_hour
        ahead += prepaid.machine_until_its_end(machine, now)
    unused_burn = sum((row.burn_per_hour for row in unused), Decimal(0))
    return project_month(spent, burn + unused_burn, now, ends=fixed + unused_burn, ahead=ahead)


def report_budgets(now: datetime) -> None:
    """Tell every budget what its month has cost so far, and open an incident where that nears the cap.

    Accrued time counts as spent: a budget must never learn of money too late.
    """
    rows = spending(now)
    for budget in Budget.objects.select_related("project"):
        amount = sum((row.month_to_date for row in rows if _covers(budget, row)), Decimal(0))
        budgets.report_spent(budget, month=now.date().replace(day=1), amount=amount, until=now)
        _warn(budget, amount, now)


def _posted(month: datetime, projects: Sequence[int] | None) -> list[tuple[Scope, Decimal]]:
    rows = in_scope(PostedMonth.objects.filter(month=month), projects)
    fields = ("project_id", "cloud", "endpoint_ref", "currency", "amount")
    return [(tuple(scope), amount) for *scope, amount in rows.values_list(*fields)]


def _running(now: datetime, projects: Sequence[int] | None) -> list[tuple[Scope, Decimal, Decimal]]:
    """By scope: what has run up since each machine was last metered, and what those alive cost an hour now."""
    scoped = in_scope(_unsettled(now), projects, "owner")
    sums = scoped.values("owner", "cloud", "serves", "currency").annotate(accrued=ACCRUED, burn=BURN)
    found = []
    for row in sums:
        scope = row["owner"], row["cloud"], row["serves"], row["currency"]
        found.append((scope, quantise(row["accrued"]), row["burn"] or Decimal(0)))
    return found


def _unsettled(now: datetime) -> QuerySet[Instance]:
    """Machines that run, or whose last time is not metered yet, with their seconds since then and their price now."""
    since = Greatest(Coalesce("meter__metered_until", "launched_at"), Value(month_of(now)))
    until = Least(Coalesce("terminated_at", Value(now)), Value(now))
    return (
        Instance.objects.filter(Q(terminated_at=None) | Q(meter__closed=False) | Q(meter=None))
        .annotate(
            as_of=Value(now),
            owner=Coalesce("slot__allocation__project_id", "project_id"),
            serves=Coalesce("slot__allocation__endpoint_ref", Value("")),
            seconds=Greatest(_SecondsBetween(since, until), Value(Decimal(0))),
        )
        .annotate(price_now=current_price())
        .order_by()
    )


class _SecondsBetween(Func):
    """`until - since` in seconds, exactly."""

    template = "EXTRACT(EPOCH FROM (%(expressions)s))"
    arity = 2
    output_field = DecimalField(max_digits=20, decimal_places=6)

    def __init__(self, since: Any, until: Any) -> None:
        super().__init__(until, since, arg_joiner=" - ")


def _covers(budget: Budget, row: Spending) -> bool:
    return (
        budget.currency == row.currency
        and budget.project_id in (None, row.project_id)
        and budget.cloud in ("", row.cloud)
        and budget.endpoint_ref in ("", row.endpoint_ref)
    )


def _warn(budget: Budget, amount: Decimal, now: datetime) -> None:
    subject = f"budget:{budget.pk}"
    cap = budget.cap_per_month
    if cap is None or amount < cap * budget.warn_ratio:
        incidents.close_incident(kind="budget", subject=subject, now=now)
        return
    detail = f"The budget ({budget}) has more than {budget.warn_ratio:.0%} of its {cap:.2f} {budget.currency} spent."
    blocks = "New launches are refused once it is spent. Raise the cap, or release what is not needed."
    warns = "Nothing is refused: it only warns."
    doing = blocks if budget.action == "block" else warns
    incidents.open_incident(kind="budget", subject=subject, detail=detail, doing=doing, now=now, project=budget.project)
