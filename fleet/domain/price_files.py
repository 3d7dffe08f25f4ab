"""Prices out of files in SkyPilot's format, checked row by row: a row that cannot be right is refused, with the reason.

Seen in such files: 700 for a price nobody knows, the on-demand price in place of a spot price that is missing, two
products under one name, a spot price above the on-demand price, and counts and memory that mean something else.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from fleet.domain.refusals import Refused, did_you_mean

MOST_BYTES = 64_000_000
MOST_PER_ACCELERATOR = Decimal(500)  # US dollars an hour: nothing costs that
UNKNOWN = Decimal(700)  # whatever the machine has in it
MOST_TIMES_THE_MEDIAN = 2
MOST_ACCELERATORS = 1_024
NEEDED = ("InstanceType", "AcceleratorName", "AcceleratorCount", "Price", "SpotPrice", "Region")
HOSTS_APART = ("a2-", "a3-", "a4-", "a4x-", "g2-", "g4-", "n1-")  # of Google
ON_DEMAND, SPOT = "on-demand", "spot"


@dataclass(frozen=True)
class FilePrice:
    """One price of one row."""

    line: int
    instance_type: str
    accelerator: str
    accelerator_count: float
    region: str
    zone: str
    capacity_type: str
    price_per_hour: Decimal


@dataclass(frozen=True)
class RefusedRow:
    """A row, or one price of it, that is not taken over."""

    line: int
    column: str
    reason: str


@dataclass
class PriceFile:
    prices: list[FilePrice] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    without_accelerator: int = 0  # rows of machines that Purser does not sell


def read_prices(data: bytes, *, cloud: str = "") -> PriceFile:
    """The prices of a file that make sense, and every row that does not. Raises Refused for what is no such file."""
    found = PriceFile()
    rows = csv.DictReader(io.StringIO(_text(data), newline=""), strict=True)
    header = rows.fieldnames or []
    if missing := [name for name in NEEDED if name not in header]:
        near = did_you_mean(missing[0], header)
        raise Refused("file-column", f"The column {missing[0]} is missing.{near}", field="file")
    try:
        for row in rows:
            if None in row or None in row.values():
                found.refused.append(RefusedRow(rows.line_num, "", "It has another number of cells than the header."))
            elif not row["AcceleratorName"].strip():
                found.without_accelerator += 1
            else:
                _read_row(found, rows.line_num, {name: cell.strip() for name, cell in row.items()}, cloud)
    except csv.Error as error:
        raise Refused("file-csv", f"Line {rows.line_num} cannot be read: {error}.", field="file") from error
    _refuse_twice_said(found)
    _refuse_unlike_others(found)
    found.refused.sort(key=lambda row: (row.line, row.column))
    return found


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise Refused("file-long", f"The file is larger than {MOST_BYTES // 1_000_000} MB.", field="file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Refused("file-encoding", f"Line {line} is not UTF-8.", field="file") from error


def _read_row(found: PriceFile, line: int, row: dict[str, str], cloud: str) -> None:
    def refuse(column: str, reason: str) -> None:
        found.refused.append(RefusedRow(line, column, reason))

    if cloud == "gcp" and row["InstanceType"].startswith(HOSTS_APART):
        refuse("InstanceType", "Google's machines and their accelerators stand in two rows; the host's is no price.")
        return
    for column in ("InstanceType", "Region"):
        if not row[column] or len(row[column]) > 100:
            # A price of chips alone: the machine they stand in is another row, and one row is not what either costs.
            refuse(column, "It names no machine in a region; the price of a part of one is no price.")
            return
    count = _number(row["AcceleratorCount"])
    if count is None or not 0 < count <= MOST_ACCELERATORS:
        refuse("AcceleratorCount", f"{row['AcceleratorCount'][:20]!r} is no number of accelerators.")
        return
    taken: dict[str, Decimal] = {}
    for column, capacity_type in (("Price", ON_DEMAND), ("SpotPrice", SPOT)):
        if not row[column]:
            continue  # nobody claims to know it
        price = _number(row[column])
        if price is None or price <= 0:
            refuse(column, f"{row[column][:20]!r} is no price above 0.")
        elif price == UNKNOWN:
            refuse(column, f"{price:f} an hour stands for unknown in such files.")
        elif price / max(count, Decimal(1)) >= MOST_PER_ACCELERATOR:
            refuse(
                column, f"{price:f} an hour is {MOST_PER_ACCELERATOR} or more an accelerator: it stands for unknown."
            )
        else:
            taken[capacity_type] = price.quantize(Decimal("0.000001"))
    if ON_DEMAND in taken and SPOT in taken and taken[SPOT] >= taken[ON_DEMAND]:
        same = taken[SPOT] == taken[ON_DEMAND]
        why = "it stands for a price that is missing" if same else "two products were mixed"
        refuse("SpotPrice", f"Spot is not below the on-demand price of {taken[ON_DEMAND]:f}: {why}.")
        del taken[SPOT]
        if not same:
            refuse("Price", "Below its spot price: two products were mixed.")
            del taken[ON_DEMAND]
    found.prices += [
        FilePrice(
            line, row["InstanceType"], row["AcceleratorName"], float(count), row["Region"],
            row.get("AvailabilityZone", "") if capacity_type == SPOT else "", capacity_type, price,
        )
        for capacity_type, price in taken.items()
    ]  # fmt: skip


def _refuse_twice_said(found: PriceFile) -> None:
    """A price of which there are two is no price; the same one twice is one."""
    by_pool: dict[tuple[str, ...], list[FilePrice]] = defaultdict(list)
    for price in found.prices:
        by_pool[price.instance_type, price.region, price.zone, price.capacity_type].append(price)
    kept: list[FilePrice] = []
    for prices in by_pool.values():
        if len({(price.price_per_hour, price.accelerator, price.accelerator_count) for price in prices}) == 1:
            kept.append(prices[0])
            continue
        lines = ", ".join(str(price.line) for price in prices[:5])
        found.refused += _refusals(prices, f"Lines {lines} say different things of the same machine.")
    found.prices = kept


def _refuse_unlike_others(found: PriceFile) -> None:
    """On-demand prices of one machine differ between regions, but not by so much."""
    by_type: dict[str, list[FilePrice]] = defaultdict(list)
    for price in found.prices:
        if price.capacity_type == ON_DEMAND:
            by_type[price.instance_type].append(price)
    unlike: set[FilePrice] = set()
    for prices in by_type.values():
        median = statistics.median(price.price_per_hour for price in prices)
        over = [price for price in prices if price.price_per_hour > MOST_TIMES_THE_MEDIAN * median]
        unlike.update(over)
        reason = f"More than {MOST_TIMES_THE_MEDIAN} times what it costs elsewhere, {median:f}: another product."
        found.refused += _refusals(over, reason)
    found.prices = [price for price in found.prices if price not in unlike]


def _refusals(prices: Iterable[FilePrice], reason: str) -> Iterator[RefusedRow]:
    for price in prices:
        yield RefusedRow(price.line, "Price" if price.capacity_type == ON_DEMAND else "SpotPrice", reason)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and set(text) <= set("0123456789.eE+-") and abs(number) < 10**9 else None
