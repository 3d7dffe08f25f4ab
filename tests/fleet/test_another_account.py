"""Another cluster behind the same kubeconfig, another rack's disk under the same path: not used, and not believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from fleet.domain.lifecycle import AllocationState, Reason, SlotState
from fleet.models import CloudAccount, CloudQuota, Hold, Instance, InstanceType, LaunchAttempt, Offering, Project
from fleet.providers.base import Account
from fleet.services import allocations, catalog, clock, observing, sweeping
from tests.fleet.providers.kubernetes_emulator import KubernetesEmulator
from tests.fleet.providers.local_emulator import LocalEmulator
from tests.fleet.world import World

pytestmark = pytest.mark.django_db(transaction=True)


class Site(Protocol):
    """An account and its double: what is behind the credential can be swapped, and both tell what they hold."""

    told: Account

    def becomes_another(self) -> None: ...

    def becomes_its_own(self) -> None: ...

    def live(self) -> list[str]: ...

    def held_by_the_other(self) -> list[str]: ...


@dataclass
class Cluster:
    emulator: KubernetesEmulator
    kubeconfig: Path

    def __post_init__(self) -> None:
        self.told, self.other = self.emulator.account("kubernetes"), self.emulator.account("kubernetes", prices={})
        self.becomes_its_own()

    def becomes_another(self) -> None:
        self.kubeconfig.write_text(self.other.secret)

    def becomes_its_own(self) -> None:
        self.kubeconfig.write_text(self.told.secret)

    def live(self) -> list[str]:
        return self._live(self.told)

    def held_by_the_other(self) -> list[str]:
        return self._live(self.other)

    def _live(self, account: Account) -> list[str]:
        made = self.emulator.emulated.get("machines", cluster=account.options["emulated_cluster"])["items"]
        return [machine["id"] for machine in made if machine["terminated_at"] is None]


class Rack:
    def __init__(self, emulator: LocalEmulator) -> None:
        self.told, other = emulator.account("local"), emulator.account("local")
        self.mounted, self.other = Path(self.told.options["folder"]), Path(other.options["folder"])
        self.aside = self.mounted.with_name("aside")

    def becomes_another(self) -> None:
        self.mounted.rename(self.aside)
        self.other.rename(self.mounted)

    def becomes_its_own(self) -> None:
        self.mounted.rename(self.other)
        self.aside.rename(self.mounted)

    def live(self) -> list[str]:
        return _claims(self.aside if self.aside.exists() else self.mounted)

    def held_by_the_other(self) -> list[str]:
        return _claims(self.mounted if self.aside.exists() else self.other)


def _claims(folder: Path) -> list[str]:
    return [json.loads(file.read_text())["machine_id"] for file in folder.glob("claims/*.json")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesEmulator]:
    with KubernetesEmulator.running(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


@pytest.fixture(params=["kubernetes", "local"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    if request.param == "local":
        with LocalEmulator.running(tmp_path) as emulator:
            yield Rack(emulator)
        return
    emulator = request.getfixturevalue("cluster")
    yield Cluster(emulator, tmp_path / "kubeconfig")
    emulator.heal()


@pytest.fixture
def world(site: Site, tmp_path: Path, settings) -> World:
    """A project that may buy from the account only."""
    settings.LEASE_SECONDS = 2
    reference = f"file:{tmp_path / 'kubeconfig'}" if site.told.secret else ""
    account = CloudAccount.objects.create(
        cloud=site.told.cloud,
        provider=site.told.cloud,
        name="ours",
        options=site.told.options,
        credentials_ref=reference,
    )
    assert catalog.sync_account(account, now=clock.business_now()), CloudAccount.objects.get().last_error
    return World("", tmp_path, Project.objects.create(slug="research", name="Research"))


def test_nothing_is_launched_there_and_what_is_not_found_there_has_not_ended(site, world):
    allocation = world.ask(1, "L4")
    world.until_state(allocation, AllocationState.ACTIVE, seconds=120)
    [machine] = Instance.objects.all()
    assert site.live() == [machine.provider_id]

    site.becomes_another()
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.ask(1, "L4")
    refused, facts = LaunchAttempt.objects.filter(error_code="another-account"), machine.termination_facts
    world.until(refused.exists, "nothing is launched there", seconds=60)
    world.until(lambda: facts.filter(answer__code="another-account").count() >= 3, "its end is not asked for there")
    assert site.held_by_the_other() == []
    machine.refresh_from_db()
    assert (machine.terminated_at, site.live()) == (None, [machine.provider_id])
    assert Hold.objects.filter(attempt=machine.attempt, released_at=None).exists(), "it may cost money still"

    site.becomes_its_own()
    world.until_state(allocation, AllocationState.RELEASED, seconds=120)
    assert machine.provider_id not in site.live()
    assert site.held_by_the_other() == []


def test_a_launch_whose_answer_was_lost_is_not_repeated_on_another_cluster(cluster, tmp_path, request):
    site = Cluster(cluster, tmp_path / "kubeconfig")
    request.getfixturevalue("transactional_db")
    account = CloudAccount.objects.create(
        cloud="kubernetes", provider="kubernetes", name="ours", options=site.told.options,
        credentials_ref=f"file:{tmp_path / 'kubeconfig'}",
    )  # fmt: skip
    assert catalog.sync_account(account, now=clock.business_now())
    world = World("", tmp_path, Project.objects.create(slug="research", name="Research"))
    cluster.emulated.post("faults", {"kind": "lost", "method": "POST", "path": "/deployments$"})
    allocation = world.ask(1, "L4")
    world.until(lambda: len(site.live()) == 1, "it was made, and the answer was lost")
    assert not Instance.objects.exists()
    site.becomes_another()
    refused = LaunchAttempt.objects.filter(error_code="another-account")
    world.until(refused.exists, "the launch is not repeated there", seconds=60)
    assert site.held_by_the_other() == []
    site.becomes_its_own()
    world.until_state(allocation, AllocationState.ACTIVE, seconds=120)
    assert [Instance.objects.get().provider_id] == site.live()


def test_neither_looks_nor_sweeps_nor_notices_of_another_account_are_believed(site, world):
    world.until_state(world.ask(1, "L4"), AllocationState.ACTIVE, seconds=120)
    account, now = CloudAccount.objects.get(), clock.business_now()
    site.becomes_another()
    assert not observing.observe_account(account, now=now)
    for _ in range(3):
        sweep = sweeping.sweep_account(account, now=now)
        assert not sweep.complete
        assert sweep.broken_circuit
    assert observing.watch_notices(account, now=now) == 0
    account.refresh_from_db()
    assert account.expected_account_ref in account.last_error
    assert (account.last_error_code, bool(account.last_error_step)) == ("another-account", True)
    [machine] = Instance.objects.all()
    assert (machine.terminated_at, machine.slot.state) == (None, SlotState.READY)


def test_the_catalogue_of_another_account_is_not_taken_over_until_somebody_accepts_it(site, world):
    account = CloudAccount.objects.get()
    before = sorted(Offering.objects.values_list("id", "offered", "observed_at"))
    InstanceType.objects.update(memory_gib=1)
    CloudQuota.objects.all().delete()
    site.becomes_another()
    synced = catalog.sync_account(account, now=clock.business_now())
    assert not synced
    account.refresh_from_db()
    for told in (account.expected_account_ref, "set expected_account_ref", "credential of"):
        assert told in synced.problem == account.last_error
    assert sorted(Offering.objects.values_list("id", "offered", "observed_at")) == before
    assert set(InstanceType.objects.values_list("memory_gib", flat=True)) == {1}
    assert not CloudQuota.objects.exists()
    account.expected_account_ref = ""
    account.save()
    assert catalog.sync_account(account, now=clock.business_now())
