"""Paid capacity over REST: what there is, what is for sale, and buying a block with a word for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fleet.domain.outcomes import BlockOffer
from fleet.models import BlockPurchase, Hold, Operation
from fleet.services import buying_blocks
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(market) -> str:
    start = datetime.now(UTC)
    made = BlockOffer(
        "cb-1", "p5.48xlarge", "us-east-1", "us-east-1a", 1, start, start + timedelta(days=1), Decimal(900), "USD"
    )
    return buying_blocks.name_of(market, made)


def test_a_trial_keeps_nothing_aside_and_shows_the_fee(api, offer):
    answer = api.post("paid-capacity?dry_run=true", {"offer": offer})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["offer"]["fee"], answer.json()["offer"]["price_per_hour"]) == ("900", "37.500000")
    assert not BlockPurchase.objects.exists()
    assert not Hold.objects.exists()


def test_buying_needs_a_key_and_a_repeat_buys_nothing_more(api, offer):
    assert api.post("paid-capacity", {"offer": offer}, key=None).status_code == 400
    first = api.post("paid-capacity", {"offer": offer}, key="one")
    assert first.status_code == 202, first.content
    assert api.post("paid-capacity", {"offer": offer}, key="one").json() == first.json()
    purchase = BlockPurchase.objects.get()
    assert first["Location"] == f"/api/v1/block-purchases/{purchase.public_id}"
    assert Operation.objects.get(public_id=first.json()["operation"]).subject == purchase.public_id
    assert api.get(f"block-purchases/{purchase.public_id}").json()["state"] == "intent"
    [hold] = api.get("holds").json()["items"]
    assert (hold["purchase"], hold["attempt"], Decimal(hold["amount"])) == (purchase.public_id, None, 900)


def test_its_operation_tells_how_a_purchase_ended(api, offer):
    named = api.post("paid-capacity", {"offer": offer}, key="one").json()["operation"]
    assert api.get(f"operations/{named}").json()["state"] == "running"
    assert api.post(f"operations/{named}/cancel", {}).status_code == 409
    BlockPurchase.objects.update(state="refused", detail="The offer is sold. Nothing was bought.")
    told = api.get(f"operations/{named}").json()
    assert "sold" in str(told)


def test_what_was_not_offered_and_what_no_budget_has_room_for_is_refused_by_name(api, project, offer):
    assert api.post("paid-capacity", {"offer": offer[:-1] + "~"}, key="one").json()["code"] == "offer-unknown"
    factories.budget(project, cap_per_month=Decimal(100))
    for query in ("", "?dry_run=true"):
        refused = api.post(f"paid-capacity{query}", {"offer": offer}, key="two")
        assert (refused.status_code, refused.json()["code"]) == (422, "budget")
        assert "$900.00" in refused.json()["detail"]
    assert not BlockPurchase.objects.exists()


def test_paid_capacity_of_ones_own_project_and_of_nobodys_is_listed(api, project, market):
    mine = factories.paid_capacity(project, market, usable=True, fee=Decimal(900))
    nobodys = factories.paid_capacity(None, market, ref="cr-2", kind="reservation")
    others = factories.paid_capacity(factories.project(), market, ref="cr-3")
    answer = api.get("paid-capacity")
    assert answer.status_code == 200, answer.content
    listed = answer.json()["items"]
    assert {row["id"] for row in listed} == {mine.public_id, nobodys.public_id}
    assert api.get(f"paid-capacity/{others.public_id}").status_code == 404
    one = api.get(f"paid-capacity/{mine.public_id}").json()
    assert (one["free"], one["usable_until"]) == (1, "2026-03-03T11:30:00Z")
    assert [row["id"] for row in api.get("paid-capacity?usable=true").json()["items"]] == [mine.public_id]


def test_a_question_for_offers_names_a_chip_or_a_shape(api, market):
    assert api.get("block-offers?hours=24").status_code == 422
    assert api.get("block-offers?hours=24&accelerator=H100&accelerator_count=8&account=nobody").status_code == 422
