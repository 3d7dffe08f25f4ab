"""The whole way on hardware of one's own: an endpoint on owned accelerators, served by a real engine process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from fleet.domain.demand import Demand
from fleet.models import CloudAccount, Instance, Project
from fleet.services import allocations, catalog
from inference.domain.lifecycle import EndpointState, ReplicaState
from inference.models import Endpoint, Replica, TelemetryGap, Window
from inference.services.endpoints import delete_endpoint
from inference.services.hosts import runner_of
from tests.fleet.world import World
from tests.inference.owned import Rack, call
from tests.inference.world import Serving, tiny_config

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rack(tmp_path: Path, settings) -> Iterator[Rack]:
    settings.LOCAL_ENGINES = [sys.executable]
    made = Rack(tmp_path)
    yield made
    made.clear()


@pytest.fixture
def owned(rack: Rack) -> Serving:
    """A project that may buy on the rack only."""
    account = CloudAccount.objects.create(
        cloud="local", provider="local", name="our rack", options=rack.account.options
    )
    serving = Serving(World("", rack.folder, Project.objects.create(slug="shop", name="Shop")), tiny_config())
    assert catalog.sync_account(account, now=serving.now()), CloudAccount.objects.get().last_error
    return serving


def test_an_endpoint_lives_and_ends_on_owned_hardware_and_leaves_no_process(owned, rack):
    endpoint = owned.create(runner="local")
    [replica] = owned.until_ready(endpoint, 1)
    machine = Instance.objects.get()
    assert (machine.accelerator, machine.accelerator_count, machine.price_per_hour) == ("L4", 1, Decimal("0.25"))
    told = call(f"{replica.base_url}/environment")
    assert told["environment"]["CUDA_VISIBLE_DEVICES"] == "0"
    engine = told["pid"]

    assert owned.scrape().replicas_failed == 0
    for _ in range(3):
        call(f"{replica.base_url}/v1/completions", {"prompt": "how are you", "max_tokens": 7})
    assert owned.scrape().replicas == 1
    counted = Window.objects.aggregate(Sum("requests"), Sum("input_tokens"), Sum("output_tokens"))
    assert list(counted.values()) == [3, 9, 21]

    call(f"{replica.base_url}/v1/completions", {"prompt": "the last words", "max_tokens": 5})
    delete_endpoint(endpoint.public_id, now=owned.now(), actor="ada")
    owned.until(lambda: Endpoint.objects.get().state == EndpointState.DELETED, "the endpoint has gone")
    replica.refresh_from_db()
    assert (replica.state, replica.reason) == (ReplicaState.STOPPED, "drained")
    assert Window.objects.aggregate(Sum("output_tokens"))["output_tokens__sum"] == 26
    assert not TelemetryGap.objects.exists()

    owned.until(lambda: not Instance.objects.filter(terminated_at=None).exists(), "the host is given back")
    assert not Path(f"/proc/{engine}").exists()
    assert rack.processes() == []
    assert rack.cloud().book.live() == []


def test_an_engine_that_is_killed_comes_back_on_the_same_machine(owned, rack):
    endpoint = owned.create(runner="local")
    [replica] = owned.until_ready(endpoint, 1)
    engine = call(f"{replica.base_url}/environment")["pid"]
    os.kill(engine, signal.SIGKILL)

    def back() -> bool:
        owned.scrape()
        ready = owned.ready(endpoint)
        return bool(ready) and bool(rack.processes()) and rack.engines()[0].alive

    owned.until(lambda: owned.scrape().replicas_failed > 0 and not owned.ready(endpoint), "it is taken out")
    owned.until(back, "it serves again")
    assert call(f"{owned.ready(endpoint)[0].base_url}/environment")["pid"] != engine
    assert Replica.objects.count() == Instance.objects.count() == 1
    runner_of(owned.ready(endpoint)[0]).stop(replica.public_id)


def test_an_engine_that_cannot_run_here_is_told_and_takes_no_machine_with_it(owned, rack):
    CloudAccount.objects.update(options={**rack.account.options, "command": ["no-such-engine", "{port}"]})
    owned.create(runner="local")
    owned.until(lambda: Replica.objects.filter(state=ReplicaState.FAILED).exists(), "the start is refused")
    assert "no-such-engine is not among LOCAL_ENGINES" in Replica.objects.get().detail
    assert rack.processes() == []


def test_no_more_of_a_host_is_planned_than_it_has(owned):
    project = Project.objects.get()
    four = allocations.preview_demand(project=project, demand=Demand(4, "L4"))
    assert sum(one.machines * one.candidate.offering.accelerator_count for one in four.chosen) == 4
    assert {one.machines_at_most for one in four.candidates} == {4, 2, 1}
    gang = allocations.preview_demand(project=project, demand=Demand(8, "L4", gang=True))
    assert gang.chosen == ()
    assert {one.code for one in gang.rejected} == {"cloud-quota"}
    assert "L4 of rack1" in gang.note
