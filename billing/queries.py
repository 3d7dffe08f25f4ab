"""What the pages read of money: plain rows, one statement a card, however many rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DateTimeField, F, Func, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import NullIf

from billing.domain.tokens import MILLION
from billing.models import AllocatedCost, CostedHour, CostKind, CostPerToken, HourlySpend
from fleet.models import Budget, Hold, Project
from fleet.queries.rows import Rows, in_scope, plain
from fleet.timerange import TimeRange
from inference.models import Endpoint

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALL_TOKENS = F("input_tokens") + F("cached_input_tokens") + F("output_tokens")
CURRENCY = "USD"
SERVED = Q(kind=CostKind.SERVING)


def per_million(amount: Decimal | None, tokens: int | None) -> Decimal | None:
    """A ratio of sums, so that hours weigh as much as they served; None without tokens."""
    return amount * MILLION / tokens if amount is not None and tokens else None


def blended(projects: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """What a million tokens cost of late and in the week before: every endpoint's bill over all their tokens."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    lately = Q(hour__gte=hour - HOUR)
    rows = in_scope(CostPerToken.objects.filter(hour__gte=hour - timedelta(days=7), currency=CURRENCY), projects)
    sums = rows.aggregate(
        lately_amount=Sum("amount", filter=lately),
        lately_tokens=Sum(ALL_TOKENS, filter=lately),
        week_amount=Sum("amount", filter=~lately),
        week_tokens=Sum(ALL_TOKENS, filter=~lately),
        seen=Min("completeness", filter=lately),
    )
    return {
        "now": per_million(sums["lately_amount"], sums["lately_tokens"]),
        "week": per_million(sums["week_amount"], sums["week_tokens"]),
        "completeness": sums["seen"],
        "since": hour - HOUR,
    }


def endpoint_prices(projects: Sequence[int] | None, now: datetime) -> dict[str, dict[str, Any]]:
    """The newest hour of each endpoint that has a price, or the reason why there is none."""
    rows = in_scope(CostPerToken.objects.filter(hour__gte=now - timedelta(hours=24), currency=CURRENCY), projects)
    latest = rows.order_by("endpoint_ref", "-hour").distinct("endpoint_ref")
    fields = ("endpoint_ref", "hour", "cost_per_million", "method", "completeness", "reason", "until")
    return {row["endpoint_ref"]: row for row in latest.values(*fields)}


def dearest(projects: Sequence[int] | None, span: TimeRange, most: int) -> tuple[list[str], int]:
    """The endpoints with the largest bills of the range's last day, and how many others had one."""
    day = CostPerToken.objects.filter(hour__gte=span.end - 24 * HOUR, hour__lt=span.end, currency=CURRENCY)
    sums = in_scope(day, projects).order_by().values("endpoint_ref").annotate(sum=Sum("amount"))
    found = [row["endpoint_ref"] for row in sums.order_by("-sum", "endpoint_ref")]
    return found[:most], max(len(found) - most, 0)


def _token_prices(projects: Sequence[int] | None, span: TimeRange) -> QuerySet[CostPerToken]:
    within = CostPerToken.objects.filter(hour__gte=span.start, hour__lt=span.end, currency=CURRENCY)
    return in_scope(within, projects)


def token_costs(projects: Sequence[int] | None, span: TimeRange, *, endpoints: Sequence[str] | None) -> Rows:
    """Bill and tokens by bucket of these endpoints, None for all of them; `span` is in whole hours."""
    rows = _token_prices(projects, span)
    if endpoints is not None:
        rows = rows.filter(endpoint_ref__in=endpoints)
    found = (
        rows.order_by()
        .annotate(bucket=_bucket(span))
        .values("endpoint_ref", "bucket")
        .annotate(
            sum=Sum("amount"),
            tokens=Sum(ALL_TOKENS),
            made=Sum("output_tokens"),
            seen=Min("completeness"),
        )
    )
    return [row | {"price": per_million(row["sum"], row["tokens"])} for row in found]


def endpoint_names(projects: Sequence[int] | None) -> dict[str, str]:
    """Public id -> name, oldest first: the order in which colours are given, so that they stay."""
    return dict(in_scope(Endpoint.objects.order_by("id"), projects).values_list("public_id", "name"))


def spend(projects: Sequence[int] | None, span: TimeRange) -> Rows:
    """Dollars an hour by bucket, cloud and kind; `span` is in whole hours."""
    rows = in_scope(HourlySpend.objects.filter(hour__gte=span.start, hour__lt=span.end, currency=CURRENCY), projects)
    sums = rows.order_by().annotate(bucket=_bucket(span)).values("bucket", "cloud", "kind").annotate(sum=Sum("amount"))
    known = CostedHour.objects.order_by("-hour").values_list("rebuilt_at", flat=True).first()
    return [row | {"rate": _rate(row, span, known)} for row in sums]


