"""Several machines out of one call, over the emulated AWS: one token on the wire, one machine a slot, none left."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from django.db import connection

from fleet.crashpoints import POINTS
from fleet.domain.lifecycle import ENDED_SLOT_STATES, UNRESOLVED_ATTEMPT_STATES, Desired, Reason
from fleet.models import (
    CapacityType,
    CloudAccount,
    FleetLaunch,
    Hold,
    Installation,
    Instance,
    LaunchAttempt,
    PaidCapacity,
    Quota,
    Slot,
)
from fleet.services import allocations, catalog, clock, fleets, installation, launching, paid_capacity, reconciling
from fleet.services.accounts import adapter
from fleet.services.explaining import explain
from fleet.services.leases import Lease, claim
from fleet.services.planning import reconcile_allocation
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.aws_world import AwsWorld, connect_aws
from tests.fleet.test_crash_points import worker_that_dies_at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.aws") as running:
        yield running


@pytest.fixture
def world(aws, transactional_db, tmp_path, settings) -> AwsWorld:
    settings.LEASE_SECONDS = 2
    settings.UNKNOWN_GIVE_UP_SECONDS = 20
    settings.ORPHAN_GRACE_SECONDS = 3
    return connect_aws(aws, tmp_path)


def one_machine_a_slot(world: AwsWorld, count: int) -> None:
    """What must be true after whatever happened: so many live machines, each the one of its own slot, and no other."""
    live = {machine["id"] for machine in world.live()}
    held = world.held()
    assert set(held) == live
    assert len(live) == len({slot.pk for slot in held.values()}) == count
    assert Hold.objects.filter(released_at=None).count() == count
    assert not LaunchAttempt.objects.filter(state__in=UNRESOLVED_ATTEMPT_STATES).exists()


def zones(world: AwsWorld) -> Counter[str]:
    return Counter(machine["zone"] for machine in world.live())


def test_four_slots_of_one_pool_are_launched_by_one_call(world):
    allocation = world.ask(4)
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 4)
    assert world.calls("RunInstances") == 0
    assert world.calls("CreateFleet") - 1 == 1, "one call but for the trial of the permission"
    [fleet] = FleetLaunch.objects.all()
    assert world.tokens("CreateFleet") == sorted([fleet.client_token, "purser-check"])
    assert {attempt.fleet_id for attempt in LaunchAttempt.objects.all()} == {fleet.pk}
    assert world.calls("DeleteLaunchTemplate") == 1, "what it was launched from is not left behind"
    [memory] = world.account.memories.all()
    assert len(memory.fill_seconds) == 4, "how long each took to run, though EC2 does not say"
    told = explain(allocation)["attempts"]
    assert {attempt["fleet"] for attempt in told} == {fleet.public_id}


def test_one_slot_alone_is_launched_alone(world):
    world.until_state(world.ask(1), "active")
    assert world.calls("RunInstances") == 1
    assert not FleetLaunch.objects.exists()


def test_spot_machines_are_launched_together_too(world):
    world.until_state(world.ask(3, capacity_type="spot"), "active")
    one_machine_a_slot(world, 3)
    assert {machine["market"] for machine in world.live()} == {"spot"}


@pytest.mark.parametrize("capacity_type", CapacityType.values)
def test_only_what_is_on_demand_or_spot_shares_a_call(capacity_type):
    slot = Slot(account=CloudAccount(options={"sells_fleets": True}), capacity_type=capacity_type)
    assert fleets.may_share(slot) is (capacity_type in ("on-demand", "spot"))


def test_machines_of_a_reservation_are_launched_into_it_one_by_one(world):
    client = boto3.client(
        "ec2",
        endpoint_url=world.aws.url,
        region_name="us-east-1",
        aws_access_key_id="AKIAWORLD00000000001",
        aws_secret_access_key="hush",
    )
    client.create_capacity_reservation(
        InstanceType=world.shape, InstancePlatform="Linux/UNIX", AvailabilityZone="us-east-1a", InstanceCount=2
    )
    now = clock.business_now()
    allocation = world.ask(2, capacity_type="reserved")
    [lease] = claim(type(allocation), limit=1)
    reconcile_allocation(lease, now=now)
    assert paid_capacity.sync(world.account, now=now)
    pool = {"region": "us-east-1", "zone": "us-east-1a", "instance_type": world.shape, "capacity_type": "reserved"}
    for ordinal in range(2):
        chips = {"accelerator": "L4", "accelerator_count": 1}
        asked = {"allocation": allocation, "account": world.account, "ordinal": ordinal, "since": now}
        Slot.objects.create(**asked, **pool, **chips, created_at=now)
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 2)
    assert (world.calls("RunInstances"), world.calls("CreateFleet") - 1) == (2, 0)
    assert not FleetLaunch.objects.exists()
    assert {machine["reservation"] for machine in world.live()} == {PaidCapacity.objects.get().ref}


def test_of_a_fleet_that_got_three_of_eight_the_other_five_go_to_the_next_pool(world):
    world.only_in(a=3, b=5)
    allocation = world.ask(8)
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 8)
    assert zones(world) == {"us-east-1a": 3, "us-east-1b": 5}
    assert len(world.machines()) == 8, "nothing was bought and ended on the way"
    refused = LaunchAttempt.objects.filter(state="refused", zone="us-east-1a")
    assert {attempt.error_code for attempt in refused} == {"InsufficientInstanceCapacity"}
    memory = world.account.memories.get(zone="us-east-1a", instance_type="g6.xlarge", capacity_type="on-demand")
    assert (memory.refusals, memory.refusals_in_a_row) == (1, 1), "one answer is one refusal, however many it was for"


def test_of_a_gang_that_could_get_three_of_eight_none_is_bought_there(world):
    world.only_in(a=3, b=3, c=8)
    allocation = world.ask(8, gang=True)
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 8)
    assert zones(world) == {"us-east-1c": 8}
    assert len(world.machines()) == 8, "no part of it was ever bought elsewhere"


def test_a_lost_answer_is_asked_for_again_with_the_same_token(world):
    world.spoil("CreateFleet", "lost")
    allocation = world.ask(4)
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 4)
    assert len(world.machines()) == 4
    assert world.calls("CreateFleet") - 1 == 2
    assert len(world.tokens("CreateFleet")) - 1 == 1


@pytest.mark.parametrize("kind", ["refuse", "truncate"])
def test_a_call_that_did_not_arrive_or_half_an_answer_buys_nothing_twice(world, kind):
    world.spoil("CreateFleet", kind)
    world.until_state(world.ask(3), "active")
    one_machine_a_slot(world, 3)
    assert len(world.machines()) == 3
    assert len(world.tokens("CreateFleet")) - 1 == 1


def test_a_fleet_whose_machines_are_in_no_list_yet_is_believed(world):
    world.aws.put("delays", {"lag": 2.0})
    world.until_state(world.ask(3), "active")
    one_machine_a_slot(world, 3)
    assert world.calls("CreateFleet") - 1 == 1


def test_a_slot_given_up_while_its_fleet_is_asked_for_ends_its_own_machine_only(world):
    world.spoil("CreateFleet", "lost")
    allocation = world.ask(3)
    world.until(lambda: len(world.machines()) == 3, "the fleet was made")
    given_up = Slot.objects.filter(allocation=allocation).order_by("ordinal")[1]
    allocation.refresh_from_db()
    Slot.objects.filter(pk=given_up.pk).update(desired=Desired.ABSENT)
    type(allocation).objects.filter(pk=allocation.pk).update(accelerator_count=2)
    world.until(lambda: len(world.live()) == 2, "the machine of the slot that was given up has ended")
    world.until(lambda: len(world.held()) == 2, "and that is known")
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 2)
    given_up.refresh_from_db()
    assert given_up.state in ENDED_SLOT_STATES
    assert not FleetLaunch.objects.filter(calls__gt=2).exists()


def test_an_allocation_released_while_its_fleet_is_asked_for_leaves_nothing(world):
    world.spoil("CreateFleet", "lost")
    allocation = world.ask(3)
    world.until(lambda: len(world.machines()) == 3, "the fleet was made")
    allocations.release(allocation.public_id, now=clock.business_now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, "released", seconds=90)
    assert world.live() == []
    assert world.calls("CreateFleet") - 1 == 1, "what is not wanted is looked up, not bought"
    assert not Hold.objects.filter(released_at=None).exists()


def test_the_sweeper_gives_each_machine_of_an_unanswered_fleet_to_its_slot(world):
    world.spoil("CreateFleet", "lost")
    allocation = world.ask(3)
    world.until(lambda: len(world.machines()) == 3, "the fleet was made")
    Installation.objects.update(launches_paused=True)
    world.spoil("DescribeInstances", "error", code="RequestLimitExceeded", times=2)
    world.sweep()
    world.until(lambda: Instance.objects.filter(terminated_at=None).count() == 3, "each machine was adopted")
    Installation.objects.update(launches_paused=False)
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 3)
    assert world.calls("CreateFleet") - 1 == 1


def test_a_machine_that_shows_up_after_its_fleet_was_given_up_is_ended(world, settings):
    settings.UNKNOWN_GIVE_UP_SECONDS = 1
    world.aws.put("delays", {"lag": 600.0})
    world.spoil("CreateFleet", "lost")
    world.ask(2)
    world.until(lambda: len(world.machines()) == 2, "the fleet was made")
    Installation.objects.update(launches_paused=True)
    world.until(lambda: LaunchAttempt.objects.filter(state="abandoned").count() == 2, "the launch was given up")
    world.aws.put("delays", {"lag": 0.0})
    assert len(world.live()) == 2
    world.sweep()
    assert world.live() == []


def test_a_machine_of_a_fleet_is_never_a_stranger_and_never_somebody_elses(world):
    world.until_state(world.ask(2), "active")
    world.sweep()
    sweep = world.account.sweeps.latest("id")
    assert (sweep.owned, sweep.foreign, sweep.orphans, sweep.broken_circuit) == (2, 0, 0, "")
    instance = Instance.objects.select_related("slot").first()
    [machine] = adapter(world.account).describe([instance.provider_id]).machines
    marks = installation.read_marks(machine.tags, cloud="aws", region="us-east-1")
    assert (marks.proven, marks.attempt, marks.fleet) == (True, "", FleetLaunch.objects.get().public_id)
    forged = machine.tags | {"purser:fleet": "flt_other"}
    assert not installation.read_marks(forged, cloud="aws", region="us-east-1").proven


def test_a_full_quota_inside_an_answer_of_success_is_a_full_quota(world):
    bucket = {"instance_type": "g6.xlarge", "region": "us-east-1", "capacity_type": "on-demand"}
    world.aws.put("quotas", {**bucket, "account_id": world.account_id, "vcpus": 8})
    world.ask(4)
    world.until(lambda: LaunchAttempt.objects.filter(state="refused").exists(), "the rest was refused")
    world.turn()
    assert len(world.live()) == 2
    assert {attempt.error_class for attempt in LaunchAttempt.objects.filter(state="refused")} == {"quota"}


def test_a_gang_that_our_own_quota_has_no_room_for_buys_no_part(world):
    world.until_state(world.ask(1), "active")
    allocation = world.ask(4, gang=True)
    [lease] = claim(type(allocation), limit=1, only=[allocation.pk])
    reconcile_allocation(lease, now=clock.business_now())
    Quota.objects.create(project=world.project, max_accelerators=4)
    world.turn()
    world.turn()
    assert len(world.machines()) == 1
    assert not Hold.objects.filter(attempt__slot__allocation=allocation).exists()


def test_of_slots_that_our_own_quota_has_room_for_two_of_two_are_bought(world):
    allocation = world.ask(4)
    [lease] = claim(type(allocation), limit=1)
    reconcile_allocation(lease, now=clock.business_now())
    Quota.objects.create(project=world.project, max_accelerators=2)
    world.until(lambda: len(world.live()) == 2, "two were bought")
    world.turn()
    assert len(world.machines()) == 2
    assert FleetLaunch.objects.get().size == 2


def test_an_account_that_may_not_launch_fleets_launches_one_by_one(world):
    world.spoil("CreateFleet", "error", code="UnauthorizedOperation", times=100)
    assert catalog.sync_account(world.account, now=clock.business_now())
    assert CloudAccount.objects.get().options["sells_fleets"] is False
    world.until_state(world.ask(2), "active")
    one_machine_a_slot(world, 2)
    assert world.calls("RunInstances") == 2
    world.aws.delete("faults")
    assert catalog.sync_account(world.account, now=clock.business_now())
    assert CloudAccount.objects.get().options["sells_fleets"] is True, "it is asked for again at each reading"


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_in_the_launch_of_a_fleet_is_survived(world, point):
    allocation = world.ask(3)
    killed = worker_that_dies_at(f"launch:{point}")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    world.until_state(allocation, "active")
    world.sweep()
    one_machine_a_slot(world, 3)
    assert len(world.machines()) == 3, "none was bought twice and ended"
    assert len(world.tokens("CreateFleet")) - 1 == 1
    assert world.calls("RunInstances") == 0


def test_a_worker_killed_after_a_lost_answer_is_survived(world):
    world.spoil("CreateFleet", "lost")
    allocation = world.ask(3)
    killed = worker_that_dies_at("launch:K4")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(world.machines()) == 3
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 3)
    assert len(world.machines()) == 3
    assert len(world.tokens("CreateFleet")) - 1 == 1


def test_two_workers_with_slots_of_one_fleet_send_its_call_once(world):
    allocation = world.ask(4)
    worker_that_dies_at("launch:K2")
    assert world.machines() == [], "the intent is written, and nothing sent"
    FleetLaunch.objects.update(called_until=None)
    Slot.objects.update(lease_until=None)  # the dead worker's claims have run out
    leases = claim(Slot, limit=2, only=list(Slot.objects.values_list("pk", flat=True)))
    world.aws.post("faults", {"kind": "slow", "body": r"Action=CreateFleet\b", "delay_seconds_real": 1.0})
    both = threading.Barrier(2)

    def at_work(lease: Lease) -> None:
        try:
            both.wait(10)
            reconciling.reconcile_slot(lease)
        finally:
            connection.close()

    threads = [threading.Thread(target=at_work, args=[lease]) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 4)
    assert world.calls("CreateFleet") - 1 == 1


def test_a_refusal_after_a_mates_lost_call_does_not_prove_that_it_made_nothing(world):
    allocation = world.ask(2)
    worker_that_dies_at("launch:K2")
    Slot.objects.update(lease_until=None)  # the dead worker's claims have run out
    late, mate = claim(Slot, limit=2, only=list(Slot.objects.values_list("pk", flat=True)))
    slot = late.rows().select_related("allocation__project", "account").get()
    attempt = slot.attempts.select_related("account", "fleet").get()  # read before its mate has called
    world.spoil("CreateFleet", "lost")
    reconciling.reconcile_slot(mate)
    FleetLaunch.objects.update(called_until=None)
    world.spoil("CreateFleet", "error", code="UnauthorizedOperation")
    launching._call_and_apply(slot, attempt, late, clock.business_now())
    assert FleetLaunch.objects.get().answered_at is None
    world.until_state(allocation, "active")
    one_machine_a_slot(world, 2)
    assert len(world.machines()) == 2


def test_a_machine_that_only_carries_a_fleets_name_takes_no_place_in_it(world):
    allocation = world.ask(2)
    world.until_state(allocation, "active")
    fleet = FleetLaunch.objects.get()
    ours = adapter(fleet.account).find_fleet(fleets._request(fleet)).machines[0]
    assert fleets._is_proven(fleet, ours)
    forged = {name: value for name, value in ours.tags.items() if name != installation.TAG_PROOF}
    assert not fleets._is_proven(fleet, replace(ours, tags=forged))
