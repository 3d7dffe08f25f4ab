"""Eight H100 for a day: offers, a purchase, a block that takes machines, and an allocation that ends inside of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.placement import Plan
from fleet.models import Allocation, Event, Hold, Instance, LaunchAttempt, PaidCapacity, Slot
from fleet.services import allocations, observing, paid_capacity
from fleet.services.explaining import explain
from fleet.services.intents import write_intent
from fleet.services.leases import claim
from tests.fleet.blocks import BlockWorld, connect
from tests.fleet.providers.aws_emulator import AwsEmulator

pytestmark = pytest.mark.django_db(transaction=True)
RUNS_FOR = timedelta(hours=23, minutes=20)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory) -> Iterator[AwsEmulator]:
    with AwsEmulator.running(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def world(emulator, tmp_path) -> Iterator[BlockWorld]:
    yield connect(emulator, tmp_path)
    emulator.heal()


FULL = "Skipped. 0 machines are left; 1 are needed."


def preview(world: BlockWorld) -> Plan:
    spec = AllocationSpec("train", Demand(8, "H100", capacity_types=("reserved",)), ttl=RUNS_FOR)
    return allocations.preview(project=world.project, spec=spec, now=world.now())


def ask(world: BlockWorld, accelerators: int = 8, **changes) -> Allocation:
    said = {"capacity_types": ("reserved",)} | changes
    spec = AllocationSpec("train", Demand(accelerators, "H100", **said), ttl=RUNS_FOR)
    return allocations.request_allocation(project=world.project, spec=spec, requested_by="ada", now=world.now())


def test_eight_h100_for_a_day_by_capacity_block(world):
    offers = world.offers()
    assert all(one.offer.fee > 0 and one.expires_at > world.now() for one in offers)
    purchase = world.ask()
    assert Hold.objects.get(purchase=purchase).amount == purchase.fee
    world.until_purchase(purchase, "bought")
    block = PaidCapacity.objects.get(purchase=purchase)
    assert block.machines_until == block.ends_at - timedelta(minutes=30)
    world.until(lambda: PaidCapacity.objects.get().usable, "the block takes machines")
    told = [event.topic for event in Event.objects.filter(subject=block.public_id).order_by("id")]
    assert told[0] == "paid-capacity.found"

    allocation = ask(world, capacity_types=())

    def ready() -> bool:
        allocation.refresh_from_db()
        return allocation.state == "active"

    world.until(ready, "the allocation is whole", seconds=120)
    machine = Instance.objects.get(slot__allocation=allocation)
    assert (machine.capacity_type, machine.paid_capacity) == ("reserved", block)
    assert (machine.accelerator, machine.accelerator_count) == ("H100", 8)
    assert machine.price_per_hour == (purchase.fee / 24).quantize(Decimal("0.000001"), rounding="ROUND_FLOOR")
    assert allocation.expires_at < block.machines_until
    attempt = LaunchAttempt.objects.get(slot__allocation=allocation)
    assert Hold.objects.get(attempt=attempt).amount == 0, "it was paid before"
    told = explain(allocation)
    [chosen] = told["plan"]["chosen"]
    assert (chosen["capacity_type"], chosen["zone"], chosen["machines"]) == ("reserved", block.zone, 1)
    assert Decimal(chosen["expected_per_hour"]) == 0, "it is paid already"
    assert Decimal(chosen["price_per_hour"]) == machine.price_per_hour, "and accounted all the same"
    others = [one for one in told["plan"]["candidates"] if one["capacity_type"] == "on-demand"]
    assert others
    assert all(Decimal(one["expected_per_hour"]) > 0 for one in others)
    asked = [event for event in told["trail"] if event["topic"] == "slot.launching"]
    assert asked[0]["data"]["paid_capacity"] == block.public_id
    assert world.emulator.blocks(world.told)[0]["used"] == 1


def test_a_row_is_an_offering_with_its_number_and_its_end_until_it_is_full(world):
    block = world.block()
    [found] = preview(world).candidates
    offering = found.offering
    assert (offering.machines_left, offering.ends_at) == (1, block.machines_until)
    assert (offering.accelerator, offering.accelerator_count) == ("H100", 8)
    allocation = slots_planned_into(block, world, 1)[0].allocation
    assert preview(world).note == FULL, "a slot was planned into it"
    world.until(lambda: Instance.objects.filter(slot__allocation=allocation).exists(), "it is launched")
    assert preview(world).note == FULL


def slots_planned_into(block: PaidCapacity, world: BlockWorld, count: int) -> list[Slot]:
    now = world.now()
    made = []
    for number in range(count):
        allocation = ask(world, capacity_types=("spot",))
        slot = Slot.objects.create(
            allocation=allocation,
            ordinal=number,
            accelerator="H100",
            accelerator_count=8,
            account=world.account,
            region=block.region,
            zone=block.zone,
            instance_type=block.instance_type,
            capacity_type="reserved",
            since=now,
            created_at=now,
        )
        made.append(slot)
    return made


def test_two_launches_at_once_never_go_over_the_number(world):
    block = world.block()
    slots = slots_planned_into(block, world, 4)
    leases = {lease.pk: lease for lease in claim(Slot, limit=10, only=[slot.pk for slot in slots])}
    start = threading.Barrier(len(slots))

    def launch(slot: Slot) -> None:
        try:
            start.wait(10)
            write_intent(slot, leases[slot.pk], world.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=launch, args=[slot]) for slot in slots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert LaunchAttempt.objects.filter(paid_capacity=block).count() == 1
    assert LaunchAttempt.objects.get().frozen_params["reservation"] == block.ref
    assert paid_capacity.room(PaidCapacity.objects.with_room().get()) == 0


def test_machines_drain_before_their_block_ends(world):
    block = world.block()
    allocation = slots_planned_into(block, world, 1)[0].allocation
    world.until(lambda: Instance.objects.filter(slot__allocation=allocation).exists(), "it is launched")
    assert observing.watch_ends(now=block.machines_until - timedelta(hours=1)) == 0
    assert observing.watch_ends(now=block.machines_until - timedelta(minutes=5)) == 1
    machine = Instance.objects.get(slot__allocation=allocation)
    assert machine.interruption_at == block.machines_until
    assert machine.slot is not None
    assert machine.slot.desired == "absent"


def test_a_list_that_cannot_be_read_changes_nothing_and_one_without_a_row_stops_its_use(world):
    block = world.block()
    world.emulator.spoil(world.told, "find block", "error", code="InternalError")
    assert not paid_capacity.sync(world.account, now=world.now())
    assert PaidCapacity.objects.get().usable
    PaidCapacity.objects.filter(pk=block.pk).update(ref="cr-of-yesterday")
    assert paid_capacity.sync(world.account, now=world.now())
    gone = PaidCapacity.objects.get(ref="cr-of-yesterday")
    assert (gone.usable, gone.listed) == (False, False)
    assert Event.objects.filter(topic="paid-capacity.unlisted", subject=block.public_id).exists()
