"""How numbers, money and times are written on pages: a minus sign, a space before units, UTC, "–" for nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

NOTHING = "–"
MINUS = "−"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")

NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,12})?")
MONEY = ("price_", "max_price_", "cap_per_", "spend_cap_", "spent_amount", "amount", "cost_per_")

Number = int | float | Decimal


def usd(value: Number | None, decimals: int = 2) -> str:
    """`$1,234.50`."""
    if value is None:
        return NOTHING
    text = f"${abs(value):,.{decimals}f}"
    return f"{MINUS}{text}" if value < 0 else text


def money(value: Number | None, currency: str = "USD", decimals: int = 2) -> str:
    """`$1,234.50`; in another currency `1,234.50 EUR`."""
    if value is None or currency == "USD":
        return usd(value, decimals)
    return f"{fixed(value, decimals)} {currency}"


def whole_money(value: Number | None, currency: str = "USD") -> str:
    """`$1,234`; in another currency `1,234 EUR`."""
    return money(value, currency, 0)


def exact_usd(value: Decimal | None) -> str:
    """Money where every digit counts: cents at least, and what there is beyond them. `$1.20`, `$0.8048`."""
    if value is None:
        return NOTHING
    digits = -int(value.normalize().as_tuple().exponent)
    return usd(value, max(digits, 2))


def is_money(name: str) -> bool:
    """Whether a field of this name holds money."""
    return name.startswith(MONEY)


def usd_per_million(value: Number | None) -> str:
    """Three decimals below a dollar, two from there on."""
    if value is None:
        return NOTHING
    return usd(value, 2 if abs(float(value)) >= 1 else 3)


def fixed(value: Number | None, decimals: int = 0) -> str:
    """`1,234.5` with a real minus sign."""
    if value is None:
        return NOTHING
    text = f"{abs(value):,.{decimals}f}"
    return f"{MINUS}{text}" if value < 0 else text


def short(value: Number | None) -> str:
    """`950`, `27.0k`, `3.4M`, `1.2G`."""
    if value is None:
        return NOTHING
    size = abs(float(value))
    scales: tuple[tuple[float, float, str], ...] = (
        (1e3, 1.0, ""),
        (1e6, 1e3, "k"),
        (1e9, 1e6, "M"),
        (float("inf"), 1e9, "G"),
    )
    for limit, divisor, letter in scales:
        if size < limit:
            return fixed(float(value) / divisor, 0 if not letter and size >= 10 else 1) + letter
    return NOTHING


def instant(text: str) -> str:
    """An instant as the API writes it, as pages write it to the second; any other text as it is."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC" if INSTANT.fullmatch(text) else text


def percent(ratio: Number | None, decimals: int = 0) -> str:
    """A ratio of 0–1 as `52%`."""
    return NOTHING if ratio is None else f"{float(ratio) * 100:.{decimals}f}%"


def milliseconds(value: Number | None) -> str:
    """`86 ms` below a second, `1.90 s` from there on."""
    if value is None:
        return NOTHING
    return f"{value:.0f} ms" if value < 1000 else f"{float(value) / 1000:.2f} s"


def duration(value: timedelta | None) -> str:
    """The two largest units: `17 d 14 h`, `9 h 4 min`, `38 min`, `42 s`."""
    if value is None:
        return NOTHING
    seconds = max(int(value.total_seconds()), 0)
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def clock(at: datetime | None, now: datetime | None = None) -> str:
    """`14:32`; with its day, kept in one piece, when that is not today's."""
    if at is None:
        return NOTHING
    at = at.astimezone(UTC)
    if now is not None and at.date() != now.astimezone(UTC).date():
        return f"{at:%b}\u00a0{at.day} {at:%H:%M}"
    return f"{at:%H:%M}"


def countdown(left: timedelta) -> str:
    """`4:10`, `1:02:05`; `0:00` when it is due."""
    seconds = max(int(left.total_seconds()), 0)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def place(cloud: str, region: str, zone: str) -> str:
    """`AWS us-east-1b`, `Azure eastus2 zone 2`: Azure numbers its zones inside the region, the others' name theirs."""
    if not cloud:
        return ""
    where = f"{region} zone {zone}" if zone.isdigit() else zone or region
    return f"{cloud_name(cloud)} {where}".strip()


UNITS = {"vcpus": "vCPU"}
"""What clouds count quotas in, where people write it otherwise than it is stored."""


def of_most(used: int | None, most: int | None, unit: str, *, counted: bool = True) -> str:
    """How much of a quota is taken: `192 of 384 vCPU used`; empty where nobody says.

    `counted`: the cloud counts all that is used. Otherwise only what Purser holds is known.
    """
    if used is None or most is None:
        return ""
    return f"{used:,} of {most:,} {UNITS.get(unit, unit)} {'used' if counted else 'ours'}"


def cloud_name(slug: str) -> str:
    """A cloud as people write it."""
    return {"aws": "AWS", "gcp": "GCP", "azure": "Azure", "kubernetes": "Kubernetes", "local": "Own"}.get(slug, slug)
