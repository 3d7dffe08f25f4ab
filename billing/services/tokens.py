"""Tokens of each endpoint and hour, and what a million of them cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import QuerySet, Sum

from billing.domain.costing import Stretch, able_seconds, cost_before
from billing.domain.metering import HOUR
from billing.domain.tokens import Count, Tokens, best_count, token_price
from billing.models import CostPerToken, TokenKind, TokenUsage
from billing.services.reach import Reach
from inference.models import HourWindow, UsageEvent, Window, WindowSource

TOKEN_SUMS = {
    "input": Sum("input_tokens"),
    "cached": Sum("cached_input_tokens"),
    "output": Sum("output_tokens"),
}


@dataclass
class Bill:
    """What one endpoint was billed in an hour, in one currency."""

    endpoint_ref: str
    currency: str
    project_id: int | None
    stretches: list[Stretch] = field(default_factory=list)


def rebuild(hour: datetime, reach: Reach, bills: list[Bill], *, closed: bool) -> None:
    """Store the hour's tokens and prices as far as it is billed. Call under the hour's lock."""
    counts = _counts(hour, reach, bills)
    _store_usage(hour, reach, counts)
    CostPerToken.objects.filter(hour=hour).delete()
    CostPerToken.objects.bulk_create(
        [
            _price(hour, until, bill, counts.get(bill.endpoint_ref), closed=closed)
            for bill in bills
            if (until := reach.of(bill.endpoint_ref)) > hour
        ]
    )


def _counts(hour: datetime, reach: Reach, bills: list[Bill]) -> dict[str, Count]:
    replica_seconds: dict[str, float] = defaultdict(float)
    for bill in bills:
        replica_seconds[bill.endpoint_ref] += able_seconds(bill.stretches)
    found = {
        endpoint: best_count(
            sources.get(WindowSource.EVENTS),
            sources.get(WindowSource.SCRAPE),
            replica_seconds=replica_seconds[endpoint],
        )
        for endpoint, sources in _counted(hour, reach).items()
    }
    return {endpoint: count for endpoint, count in found.items() if count is not None}


def _counted(hour: datetime, reach: Reach) -> dict[str, dict[str, Tokens]]:
    """By endpoint and source: the minutes, unless the hour is whole and its own window holds more of them."""
    minutes = _sums(Window.objects.filter(reach.rows("start"), start__gte=hour), minutes=CountRows("id"))
    hours = _sums(HourWindow.objects.filter(start=hour), minutes=Sum("minutes"))
    found: dict[str, dict[str, Tokens]] = defaultdict(dict)
    for key in minutes.keys() | hours.keys():
        by_minute, by_hour = minutes.get(key), hours.get(key)
        if by_hour and reach.of(key[0]) == hour + HOUR and (not by_minute or by_hour["minutes"] > by_minute["minutes"]):
            found[key[0]][key[1]] = _tokens(by_hour)
        elif by_minute:
            found[key[0]][key[1]] = _tokens(by_minute)
    return found


def _tokens(row: dict[str, Any]) -> Tokens:
    return Tokens(row["input"] - row["cached"], row["cached"], row["output"], row.get("gap_seconds", 0.0))


def _sums(windows: QuerySet[Window] | QuerySet[HourWindow], **more: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = (
        windows.order_by()
        .values("endpoint__public_id", "source")
        .annotate(**TOKEN_SUMS, gap_seconds=Sum("gap_seconds"), **more)
    )
    return {(row["endpoint__public_id"], row["source"]): dict(row) for row in rows}


def _price(hour: datetime, until: datetime, bill: Bill, count: Count | None, *, closed: bool) -> CostPerToken:
    amount = cost_before(bill.stretches, until)
    price = token_price(amount, count)
    tokens = count.tokens if count else Tokens()
    return CostPerToken(
        hour=hour,
        endpoint_ref=bill.endpoint_ref,
        project_id=bill.project_id,
        amount=amount,
        currency=bill.currency,
        input_tokens=tokens.input_tokens,
        cached_input_tokens=tokens.cached_input_tokens,
        output_tokens=tokens.output_tokens,
        cost_per_million=price.per_million,
        cost_per_million_output=price.per_million_output,
        method=price.method,
        completeness=price.completeness,
        gap_seconds=tokens.gap_seconds,
        reason=price.reason,
        until=until,
        closed=closed,
    )


def _store_usage(hour: datetime, reach: Reach, counts: dict[str, Count]) -> None:
    """Tokens by who asked. What the windows hold beyond the events that are left belongs to nobody known."""
    asked = _by_project(hour, reach, counts.keys())
    kept = set() if asked else set(_told_apart(hour))
    TokenUsage.objects.filter(hour=hour).exclude(endpoint_ref__in=kept).delete()
    rows = [
        TokenUsage(hour=hour, endpoint_ref=endpoint, project_id=project, kind=kind, tokens=number, requests=requests)
        for endpoint, count in counts.items()
        if endpoint not in kept
        for project, requests, tokens in _with_remainder(asked.get(endpoint, []), count)
        for kind, number in _kinds(tokens)
        if number
    ]
    TokenUsage.objects.bulk_create(rows)


def _by_project(
    hour: datetime, reach: Reach, endpoints: Iterable[str]
) -> dict[str, list[tuple[int | None, int, Tokens]]]:
    rows = (
        UsageEvent.objects.filter(
            reach.rows("finished_at"), endpoint__public_id__in=list(endpoints), finished_at__gte=hour
        )
        .order_by()
        .values_list("endpoint__public_id", "project_id")
        .annotate(CountRows("id"), *TOKEN_SUMS.values())
    )
    found: dict[str, list[tuple[int | None, int, Tokens]]] = defaultdict(list)
    for endpoint, project_id, requests, given, cached, output in rows:
        found[endpoint].append((project_id, requests, Tokens(given - cached, cached, output)))
    return found


def _told_apart(hour: datetime) -> QuerySet[TokenUsage, str]:
    """Endpoints whose tokens were told apart by project while the events were still there."""
    return TokenUsage.objects.filter(hour=hour, project__isnull=False).values_list("endpoint_ref", flat=True)


def _with_remainder(asked: list[tuple[int | None, int, Tokens]], count: Count) -> list[tuple[int | None, int, Tokens]]:
    whole = count.tokens
    rest = Tokens(
        max(0, whole.input_tokens - sum(tokens.input_tokens for _, _, tokens in asked)),
        max(0, whole.cached_input_tokens - sum(tokens.cached_input_tokens for _, _, tokens in asked)),
        max(0, whole.output_tokens - sum(tokens.output_tokens for _, _, tokens in asked)),
    )
    return [*asked, (None, 0, rest)] if rest.total else asked


def _kinds(tokens: Tokens) -> list[tuple[str, int]]:
    return [
        (TokenKind.INPUT, tokens.input_tokens),
        (TokenKind.CACHED_INPUT, tokens.cached_input_tokens),
        (TokenKind.OUTPUT, tokens.output_tokens),
    ]
