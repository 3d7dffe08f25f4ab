"""Two pairs of eyes for a capacity block: one asks, another approves, and it is bought once at what was shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models.functions import Now

from fleet.domain.refusals import Changed, NotAllowed, Refused
from fleet.models import (
    BlockPurchase,
    ChangeRequest,
    Event,
    Hold,
    Installation,
    Membership,
    Operation,
    PaidCapacity,
    Token,
)
from fleet.services import (
    approvals,
    block_approvals,
    block_offers,
    buying_blocks,
    change_requests,
    operations,
    reconciling,
    restored,
)
from fleet.services.access import Caller, caller_again, caller_of_user
from fleet.services.installation import installation
from tests import factories
from tests.fleet.blocks import GIVE_UP_SECONDS, BlockWorld, connect
from tests.fleet.providers.aws_emulator import AwsEmulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: Any) -> Iterator[AwsEmulator]:
    with AwsEmulator.running(tmp_path_factory.mktemp("aws")) as running:
        yield running


@dataclass
class Office:
    """An operator who asks and an admin who approves, in a world where two pairs of eyes are asked for."""

    world: BlockWorld
    asker: Caller
    boss: Caller

    def ask(self, by: Caller | None = None) -> BlockPurchase:
        who = by or self.asker
        [account], wanted = [self.world.account], block_offers.Wanted(
            24, instance_type="p5.48xlarge", machines=1, region="us-east-1"
        )  # fmt: skip
        shown = block_offers.offers(wanted, accounts=[account], to=who.principal, now=self.world.now())
        offered = min(shown, key=lambda one: (one.offer.starts_at, one.offer.zone))
        asked = {"project": self.world.project, "by": who, "now": self.world.now()}
        purchase = buying_blocks.request_purchase(offered, why="The run begins.", **asked)
        operations.start(
            "paid-capacity.buy", subject=purchase.public_id, project=self.world.project, requested_by=who.name,
            now=self.world.now(),
        )  # fmt: skip
        return purchase

    def approve(self, by: Caller | None = None) -> ChangeRequest:
        name = ChangeRequest.objects.get().public_id
        return approvals.approve(name, by=by or self.boss, now=self.world.now())

    def carried_out_again(self, request: ChangeRequest) -> None:
        """As if two approvals had passed the check that it is not decided yet."""
        with transaction.atomic():
            assert not block_approvals.carry_out(request, by=self.boss, now=self.world.now())

    def nothing_is_bought(self) -> None:
        """However long the workers go on."""
        for _ in range(3):
            self.world.turn()
        assert self.world.bought() == []
        assert set(BlockPurchase.objects.values_list("calls", flat=True)) <= {0}


@pytest.fixture
def office(emulator: AwsEmulator, tmp_path: Any, settings: Any) -> Iterator[Office]:
    settings.LEASE_SECONDS = 2
    settings.UNKNOWN_GIVE_UP_SECONDS = GIVE_UP_SECONDS
    world = connect(emulator, tmp_path)
    installation()
    Installation.objects.update(two_pairs_of_eyes=True)
    people = (factories.member(world.project, role) for role in ("operator", "admin"))
    asker, boss = (caller_of_user(person) for person in people)
    yield Office(world, asker, boss)
    emulator.heal()


def run_out() -> None:
    BlockPurchase.objects.update(offer_until=Now() - timedelta(seconds=1))


def test_what_is_asked_for_waits_with_its_fee_kept_aside_and_no_worker_buys_it(office: Office) -> None:
    purchase, request = office.ask(), ChangeRequest.objects.get()
    assert (purchase.state, request.state, request.noun, request.subject) == (
        "waiting", "waiting", "block", purchase.public_id,
    )  # fmt: skip
    assert request.after is not None
    assert Decimal(request.after["fee"]) == purchase.fee == Hold.objects.get().amount
    office.nothing_is_bought()


def test_another_persons_approval_buys_it_once_at_the_fee_that_was_shown(office: Office) -> None:
    purchase = office.ask()
    request = office.approve()
    office.world.until_purchase(purchase, "bought")
    [block] = office.world.bought()
    paid = PaidCapacity.objects.get(ref=block["id"])
    assert request.after is not None
    assert Decimal(block["fee"]) == paid.fee == purchase.fee == Decimal(request.after["fee"])
    assert (request.state, purchase.calls) == ("approved", 1)
    assert Event.objects.get(topic="block-purchase.approved").actor == office.boss.name


def test_an_approval_that_is_delivered_twice_buys_once(office: Office) -> None:
    purchase = office.ask()
    request = office.approve()
    with pytest.raises(Refused, match="decided already"):
        office.approve()
    office.carried_out_again(request)
    office.world.until_purchase(purchase, "bought")
    office.carried_out_again(request)
    with pytest.raises(Refused, match="decided already"):
        office.approve()
    for _ in range(3):
        office.world.turn()
    assert len(office.world.bought()) == 1
    assert Event.objects.filter(topic="block-purchase.approved").count() == 1


def test_an_approved_purchase_whose_answer_is_lost_is_unknown_and_never_ordered_again(office: Office) -> None:
    purchase = office.ask()
    office.approve()
    office.world.emulator.spoil(office.world.told, "buy block", "lost")
    reconciling.reconcile_due()
    purchase.refresh_from_db()
    assert purchase.state == "unknown"
    office.world.until_purchase(purchase, "bought")
    assert len(office.world.bought()) == 1


def test_who_asked_may_not_approve_it_nor_a_token_of_theirs(office: Office) -> None:
    admin = factories.member(office.world.project, "admin")
    office.ask(caller_of_user(admin))
    factories.token(office.world.project, "limits:write", "fleet:write", issuer=admin)
    token = caller_again(f"token:{Token.objects.get().public_id}", now=office.world.now())
    for themselves in (caller_of_user(admin), token):
        with pytest.raises(NotAllowed, match="another person"):
            office.approve(themselves)
    office.nothing_is_bought()


def test_who_may_not_set_limits_there_may_not_approve(office: Office) -> None:
    office.ask()
    with pytest.raises(NotAllowed):
        office.approve(caller_of_user(factories.member(office.world.project, "operator")))
    office.nothing_is_bought()


def test_a_denied_one_buys_nothing_gives_its_fee_back_and_says_who_and_why(office: Office) -> None:
    purchase, request = office.ask(), ChangeRequest.objects.get()
    approvals.refuse(request.public_id, by=office.boss, now=office.world.now(), why="Too dear.")
    purchase.refresh_from_db()
    assert (purchase.state, purchase.error_code) == ("refused", "not-approved")
    assert purchase.detail == f"{office.boss.name} did not approve it. Too dear. Nothing was bought."
    assert Hold.objects.get().released_at is not None
    with pytest.raises(Refused, match="decided already"):
        office.approve()
    office.nothing_is_bought()
    told = operations.judge(Operation.objects.get())
    assert (told.done, told.code) == (True, "not-approved")


def test_one_whose_offer_has_run_out_is_refused_and_says_what_to_do(office: Office) -> None:
    purchase = office.ask()
    run_out()
    with pytest.raises(Refused, match="Ask for offers again") as refused:
        office.approve()
    assert refused.value.code == "offer-expired"
    assert BlockPurchase.objects.get().state == "waiting", "a refusal changes nothing"
    office.nothing_is_bought()
    block_approvals.settle_undecided(now=office.world.now())
    purchase.refresh_from_db()
    assert (purchase.state, ChangeRequest.objects.get().state) == ("refused", "expired")
    assert "ask for offers again" in purchase.detail
    assert Hold.objects.get().released_at is not None


def test_one_that_is_still_good_is_not_settled_and_one_whose_request_expired_is(office: Office) -> None:
    office.ask()
    block_approvals.settle_undecided(now=office.world.now())
    assert BlockPurchase.objects.get().state == "waiting"
    change_requests.expire(now=office.world.now() + timedelta(days=8))
    block_approvals.settle_undecided(now=office.world.now())
    assert BlockPurchase.objects.get().state == "refused"
    office.nothing_is_bought()


def test_more_than_what_was_shown_is_never_paid(office: Office) -> None:
    office.ask()
    BlockPurchase.objects.update(fee=BlockPurchase.objects.get().fee + Decimal("0.01"))
    with pytest.raises(Changed):
        office.approve()
    office.nothing_is_bought()


def test_once_whoever_asked_may_not_spend_any_more_nothing_is_bought(office: Office) -> None:
    office.ask()
    Membership.objects.filter(user_id=int(office.asker.principal.partition(":")[2])).update(role="viewer")
    assert office.approve().state == "outdated"
    assert BlockPurchase.objects.get().state == "refused"
    assert Hold.objects.get().released_at is not None
    office.nothing_is_bought()


def test_an_account_that_was_switched_off_meanwhile_is_not_bought_from(office: Office) -> None:
    office.ask()
    type(office.world.account).objects.update(enabled=False)
    with pytest.raises(Refused, match="not bought from") as refused:
        office.approve()
    assert refused.value.code == "offer-unknown"


def test_whoever_asked_takes_it_back_by_cancelling_and_not_after_the_approval(office: Office) -> None:
    office.ask()
    operation = Operation.objects.get()
    operations.cancel(operation.public_id, now=office.world.now(), actor=office.asker.name)
    assert (BlockPurchase.objects.get().state, ChangeRequest.objects.get().state) == ("refused", "refused")
    office.nothing_is_bought()
    ChangeRequest.objects.all().delete()
    BlockPurchase.objects.update(frozen_params={})
    again = office.ask()
    office.approve()
    later = Operation.objects.get(subject=again.public_id)
    with pytest.raises(Refused, match="cannot be given back"):
        operations.cancel(later.public_id, now=office.world.now(), actor=office.asker.name)


def test_one_that_a_restored_backup_holds_for_waiting_may_have_been_bought_since(office: Office) -> None:
    purchase = office.ask()
    Installation.objects.update(restored_at=Now())
    restored.confirm([], now=office.world.now(), actor="ada")
    purchase.refresh_from_db()
    assert (purchase.state, purchase.calls) == ("unknown", 1)
    with pytest.raises(Changed):
        office.approve()
    assert office.world.bought() == []


@pytest.mark.parametrize("ends", ["runs out", "is refused", "is taken back"])
def test_until_a_restore_is_confirmed_the_end_of_its_request_does_not_say_that_nothing_was_bought(
    office: Office, ends: str
) -> None:
    purchase, now = office.ask(), office.world.now()
    Installation.objects.update(restored_at=Now())
    if ends == "runs out":
        run_out()
        block_approvals.settle_undecided(now=now)
    elif ends == "is refused":
        approvals.refuse(ChangeRequest.objects.get().public_id, by=office.boss, now=now)
    else:
        operations.cancel(Operation.objects.get().public_id, now=now, actor=office.asker.name)
    purchase.refresh_from_db()
    assert (purchase.state, purchase.calls) == ("unknown", 1)
    assert Hold.objects.get().released_at is None
    assert ChangeRequest.objects.get().state != "waiting"
    assert office.world.bought() == []


def test_a_command_has_nobody_behind_it_so_it_does_not_buy_where_two_are_asked_for(office: Office) -> None:
    shown = block_offers.offers(
        block_offers.Wanted(24, instance_type="p5.48xlarge", machines=1, region="us-east-1"),
        accounts=[office.world.account], to="command", now=office.world.now(),
    )  # fmt: skip
    with pytest.raises(CommandError, match="two pairs of eyes"):
        call_command("capacity", "buy", shown[0].name, "--project", "research", "--yes")
    assert not BlockPurchase.objects.exists()


def test_without_two_pairs_of_eyes_it_is_bought_at_once(office: Office) -> None:
    Installation.objects.update(two_pairs_of_eyes=False)
    office.world.until_purchase(office.ask(), "bought")
    assert not ChangeRequest.objects.exists()
