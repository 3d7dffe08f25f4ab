"""Reservations of Azure and Google Cloud: read from the cloud, planned first, and named by the launch that goes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.outcomes import LaunchRequest
from fleet.models import CloudAccount, Hold, Instance, InstanceType, LaunchAttempt, PaidCapacity, Project
from fleet.services import allocations, observing, paid_capacity, reconciling
from fleet.services.clock import business_now
from tests.deadline import wait_until
from tests.fleet.providers.azure_emulator import AzureEmulator
from tests.fleet.providers.emulators import Emulator
from tests.fleet.providers.gcp_emulator import GcpEmulator

pytestmark = pytest.mark.django_db(transaction=True)
GOOGLES, AZURES = "a3-highgpu-8g", "Standard_ND96isr_H100_v5"
GOOGLES_ZONE = "us-central1-a"


def of_azure(emulator: Any, owner: str) -> str:
    place = {"subscription_id": owner, "group": "ours", "name": "week", "zone": "eastus-1"}
    return str(emulator._azure.put("reservations", {**place, "instance_type": AZURES, "capacity": 2})["id"])


def of_google(emulator: Any, owner: str, coming: tuple[dict[str, Any], ...] = ()) -> str:
    properties = {"machineType": GOOGLES}
    specific = {"count": "2", "instanceProperties": properties}
    row = {"kind": "compute#reservation", "name": "week", "zone": GOOGLES_ZONE, "status": "READY",
           "specificReservation": specific, "specificReservationRequired": True}  # fmt: skip
    emulator._gcp.put("reservations", {"project": owner, "rows": [row]})
    emulator._gcp.put("future_reservations", {"project": owner, "rows": list(coming)})
    return f"{GOOGLES_ZONE}/week"


def of_google_for_a_time(emulator: Any, owner: str) -> str:
    """Made by a future reservation in calendar mode: its machines are bound to it."""
    link = f"https://x/projects/{owner}/zones/{GOOGLES_ZONE}/reservations/week"
    made = {
        "kind": "compute#futureReservation", "name": "asked", "zone": GOOGLES_ZONE, "reservationMode": "CALENDAR",
        "status": {"procurementStatus": "FULFILLED", "autoCreatedReservations": [link]},
        "specificSkuProperties": {"totalCount": "2", "instanceProperties": {"machineType": GOOGLES}},
        "timeWindow": {"startTime": "2026-01-01T00:00:00Z", "duration": {"seconds": "86400"}},
    }  # fmt: skip
    return of_google(emulator, owner, (made,))


@dataclass(frozen=True)
class Kept:
    """How one cloud keeps machines for whoever pays, and how the order of a machine names what it goes into."""

    cloud: str
    emulator: type[Emulator]
    shape: str
    keep: Callable[[Any, str], str]
    kind: str


KEPT = {
    "azure": Kept("azure", AzureEmulator, AZURES, of_azure, "reservation"),
    "google": Kept("gcp", GcpEmulator, GOOGLES, of_google, "reservation"),
    "google for a time": Kept("gcp", GcpEmulator, GOOGLES, of_google_for_a_time, "block"),
}


@pytest.fixture(params=KEPT.values(), ids=KEPT)
def kept(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def emulator(kept: Kept, tmp_path: Path) -> Iterator[Emulator]:
    with kept.emulator.running(tmp_path) as running:
        yield running


def test_a_reservation_is_read_planned_first_and_named_by_the_launch(kept, emulator, tmp_path):
    told = emulator.account(kept.cloud)
    (tmp_path / "secret").write_text(told.secret)
    account = CloudAccount.objects.create(
        cloud=kept.cloud, provider=kept.cloud, name="ours", options=told.options,
        credentials_ref=f"file:{tmp_path / 'secret'}",
    )  # fmt: skip
    InstanceType.objects.create(cloud=kept.cloud, name=kept.shape, accelerator="H100", accelerator_count=8)
    ref = kept.keep(emulator, emulator.account_ref(told))
    assert paid_capacity.sync(account, now=business_now()), CloudAccount.objects.get().last_error
    row = PaidCapacity.objects.get()
    assert row.ref.casefold().startswith(ref.casefold())
    assert row.kind == kept.kind
    assert (row.machines, row.available, row.usable) == (2, 2, True)

    image = emulator.order(kept.cloud, "none").image
    spec = AllocationSpec("train", Demand(8, "H100"), image=image, ttl=timedelta(hours=1))
    project = Project.objects.create(slug="research", name="Research")
    asked = {"project": project, "spec": spec}
    [choice] = allocations.preview(**asked, now=business_now()).chosen
    assert choice.candidate.offering.pool.capacity_type == "reserved"
    assert (choice.candidate.expected_per_hour, choice.candidate.offering.machines_left) == (0, 2)

    allocation = allocations.request_allocation(**asked, requested_by="ada", now=business_now())

    def active() -> bool:
        observing.observe_account(account, now=business_now())
        reconciling.reconcile_due()
        allocation.refresh_from_db()
        return allocation.state == "active"

    wait_until(active, "it is active", deadline_s=120)
    machine, attempt = Instance.objects.get(), LaunchAttempt.objects.get()
    assert (machine.capacity_type, machine.paid_capacity, attempt.paid_capacity) == ("reserved", row, row)
    assert LaunchRequest.from_json(attempt.frozen_params).reservation == row.ref
    assert Hold.objects.get(attempt=attempt).amount == 0
    assert paid_capacity.sync(account, now=business_now())
    row.refresh_from_db()
    assert (row.available, row.used_by_others) == (1, 0), "the cloud itself counts the machine as one in it"
    assert paid_capacity.left([row.pk], now=business_now()) == {row.pk: 1}
