"""What only Google sells, bought through the real services over the emulated Google: flex-start and a slice of TPUs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import AllocationState, Reason, SlotState
from fleet.models import Allocation, CloudAccount, Instance, Project
from fleet.services import allocations, catalog, clock, observing, reconciling
from fleet.services.accounts import watched
from tests.deadline import wait_until
from tests.fleet.providers.gcp_emulator import TPU, GcpEmulator

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
POOLS = ("us-central1-a", "europe-west4-a", "europe-west4-b")


@pytest.fixture
def google(tmp_path: Path) -> Iterator[GcpEmulator]:
    """An account that wants TPUs too, whose catalogue was read."""
    with GcpEmulator.running(tmp_path) as emulator:
        told = emulator.account(TPU)
        (tmp_path / "token").write_text(told.secret)
        row = CloudAccount.objects.create(
            cloud="gcp", provider="gcp", name="google", options=told.options, credentials_ref=f"file:{tmp_path}/token"
        )
        assert catalog.sync_account(row, now=clock.business_now()), CloudAccount.objects.get(pk=row.pk).last_error
        yield emulator


def ask(accelerator: str, count: int, capacity_type: str, **more: timedelta) -> Allocation:
    project = Project.objects.create(slug="research", name="Research")
    demand = Demand(count, accelerator, capacity_types=(capacity_type,), run_for=more.get("ttl"))
    spec = AllocationSpec("train", demand, **more)
    return allocations.request_allocation(project=project, spec=spec, requested_by="ada", now=clock.business_now())


def until(allocation: Allocation, state: AllocationState) -> None:
    """Turn as the workers do until the allocation is in the state."""

    def reached() -> bool:
        turn()
        allocation.refresh_from_db()
        return allocation.state == state

    wait_until(reached, f"it is {state}", deadline_s=180)


def turn() -> None:
    for account in watched():
        observing.observe_account(account, now=clock.business_now())
    reconciling.reconcile_due()


def stock(google: GcpEmulator, available: int | None) -> None:
    for zone in POOLS:
        pool = {"instance_type": "a3-highgpu-8g", "zone": zone, "capacity_type": "flex-start"}
        google._gcp.put("stock", {**pool, "available": available})


def test_eight_h100_for_a_day_by_flex_start(google):
    stock(google, 0)
    allocation = ask("H100", 8, "flex-start", ttl=DAY)
    wait_until(lambda: turn() or Instance.objects.exists(), "it waits in the queue", deadline_s=180)
    machine = Instance.objects.get()
    assert (machine.capacity_type, machine.cloud_state, machine.slot.state) == ("flex-start", "PENDING", "booting")
    bought_for = machine.attempt.frozen_params["run_seconds"]
    assert DAY.total_seconds() < bought_for <= DAY.total_seconds() + 300
    stock(google, 1)
    until(allocation, AllocationState.ACTIVE)
    machine.refresh_from_db()
    assert machine.launched_at == machine.running_at, "nothing is paid for the queue"

    google._gcp.post("age", {"id": machine.provider_id, "seconds": bought_for})
    wait_until(lambda: turn() or Instance.objects.get(pk=machine.pk).terminated_at, "its time is over", deadline_s=180)
    machine.refresh_from_db()
    machine.slot.refresh_from_db()
    assert (machine.end_reason, machine.slot.reason) == ("time-over", Reason.TTL)


def test_a_deadline_ends_the_wait_in_the_queue(google):
    stock(google, 0)
    allocation = ask("H100", 8, "flex-start", ttl=DAY, deadline=timedelta(seconds=20))
    until(allocation, AllocationState.FAILED)
    assert allocation.reason == Reason.DEADLINE
    assert Instance.objects.get().terminated_at is not None, "the order was withdrawn"


def test_a_slice_of_tpus(google):
    allocation = ask("TPU-v6e", 8, "on-demand")
    until(allocation, AllocationState.ACTIVE)
    [machine] = Instance.objects.all()
    assert (machine.instance_type, machine.accelerator, machine.accelerator_count) == ("v6e-8", "TPU-v6e", 8)
    assert machine.slot.state == SlotState.READY
    allocations.release(allocation.public_id, now=clock.business_now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    allocation.slots.update(drained=True)
    until(allocation, AllocationState.RELEASED)
    [made] = google._gcp.get("slices")["items"]
    assert not made["exists"]
