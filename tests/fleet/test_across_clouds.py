"""One allocation over the emulated AWS, Google Cloud and Azure: what one has not, the next is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.domain.demand import AllocationSpec, Demand
from fleet.models import Allocation, CloudAccount, Instance, Offering, Project
from fleet.services import allocations, catalog, clock, observing, reconciling
from fleet.services.accounts import watched
from fleet.services.explaining import explain
from tests.deadline import wait_until
from tests.fleet.providers.emulators import Emulator
from tests.fleet.providers.under_contract import EMULATORS

CLOUDS = ("aws", "gcp", "azure")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Emulator]]:
    with ExitStack() as stack:
        yield {cloud: stack.enter_context(EMULATORS[cloud].running(tmp_path_factory.mktemp(cloud))) for cloud in CLOUDS}


@pytest.fixture
def accounts(running: dict[str, Emulator], tmp_path: Path) -> dict[str, CloudAccount]:
    """An account of each, whose catalogue was read."""
    made = {}
    for cloud, emulator in running.items():
        told = emulator.account(cloud)
        (tmp_path / cloud).write_text(told.secret)
        row = CloudAccount.objects.create(
            cloud=cloud, provider=cloud, name=cloud, options=told.options, credentials_ref=f"file:{tmp_path / cloud}"
        )
        assert catalog.sync_account(row, now=clock.business_now()), CloudAccount.objects.get(pk=row.pk).last_error
        made[cloud] = row
    return made


def ask(accelerator: str, count: int) -> Allocation:
    project, _ = Project.objects.get_or_create(slug="research", defaults={"name": "Research"})
    demand = Demand(count, accelerator, capacity_types=("on-demand",))
    spec = AllocationSpec("train", demand)
    return allocations.request_allocation(project=project, spec=spec, requested_by="ada", now=clock.business_now())


def until_bought(allocation: Allocation) -> Instance:
    """Turn as the workers do until it has a machine."""

    def bought() -> bool:
        for account in watched():
            observing.observe_account(account, now=clock.business_now())
        reconciling.reconcile_due()
        return Instance.objects.filter(slot__allocation=allocation).exists()

    wait_until(bought, "a machine was bought", deadline_s=180)
    return Instance.objects.get(slot__allocation=allocation)


@pytest.fixture
def sold_out(running: dict[str, Emulator], accounts: dict[str, CloudAccount]) -> Iterator[None]:
    """AWS and Google have no H100 on demand, in no zone."""
    with ExitStack() as stack:
        pools = Offering.objects.filter(
            account__cloud__in=["aws", "gcp"], instance_type__accelerator="H100", capacity_type="on-demand"
        ).select_related("instance_type", "account")
        assert {pool.account.cloud for pool in pools} == {"aws", "gcp"}
        for pool in pools:
            emulator = running[pool.account.cloud]
            order = emulator.order(pool.account.cloud, "none")
            where = {"region": pool.region, "zone": pool.zone, "instance_type": pool.instance_type.name}
            stack.enter_context(emulator.sold_out(replace(order, **where), pool.account.cloud))
        yield


def test_what_two_clouds_have_not_the_third_gives_and_the_trail_tells(sold_out, accounts):
    allocation = ask("H100", 8)
    machine = until_bought(allocation)
    assert machine.cloud == "azure"
    assert (machine.accelerator, machine.accelerator_count) == ("H100", 8)
    assert machine.price_per_hour > 0
    told = explain(allocation)
    refused = [attempt for attempt in told["attempts"] if attempt["error"]]
    assert {attempt["cloud"] for attempt in refused} == {"aws", "gcp"}
    assert {attempt["error"]["class"] for attempt in refused} == {"stock-out"}
    assert all(attempt["error"]["next"] for attempt in refused)
    known = {(attempt["cloud"], attempt["zone"]) for attempt in refused}

    second = ask("H100", 8)
    until_bought(second)
    again = {(attempt["cloud"], attempt["zone"]) for attempt in explain(second)["attempts"] if attempt["error"]}
    assert not known & again, "what is known to be sold out is not asked a second time"
