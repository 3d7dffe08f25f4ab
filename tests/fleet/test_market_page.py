"""Capacity & prices: pools by what an accelerator costs, their history, and what asking taught."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from fleet.market_page import in_force
from fleet.models import (
    CapacityMemory,
    CloudAccount,
    CloudQuota,
    Offering,
    PaidCapacity,
    PricePoint,
    UnclassifiedSignal,
)
from fleet.queries.market import account_rows
from fleet.services.clock import business_now
from fleet.timerange import TimeRange
from tests import factories
from tests.fleet.acting.test_changes import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(factories.member(factories.project(), role="viewer"))
    return client


@pytest.fixture
def account() -> CloudAccount:
    return factories.account(cloud="aws", name="aws-1")


def sold(account: CloudAccount, zone: str, price: str, **more: object) -> Offering:
    return factories.offering(account, zone=zone, price_per_hour=Decimal(price), observed_at=business_now(), **more)


def test_pools_are_ordered_by_what_one_accelerator_costs(viewer, account):
    sold(account, "us-east-1a", "8.00", accelerator_count=8)
    sold(account, "us-east-1b", "2.00", accelerator_count=1)
    page = page_of(viewer, "/capacity")
    assert page.index("us-east-1a") < page.index("us-east-1b")
    turned = page_of(viewer, "/capacity?sort=-each")
    assert turned.index("us-east-1b") < turned.index("us-east-1a")


def test_what_asking_taught_stands_beside_the_pool(viewer, account):
    offering = sold(account, "us-east-1a", "8.00")
    CapacityMemory.objects.create(
        account=account, region=offering.region, zone=offering.zone, instance_type=offering.instance_type.name,
        capacity_type=offering.capacity_type, attempts=4, refusals=3, fill_seconds=[60, 120, 600],
        cooldown_until=business_now() + timedelta(minutes=5), last_refusal_code="InsufficientInstanceCapacity",
    )  # fmt: skip
    page = page_of(viewer, "/capacity")
    assert "3 of 4 refused" in page
    assert "InsufficientInstanceCapacity" in page
    assert "Waits until" in page


@pytest.mark.parametrize("address", ["/capacity", "/fleet", "/capacity?csv=capacity", "/fleet?csv=capacity"])
def test_the_map_tells_nobody_what_was_learnt_of_what_another_project_keeps(viewer, account, address):
    offering = sold(account, "us-east-1a", "8.00")
    pool = {"account": account, "region": offering.region, "capacity_type": "reserved", "refusals": 641}
    learnt = {"attempts": 977, "cooldown_until": business_now() + timedelta(minutes=5), **pool}
    kind = offering.instance_type.name
    CapacityMemory.objects.create(zone=offering.zone, instance_type=kind, last_refusal_code="PoolWord", **learnt)
    CapacityMemory.objects.create(last_refusal_code="WideWord", **learnt)
    row = factories.paid_capacity(
        factories.project(), account, region=offering.region, zone=offering.zone, instance_type=kind
    )

    def told() -> bool:
        answer = viewer.get(address)
        page = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        return "977" in page or "641" in page or "WideWord" in page

    assert not told()
    PaidCapacity.objects.filter(pk=row.pk).update(shared=True)
    assert told()


def test_a_price_that_was_not_seen_of_late_is_marked(viewer, account):
    offering = sold(account, "us-east-1a", "8.00")
    assert "Stale</span>" not in page_of(viewer, "/capacity")
    Offering.objects.filter(pk=offering.pk).update(observed_at=business_now() - timedelta(days=9))
    assert "Stale</span>" in page_of(viewer, "/capacity")


def test_a_filter_narrows_the_table_and_the_file(viewer, account):
    sold(account, "us-east-1a", "8.00")
    sold(account, "us-east-1b", "0.80", accelerator="L4", accelerator_count=1)
    page = page_of(viewer, "/capacity?accelerator=L4")
    assert "us-east-1b" in page
    assert "us-east-1a" not in page
    file = viewer.get("/capacity?accelerator=L4&csv=offerings")
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert lines[0].startswith("cloud,account,region,zone,instance_type,accelerator")
    assert len(lines) == 2
    assert "No pool matches" in page_of(viewer, "/capacity?accelerator=T4")


def test_nothing_on_sale_is_said(viewer):
    assert "Nothing on sale yet" in page_of(viewer, "/capacity")


def test_what_makes_no_sense_in_the_address_asks_for_nothing(viewer, account):
    sold(account, "us-east-1a", "8.00")
    assert "us-east-1a" in page_of(viewer, "/capacity?sort=colour&page=-1")
    assert "No such page" in page_of(viewer, "/capacity?page=9")


def test_the_history_is_what_an_accelerator_cost_at_the_end_of_each_bucket(viewer, account):
    offering = sold(account, "us-east-1a", "8.00", accelerator_count=8)
    PricePoint.objects.create(
        offering=offering, effective_from=business_now() - timedelta(days=2), price_per_hour=Decimal("16.00")
    )
    PricePoint.objects.create(
        offering=offering, effective_from=business_now() - timedelta(hours=3), price_per_hour=Decimal("8.00")
    )
    rows = b"".join(viewer.get("/capacity?range=24h&csv=prices").streaming_content).decode().splitlines()
    costs = [float(line.split(",")[1]) for line in rows[1:] if line.split(",")[1]]
    assert costs[0] == 2.0
    assert costs[-1] == 1.0


def test_before_a_price_is_known_and_after_now_there_is_none():
    now = factories.NOON
    span = TimeRange(now - timedelta(hours=4), now + timedelta(hours=2), timedelta(hours=1))
    points = [(now - timedelta(hours=2, minutes=30), Decimal("16")), (now - timedelta(minutes=30), Decimal("8"))]
    assert in_force(points, span, now, 8) == [None, 2.0, 2.0, 1.0, 1.0, None]


# --- What is paid for, what the clouds allow, what nobody has classified ---


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(factories.user(is_staff=True, is_superuser=True))
    return client


def quota(account: CloudAccount, name: str, most: int | None, used: int | None) -> None:
    CloudQuota.objects.create(
        account=account, region="us-east-1", name=name, unit="vcpus", most=most, used=used, observed_at=business_now()
    )


def test_quotas_are_said_as_the_clouds_keep_them_the_fullest_first(admin, account):
    quota(account, "Empty", 100, 0)
    quota(account, "Full", 384, 380)
    quota(account, "Uncounted", 96, None)
    quota(account, "Silent", None, None)
    quota(account, "Nothing", 0, 0)
    page = page_of(admin, "/capacity")
    places = [page.index(f">{name}<") for name in ("Full", "Empty", "Silent", "Uncounted", "Nothing")]
    assert places == sorted(places)
    assert "380 of 384 vCPU used" in page
    assert "96 vCPU at most" in page
    assert "Not known" in page
    assert "1 allows nothing" in page
    assert "Of 2 the cloud does not say all" in page


def test_of_many_quotas_the_first_are_shown_and_all_are_counted(admin, account):
    for k in range(40):
        quota(account, f"Quota {k}", 100, k)
    page = page_of(admin, "/capacity")
    assert "40 read, the fullest first" in page
    assert page.count("vCPU used") == 12


def test_paid_capacity_says_what_is_free_until_when_and_at_what_price(admin, account):
    now = business_now()
    factories.paid_capacity(
        factories.project(name="Research"), account, machines=4, used_by_others=1, usable=True, state="active",
        ends_at=now + timedelta(hours=21), machines_until=now + timedelta(hours=20, minutes=1),
        price_per_hour=Decimal("34.61"),
    )  # fmt: skip
    page = page_of(admin, "/capacity")
    card = page.split('id="h-paid"')[1].split("</section>")[0]
    for said in ("4 × p5.48xlarge", "Research", ">3<", "1 not ours", "in 20 h 0 min", "34.61", "Takes machines"):
        assert said in card, said


def test_a_viewer_sees_what_their_projects_or_nobody_pays_for_and_no_account(viewer, account):
    theirs = factories.project(slug="theirs", name="Theirs")
    soon = business_now() + timedelta(days=1)
    factories.paid_capacity(theirs, account, ref="a", machines=71, ends_at=soon)
    factories.paid_capacity(None, account, ref="b", machines=72, ends_at=soon)
    quota(account, "Secret", 100, 0)
    page = page_of(viewer, "/capacity")
    assert "72 × p5.48xlarge" in page
    assert "71 × p5.48xlarge" not in page
    assert "Secret" not in page


def test_whoever_may_write_in_its_project_shares_it_with_a_button(client, account):
    mine = factories.project(slug="mine", name="Mine")
    row = factories.paid_capacity(mine, account, ends_at=business_now() + timedelta(days=1))
    client.force_login(factories.member(mine))
    share, unshare = (reverse(f"paid-capacity-{verb}", args=[row.public_id]) for verb in ("share", "unshare"))
    assert share in page_of(client, "/capacity")
    assert client.post(share).status_code == 302
    page = page_of(client, "/capacity")
    assert "Mine, shared" in page
    assert unshare in page
    assert client.post(unshare).status_code == 302
    assert not PaidCapacity.objects.get().shared


def test_what_another_project_shares_is_seen_without_a_button(viewer, account):
    theirs = factories.project(slug="theirs", name="Theirs")
    ends_at = business_now() + timedelta(days=1)
    shared = factories.paid_capacity(theirs, account, ref="a", machines=71, shared=True, ends_at=ends_at)
    kept = factories.paid_capacity(theirs, account, ref="b", machines=73, ends_at=ends_at)
    page = page_of(viewer, "/capacity")
    assert "71 × p5.48xlarge" in page
    assert "73 × p5.48xlarge" not in page
    assert "/unshare" not in page
    said = [viewer.post(reverse("paid-capacity-unshare", args=[row.public_id])).status_code for row in (shared, kept)]
    assert said == [403, 404]


def test_answers_nobody_has_classified_are_named(admin, account):
    assert "Unclassified answers" not in page_of(admin, "/capacity")
    now = business_now()
    UnclassifiedSignal.objects.create(
        cloud="aws", code="NewError", message="Odd.", times=3, first_seen_at=now, last_seen_at=now
    )
    page = page_of(admin, "/capacity")
    assert "NewError" in page
    assert "3 ×" in page


def test_whoever_may_is_led_to_add_an_account(admin):
    assert "/settings/accounts" in page_of(admin, "/capacity").split("Nothing on sale yet")[1].split("</section>")[0]


def test_prices_of_an_account_without_a_history_are_those_of_its_last_reading():
    account = factories.account(prices_complete_until=factories.NOON - timedelta(hours=2))
    assert [row["prices_until"] for row in account_rows()] == [factories.NOON - timedelta(hours=2)]
    factories.offering(account, observed_at=factories.NOON)
    assert [row["prices_until"] for row in account_rows()] == [factories.NOON]
