"""An allocation on an emulated cluster, through the services: bought once, active, and given back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from fleet.domain.lifecycle import AllocationState, Reason
from fleet.models import CloudAccount, Event, Instance, Project
from fleet.services import allocations, catalog, clock
from tests.fleet.providers.kubernetes_emulator import KubernetesEmulator
from tests.fleet.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesEmulator]:
    with KubernetesEmulator.running(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


@pytest.fixture
def world(emulator: KubernetesEmulator, tmp_path: Path) -> Iterator[World]:
    """A project that may buy on one cluster only."""
    told = emulator.account("kubernetes")
    (tmp_path / "kubeconfig").write_text(told.secret)
    account = CloudAccount.objects.create(
        cloud="kubernetes",
        provider="kubernetes",
        name="our cluster",
        options=told.options,
        credentials_ref=f"file:{tmp_path / 'kubeconfig'}",
    )
    assert catalog.sync_account(account, now=clock.business_now()), CloudAccount.objects.get().last_error
    yield World("", tmp_path, Project.objects.create(slug="research", name="Research"))
    emulator.heal()


def live(emulator: KubernetesEmulator) -> list[str]:
    cluster = CloudAccount.objects.get().options["emulated_cluster"]
    found = emulator.emulated.get("machines", cluster=cluster)["items"]
    return [machine["id"] for machine in found if machine["terminated_at"] is None]


def test_an_allocation_becomes_active_on_a_cluster_and_is_given_back(world, emulator):
    allocation = world.ask(2, "H100")
    world.until_state(allocation, AllocationState.ACTIVE, seconds=120)
    machines = list(Instance.objects.all())
    assert sum(machine.accelerator_count for machine in machines) == 2
    assert {machine.accelerator for machine in machines} == {"H100"}
    assert sum(machine.price_per_hour for machine in machines) == Decimal("13.76"), "2 of 8 of a node of 55.04 $/h"
    assert sorted(live(emulator)) == sorted(machine.provider_id for machine in machines)
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, AllocationState.RELEASED, seconds=120)
    assert live(emulator) == []


def test_a_part_of_a_gpu_is_planned_by_its_share_of_the_chip_and_bought_at_its_share_of_the_node(world, emulator):
    assert not Event.objects.filter(topic="catalog.chip-unknown").exists()
    catalog.note_chips_without_figures(now=world.now())
    assert not Event.objects.filter(topic="catalog.chip-unknown").exists(), (
        "everything the cluster has can be planned on"
    )
    allocation = world.ask(1, "A100-40GB-MIG-1g.5gb")
    world.until_state(allocation, AllocationState.ACTIVE, seconds=120)
    [machine] = Instance.objects.all()
    assert (machine.instance_type, machine.accelerator) == ("p4d.24xlarge/1-mig-1g.5gb", "A100-40GB-MIG-1g.5gb")
    assert len(live(emulator)) == 1


def test_an_answer_that_is_lost_on_the_way_is_one_workload(world, emulator):
    emulator.emulated.post("faults", {"kind": "lost", "method": "POST", "path": "/deployments$"})
    allocation = world.ask(1, "L4")
    world.until_state(allocation, AllocationState.ACTIVE, seconds=120)
    assert len(live(emulator)) == 1
    cluster = CloudAccount.objects.get().options["emulated_cluster"]
    made = emulator.emulated.get("machines", cluster=cluster)["items"]
    told = emulator.emulated.get("calls", operation="create deployments", token=made[0]["token"])
    assert (told["calls"], len(made)) == (2, 1)
