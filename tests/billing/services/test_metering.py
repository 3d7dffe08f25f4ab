"""Metering against a real PostgreSQL: the ledger is the machine's seconds × its price, whatever happens."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models
from django.db.models import Sum

from billing.domain.money import cost_of
from billing.models import ChargeKind, CostedHour, LedgerEntry, MeterState, UsageInterval
from billing.services.metering import meter
from fleet.models import BusinessClock, Event, Instance, Offering
from tests.billing.factories import NOON, allocation, at, machine, price_points, project, slot, spot_machine

pytestmark = pytest.mark.django_db


def cost(of: Instance) -> Decimal:
    """What the ledger says the machine cost."""
    entries = LedgerEntry.objects.filter(instance=of, account__startswith="cost:")
    return entries.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def billed(of: Instance) -> list[tuple[float, float, Decimal]]:
    """Start and end in minutes after noon, and the price, of each usage interval."""
    rows = UsageInterval.objects.filter(instance=of).order_by("period")
    minute = timedelta(minutes=1)
    return [((r.period.lower - NOON) / minute, (r.period.upper - NOON) / minute, r.price_per_hour) for r in rows]


def end(of: Instance, when: datetime) -> None:
    Instance.objects.filter(pk=of.pk).update(terminated_at=when)


def test_a_machine_costs_its_seconds_by_its_price() -> None:
    bought = machine(price_per_hour=Decimal("98.32"), terminated_at=at(61.5))
    meter(at(90))
    assert cost(bought) == cost_of(timedelta(minutes=61.5), Decimal("98.32"))
    assert MeterState.objects.get(instance=bought).closed


def test_metering_in_steps_costs_the_same_as_metering_at_once() -> None:
    stepped = machine(price_per_hour=Decimal("98.321234"), launched_at=at(-7.123456))
    for minutes in (0.1, 3.0001, 9.7, 33.333333, 61.01, 95.987654):
        meter(at(minutes), at_once=True)
    whole = machine(price_per_hour=Decimal("98.321234"), launched_at=at(-7.123456))
    meter(at(95.987654), at_once=True)
    assert cost(stepped) == cost(whole)


def test_however_many_postings_round_their_sum_does_not_drift() -> None:
    bought, microsecond = machine(price_per_hour=Decimal("98.32")), timedelta(microseconds=1)
    for count in range(1, 21):
        meter(NOON + count * microsecond, at_once=True)
    assert cost(bought) == cost_of(20 * microsecond, Decimal("98.32"))


def test_running_it_again_posts_nothing() -> None:
    machine()
    meter(at(30))
    before = LedgerEntry.objects.count()
    meter(at(30), at_once=True)
    meter(at(20), at_once=True)
    assert LedgerEntry.objects.count() == before


def test_the_ledger_does_not_grow_with_how_often_we_look() -> None:
    bought = machine()
    meter(at(10))
    entries = LedgerEntry.objects.count()
    for minutes in (11, 12, 13, 14):
        meter(at(minutes))
    assert LedgerEntry.objects.count() == entries
    meter(at(15))
    assert cost(bought) == 9


def test_an_end_is_posted_however_soon() -> None:
    bought = machine()
    meter(at(10))
    end(bought, at(11))
    meter(at(11))
    assert cost(bought) == Decimal("6.6")


def test_a_market_price_counts_from_its_own_instant() -> None:
    bought = spot_machine(prices={-30: "36", 20: "18", 70: "72"}, terminated_at=at(80))
    meter(at(90))
    assert billed(bought) == [(0, 20, 36), (20, 60, 18), (60, 70, 18), (70, 80, 72)]
    assert cost(bought) == 12 + 12 + 3 + 12


def test_a_launch_price_holds_whatever_the_market_does() -> None:
    bought = spot_machine(prices={20: "18"}, terminated_at=at(60))
    bought.account.options = {"spot_price_rule": "launch"}
    bought.account.save()
    meter(at(90))
    assert cost(bought) == 36


def test_on_demand_does_not_follow_the_spot_market() -> None:
    bought = spot_machine(prices={20: "18"}, terminated_at=at(60))
    Instance.objects.filter(pk=bought.pk).update(capacity_type="on-demand")
    meter(at(90))
    assert cost(bought) == 36


def test_a_market_priced_machine_is_billed_no_further_than_prices_are_known() -> None:
    bought = spot_machine(prices={-5: "36"}, account_values={"prices_complete_until": at(20)})
    meter(at(60))
    assert cost(bought) == 12
    bought.account.prices_complete_until = at(60)
    bought.account.save()
    price_points(Offering.objects.get(), {40: "72"})
    meter(at(60))
    assert cost(bought) == 24 + 24


def test_a_missing_observation_is_unknown_and_never_zero() -> None:
    bought = machine(last_observed_at=at(30))
    meter(at(35))
    assert cost(bought) == 18
    meter(at(60))  # silent for long: it is not gone until the cloud says so
    assert cost(bought) == 30


def test_observations_are_read_on_the_business_clock() -> None:
    BusinessClock.objects.create(epoch=NOON, anchored_at=NOON, factor=10)
    bought = machine(last_observed_at=at(5))
    meter(at(55))
    assert cost(bought) == 30


def test_an_earlier_end_than_thought_is_a_reversal() -> None:
    bought = machine(of=allocation(project()))
    meter(at(70))
    end(bought, at(50))
    meter(at(71))
    assert cost(bought) == 30
    assert billed(bought) == [(0, 50, 36)]
    assert LedgerEntry.objects.exclude(reverses=None).count() == 4  # both sides of two stretches
    assert Event.objects.get(topic="ledger.corrected").subject == bought.public_id


def test_an_end_that_the_cloud_corrects_later_is_followed() -> None:
    bought = machine(terminated_at=at(50))
    meter(at(60))
    for minutes in (40, 70):
        end(bought, at(minutes))
        meter(at(80))
        assert cost(bought) == Decimal(minutes) * 36 / 60
    Instance.objects.filter(pk=bought.pk).update(launched_at=at(-10))
    meter(at(80))
    assert cost(bought) == 48


def test_a_machine_found_alive_again_is_billed_on() -> None:
    bought = machine(terminated_at=at(50))
    meter(at(60))
    Instance.objects.filter(pk=bought.pk).update(terminated_at=None)
    meter(at(60))
    meter(at(70))
    assert cost(bought) == 42


def test_every_correction_leaves_the_wrong_entries_where_they_were() -> None:
    bought = machine()
    meter(at(30))
    wrong = list(LedgerEntry.objects.values_list("id", "amount"))
    end(bought, at(20))
    meter(at(31))
    assert list(LedgerEntry.objects.filter(pk__in=[pk for pk, _ in wrong]).values_list("id", "amount")) == wrong


def test_an_orphan_is_a_leak_that_no_project_pays_for() -> None:
    orphan = machine(terminated_at=at(60))
    meter(at(60))
    entry = LedgerEntry.objects.get(instance=orphan, amount__gt=0)
    assert (entry.kind, entry.account, entry.project) == (ChargeKind.LEAK, "cost:leak", None)


def test_an_orphan_that_is_adopted_is_paid_by_who_has_it_from_that_hour_on() -> None:
    orphan = machine()
    meter(at(90))
    owned = allocation(project(), endpoint_ref="ep_1")
    Instance.objects.filter(pk=orphan.pk).update(slot=slot(owned), project=owned.project)
    meter(at(130))
    kinds = UsageInterval.objects.order_by("hour").values_list("kind", "endpoint_ref")
    assert list(kinds) == [("leak", ""), ("machine", "ep_1"), ("machine", "ep_1")]
    assert cost(orphan) == Decimal(130) * 36 / 60


def test_a_project_pays_and_the_cloud_is_owed() -> None:
    bought = machine(of=allocation(project()), terminated_at=at(60))
    meter(at(60))
    sides = dict(LedgerEntry.objects.values_list("account", "amount"))
    assert sides == {
        f"cost:{bought.project.public_id}": Decimal(36),
        f"payable:{bought.account.public_id}": Decimal(-36),
    }


def test_a_machine_of_our_own_costs_nothing_and_posts_nothing() -> None:
    owned = machine(price_per_hour=Decimal(0), terminated_at=at(60))
    meter(at(60))
    assert not LedgerEntry.objects.exists()
    assert billed(owned) == [(0, 60, 0)]


def test_hours_whose_bill_changed_are_marked() -> None:
    bought = machine()
    meter(at(90))
    CostedHour.objects.update(dirty=False)
    end(bought, at(80))
    meter(at(90))
    assert list(CostedHour.objects.filter(dirty=True).values_list("hour", flat=True)) == [at(60)]


def test_a_machine_that_turns_up_late_disturbs_no_other_bill() -> None:
    known = machine()
    meter(at(130))
    entries = LedgerEntry.objects.count()
    late = machine()
    meter(at(131), at_once=True)
    assert cost(late) == cost(known) == Decimal("78.6")
    assert LedgerEntry.objects.filter(instance=known).count() == entries + 2


def test_a_pass_costs_the_same_number_of_queries_for_one_machine_as_for_ten(
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    owned = allocation(project())
    for _ in range(10):
        machine(of=owned)
    meter(at(10))
    with django_assert_max_num_queries(20):
        meter(at(70))


def test_a_pass_that_fails_at_its_last_write_has_billed_nothing_and_the_next_one_bills_all() -> None:
    bought = machine(terminated_at=at(60))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_costedhour ADD CONSTRAINT broken CHECK (false)")
        with pytest.raises(IntegrityError, match="broken"):
            meter(at(60))
        assert not LedgerEntry.objects.exists()
        cursor.execute("ALTER TABLE billing_costedhour DROP CONSTRAINT broken")
    meter(at(60))
    assert cost(bought) == 36


@pytest.mark.django_db(transaction=True)
def test_two_meters_at_once_bill_every_machine_once() -> None:
    for _ in range(20):
        machine(terminated_at=at(60))
    barrier, broken = threading.Barrier(4), []

    def run() -> None:
        barrier.wait()
        try:
            meter(at(60))
        except DatabaseError as error:
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    meter(at(60))
    costs = LedgerEntry.objects.filter(amount__gt=0).values("instance").annotate(sum=models.Sum("amount"))
    assert [row["sum"] for row in costs] == [Decimal(36)] * 20


def test_the_ledger_adds_up_to_zero() -> None:
    bought = machine(of=allocation(project()))
    machine(price_per_hour=Decimal("0.333333"))
    meter(at(77))
    end(bought, at(13))
    meter(at(78))
    assert LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"] == 0
