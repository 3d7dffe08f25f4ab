"""Capacity & prices: every pool on sale, what it costs and has cost, and what asking for it taught us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from fleet import charts
from fleet.acting.rows import SCOPE, acts_in
from fleet.charts import Chart, Line, Style
from fleet.domain.spans import spaced
from fleet.downloads import Sheet, sheet
from fleet.formatting import UNITS, cloud_name, of_most, percent, place
from fleet.models import PaidKind
from fleet.pages import Frame, frame_of, render_page
from fleet.queries import market
from fleet.queries.capacity import capacity_cells, capacity_table, wide_cooldowns
from fleet.queries.market import MarketFilter
from fleet.queries.paid import paid_rows
from fleet.queries.quotas import quota_rows, quota_totals
from fleet.queries.rows import PAGE
from fleet.queries.signals import unclassified_signals
from fleet.services import memory, stale_prices
from fleet.timerange import TimeRange

FILTERS = {"accelerator": "Accelerator", "cloud": "Cloud", "region": "Region", "capacity": "Capacity"}
MOST_IN_A_FILE = 200_000
KNOWN_AFTER_HOURS = 1.0
SHOWN_SIGNALS = 5
NEARLY_FULL = 0.9
USUAL = "H100"
"""Whose prices are drawn while nobody has chosen."""
FILE_COLUMNS = {
    "cloud": "cloud", "account_name": "account", "region": "region", "zone": "zone", "kind": "instance_type",
    "accelerator": "accelerator", "count": "accelerators", "capacity_type": "capacity_type",
    "price_per_hour": "price_per_hour", "each": "price_per_accelerator_hour",
    "list_price_per_hour": "list_price_per_hour", "currency": "currency", "price_source": "price_source",
    "observed_at": "observed_at",
}  # fmt: skip


@require_safe
def capacity(request: HttpRequest) -> HttpResponseBase:
    """What could be bought now. Nothing is bought from here."""
    frame = frame_of(request, default_range="7d")
    choices = market.market_choices()
    chosen = read(request.GET)
    totals = market.market_totals(chosen)
    context: dict[str, Any] = {
        "chosen": chosen,
        "sort": chosen.sort or "each",
        "choices": [
            {"name": name, "label": label, "chosen": asdict(chosen)[name], "options": choices[name]}
            for name, label in FILTERS.items()
            if len(choices[name]) > 1 or asdict(chosen)[name]
        ],
        "totals": totals,
        "pages": -(-totals["pools"] // PAGE),
        "rows": [_row(row, frame.now) for row in market.market_rows(chosen)],
        "chart": _prices(chosen, choices["accelerator"], frame),
        "capacity": capacity_cells(memory.told_to(frame.projects)),
        "cooldowns": wide_cooldowns(memory.told_to(frame.projects), frame.now),
        "paid": [_paid(row, frame) for row in paid_rows(frame.projects)],
        "stale_after": spaced(stale_prices.stale_after()),
        **(_of_the_accounts(frame) if frame.projects is None else {}),
        **acts_in(frame),
    }
    files = {
        "offerings": lambda: sheet(
            market.offerings(chosen)
            .order_by("each", "id")[:MOST_IN_A_FILE]
            .values(*market.COLUMNS, "each", **market.JOINED)
            .iterator(),
            FILE_COLUMNS,
        ),
        "capacity": lambda: Sheet(*capacity_table(memory.told_to(frame.projects))),
    }
    return render_page(request, "fleet/capacity.html", frame, context, section="capacity", ranged=True, sheets=files)


def read(params: QueryDict) -> MarketFilter:
    """What an address asks for. What makes no sense in it asks for nothing."""
    sort, number = params.get("sort", ""), params.get("page", "1")
    return MarketFilter(
        **{name: _word(params.get(name, "")) for name in FILTERS},
        text=_word(params.get("q", "")),
        sort=sort if sort.removeprefix("-") in market.SORTS else "",
        page=int(number) if number.isascii() and number.isdecimal() and 0 < int(number) < 100_000 else 1,
    )


def _word(text: str) -> str:
    return text.replace("\0", "")[:100].strip()


def _of_the_accounts(frame: Frame) -> dict[str, Any]:
    """What is only for those who may see everything."""
    accounts = market.account_rows()
    return {
        "accounts": accounts,
        "quotas": [_quota(row, frame.now) for row in quota_rows()] if accounts else [],
        "quota_totals": quota_totals() if accounts else {},
        "signals": unclassified_signals()[:SHOWN_SIGNALS],
        "accounts_page": reverse("settings-accounts") if frame.caller.may("installation:read", None) else "",
    }


def _paid(row: Mapping[str, Any], frame: Frame) -> dict[str, Any]:
    now, until = frame.now, row["machines_until"] or row["ends_at"]
    free = max(row["machines"] - row["used_by_others"] - row["taken"], 0) if row["usable"] else 0
    return {
        **row,
        "place": place(row["cloud"], row["region"], row["zone"]),
        "kind_word": PaidKind(row["kind"]).label,
        "free": free,
        "may_share": row["project_id"] is not None and frame.caller.may(SCOPE, row["project_id"]),
        "until": until,
        "left": until - now if until and until > now else None,
        "begins": row["starts_at"] if row["starts_at"] and row["starts_at"] > now else None,
        "state_word": row["state"].replace("_", " ").replace("-", " "),
    }


def _quota(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    share = row["share"]
    return {
        **row,
        "place": place(row["cloud"], row["region"], row["zone"]),
        "said": of_most(row["used"], row["most"], row["unit"]),
        "unit_word": UNITS.get(row["unit"], row["unit"]),
        "points": None if share is None else min(round(share * 100), 100),
        "tight": share is not None and share >= NEARLY_FULL,
        "age": max(now - row["observed_at"], timedelta(0)),
    }


def _row(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    memory = row["memory"]
    fills = memory.get("fill_seconds") or []
    waits = memory.get("cooldown_until")
    return {
        **row,
        "place": place(row["cloud"], row["region"], row["zone"]),
        "age": max(now - row["observed_at"], timedelta(0)),
        "stale": stale_prices.is_stale(observed_at=row["observed_at"], imported=row["imported"], now=now),
        "discount": _discount(row),
        "asked": f"{memory['refusals']} of {memory['attempts']}" if memory.get("attempts") else "",
        "fill": timedelta(seconds=median(fills)) if fills else None,
        "interruption": _interruption(row, memory),
        "waits": waits if waits and waits > now else None,
        "why": memory.get("last_refusal_code", ""),
    }


def _discount(row: Mapping[str, Any]) -> str:
    """How much less than the list price it costs here; nothing when it is the list price."""
    listed, paid = row["list_price_per_hour"], row["price_per_hour"]
    if not listed or listed == paid:
        return ""
    return f"{'−' if paid < listed else '+'}{percent(abs(1 - paid / listed))} of list"


def _interruption(row: Mapping[str, Any], memory: Mapping[str, Any]) -> str:
    if row["capacity_type"] != "spot":
        return "None"
    hours = memory.get("held_hours") or 0.0
    if hours < KNOWN_AFTER_HOURS:
        return "Not known yet"
    return f"{memory['interruptions'] / hours * 24:.2f} a day"


def _prices(chosen: MarketFilter, known: Sequence[str], frame: Frame) -> Chart:
    """What today's cheapest pool of each cloud and capacity type has cost an accelerator-hour."""
    shown = chosen
    if known and not chosen.accelerator:
        shown = replace(chosen, accelerator=USUAL if USUAL in known else known[0])
    pools = [pool for pool in market.cheapest_pools(shown) if pool["currency"] == "USD"]
    points = market.price_points([pool["id"] for pool in pools], start=frame.range.start, end=frame.range.end)
    lines = [
        Line(
            f"{cloud_name(pool['cloud'])} {pool['capacity_type']}",
            in_force(points.get(pool["id"], []), frame.range, frame.now, pool["count"]),
            f"c{k + 1}",
            shape="hv",
        )
        for k, pool in enumerate(pools)
    ]
    return charts.lines_chart(
        "prices",
        f"Price of {shown.accelerator or 'accelerators'}",
        "Today’s cheapest pool of each cloud and capacity type",
        span=frame.range,
        lines=lines,
        style=Style(unit="$ per accelerator-hour", format="usd", height="h232", method="price history"),
        empty="No price of these pools is known in this time range.",
        note="Each line is one pool and its own history. Other pools of that cloud cost more now." if lines else "",
    )


def in_force(points: Sequence[tuple[datetime, Any]], span: TimeRange, now: datetime, count: int) -> list[float | None]:
    """The price of one accelerator at the end of each bucket; None before the first that is known, and after now."""
    values: list[float | None] = []
    k, price = 0, None
    for bucket in range(span.buckets):
        begins, ends = span.start + bucket * span.step, span.start + (bucket + 1) * span.step
        while k < len(points) and points[k][0] < ends:
            price = float(points[k][1]) / count
            k += 1
        values.append(price if begins <= now else None)
    return values
