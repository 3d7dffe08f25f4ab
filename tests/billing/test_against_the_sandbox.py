"""Two bills of the same life, written apart: the sandbox's, and what Purser decides from the same facts."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.domain.metering import PriceChange, segments
from billing.domain.money import cost_of
from sandbox.bill import sandbox_bill
from sandbox.clock import iso
from sandbox.ledger import SCHEMA

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
instants = st.integers(0, 10 * 3_600_000_000).map(lambda microseconds: NOON + timedelta(microseconds=microseconds))
prices = st.decimals(min_value="0.01", max_value=200, places=6)


def sandbox_cost(
    cloud: str, start: datetime, end: datetime, price: Decimal, points: dict[datetime, Decimal]
) -> Decimal:
    ledger = sqlite3.connect(":memory:")
    ledger.row_factory = sqlite3.Row
    ledger.executescript(SCHEMA)
    ledger.execute(
        "INSERT INTO machines (id, cloud, account_id, instance_type, accelerator, accelerator_count, region, zone,"
        " capacity_type, launched_at, launched_at_real, terminated_at, tags, on_demand_price, price_at_launch)"
        " VALUES ('i-1', ?, 'a', 'p5', 'H100', 8, 'r', 'z', 'spot', ?, 0, ?, ?, '99', ?)",
        (cloud, iso(start), iso(end), json.dumps({"purser:installation": "us"}), str(price)),
    )
    ledger.executemany(
        "INSERT INTO price_points VALUES (?, 'p5', 'z', 'spot', ?, ?)",
        [(cloud, iso(instant), str(point)) for instant, point in points.items()],
    )
    return Decimal(sandbox_bill(ledger, iso(NOON + timedelta(days=2)))["total"])


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
@given(start=instants, end=instants, price=prices, points=st.dictionaries(instants, prices, max_size=6))
@settings(max_examples=60)
def test_a_machine_costs_what_its_cloud_bills(
    cloud: str, start: datetime, end: datetime, price: Decimal, points: dict[datetime, Decimal]
) -> None:
    start, end = min(start, end), max(start, end)
    changes = None
    if cloud == "aws":
        points = {instant: point for instant, point in points.items() if instant > start} | {start: price}
        changes = [PriceChange(instant, point) for instant, point in points.items()]
    ours = [
        cost_of(stretch.end - stretch.start, stretch.price_per_hour)
        for stretch in segments(start, end, launch_price=price, changes=changes)
    ]
    difference = sum(ours, Decimal(0)) - sandbox_cost(cloud, start, end, price, points)
    assert abs(difference) <= Decimal("0.000000001") * (len(ours) + 1)
