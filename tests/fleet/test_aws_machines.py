"""Single machines of the emulated AWS, from the request to the end: what is AWS's own about them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fleet.domain.lifecycle import Reason
from fleet.models import CapacityMemory, Instance, LaunchAttempt
from fleet.services import allocations, clock
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.aws_world import connect_aws

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.aws") as running:
        yield running


def test_a_machine_of_trainium_is_launched_with_its_chips_from_the_catalogue(aws, transactional_db, tmp_path):
    world = connect_aws(aws, tmp_path, regions=["us-east-1", "us-east-2"])
    allocation = world.ask(16, "Trainium2", accelerators_per_slot=None)
    world.until_state(allocation, "active")
    machine = Instance.objects.get()
    assert (machine.instance_type, machine.accelerator, machine.accelerator_count) == (
        "trn2.48xlarge",
        "Trainium2",
        16,
    )
    assert machine.price_per_hour > 0


@pytest.mark.parametrize(("chip", "shape"), [("Trainium1", "trn1.2xlarge"), ("Inferentia2", "inf2.xlarge")])
def test_trainium_and_inferentia_are_bought_by_the_chip(aws, transactional_db, tmp_path, chip, shape):
    world = connect_aws(aws, tmp_path)
    world.until_state(world.ask(1, chip), "active")
    machine = Instance.objects.get()
    assert (machine.instance_type, machine.accelerator, machine.accelerator_count) == (shape, chip, 1)


def test_how_long_a_pool_takes_is_learnt_from_when_its_machine_was_first_seen_running(aws, transactional_db, tmp_path):
    world = connect_aws(aws, tmp_path)
    world.until_state(world.ask(1), "active")
    assert Instance.objects.get().running_at is None, "EC2 does not say"
    [seconds] = CapacityMemory.objects.get(zone=Instance.objects.get().zone).fill_seconds
    assert 0 <= seconds < 120


def test_a_spot_machine_that_was_taken_back_counts_as_an_interruption(aws, transactional_db, tmp_path):
    world = connect_aws(aws, tmp_path)
    allocation = world.ask(1, capacity_type="spot")
    world.until_state(allocation, "active")
    first = Instance.objects.get()
    aws.post("preempt", {"instance_id": first.provider_id, "seconds": 0})
    world.until(lambda: Instance.objects.filter(end_reason="preempted").exists(), "its end was seen")
    world.until_state(allocation, "active")
    assert allocation.preemptions_met == 1
    assert CapacityMemory.objects.get(zone=first.zone, capacity_type="spot").interruptions == 1


def test_another_account_behind_the_credential_is_neither_bought_from_nor_believed(
    aws, transactional_db, tmp_path, settings
):
    settings.LEASE_SECONDS = 2
    world = connect_aws(aws, tmp_path)
    ours = (tmp_path / "aws").read_text()
    other = {"access_key_id": "AKIAWORLD00000000002", "secret_access_key": "hush"}
    their_id = aws.put("credentials", other)["account_id"]
    world.spoil("RunInstances", "lost")
    allocation = world.ask(1)
    world.turn()
    assert len(world.machines()) == 1, "it was made, and the answer was lost"
    (tmp_path / "aws").write_text(json.dumps(other))

    def told() -> bool:
        return LaunchAttempt.objects.filter(error_code="another-account").exists()

    world.until(told, "the launch was not repeated there")
    assert list(aws.get("machines", account_id=their_id)["items"]) == []
    (tmp_path / "aws").write_text(ours)
    world.until_state(allocation, "active")
    (tmp_path / "aws").write_text(json.dumps(other))
    allocations.release(allocation.public_id, now=clock.business_now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    facts = Instance.objects.get().termination_facts
    world.until(lambda: facts.filter(answer__code="another-account").count() >= 2, "its end was not asked for there")
    assert Instance.objects.get().terminated_at is None, "that it is not found there says nothing"
    (tmp_path / "aws").write_text(ours)
    world.until_state(allocation, "released", seconds=120)
    assert world.live() == []
    assert len(world.machines()) == 1
