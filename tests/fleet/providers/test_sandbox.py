"""What is the sandbox adapter's own, beside the contract."""

import json
from datetime import UTC, datetime

import pytest

from fleet.domain.refusals import Refused
from fleet.providers.base import Account, ReadFailed
from fleet.providers.sandbox import Sandbox
from tests.fleet.providers.gateway import Reply, gateway

NOWHERE = "http://127.0.0.1:9"
POOL = {
    "instance_type": "g6.xlarge",
    "region": "us-east-1",
    "zone": "us-east-1a",
    "capacity_type": "spot",
    "price_per_hour": "0.40",
    "currency": "USD",
    "observed_at": "2026-10-01T00:00:00+00:00",
}


def offerings(**changes):
    """What the adapter makes of one offering."""
    with gateway(NOWHERE, Reply(200, json.dumps({"items": [{**POOL, **changes}]}).encode())) as proxy:
        return Sandbox(Account("aws", "a", "s", {"url": proxy.url})).offerings()


def test_an_offering_is_what_the_sandbox_says():
    [pool] = offerings()
    assert (str(pool.price_per_hour), pool.observed_at) == ("0.40", datetime(2026, 10, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "changes",
    [
        {"price_per_hour": "NaN"},
        {"price_per_hour": "-1"},
        {"price_per_hour": "a lot"},
        {"price_per_hour": 0.4},
        {"observed_at": "2026-10-01T00:00:00"},
        {"zone": ""},
        {"zone": None},
    ],
)
def test_a_price_that_is_none_and_a_time_without_a_zone_are_not_believed(changes):
    with pytest.raises(ReadFailed, match="makes no sense"):
        offerings(**changes)


def test_a_list_that_goes_round_in_a_circle_is_left():
    body = json.dumps({"account_id": "a", "items": [], "next_cursor": "again"}).encode()
    with gateway(NOWHERE, Reply(200, body)) as proxy:
        cloud = Sandbox(Account("aws", "a", "s", {"url": proxy.url}))
        with pytest.raises(ReadFailed, match="circle"):
            cloud.instance_types()
        assert not cloud.inventory("ours").complete
        assert len(proxy.seen) == 4


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": ""},
        {"url": NOWHERE, "page_size": 0},
        {"url": NOWHERE, "page_size": "many"},
        {"url": NOWHERE, "write_seconds": float("inf")},
        {"url": NOWHERE, "read_seconds": True},
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(options):
    with pytest.raises(Refused, match="option") as refused:
        Sandbox(Account("aws", "a", "s", options))
    assert refused.value.field == "options"
