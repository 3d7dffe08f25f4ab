"""Paid capacity over REST: what there is, what is for sale, and buying a block with a word for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from fleet.domain.outcomes import BlockOffer
from fleet.domain.refusals import Refused
from fleet.models import BlockPurchase, CapacityMemory, Event, Hold, Installation, Operation, PaidCapacity, Token
from fleet.services import block_offers, paid_capacity
from fleet.services.access import caller_at_the_server
from tests import factories
from tests.api_client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(api, market) -> str:
    start = datetime.now(UTC)
    made = BlockOffer(
        "cb-1", "p5.48xlarge", "us-east-1", "us-east-1a", 1, start, start + timedelta(days=1), Decimal(900), "USD"
    )
    return block_offers.name_of(market, made, to=f"token:{Token.objects.get().public_id}")


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


def test_where_two_pairs_of_eyes_are_asked_for_a_purchase_waits_for_another_persons_approval(api, project, offer):
    Installation.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})
    assert api.post("paid-capacity?dry_run=true", {"offer": offer}).json()["needs_approval"] is True
    asked = api.post("paid-capacity", {"offer": offer, "why": "The run begins."}, key="one")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    name = asked.json()["change_request"]
    operation = f"operations/{asked.json()['operation']}"
    assert (api.get(operation).json()["done"], api.get(operation).json()["progress"]) == (False, 0.0)
    boss = ApiClient(factories.token(project, "limits:read", "limits:write", issuer=factories.member(project, "admin")))
    [listed] = boss.get("change-requests?state=waiting").json()["items"]
    assert (listed["id"], listed["noun"], listed["verb"], listed["about"]) == (name, "block", "buy", asked.json()["id"])
    assert (listed["after"]["fee"], listed["after"]["currency"], listed["why"]) == ("900", "USD", "The run begins.")
    answers = [boss.post(f"change-requests/{name}/approve", {}, key=key) for key in ("a", "a", "b")]
    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert [row.state for row in BlockPurchase.objects.all()] == ["intent"]
    assert Event.objects.filter(topic="block-purchase.approved").count() == 1


def test_an_approval_after_the_offer_ran_out_is_a_refusal_that_says_what_to_do(api, project, offer):
    Installation.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})
    name = api.post("paid-capacity", {"offer": offer}, key="one").json()["change_request"]
    BlockPurchase.objects.update(offer_until=datetime.now(UTC) - timedelta(seconds=1))
    boss = ApiClient(factories.token(project, "limits:read", "limits:write", issuer=factories.member(project, "admin")))
    refused = boss.post(f"change-requests/{name}/approve", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "offer-expired")
    assert "Ask for offers again" in refused.json()["detail"]
    assert BlockPurchase.objects.get().state == "waiting"


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


def test_what_another_project_shares_is_listed_too(api, market):
    keeper = factories.project(slug="keeper")
    row = factories.paid_capacity(keeper, market, shared=True)
    [told] = api.get("paid-capacity").json()["items"]
    assert (told["id"], told["project"], told["shared"]) == (row.public_id, "keeper", True)
    assert api.get(f"paid-capacity/{row.public_id}").json() == told
    PaidCapacity.objects.update(shared=False)
    assert api.get("paid-capacity").json()["items"] == []
    assert api.get(f"paid-capacity/{row.public_id}").status_code == 404


def test_whoever_may_write_in_its_project_says_who_may_use_it(api, project, market):
    row = factories.paid_capacity(project, market)
    at = f"paid-capacity/{row.public_id}"
    read = api.get(at)
    assert read.json()["shared"] is False
    assert api.patch(at, {"shared": True}, match=None).status_code == 428
    changed = api.patch(at, {"shared": True}, match=read["ETag"])
    assert (changed.status_code, changed.json()) == (200, read.json() | {"shared": True})
    event = Event.objects.get(topic="paid-capacity.shared")
    assert (event.subject, event.project, event.data["before"], event.data["after"]) == (
        row.public_id, project, {"shared": False}, {"shared": True},
    )  # fmt: skip
    stale = api.patch(at, {"shared": False}, match=read["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "changed")
    assert PaidCapacity.objects.get().shared
    assert api.patch(at, {"shared": False}, match=changed["ETag"]).json() == read.json()
    assert Event.objects.filter(topic="paid-capacity.unshared").count() == 1


def test_a_cloud_that_was_read_again_makes_nobodys_tag_stale(api, project, market):
    at = f"paid-capacity/{factories.paid_capacity(project, market).public_id}"
    tag = api.get(at)["ETag"]
    PaidCapacity.objects.update(seen_at=datetime.now(UTC))
    assert api.patch(at, {"shared": True}, match=tag).status_code == 200


def test_saying_the_same_again_is_no_event(api, project, market):
    at = f"paid-capacity/{factories.paid_capacity(project, market).public_id}"
    assert api.patch(at, {"shared": False}).status_code == 200
    assert not Event.objects.filter(topic__startswith="paid-capacity").exists()


@pytest.mark.parametrize("body", [{}, {"shared": "yes"}, {"shared": None}, {"shared": True, "project": "research"}])
def test_nothing_else_of_it_is_changed(api, project, market, body):
    row = factories.paid_capacity(project, market)
    assert api.patch(f"paid-capacity/{row.public_id}", body).status_code == 400
    assert not PaidCapacity.objects.get().shared


def test_nobody_says_so_of_what_they_do_not_keep(api, project, market):
    kept = factories.paid_capacity(factories.project(), market)
    shared = factories.paid_capacity(factories.project(), market, ref="cr-2", shared=True)
    nobodys = factories.paid_capacity(None, market, ref="cr-3")
    said = [
        api.patch(f"paid-capacity/{row.public_id}", {"shared": False}).status_code for row in (kept, shared, nobodys)
    ]
    assert said == [404, 403, 403]
    reader = ApiClient(factories.token(project, "read"))
    own = factories.paid_capacity(project, market, ref="cr-4")
    assert reader.patch(f"paid-capacity/{own.public_id}", {"shared": True}).status_code == 403


def test_what_nobody_keeps_cannot_be_shared(market):
    row = factories.paid_capacity(None, market)
    with pytest.raises(Refused) as refused:
        paid_capacity.share(row, shared=True, by=caller_at_the_server("test"), now=factories.NOON)
    assert refused.value.code == "kept-by-nobody"


def test_the_command_shares_and_takes_back(project, market):
    row = factories.paid_capacity(project, market)
    for options, shared in (([], True), (["--off"], False)):
        out = StringIO()
        call_command("capacity", "share", row.public_id, *options, "--json", stdout=out)
        assert json.loads(out.getvalue())["shared"] is shared
        assert PaidCapacity.objects.get().shared is shared
    out = StringIO()
    call_command("capacity", "list", stdout=out)
    assert "kept by research, for it alone" in out.getvalue()
    with pytest.raises(CommandError, match="no paid capacity"):
        call_command("capacity", "share", "cap_nothing")


def test_the_command_says_who_keeps_what_was_found(project, market):
    row = factories.paid_capacity(None, market)
    for options, whose in ((["--project", "research"], "kept by research, for it alone"), ([], "for every project")):
        out = StringIO()
        call_command("capacity", "keep", row.public_id, *options, stdout=out)
        assert whose in out.getvalue()
    with pytest.raises(CommandError, match="no project 'nobody'"):
        call_command("capacity", "keep", row.public_id, "--project", "nobody")


@pytest.fixture
def row_of_another(market) -> PaidCapacity:
    """It takes machines now, of the kind that is sold beside it."""
    ends_at = datetime.now(UTC) + timedelta(days=1)
    sold = market.offerings.get()
    said = {"usable": True, "state": "active", "ends_at": ends_at, "machines_until": ends_at}
    said |= {"instance_type": sold.instance_type.name, "region": sold.region, "zone": sold.zone}
    return factories.paid_capacity(factories.project(), market, price_per_hour=Decimal(1), **said)


ASKED = {"accelerator": "H100", "accelerator_count": 8}


@pytest.mark.parametrize("path", ["plans", "plans?rejected=500", "plans/rejected", "allocations?dry_run=true"])
def test_no_plan_tells_of_what_another_project_keeps(api, row_of_another, path):
    body = ASKED | ({"name": "x"} if path.startswith("allocations") else {})

    def told() -> dict:
        answer = api.post(path, body, key=None)
        assert answer.status_code == 200, answer.content
        return {name: value for name, value in answer.json().items() if not name.endswith("_at")}

    kept = told()
    assert "reserved" not in json.dumps(kept)
    PaidCapacity.objects.update(shared=True, used_by_others=1)
    assert "reserved" in json.dumps(told())
    PaidCapacity.objects.all().delete()
    assert told() == kept


def test_the_cursor_of_losers_passes_over_it(api, market, row_of_another):
    """A page that ends before it says that it was the last."""
    factories.offering(market, zone="us-east-1b")
    asked = ASKED | {"regions": ["us-east-1"], "max_price_per_hour": "0.01"}
    seen, cursor = [], ""
    while cursor is not None:
        page = api.post(f"plans/rejected?limit=1{cursor and f'&cursor={cursor}'}", asked, key=None).json()
        seen += page["items"]
        cursor = page["next_cursor"]
    assert [one["capacity_type"] for one in seen] == ["on-demand"] * 2


def test_what_was_learnt_of_it_is_not_told_either(api, project, market, row_of_another):
    pool = {"region": "us-east-1", "zone": "us-east-1a", "instance_type": "h100x8"}
    sold = CapacityMemory.objects.create(account=market, capacity_type="on-demand", **pool)
    paid = CapacityMemory.objects.create(account=market, capacity_type="reserved", **pool)
    wide = CapacityMemory.objects.create(account=market, capacity_type="reserved", region="us-east-1")

    def told() -> set[str]:
        for row in (paid, wide):
            listed = row.public_id in [one["id"] for one in api.get("capacity-memory").json()["items"]]
            assert api.get(f"capacity-memory/{row.public_id}").status_code == (200 if listed else 404)
        return {one["id"] for one in api.get("capacity-memory").json()["items"]}

    assert told() == {sold.public_id}
    PaidCapacity.objects.update(zone="us-east-1b", project=project)
    assert told() == {sold.public_id, wide.public_id}
    PaidCapacity.objects.update(zone="us-east-1a")
    assert told() == {sold.public_id, paid.public_id, wide.public_id}