def budget_rows(projects: Sequence[int] | None) -> Rows:
    """Every budget with what is held against it now and what its month has cost."""
    rows = in_scope(Budget.objects.all(), projects)
    budgets = list(
        rows.order_by("id").values(
            "id", "project_id", "project__slug", "cloud", "endpoint_ref", "cap_per_hour", "cap_per_month", "action",
            "currency", "warn_ratio", "spent_month", "spent_amount", "spent_until",
        )
    )  # fmt: skip
    holds = plain(
        Hold.objects.filter(released_at=None)
        .order_by()
        .values("project_id", "cloud", "endpoint_ref", "currency")
        .annotate(rate=Sum("price_per_hour"))
    )
    for budget in budgets:
        budget["held"] = sum((hold["rate"] for hold in holds if _covers(budget, hold)), Decimal(0))
    return budgets


def _covers(budget: dict[str, Any], hold: dict[str, Any]) -> bool:
    return (
        budget["currency"] == hold["currency"]
        and budget["project_id"] in (None, hold["project_id"])
        and budget["cloud"] in ("", hold["cloud"])
        and budget["endpoint_ref"] in ("", hold["endpoint_ref"])
    )


def _bucket(span: TimeRange) -> Func:
    return Func(Value(span.step), F("hour"), Value(EPOCH), function="date_bin", output_field=DateTimeField())


def _rate(row: dict[str, Any], span: TimeRange, known_until: datetime | None) -> float:
    """$/h of a bucket; the running one is divided by the time that is billed of it, not by what is still to come."""
    end = min(row["bucket"] + span.step, max(known_until or span.end, row["bucket"] + timedelta(minutes=1)))
    return float(row["sum"]) / ((end - row["bucket"]) / HOUR)


# --- Economics ---------------------------------------------------------------------------------------------------


def shares(projects: Sequence[int] | None, span: TimeRange) -> Rows:
    """The bill of the range by who held it and what it was for; `span` is in whole hours."""
    rows = in_scope(AllocatedCost.objects.filter(hour__gte=span.start, hour__lt=span.end, currency=CURRENCY), projects)
    columns = ("endpoint_ref", "allocation__public_id", "allocation__name", "project__slug", "kind")
    seen = Sum(F("completeness") * F("seconds")) / NullIf(Sum("seconds"), 0.0)
    return list(rows.order_by().values(*columns).annotate(sum=Sum("amount"), seen=seen))


def token_bills(projects: Sequence[int] | None, span: TimeRange) -> Rows:
    """Bill, tokens and how much of them was seen, of each endpoint in the range."""
    rows = _token_prices(projects, span).order_by().values("endpoint_ref")
    return plain(rows.annotate(sum=Sum("amount"), tokens=Sum(ALL_TOKENS), seen=Min("completeness")))


def endpoint_facts(projects: Sequence[int] | None) -> dict[str, dict[str, Any]]:
    """Public id -> what endpoints are grouped by; deleted ones too, for they have bills."""
    rows = in_scope(Endpoint.objects.all(), projects)
    columns = ("public_id", "name", "model__name", "project__slug", "accelerators")
    return {row["public_id"]: row for row in rows.values(*columns)}


def month_by_project(projects: Sequence[int] | None, month: datetime) -> dict[int | None, dict[str, Decimal]]:
    """Project -> what of this month's shares served, and all of them."""
    rows = in_scope(HourlySpend.objects.filter(hour__gte=month, currency=CURRENCY), projects)
    sums = rows.order_by().values("project_id").annotate(all=Sum("amount"), served=Sum("amount", filter=SERVED))
    return {row["project_id"]: {"all": row["all"], "served": row["served"] or Decimal(0)} for row in sums}


def month_by_hour(projects: Sequence[int] | None, span: TimeRange) -> Rows:
    """Dollars by bucket of a month."""
    rows = in_scope(HourlySpend.objects.filter(hour__gte=span.start, hour__lt=span.end, currency=CURRENCY), projects)
    return list(rows.order_by().annotate(bucket=_bucket(span)).values("bucket").annotate(sum=Sum("amount")))


def project_names(projects: Sequence[int] | None) -> dict[int, str]:
    return dict(in_scope(Project.objects.order_by("slug"), projects, "id").values_list("id", "slug"))
