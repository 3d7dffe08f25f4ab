"""What a cloud says of its own stock, asked for now and then, is what a plan begins with; over the emulated Google."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fleet.domain.capacity import Pool
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.outcomes import ErrorClass, Refusal
from fleet.domain.placement import Candidate, Plan, stockout_basis
from fleet.models import Allocation, CapacityMemory, CloudAccount, Offering
from fleet.providers.base import Account
from fleet.services import advice, allocations, catalog, memory
from tests import factories
from tests.fleet.providers.gcp_emulator import GcpEmulator

pytestmark = pytest.mark.django_db
NOW = factories.NOON
MINUTE = timedelta(minutes=1)
KIND, ZONE = "a3-highgpu-8g", "us-central1-a"
ASKED = "compute.advice.capacity"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcpEmulator]:
    with GcpEmulator.running(tmp_path_factory.mktemp("gcp")) as running:
        yield running


@pytest.fixture
def google(emulator: GcpEmulator, tmp_path: Path) -> Iterator[CloudAccount]:
    """An account whose catalogue was read, in a Google that has no more H100 on spot in one zone."""
    told = emulator.account("gcp")
    (tmp_path / "token").write_text(told.secret)
    row = CloudAccount.objects.create(
        cloud="gcp", provider="gcp", name="google", options=told.options, credentials_ref=f"file:{tmp_path}/token"
    )
    assert catalog.sync_account(row, now=NOW), CloudAccount.objects.get(pk=row.pk).last_error
    pool = {"instance_type": KIND, "zone": ZONE, "capacity_type": "spot"}
    emulator._gcp.put("stock", {**pool, "available": 0})
    yield row
    emulator._gcp.put("stock", {**pool, "available": None})
    emulator.heal()


def wants(accelerator: str) -> Allocation:
    return factories.allocation(factories.project(), accelerator=accelerator)


def calls(emulator: GcpEmulator) -> int:
    return int(emulator._gcp.get("calls", operation=ASKED)["calls"])


def planned(at: datetime) -> Candidate:
    """The pool in question, as a plan made at that time has it."""
    return next(one for one in preview(at).candidates if is_it(one))


def preview(at: datetime) -> Plan:
    spec = AllocationSpec("x", Demand(8, "H100", capacity_types=("spot",)))
    return allocations.preview(project=factories.project(), spec=spec, now=at)


def is_it(one: Candidate) -> bool:
    return (one.offering.pool.zone, one.offering.pool.instance_type) == (ZONE, KIND)


def basis(at: datetime) -> str:
    return stockout_basis("gcp", planned(at).memory, at)


def test_nothing_is_asked_about_what_nobody_buys(google, emulator):
    before = calls(emulator)
    assert advice.ask(google, now=NOW) == 0
    assert calls(emulator) == before


def test_a_plan_begins_with_what_the_cloud_says_and_tells_so(google):
    assert (planned(NOW).stockout_probability, basis(NOW)) == (0.2, "never asked")
    wants("H100")
    advice.ask(google, now=NOW)
    later = NOW + 12 * MINUTE
    assert planned(later).stockout_probability == pytest.approx(0.9)
    assert basis(later) == "Google's advice: 0.1, 12 min ago"
    kept = CapacityMemory.objects.get(zone=ZONE, instance_type=KIND)
    assert (kept.advised_machines, kept.advised_uptime_seconds, kept.advised_at) == (1, 600, NOW)
    assert kept.attempts == 0, "advice is no launch"


def test_of_two_pools_of_one_price_the_one_is_bought_that_the_cloud_has_machines_in(google):
    Offering.objects.filter(capacity_type="spot", instance_type__accelerator="H100").update(price_per_hour=9)
    assert planned(NOW).expected_per_hour == best(NOW).expected_per_hour
    wants("H100")
    advice.ask(google, now=NOW)
    assert planned(NOW).expected_per_hour > best(NOW).expected_per_hour
    assert not is_it(preview(NOW).chosen[0].candidate)


def best(at: datetime) -> Candidate:
    return preview(at).candidates[0]


def test_advice_of_more_than_two_hours_ago_is_not_used(google):
    wants("H100")
    advice.ask(google, now=NOW)
    assert planned(NOW + 120 * MINUTE).stockout_probability == pytest.approx(0.9)
    late = NOW + 121 * MINUTE
    assert (planned(late).stockout_probability, basis(late)) == (0.2, "never asked")


def test_our_own_launches_outweigh_it(google):
    wants("H100")
    advice.ask(google, now=NOW)
    pool = Pool(google.pk, "gcp", "us-central1", ZONE, KIND, "spot")
    for _ in range(9):
        memory.remember_success(pool, now=NOW)
    assert planned(NOW).stockout_probability == pytest.approx(0.09)
    assert basis(NOW) == "0 of 9 refused; Google's advice: 0.1, 0 min ago"


def test_it_is_asked_again_after_half_an_hour_and_of_pools_that_were_asked_for_lately(google, emulator):
    pool = Pool(google.pk, "gcp", "us-central1", ZONE, KIND, "spot")
    memory.remember_refusal(pool, Refusal(ErrorClass.STOCK_OUT, "STOCKOUT", "none"), now=NOW)
    pools = advice.ask(google, now=NOW)
    before = calls(emulator)
    assert pools == len({one.zone for one in CapacityMemory.objects.filter(instance_type=KIND)})
    assert advice.ask(google, now=NOW + 20 * MINUTE) == 0
    assert calls(emulator) == before
    assert advice.ask(google, now=NOW + 30 * MINUTE) == pools
    assert advice.pools_due(google, now=NOW + timedelta(days=8)) == [], "nobody asked for it in a week"


def test_a_cloud_that_may_not_be_asked_or_does_not_answer_is_no_trouble_of_the_account(google, emulator):
    wants("H100")
    token = f"Bearer {emulator.secrets(_account(google))[0]}"
    for code in ("forbidden", "backendError"):
        sender = {"authorization": token + "$"}
        emulator._gcp.post("faults", {"kind": "error", "path": "/advice/", "code": code, "headers": sender})
        assert advice.ask(google, now=NOW) == 0
    assert not CapacityMemory.objects.exclude(advised_at=None).exists()
    google.refresh_from_db()
    assert google.last_error == ""


def _account(row: CloudAccount) -> Account:
    secret = Path(row.credentials_ref.removeprefix("file:")).read_text()
    return Account(row.cloud, row.name, secret, row.options)
