"""What is being spent: burn rate, month to date, where the month is heading; reported to the budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Sum

from billing.domain.money import cost_of
from billing.domain.projection import Projection, month_of, project_month
from billing.models import UsageInterval
from billing.services.metering import Owner, follows_market
from billing.services.prices import PriceHistory
from fleet.models import Budget, Instance
from fleet.services import budgets, incidents

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
    for scope, posted in _posted(month_of(now)):
        found[scope] = Spending(*scope, posted=posted)
    machines = _unsettled()
    followers = [machine for machine in machines if follows_market(machine)]
    prices = PriceHistory.of(followers, since=now) if followers else PriceHistory({})
    for machine in machines:
        _accrue(found, machine, _price_at(machine, prices, now), now)
    return [row for row in found.values() if projects is None or row.project_id in projects]


def projection(now: datetime, *, currency: str = "USD", projects: Sequence[int] | None = None) -> Projection:
    """Month to date, burn rate and the month's expected end, in one currency."""
    rows = [row for row in spending(now, projects=projects) if row.currency == currency]
    return project_month(
        sum((row.month_to_date for row in rows), Decimal(0)), sum((row.burn_per_hour for row in rows), Decimal(0)), now
    )


def report_budgets(now: datetime) -> None:
    """Tell every budget what its month has cost so far, and open an incident where that nears the cap.

    Accrued time counts as spent: a budget must never learn of money too late.
    """
    rows = spending(now)
    for budget in Budget.objects.select_related("project"):
        amount = sum((row.month_to_date for row in rows if _covers(budget, row)), Decimal(0))
        budgets.report_spent(budget, month=now.date().replace(day=1), amount=amount, until=now)
        _warn(budget, amount, now)


def _posted(month: datetime) -> list[tuple[Scope, Decimal]]:
    sums = (
        UsageInterval.objects.filter(hour__gte=month)
        .order_by()
        .values_list("project_id", "cloud", "endpoint_ref", "currency")
        .annotate(Sum("amount"))
    )
    return [((project, cloud, endpoint, currency), amount) for project, cloud, endpoint, currency, amount in sums]


def _unsettled() -> list[Instance]:
    """Machines that cost something which is not in the ledger yet."""
    return list(
        Instance.objects.filter(Q(terminated_at=None) | Q(meter__closed=False) | Q(meter=None)).select_related(
            "account", "meter", "project", "slot__allocation__project"
        )
    )


def _price_at(machine: Instance, prices: PriceHistory, now: datetime) -> Decimal:
    changes = prices.changes(machine) if follows_market(machine) else []
    in_force = [change for change in changes if change.effective_from <= now]
    return in_force[-1].price_per_hour if in_force else machine.price_per_hour


def _accrue(found: dict[Scope, Spending], machine: Instance, price_per_hour: Decimal, now: datetime) -> None:
    owner = Owner.of(machine)
    scope = (owner.project.pk if owner.project else None, machine.cloud, owner.endpoint_ref, machine.currency)
    row = found.setdefault(scope, Spending(*scope))
    meter = getattr(machine, "meter", None)
    metered_until = meter.metered_until if meter and meter.metered_until else machine.launched_at
    since, until = max(metered_until, month_of(now)), min(machine.terminated_at or now, now)
    if until > since:
        row.accrued += cost_of(until - since, price_per_hour)
    if machine.terminated_at is None:
        row.burn_per_hour += price_per_hour


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
