"""Buying a capacity block: whatever dies or gets lost, it is bought once or not at all, and its fee is held first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models.functions import Now

from fleet.crashpoints import POINTS
from fleet.domain.outcomes import BlockOrder
from fleet.domain.refusals import Refused
from fleet.models import BlockPurchase, BlockPurchaseResult, Budget, Event, Hold, Installation, PaidCapacity
from fleet.queries.signals import unclassified_signals
from fleet.services import block_offers, buying_blocks, paid_capacity, reconciling, restored
from fleet.services.accounts import adapter
from fleet.services.installation import installation
from fleet.services.leases import claim
from tests.fleet.blocks import GIVE_UP_SECONDS, BlockWorld, connect, process_that_dies_at
from tests.fleet.providers.aws_emulator import AwsEmulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory) -> Iterator[AwsEmulator]:
    with AwsEmulator.running(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def world(emulator, tmp_path, settings) -> Iterator[BlockWorld]:
    settings.LEASE_SECONDS = 2
    settings.UNKNOWN_GIVE_UP_SECONDS = GIVE_UP_SECONDS
    yield connect(emulator, tmp_path)
    emulator.heal()


# --- Crash points -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", [point for point in POINTS if point != "K1"])
def test_a_worker_killed_in_a_purchase_buys_exactly_one_block(world, point):
    purchase = world.ask()
    killed = process_that_dies_at(f"buy-block:{point}", "reconcile", "--rounds", "40")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    world.until_purchase(purchase, "bought")
    [block] = world.bought()
    [row] = PaidCapacity.objects.filter(ref=block["id"])
    assert (row.purchase, row.project, row.fee) == (purchase, world.project, purchase.fee)
    assert Hold.objects.get(purchase=purchase).released_at is None
    assert Event.objects.filter(topic="block-purchase.bought").count() == 1


def test_who_is_killed_before_the_intent_is_committed_has_bought_nothing_and_holds_nothing(world):
    name = world.offer().name
    command = ["capacity", "buy", name, "--project", "research", "--yes"]
    killed = process_that_dies_at("buy-block:K1", *command)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    world.turn()
    assert world.bought() == []
    assert not BlockPurchase.objects.exists()
    assert not Hold.objects.exists()


# --- Lost answers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["lost", "truncate"])
def test_a_purchase_whose_answer_is_lost_is_found_and_not_ordered_again(world, loss):
    purchase = world.ask()
    world.emulator.spoil(world.told, "buy block", loss)
    reconciling.reconcile_due()
    purchase.refresh_from_db()
    assert purchase.state == "unknown"
    assert Hold.objects.get(purchase=purchase).released_at is None, "it may be owed"
    world.until_purchase(purchase, "bought")
    assert len(world.bought()) == 1


def test_a_purchase_that_never_arrived_is_given_up_and_never_sent_a_second_time(world):
    purchase = world.ask()
    world.emulator.spoil(world.told, "buy block", "refuse")
    world.until_purchase(purchase, "abandoned")
    assert world.bought() == []
    assert purchase.calls == 1
    assert Hold.objects.get(purchase=purchase).released_at is None, "until its list is believed for long enough"


def test_while_the_list_cannot_be_read_a_lost_purchase_stays_unknown(world):
    purchase = world.ask()
    world.emulator.spoil(world.told, "buy block", "lost")
    world.emulator.spoil(world.told, "find block", "error", code="InternalError", times=200)
    reconciling.reconcile_due()
    BlockPurchase.objects.update(called_at_real=world.now() - timedelta(hours=1), next_at=world.now())
    reconciling.reconcile_due()
    purchase.refresh_from_db()
    assert purchase.state == "unknown"
    world.emulator.heal()
    world.until_purchase(purchase, "bought")
    assert len(world.bought()) == 1


def test_what_nobody_has_classified_of_an_order_is_counted(world):
    purchase = world.ask()
    world.emulator.spoil(world.told, "buy block", "error", code="BrandNewError", status=400)
    reconciling.reconcile_due()
    purchase.refresh_from_db()
    assert purchase.state == "unknown"
    assert [(row["code"], row["times"]) for row in unclassified_signals()] == [("BrandNewError", 1)]


def test_a_block_that_shows_up_after_it_was_given_up_is_bought_after_all(world):
    purchase = world.ask()
    world.emulator.spoil(world.told, "buy block", "lost")
    reconciling.reconcile_due()
    BlockPurchase.objects.update(state="abandoned", next_at=None)
    Hold.objects.update(released_at=world.now())
    world.until_purchase(purchase, "bought")
    assert Hold.objects.get(purchase=purchase).released_at is None
    assert PaidCapacity.objects.get().fee == purchase.fee


def test_a_late_worker_neither_sends_nor_applies(world):
    world.ask()
    [late] = claim(BlockPurchase, limit=1)
    BlockPurchase.objects.update(lease_until=None, lease_token=99)
    buying_blocks.reconcile_purchase(late, now=world.now())
    purchase = BlockPurchase.objects.get()
    assert (purchase.calls, purchase.state) == (0, "intent")
    assert world.bought() == []


def test_an_order_that_no_worker_came_to_while_its_offer_held_is_not_sent(world):
    purchase = world.ask()
    BlockPurchase.objects.update(created_at_real=world.now() - block_offers.HOLDS_FOR - timedelta(minutes=1))
    world.until_purchase(purchase, "refused", "bought")
    assert (purchase.state, purchase.calls, purchase.error_code) == ("refused", 0, "not-sent")
    assert world.bought() == []
    assert Hold.objects.get(purchase=purchase).released_at is not None


def test_an_order_that_a_restored_backup_holds_for_unsent_is_looked_for_and_not_ordered_again(world):
    purchase = world.ask()
    adapter(world.account).buy_block(BlockOrder.from_json(purchase.frozen_params))  # after the backup was taken
    installation()
    Installation.objects.update(restored_at=Now())
    restored.confirm([], now=world.now(), actor="ada")
    reconciling.reconcile_due()  # before any list of the cloud is read
    world.until_purchase(purchase, "bought")
    assert len(world.bought()) == 1
    assert PaidCapacity.objects.get().purchase == purchase


# --- Money --------------------------------------------------------------------------------------------------------


def test_the_whole_fee_is_held_before_anything_is_sent(world):
    purchase = world.ask(2)
    hold = Hold.objects.get(purchase=purchase)
    assert (hold.amount, hold.accelerator_count) == (purchase.fee, 0)
    assert world.bought() == []


@pytest.mark.parametrize("cap", ["cap_per_month", "cap_per_hour"])
def test_a_block_that_no_budget_has_room_for_is_refused_before_it_is_ordered(world, cap):
    Budget.objects.create(project=world.project, **{cap: Decimal(20)})
    with pytest.raises(Refused, match=r"\$20\.00") as refused:
        world.ask()
    assert refused.value.code == "budget"
    assert not BlockPurchase.objects.exists()


def test_a_second_block_does_not_fit_into_the_month_that_the_first_one_filled(world):
    offered = world.offer()
    another = replace(offered, offer=replace(offered.offer, ref="cb-another"))
    Budget.objects.create(project=world.project, cap_per_month=offered.offer.fee * Decimal("1.5"))
    buying_blocks.request_purchase(offered, **world.asked())
    with pytest.raises(Refused) as refused:
        buying_blocks.request_purchase(another, **world.asked())
    assert (refused.value.code, Hold.objects.count()) == ("budget", 1)


def test_a_trial_says_what_would_be_refused_and_leaves_nothing(world):
    buying_blocks.check_purchase(world.offer(), **world.asked())
    assert not BlockPurchase.objects.exists()
    assert not Hold.objects.exists()


def test_a_refused_purchase_gives_its_fee_back_and_says_what_to_do(world):
    purchase = world.ask()
    code = "InvalidCapacityBlockOfferingId.NotFound"
    world.emulator.spoil(world.told, "buy block", "error", code=code, status=400)
    world.until_purchase(purchase, "refused")
    assert "ask for offers again" in purchase.detail
    assert Hold.objects.get(purchase=purchase).released_at is not None


# --- Offers -------------------------------------------------------------------------------------------------------


def test_an_offer_that_was_changed_or_not_made_cannot_be_bought(world):
    name = world.offer().name
    assert block_offers.named(name, to=world.ada().principal).offer.fee > 0
    for wrong in (name[:-2] + "xx", "nonsense", ""):
        with pytest.raises(Refused, match="as it was shown"):
            block_offers.named(wrong, to=world.ada().principal)


def test_one_offer_is_ordered_once_whoever_asks_again(world):
    offer = world.offer()
    first = buying_blocks.request_purchase(offer, **world.asked())
    with pytest.raises(Refused) as refused:
        buying_blocks.request_purchase(block_offers.named(offer.name, to=world.ada().principal), **world.asked())
    assert refused.value.code == "offer-taken"
    world.until_purchase(first, "bought")
    with pytest.raises(Refused, match="ordered already"):
        buying_blocks.check_purchase(offer, **world.asked())
    assert len(world.bought()) == 1


def test_a_block_of_another_shape_under_a_copied_tag_is_not_what_was_ordered(world):
    purchase = world.until_purchase(world.ask(), "bought")
    told = buying_blocks.from_json(BlockPurchaseResult.objects.get().answer)
    assert buying_blocks._fits(purchase, told)
    assert not buying_blocks._fits(purchase, replace(told, machines=told.machines + 1))


def test_an_answer_of_a_purchase_is_kept_whole(world):
    world.until_purchase(world.ask(), "bought")
    kept = BlockPurchaseResult.objects.get()
    told = buying_blocks.from_json(kept.answer)
    assert told.ref == kept.ref
    assert buying_blocks.to_json(told) == kept.answer


def test_a_tag_that_somebody_copied_does_not_make_a_second_block_ours(world):
    purchase = world.until_purchase(world.ask(), "bought")
    row = PaidCapacity.objects.get()
    told = buying_blocks.from_json(BlockPurchaseResult.objects.get().answer)
    with transaction.atomic():
        other = paid_capacity.store(world.account, replace(told, ref="cr-other"), now=world.now())
    assert (row.purchase, other.purchase, other.fee) == (purchase, None, None)
