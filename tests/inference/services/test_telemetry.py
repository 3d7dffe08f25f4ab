"""Scraping: differences into minutes, and everything an engine can do instead of answering."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum

from fleet.models import Event, Slot
from inference.domain.lifecycle import ReplicaState
from inference.models import CounterState, MachineWindow, Replica, TelemetryGap, Window
from inference.services import telemetry
from tests.inference.metrics_server import FLOOD, HANG, metrics_server
from tests.inference.rows import endpoint_row, machine_row, replica_row, sandbox_account
from tests.inference.telemetry.test_readers import DCGM, VLLM

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db):
    return sandbox_account()


@pytest.fixture
def engine():
    with metrics_server() as server:
        yield server


@pytest.fixture
def replica(project, config, account, engine):
    return replica_row(endpoint_row(project, config, NOON), NOON, metrics_url=engine.url, ready_at=NOON)


def scrape_at(at: datetime):
    return telemetry.scrape_once(lambda: at)


def total(name: str) -> int:
    return Window.objects.aggregate(total=Sum(name))["total"]


def test_counters_become_differences_spread_over_the_minutes_between_two_looks(engine, replica):
    engine.engine(output_tokens=100)
    scrape_at(NOON + timedelta(seconds=30))
    engine.engine(output_tokens=190)
    scrape_at(NOON + timedelta(seconds=75))
    windows = dict(Window.objects.order_by("start").values_list("start", "output_tokens"))
    assert windows == {NOON: 100 + 60, NOON + timedelta(minutes=1): 30}
    assert total("input_tokens") == 1000  # seen once, at the first look


def test_gauges_are_means_with_their_peak(engine, replica):
    for second, running in ((10, 2), (20, 4), (30, 12)):
        engine.engine(output_tokens=0, running=running)
        scrape_at(NOON + timedelta(seconds=second))
    window = Window.objects.get(start=NOON)
    assert (window.running_mean, window.running_max, window.scrapes) == (6.0, 12.0, 3)
    assert window.kv_usage_max == 0.25


def test_a_look_at_the_same_counters_adds_nothing(engine, replica):
    engine.engine(output_tokens=100)
    for second in (10, 20, 30):
        scrape_at(NOON + timedelta(seconds=second))
    assert total("output_tokens") == 100


def test_a_restarted_engine_counts_from_zero_and_the_gap_is_flagged(engine, replica):
    engine.engine(output_tokens=500, start=1.0)
    scrape_at(NOON + timedelta(seconds=10))
    engine.engine(output_tokens=30, start=2.0)
    scrape_at(NOON + timedelta(seconds=40))
    assert total("output_tokens") == 530
    window = Window.objects.get(start=NOON)
    assert (window.resets, window.gap_seconds) == (1, 30.0)
    gap = TelemetryGap.objects.get()
    assert (gap.kind, gap.loses_counts) == ("counter-reset", True)
    assert (gap.started_at, gap.ended_at) == (NOON + timedelta(seconds=10), NOON + timedelta(seconds=40))
    assert Event.objects.filter(topic="telemetry.gap-found", subject=replica.public_id).count() == 1


@pytest.mark.parametrize(
    ("page", "status", "kind"),
    [
        (HANG, 200, "unreachable"),
        (FLOOD, 200, "unreachable"),
        ("<html>log in</html>", 200, "refused"),
        (VLLM.replace("} 400.0", "} NaN"), 200, "refused"),
        (VLLM.replace("} 400.0", "} -1"), 200, "refused"),
        ("", 200, "refused"),
        (VLLM, 503, "refused"),
    ],
    ids=["hangs", "never stops", "html", "nan", "negative", "empty", "status 503"],
)
def test_an_engine_that_does_anything_else_is_a_failed_scrape_and_an_open_gap(
    engine, replica, page, status, kind, monkeypatch
):
    monkeypatch.setattr(telemetry, "TOTAL_SECONDS", 0.5)
    engine.engine(output_tokens=100)
    scrape_at(NOON + timedelta(seconds=10))
    engine.page, engine.status = page, status
    assert scrape_at(NOON + timedelta(seconds=20)).replicas_failed == 1
    assert scrape_at(NOON + timedelta(seconds=30)).replicas_failed == 1
    gap = TelemetryGap.objects.get()
    assert (gap.kind, gap.ended_at, gap.loses_counts) == (kind, None, False)
    assert Replica.objects.get().scrape_failures == 2
    assert Window.objects.get(start=NOON).scrapes_failed == 2
    # Nothing was lost meanwhile: the next good look holds it all, and closes the gap.
    engine.status = 200
    engine.engine(output_tokens=170)
    scrape_at(NOON + timedelta(seconds=40))
    assert total("output_tokens") == 170
    assert TelemetryGap.objects.get().ended_at == NOON + timedelta(seconds=40)
    assert Replica.objects.get().scrape_failures == 0


def test_a_dead_engine_does_not_keep_the_others_from_being_read(engine, replica):
    dead = replica_row(replica.endpoint, NOON, metrics_url="http://127.0.0.1:9/metrics")
    engine.engine(output_tokens=100)
    scraped = scrape_at(NOON + timedelta(seconds=10))
    assert (scraped.replicas, scraped.replicas_failed) == (2, 1)
    assert Replica.objects.get(pk=dead.pk).scrape_failures == 1
    assert total("output_tokens") == 100


def test_a_look_that_began_before_the_last_one_ended_is_dropped(engine, replica):
    engine.engine(output_tokens=100)
    times = iter([NOON + timedelta(seconds=10), NOON + timedelta(seconds=20)])
    telemetry.scrape_once(lambda: next(times))
    engine.engine(output_tokens=90)  # what a slow answer of an earlier look may hold
    times = iter([NOON + timedelta(seconds=15), NOON + timedelta(seconds=21)])
    telemetry.scrape_once(lambda: next(times))
    assert total("output_tokens") == 100 and not TelemetryGap.objects.exists()


def test_a_replica_that_ended_unseen_leaves_a_gap_that_loses_counts(engine, replica):
    engine.engine(output_tokens=100)
    scrape_at(NOON + timedelta(seconds=10))
    seen = Replica.objects.select_related("endpoint__project").get()
    telemetry.note_unseen_tail(seen, until=NOON + timedelta(seconds=70), now=NOON + timedelta(seconds=90))
    gap = TelemetryGap.objects.get()
    assert (gap.kind, gap.loses_counts) == ("unseen-tail", True)
    gaps = dict(Window.objects.order_by("start").values_list("start", "gap_seconds"))
    assert gaps == {NOON: 50.0, NOON + timedelta(minutes=1): 10.0}


def test_only_engines_that_are_up_are_read(engine, replica):
    Replica.objects.update(state=ReplicaState.LOADING)
    assert scrape_at(NOON).replicas == 0
    assert not CounterState.objects.exists()


def test_addresses_outside_the_inventory_are_not_dialled(engine, replica, account):
    type(account).objects.update(enabled=False)  # without a sandbox, loopback is nobody's machine
    engine.engine(output_tokens=100)
    assert scrape_at(NOON + timedelta(seconds=10)).replicas_failed == 1


def test_machines_are_means_over_their_looks_and_an_idle_allocation_is_told(engine, replica, account):
    engine.page = DCGM
    machine = machine_row(replica, account, engine.url.removesuffix("/metrics"), NOON)
    Replica.objects.update(metrics_url="")
    scrape_at(NOON + timedelta(seconds=10))
    engine.page = DCGM.replace("} 90", "} 50").replace("} 70", "} 30")
    scrape_at(NOON + timedelta(seconds=20))
    engine.page = "<html>"
    assert scrape_at(NOON + timedelta(seconds=30)).machines_failed == 1
    window = MachineWindow.objects.get(instance=machine, start=NOON)
    assert window.busy_ratio == pytest.approx(0.6)
    assert (window.samples, window.samples_failed, window.xid) == (2, 1, 79)
    allocation = Slot.objects.get().allocation
    assert allocation.idle_since is None
    engine.page = DCGM.replace("} 90", "} 0").replace("} 70", "} 0")
    scrape_at(NOON + timedelta(seconds=40))
    allocation.refresh_from_db()
    assert allocation.idle_since == NOON + timedelta(seconds=40)
