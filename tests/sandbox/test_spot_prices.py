"""The prices a cloud publishes are the prices its ledger keeps, pool by pool."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from tests.sandbox_server import Sandbox


def test_the_ledger_holds_the_published_change_points_of_every_pool(shared_sandbox: Sandbox) -> None:
    clock = shared_sandbox.get("/v1/clock").body
    published = shared_sandbox.get("/v1/clouds/aws/price-history", since=clock["epoch"], limit=1000).body["items"]
    with sqlite3.connect(f"file:{shared_sandbox.ledger}?mode=ro", uri=True) as ledger:
        kept = {
            (kind, zone, capacity, at): price
            for kind, zone, capacity, at, price in ledger.execute(
                "SELECT instance_type, zone, capacity_type, effective_from, price_per_hour FROM price_points"
                " WHERE cloud = 'aws'"
            )
        }
    epoch = datetime.fromisoformat(clock["epoch"])
    later = [item for item in published if datetime.fromisoformat(item["effective_from"]) > epoch]
    for item in later:
        key = (item["instance_type"], item["zone"], item["capacity_type"], item["effective_from"])
        assert kept[key] == item["price_per_hour"]
    assert {key[0] for key in kept} >= {"g6.xlarge", "p5.48xlarge"}
