"""Prices follow the cloud's list and the price book; history is appended on change and never rewritten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet import providers
from fleet.domain.outcomes import Underlying
from fleet.domain.refusals import NotAllowed, Refused
from fleet.models import CloudAccount, Event, Offering, PricePoint, PriceRule, ReferencePrice
from fleet.services import catalog, pricebook
from fleet.services.access import Caller, caller_at_the_server
from fleet.services.pricebook import RuleSpec
from tests import factories
from tests.factories import NOON
from tests.fleet.services.silent_cloud import CLOUDS, MACHINE, Cloud

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BY = caller_at_the_server("ada")


@pytest.fixture
def clouds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(providers.REGISTRY, "silent", "tests.fleet.services.silent_cloud:Adapter")
    yield
    CLOUDS.clear()


@pytest.fixture
def account(clouds: None) -> CloudAccount:
    return connect("production")


@pytest.fixture
def cloud(account: CloudAccount) -> Cloud:
    return CLOUDS[account.name]


def connect(name: str, **said: Any) -> CloudAccount:
    CLOUDS[name] = Cloud()
    return factories.account(name=name, provider="silent", options={}, **said)


def read(account: CloudAccount, at: datetime) -> catalog.Synced:
    CLOUDS[account.name].complete_until = at
    return catalog.sync_account(CloudAccount.objects.get(pk=account.pk), now=at)


def look(account: CloudAccount, at: datetime) -> None:
    CLOUDS[account.name].complete_until = at
    assert catalog.sync_prices(CloudAccount.objects.get(pk=account.pk), now=at)


def enter(now: datetime = NOON, **said: Any) -> PriceRule:
    terms = {"name": "Agreed", "kind": "discount", "percent_off": Decimal(10)} if "kind" not in said else {}
    return pricebook.add_rule(RuleSpec(**{"name": "Agreed", **terms, **said}), by=BY, now=now)


def history() -> list[tuple[timedelta, Decimal]]:
    rows = PricePoint.objects.order_by("effective_from").values_list("effective_from", "price_per_hour")
    return [(at - NOON, price) for at, price in rows]


def the_offering() -> Offering:
    return Offering.objects.get()


def test_the_list_price_stands_beside_what_is_paid_and_the_source_names_the_rule(account, cloud):
    cloud.sell("100", price_source="AWS price list", price_row="SKU1")
    enter(account=account, instance_type="p5.*")
    read(account, NOON)
    row = the_offering()
    assert (row.list_price_per_hour, row.price_per_hour) == (Decimal(100), Decimal(90))
    assert row.price_source == "price book: Agreed, 10 % off AWS price list"
    assert (row.price_row, row.price_rule) == ("SKU1", PriceRule.objects.get().public_id)


def test_a_pool_that_nobody_prices_is_not_offered_and_is_counted(account, cloud):
    cloud.sell(None, price_problem="2 rows of the list say a price.")
    found = read(account, NOON)
    assert not Offering.objects.exists()
    assert found.unpriced == [("us-east-1a p5.48xlarge on-demand", "2 rows of the list say a price.")]
    assert CloudAccount.objects.get().unpriced_pools == 1
    assert Event.objects.get(topic="catalog.prices-counted").data["unpriced"] == 1
    read(account, NOON + HOUR)
    assert Event.objects.filter(topic="catalog.prices-counted").count() == 1


def test_a_pool_that_loses_its_price_is_offered_no_more_and_keeps_its_history(account, cloud):
    cloud.sell("100")
    read(account, NOON)
    cloud.sell(None)
    found = read(account, NOON + HOUR)
    assert the_offering().offered is False
    assert found.gone == ["us-east-1a p5.48xlarge on-demand"]
    assert history() == [(timedelta(0), Decimal(100))]


def test_the_book_prices_what_the_cloud_says_nothing_of(account, cloud):
    cloud.sell(None)
    enter(kind="fixed", price_per_hour=Decimal("31.5"), account=account, instance_type="p5.48xlarge", currency="EUR")
    read(account, NOON)
    row = the_offering()
    assert (row.list_price_per_hour, row.price_per_hour, row.currency) == (None, Decimal("31.5"), "EUR")


def test_owned_hardware_costs_what_it_costs_to_have_it(account, cloud):
    cloud.sell(None)
    enter(kind="owned", cost={"purchase": 8760, "life_years": 1}, account=account, instance_type="p5*")
    read(account, NOON)
    assert the_offering().price_per_hour == Decimal(1)


def test_a_node_costs_what_its_machine_is_sold_for_the_dearest_where_accounts_pay_differently(account, cloud):
    other, cluster = connect("other"), connect("cluster", cloud="kubernetes")
    cloud.sell("100")
    CLOUDS["other"].sell("80")
    under = Underlying("aws", MACHINE.name, "us-east-1", "us-east-1a", share=Decimal("0.5"))
    CLOUDS["cluster"].sell(None, underlying=under)
    for each in (account, other, cluster):
        read(each, NOON)
    row = Offering.objects.get(account=cluster)
    assert row.price_per_hour == Decimal(50)
    assert row.price_source == "production: p5.48xlarge in us-east-1a"


def test_history_gets_a_point_only_where_the_price_changed(account, cloud):
    cloud.sell("100")
    assert read(account, NOON).new == ["us-east-1a p5.48xlarge on-demand"]
    again = read(account, NOON + HOUR)
    assert (again.new, again.gone, again.changed) == ([], [], [])
    assert the_offering().observed_at == NOON + HOUR
    cloud.sell("120", observed_at=NOON + 2 * HOUR)
    assert read(account, NOON + 2 * HOUR).changed == [("us-east-1a p5.48xlarge on-demand", Decimal(100), Decimal(120))]
    assert history() == [(timedelta(0), Decimal(100)), (2 * HOUR, Decimal(120))]


def test_a_line_of_the_book_shows_at_once_and_its_end_too(account, cloud):
    cloud.sell("100")
    read(account, NOON)
    ours = enter(NOON + HOUR, cloud="aws")
    assert the_offering().price_per_hour == Decimal(90)
    pricebook.take_rule(ours.public_id, by=BY, now=NOON + 2 * HOUR)
    row = the_offering()
    assert (row.price_per_hour, row.price_rule, row.price_source) == (Decimal(100), "", "a list")
    assert history() == [(timedelta(0), Decimal(100)), (HOUR, Decimal(90)), (2 * HOUR, Decimal(100))]


def test_a_line_entered_for_later_turns_the_price_at_that_instant_however_late_we_look(account, cloud):
    cloud.sell("100")
    read(account, NOON)
    enter(NOON, starts_at=NOON + HOUR, ends_at=NOON + 2 * HOUR)
    assert the_offering().price_per_hour == Decimal(100)
    look(account, NOON + 3 * HOUR)
    assert the_offering().price_per_hour == Decimal(100)
    assert history() == [(timedelta(0), Decimal(100)), (HOUR, Decimal(90)), (2 * HOUR, Decimal(100))]


def test_a_line_entered_while_a_catalogue_was_read_is_not_missed(account, cloud):
    """The reading was dated after the line began, and did not know the line yet."""
    cloud.sell("100")
    read(account, NOON + HOUR)
    enter(NOON + HOUR / 2)
    assert the_offering().price_per_hour == Decimal(90)


def test_a_turn_of_the_book_that_changes_no_price_leaves_no_point(account, cloud):
    cloud.sell("100")
    read(account, NOON)
    enter(NOON, starts_at=NOON + HOUR)
    enter(NOON, starts_at=NOON + 2 * HOUR, cloud="aws")
    look(account, NOON + 3 * HOUR)
    assert history() == [(timedelta(0), Decimal(100)), (HOUR, Decimal(90))]


def test_where_the_bill_follows_the_market_each_change_is_priced_by_the_book_of_its_instant(account, cloud):
    cloud.rule = "market"
    cloud.sell("10", capacity_type="spot")
    read(account, NOON)
    enter(NOON, starts_at=NOON + HOUR)
    cloud.change("20", NOON + timedelta(minutes=30))
    cloud.change("40", NOON + 2 * HOUR)
    look(account, NOON + 3 * HOUR)
    assert history() == [
        (timedelta(0), Decimal(10)), (timedelta(minutes=30), Decimal(20)), (HOUR, Decimal(18)), (2 * HOUR, Decimal(36)),
    ]  # fmt: skip
    assert (the_offering().price_per_hour, the_offering().list_price_per_hour) == (Decimal(36), Decimal(40))


def test_the_book_waits_for_a_market_whose_history_is_behind(account, cloud):
    """Else a change of the list before the turn would come too late to be in the price at the turn."""
    cloud.rule = "market"
    cloud.sell("10", capacity_type="spot")
    read(account, NOON)
    enter(NOON, starts_at=NOON + HOUR)
    assert catalog.sync_prices(CloudAccount.objects.get(), now=NOON + 2 * HOUR)
    assert history() == [(timedelta(0), Decimal(10))]
    cloud.change("20", NOON + timedelta(minutes=59))
    look(account, NOON + 2 * HOUR)
    assert history()[1:] == [(timedelta(minutes=59), Decimal(20)), (HOUR, Decimal(18))]


def test_a_commitment_that_is_used_up_prices_no_more_machines(account, cloud):
    cloud.sell("100")
    enter(kind="commitment", percent_off=Decimal(40), committed_per_hour=Decimal(60), account=account, currency="USD")
    read(account, NOON)
    assert the_offering().price_per_hour == Decimal(60)
    factories.instance(
        None, account, zone="us-east-1a", region="us-east-1", instance_type=MACHINE.name, capacity_type="on-demand"
    )
    catalog.use_commitments(now=NOON + HOUR)
    assert the_offering().price_per_hour == Decimal(100)
    assert history() == [(timedelta(0), Decimal(60)), (HOUR, Decimal(100))]


def test_an_imported_price_fills_a_gap_and_says_so_but_a_rule_of_the_book_goes_before(account, cloud):
    cloud.sell(None)
    ReferencePrice.objects.create(
        cloud="aws", instance_type=MACHINE.name, region="us-east-1", capacity_type="on-demand",
        price_per_hour=Decimal(77), file_name="vms.csv", file_sha256="ab" * 32, line=7, imported_at=NOON - HOUR,
    )  # fmt: skip
    read(account, NOON)
    row = the_offering()
    assert (row.price_per_hour, row.imported, row.observed_at) == (Decimal(77), True, NOON - HOUR)
    assert row.price_row == f"sha256:{'ab' * 32} line 7"
    enter(NOON, kind="fixed", price_per_hour=Decimal(70), instance_type=MACHINE.name)
    read(account, NOON + HOUR)
    row = the_offering()
    assert (row.price_per_hour, row.imported, row.observed_at) == (Decimal(70), False, NOON + HOUR)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("in the past", {"starts_at": NOON - HOUR}, "rule-starts"),
    ("ends before it begins", {"ends_at": NOON}, "rule-ends"),
    ("no kind", {"kind": "rebate"}, "rule-kind"),
    ("a discount without a percentage", {"kind": "discount"}, "rule-terms"),
    ("a discount with a price", {"price_per_hour": Decimal(1)}, "rule-terms"),
    ("more than all of it", {"percent_off": Decimal(101)}, "percent"),
    ("an account and a cloud", {"account": "production", "cloud": "aws"}, "rule-scope"),
    ("a fixed price of everything", {"kind": "fixed", "price_per_hour": Decimal(1)}, "rule-scope"),
    ("a commitment of nothing",
     {"kind": "commitment", "percent_off": Decimal(1), "committed_per_hour": Decimal(0)}, "amount"),
    ("hardware that costs nothing", {"kind": "owned", "cost": {}, "instance_type": "a"}, "owned-cost"),
    ("no cloud", {"cloud": "awz"}, "unknown-cloud"),
    ("no capacity type", {"capacity_type": "cheap"}, "capacity-type"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_line_that_makes_no_sense_is_refused_by_field(account, said, code):
    said = {**said, "account": account} if "account" in said else said
    with pytest.raises(Refused) as refused:
        enter(**said)
    assert (refused.value.code, PriceRule.objects.count()) == (code, 0)


def test_a_line_that_ties_with_another_is_refused_when_entered(account):
    enter(cloud="aws", instance_type="p5.*")
    with pytest.raises(Refused, match="as specific") as refused:
        enter(cloud="aws", instance_type="*5.x")
    assert refused.value.code == "rule-tie"


def test_what_a_line_says_is_not_changed_and_its_end_does_not_go_into_the_past(account):
    ours = enter()
    by = BY
    for changes, code in (({"percent_off": Decimal(20)}, "not-changeable"), ({"ends_at": NOON - HOUR}, "rule-ends")):
        with pytest.raises(Refused) as refused:
            pricebook.change_rule(ours.public_id, changes=changes, by=by, now=NOON + HOUR)
        assert refused.value.code == code


def test_a_line_that_has_not_begun_is_gone_when_it_is_taken_and_one_that_has_stays_to_be_read(account):
    by = BY
    coming, ours = enter(starts_at=NOON + HOUR, cloud="gcp"), enter()
    assert pricebook.take_rule(coming.public_id, by=by, now=NOON) is None
    ended = pricebook.take_rule(ours.public_id, by=by, now=NOON + HOUR)
    assert ended is not None
    assert PriceRule.objects.get().ends_at == NOON + HOUR
    topics = Event.objects.filter(topic__startswith="price-rule").order_by("id").values_list("topic", "actor")
    assert list(topics) == [(f"price-rule.{what}", by.name) for what in ("added", "added", "deleted", "changed")]


def test_who_may_not_change_the_installation_does_not_change_the_book(account):
    with pytest.raises(NotAllowed):
        pricebook.add_rule(RuleSpec("Ours", "discount", percent_off=Decimal(1)), by=Caller("eve", "user:2"), now=NOON)


def test_a_failed_read_changes_nothing(account, cloud):
    cloud.sell("100")
    read(account, NOON)
    cloud.down = True
    found = read(account, NOON + HOUR)
    assert not found
    assert found.problem == "It does not answer."
    assert the_offering().offered


def test_reading_a_catalogue_takes_as_many_queries_for_many_pools_as_for_few(account, cloud):
    enter(cloud="aws")
    for n in range(3):
        cloud.sell("100", zone=f"us-east-{n}a")
    with CaptureQueriesContext(connection) as few:
        read(account, NOON)
    for n in range(300):
        cloud.sell("100", zone=f"us-east-{n}a")
    with CaptureQueriesContext(connection) as many:
        read(account, NOON + HOUR)
    assert len(many) <= len(few) + 2
