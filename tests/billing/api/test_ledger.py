"""The ledger, usage intervals and shares over REST; lists by the hour stay in order whatever is rebuilt meanwhile."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.models import AllocatedCost, CostPerToken
from billing.services import metering
from tests import factories
from tests.api_client import ApiClient


@pytest.fixture
def metered(project: Any, market: Any) -> Any:
    """One machine, ended after 97 minutes and 13 seconds, and billed."""
    market.prices_complete_until = factories.NOON + timedelta(days=1)
    market.save(update_fields=["prices_complete_until"])
    slot = factories.slot(factories.allocation(project), account=market)
    ended = factories.NOON + timedelta(minutes=97, seconds=13)
    machine = factories.instance(slot, market, terminated_at=ended, end_reason="user")
    metering.meter(factories.NOON + timedelta(hours=3), at_once=True)
    return machine


def test_both_sides_of_every_posting_are_there_and_add_up_to_zero(api: ApiClient, project: Any, metered: Any) -> None:
    items = api.get("ledger-entries").json()["items"]
    assert sum(Decimal(item["amount"]) for item in items) == 0
    assert {item["account"].partition(":")[0] for item in items} == {"cost", "payable"}
    one = items[0]["transaction"]
    assert len(api.get(f"ledger-entries?transaction={one}").json()["items"]) == 2
    costs = api.get(f"ledger-entries?account=cost:{project.public_id}").json()["items"]
    assert {item["instance"] for item in costs} == {metered.public_id}
    assert all(item["reverses"] is None for item in items)
    assert api.get("ledger-entries?reversal=true").json()["items"] == []
    assert len(api.get("ledger-entries?start=2026-03-02T13:30:00Z").json()["items"]) == 2


def test_usage_intervals_are_the_stretches_of_the_bill(api: ApiClient, metered: Any) -> None:
    items = api.get(f"usage-intervals?instance={metered.public_id}").json()["items"]
    assert [(item["start"], item["end"]) for item in reversed(items)] == [
        ("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z"),
        ("2026-03-02T13:00:00Z", "2026-03-02T13:37:13Z"),
    ]
    assert items[1]["amount"] == "55.040000000"


def test_what_belongs_to_no_project_is_not_a_projects_to_see(api: ApiClient) -> None:
    factories.share(None, kind="leak", method="unowned")
    assert api.get("shares").json()["items"] == []


def test_shares_say_what_each_hour_was_for(api: ApiClient, project: Any) -> None:
    allocation = factories.allocation(project)
    factories.share(project, allocation=allocation, kind="serving")
    factories.share(project, allocation=allocation, kind="idle")
    factories.share(project, hour=factories.NOON + timedelta(hours=1))
    items = api.get("shares").json()["items"]
    assert [(item["hour"][11:13], item["kind"]) for item in items] == [
        ("13", "serving"), ("12", "idle"), ("12", "serving"),
    ]  # fmt: skip
    assert (items[1]["allocation"], items[0]["endpoint"]) == (allocation.public_id, None)
    assert len(api.get(f"shares?kind=idle&allocation={allocation.public_id}").json()["items"]) == 1


def test_hours_are_listed_by_the_hour_and_not_by_when_they_were_priced(api: ApiClient, project: Any) -> None:
    for hours in (3, 1, 2):
        factories.token_price(project, "ep_1", hour=factories.NOON + timedelta(hours=hours))
    items = api.get("token-costs").json()["items"]
    assert [item["hour"][11:13] for item in items] == ["15", "14", "13"]
    found = api.get("token-costs?start=2026-03-02T14:30:00Z&end=2026-03-02T15:00:00Z").json()["items"]
    assert [item["hour"][11:13] for item in found] == ["14"]


def test_a_rebuilt_hour_is_neither_skipped_nor_repeated_by_a_cursor(api: ApiClient, project: Any) -> None:
    names = [f"ep_{letter}" for letter in "abcdef"]
    for name in names:
        factories.token_price(project, name)
        factories.share(project, endpoint_ref=name)
    for path, table in (("token-costs", CostPerToken), ("shares", AllocatedCost)):
        seen, following = [], f"{path}?limit=2"
        while following:
            page = api.get(following).json()
            seen += [item["endpoint"] for item in page["items"]]
            following = (page["next"] or "").removeprefix("/api/v1/")
            rows = list(table.objects.order_by("-id"))  # as a rebuild does: every row anew, in another order
            table.objects.all().delete()
            for row in rows:
                row.pk = None
                row.save(force_insert=True)
        assert seen == names


@pytest.mark.parametrize("path", ["token-costs", "shares", "ledger-entries", "usage-intervals"])
@pytest.mark.parametrize("cursor", ["x", "IjIwMjYi", "IjIwMjYtMDMtMDJUMTI6MDA6MDAgeCI", "NDI"])
def test_a_cursor_of_somebody_elses_making_is_refused(api: ApiClient, path: str, cursor: str) -> None:
    answer = api.get(f"{path}?cursor={cursor}")
    assert answer.status_code == 422 or (path in ("ledger-entries", "usage-intervals") and cursor == "NDI")


@pytest.mark.parametrize("path", ["costs", "token-costs", "shares", "ledger-entries", "usage-intervals"])
def test_every_list_of_billing_is_there_as_csv(api: ApiClient, project: Any, metered: Any, path: str) -> None:
    factories.share(project, kind="serving")
    factories.token_price(project, "ep_1")
    span = "&start=2026-03-02T00:00:00Z&end=2026-03-03T00:00:00Z"
    answer = api.get(f"{path}?format=csv{span}")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert answer["Content-Disposition"] == f'attachment; filename="{path}.csv"'
    in_json = api.get(f"{path}?{span[1:]}").json()["items"]
    assert len(rows) == len(in_json) and set(rows[0]) == set(in_json[0])
    assert [Decimal(row["amount"]) for row in rows] == [Decimal(item["amount"]) for item in in_json]
