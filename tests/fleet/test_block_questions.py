"""Asking the clouds for blocks on sale: by a worker, call after call, however it ends, and nothing is bought by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models.functions import Now

from fleet.domain.refusals import Refused
from fleet.models import BlockPurchase, BlockQuestion, CloudAccount, Event
from fleet.queries.signals import unclassified_signals
from fleet.services import block_offers, block_questions, buying_blocks, retention
from fleet.services.access import Caller, caller_of_user
from fleet.services.block_offers import Wanted
from tests import factories
from tests.fleet.blocks import BlockWorld, connect
from tests.fleet.providers.aws_emulator import AwsEmulator

pytestmark = pytest.mark.django_db(transaction=True)
WANTED = Wanted(24, instance_type="p5.48xlarge", machines=1, region="us-east-1")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: Any) -> Iterator[AwsEmulator]:
    with AwsEmulator.running(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def world(emulator: AwsEmulator, tmp_path: Any) -> Iterator[BlockWorld]:
    yield connect(emulator, tmp_path)
    emulator.heal()


def ask(world: BlockWorld, by: Caller | None = None, wanted: Wanted = WANTED) -> BlockQuestion:
    return block_questions.request_offers(wanted, project=world.project, by=by or world.ada(), now=world.now())


def answered(world: BlockWorld, question: BlockQuestion) -> BlockQuestion:
    block_questions.answer_waiting(now=world.now())
    question.refresh_from_db()
    return question


def test_a_worker_answers_with_what_is_for_sale_cheapest_first_and_buys_nothing(world: BlockWorld) -> None:
    question = answered(world, ask(world))
    assert (question.state, question.problems, question.detail) == ("answered", [], "")
    assert (question.calls, question.calls_done, question.rounds) == (1, 1, 1)
    fees = [Decimal(offer["fee"]) for offer in question.offers]
    assert fees
    assert fees == sorted(fees)
    assert not BlockPurchase.objects.exists()
    assert world.bought() == []
    assert [event.topic for event in Event.objects.filter(subject=question.public_id).order_by("id")] == [
        "block-question.asked",
        "block-question.answered",
    ]


def test_an_accelerator_that_nobody_makes_is_refused_before_any_cloud_is_asked(world: BlockWorld) -> None:
    with pytest.raises(Refused, match="Did you mean H100") as refused:
        ask(world, wanted=Wanted(24, accelerator="H1OO", accelerator_count=8))
    assert refused.value.field == "accelerator"
    assert not BlockQuestion.objects.exists()
    assert ask(world, wanted=Wanted(24, accelerator="h100", accelerator_count=8)).wanted["accelerator"] == "H100"


def test_an_offer_of_an_answer_is_bought_by_who_asked_once_and_by_nobody_else(world: BlockWorld) -> None:
    name = answered(world, ask(world)).offers[0]["offer"]
    somebody = caller_of_user(factories.member(world.project))
    with pytest.raises(Refused, match="somebody else") as refused:
        block_offers.named(name, to=somebody.principal)
    assert refused.value.code == "offer-unknown"
    offered = block_offers.named(name, to=world.ada().principal)
    buying_blocks.request_purchase(offered, **world.asked())
    with pytest.raises(Refused, match="ordered already"):
        buying_blocks.request_purchase(block_offers.named(name, to=world.ada().principal), **world.asked())


@pytest.mark.parametrize(
    ("code", "status", "kind", "words"),
    [
        ("UnauthorizedOperation", 403, "auth", "Grant what"),
        ("AuthFailure", 401, "auth", "Switch this one on"),  # the key works in other regions
        ("ExpiredToken", 400, "auth", "Renew its credential"),
        ("RequestLimitExceeded", 503, "throttle", "in a minute"),
        ("InvalidParameterValue", 400, "bad-request", "other hours"),
        ("NobodyKnowsThis", 400, "unknown", "No clear answer"),
    ],
)
def test_what_a_cloud_refuses_is_classified_and_says_what_to_do(
    world: BlockWorld, code: str, status: int, kind: str, words: str
) -> None:
    world.emulator.spoil(world.told, "block offers", "error", code=code, status=status, times=50)
    question = answered(world, ask(world))
    assert (question.state, question.offers) == ("failed", [])
    [problem] = question.problems
    assert (problem["account"], problem["region"], problem["class"]) == ("aws", "us-east-1", kind)
    assert problem["code"] == code
    assert words in problem["what_to_do"]
    assert problem["retryable"] is (kind in ("throttle", "unknown"))
    unclassified = [row["code"] for row in unclassified_signals()]
    assert unclassified == (["NobodyKnowsThis"] if code == "NobodyKnowsThis" else [])


def test_one_account_in_trouble_does_not_hide_what_another_sells(world: BlockWorld) -> None:
    CloudAccount.objects.create(
        cloud="aws", provider="aws", name="locked", options=world.told.options, credentials_ref="env:NOBODY_SET_THIS"
    )
    question = answered(world, ask(world))
    assert question.state == "answered"
    assert question.offers
    assert [(problem["account"], problem["class"]) for problem in question.problems] == [("locked", "auth")]


def test_an_account_that_was_switched_off_meanwhile_is_not_asked(world: BlockWorld) -> None:
    question = ask(world)
    CloudAccount.objects.update(enabled=False)
    assert answered(world, question).calls == 0
    assert "would do" in question.detail


def test_one_project_keeps_one_worker_busy_and_others_need_not_wait_for_it(world: BlockWorld) -> None:
    first = ask(world)
    ask(world, wanted=Wanted(48, instance_type="p5.48xlarge", machines=1, region="us-east-1"))
    project = factories.project()
    of_another = block_questions.request_offers(
        WANTED, project=project, by=caller_of_user(factories.member(project)), now=world.now()
    )
    assert block_questions._begun(world.now()) == first
    assert block_questions._begun(world.now()) == of_another
    assert block_questions._begun(world.now()) is None
    BlockQuestion.objects.filter(pk=first.pk).update(finished_at=Now())
    assert block_questions._begun(world.now()) is not None


def test_answers_that_come_fast_are_no_way_to_ask_the_clouds_without_end(world: BlockWorld) -> None:
    for hours in range(1, block_questions.MOST_WAITING + 1):
        ask(world, wanted=Wanted(hours, instance_type="p5.48xlarge", machines=1))
    BlockQuestion.objects.update(finished_at=Now())
    with pytest.raises(Refused, match="in the last minute") as refused:
        ask(world)
    assert refused.value.retryable
    BlockQuestion.objects.update(asked_at=Now() - timedelta(minutes=1))
    assert ask(world).finished_at is None


def test_a_question_whose_worker_died_is_begun_again(world: BlockWorld) -> None:
    question = ask(world)
    assert block_questions._begun(world.now()) == question
    assert block_questions._begun(world.now()) is None, "somebody is at it"
    silent_for_too_long()
    assert answered(world, question).state == "answered"
    assert question.rounds == 2


def test_a_worker_that_was_taken_for_dead_writes_nothing_over_the_answer(world: BlockWorld) -> None:
    question = ask(world)
    late = block_questions._begun(world.now())
    assert late is not None
    silent_for_too_long()
    answer = answered(world, question).offers
    world.emulator.spoil(world.told, "block offers", "error", code="AuthFailure", status=401, times=50)
    block_questions._ask_the_clouds(late, world.now())
    question.refresh_from_db()
    assert (question.state, question.offers, question.problems) == ("answered", answer, [])
    assert Event.objects.filter(topic="block-question.answered").count() == 1


def test_what_kills_its_workers_is_given_up_and_says_so(world: BlockWorld) -> None:
    question = ask(world)
    for _ in range(block_questions.MOST_ROUNDS):
        assert block_questions._begun(world.now()) is not None
        silent_for_too_long()
    assert answered(world, question).state == "failed"
    assert "Ask again" in question.detail
    assert question.finished_at is not None


def test_an_answer_is_forgotten_after_a_day(world: BlockWorld) -> None:
    old, young = answered(world, ask(world)), ask(world)
    BlockQuestion.objects.filter(pk=old.pk).update(asked_at=Now() - timedelta(hours=25))
    retention.forget()
    assert list(BlockQuestion.objects.all()) == [young]


def test_who_may_not_spend_in_the_project_may_not_ask(world: BlockWorld) -> None:
    with pytest.raises(Refused, match="fleet:write"):
        ask(world, by=caller_of_user(factories.member(world.project, "viewer")))


def silent_for_too_long() -> None:
    BlockQuestion.objects.update(seen_at=Now() - block_questions.BEGIN_AGAIN_AFTER - timedelta(seconds=1))
