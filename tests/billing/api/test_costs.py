"""Costs over REST: grouped as asked, adding up to the ledger, with method and completeness beside them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.services import allocation_of_cost, metering
from tests import factories
from tests.api_client import ApiClient

RANGE = "start=2026-03-02T00:00:00Z&end=2026-03-03T00:00:00Z"


def test_shares_are_grouped_and_their_figures_weighted(api: ApiClient, project: Any) -> None:
    factories.share(project, endpoint_ref="ep_1", kind="serving", completeness=1.0)
    factories.share(project, endpoint_ref="ep_1", kind="idle", completeness=0.5, method="ready-time")
    factories.share(project, endpoint_ref="ep_2", hour=factories.NOON + timedelta(hours=1))
    factories.share(factories.project(), endpoint_ref="ep_3")
    answer = api.get(f"costs?{RANGE}&by=endpoint").json()
    rows = {row["name"]: row for row in answer["items"]}
    assert set(rows) == {"ep_1", "ep_2"}
    assert rows["ep_1"]["amount"] == "20.000000002"
    assert rows["ep_1"]["completeness"] == pytest.approx(0.75)
    assert rows["ep_1"]["methods"] == ["busy-ratio", "ready-time"]
    assert len(api.get(f"costs?{RANGE}&by=kind&step=hour").json()["items"]) == 3
    assert len(api.get(f"costs?{RANGE}&by=project&step=all").json()["items"]) == 1


def test_the_items_add_up_to_the_ledger_to_the_last_digit(api: ApiClient, project: Any, market: Any) -> None:
    market.prices_complete_until = factories.NOON + timedelta(days=1)
    market.save(update_fields=["prices_complete_until"])
    slot = factories.slot(factories.allocation(project), account=market)
    ended = factories.NOON + timedelta(minutes=97, seconds=13)
    factories.instance(slot, market, terminated_at=ended, end_reason="user")
    now = factories.NOON + timedelta(hours=3)
    metering.meter(now, at_once=True)
    allocation_of_cost.rebuild(now)
    answer = api.get(f"costs?{RANGE}&step=hour").json()
    total = answer["totals"][0]
    assert sum(Decimal(item["amount"]) for item in answer["items"]) == Decimal(total["ledger"])
    assert Decimal(total["not_yet_shared_out"]) == 0
    assert Decimal(total["ledger"]) == pytest.approx(Decimal("55.04") * 5833 / 3600, abs=Decimal("0.00001"))


def test_a_million_tokens_cost_with_a_method(api: ApiClient, project: Any) -> None:
    factories.token_price(project, "ep_1")
    factories.token_price(project, "ep_2", cost_per_million=None, reason="No tokens in this hour.")
    rows = {row["endpoint"]: row for row in api.get(f"token-costs?{RANGE}").json()["items"]}
    assert (rows["ep_1"]["cost_per_million"], rows["ep_1"]["method"]) == ("44.032000", "allocated")
    assert (rows["ep_2"]["cost_per_million"], rows["ep_2"]["reason"]) == (None, "No tokens in this hour.")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("start=2026-03-03T00:00:00Z&end=2026-03-02T00:00:00Z", 422),
        ("start=2020-01-01T00:00:00Z&end=2026-01-01T00:00:00Z", 422),
        ("by=colour", 400),
        ("step=week", 400),
        ("end=2026-03-02", 400),
        ("bye=endpoint", 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(api: ApiClient, query: str, status: int) -> None:
    assert api.get(f"costs?{query}").status_code == status
