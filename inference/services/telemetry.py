"""Scraping: read every engine and machine at once, and keep what changed since the last look.

Engines are read one by one and never through a balancer, which would mix their counters. Whatever an engine does
instead of answering (hang, a gigabyte, HTML, NaN) ends as a failed scrape and an open gap, never as a number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from fleet.models import Instance
from fleet.outbound import OutboundError, Response, fetch_many, policy_for_inventory
from fleet.services import events
from inference.domain.counters import Reading, change
from inference.domain.histogram import from_json
from inference.models import CounterState, Replica, TelemetryGap
from inference.services import machine_windows
from inference.services.windows import ReplicaWindows
from inference.telemetry import engine_reader, machine_reader
from inference.telemetry.exposition import BadExposition

TOTAL_SECONDS = 2.0  # real, of one page
CONNECT_SECONDS = 1.0
MOST_BYTES = 2_000_000
UNREACHABLE, REFUSED, RESET, UNSEEN_TAIL = "unreachable", "refused", "counter-reset", "unseen-tail"


@dataclass(frozen=True)
class Scraped:
    """How a round went."""

    replicas: int
    replicas_failed: int
    machines: int
    machines_failed: int


@dataclass(frozen=True)
class Failed:
    """Why there is no reading."""

    kind: str
    detail: str


def scrape_once(clock: Callable[[], datetime]) -> Scraped:
    """One round over all engines that are up and all live machines."""
    replicas = list(Replica.objects.up().exclude(metrics_url="").select_related("serving_config").order_by("id"))
    machines = _machines()
    started = clock()
    pages = _fetch([*(replica.metrics_url for replica in replicas), *machines.values()])
    ended = clock()
    readings = {replica.pk: _engine_reading(replica, pages[replica.metrics_url]) for replica in replicas}
    stored = _store(readings, started, ended, wait=False)
    seen = {pk: _machine_reading(pages[url]) for pk, url in machines.items()}
    failed = machine_windows.store(seen, ended)
    return Scraped(len(stored), sum(not ok for ok in stored.values()), len(machines), failed)


def scrape_replica(replica: Replica, clock: Callable[[], datetime]) -> bool:
    """Read one engine now and wait for whoever else is storing it. False: it gave no usable page."""
    started = clock()
    pages = _fetch([replica.metrics_url])
    reading = _engine_reading(replica, pages[replica.metrics_url])
    return _store({replica.pk: reading}, started, clock(), wait=True).get(replica.pk, False)


def note_unseen_tail(replica: Replica, *, until: datetime, now: datetime) -> None:
    """The engine ended without a last look: what it did since the one before is lost, and that is said."""
    since = replica.last_scraped_at or replica.ready_at
    if since is None or since >= until:
        return
    with transaction.atomic():
        windows = ReplicaWindows([replica], since)
        windows.add_gap(replica, since, until)
        windows.write()
        _end_gaps(replica, until)
        _note_gap(replica, UNSEEN_TAIL, "It ended before its counters were read again.", since, until, now)


def _machines() -> dict[int, str]:
    live = Instance.objects.filter(terminated_at=None).exclude(running_at=None).values_list("pk", "endpoints")
    return {pk: f"{addresses['dcgm'].rstrip('/')}/metrics" for pk, addresses in live if addresses.get("dcgm")}


def _fetch(urls: Sequence[str]) -> dict[str, Response | OutboundError]:
    if not urls:
        return {}
    policy = policy_for_inventory()
    return asyncio.run(
        fetch_many(
            urls,
            policy=policy,
            connect_seconds=CONNECT_SECONDS,
            total_seconds=TOTAL_SECONDS,
            max_bytes=MOST_BYTES,
        )
    )


def _engine_reading(replica: Replica, answer: Response | OutboundError) -> Reading | Failed:
    text = _text(answer)
    if isinstance(text, Failed):
        return text
    try:
        return engine_reader(replica.serving_config.engine)(text)
    except BadExposition as error:
        return Failed(REFUSED, str(error))


def _machine_reading(answer: Response | OutboundError) -> machine_windows.MachineReading | None:
    text = _text(answer)
    try:
        return None if isinstance(text, Failed) else machine_reader("dcgm")(text)
    except BadExposition:
        return None


def _text(answer: Response | OutboundError) -> str | Failed:
    if isinstance(answer, OutboundError):
        return Failed(UNREACHABLE, str(answer))
    if answer.status != 200:
        return Failed(REFUSED, f"The metrics page answered with status {answer.status}.")
    try:
        return answer.body.decode()
    except UnicodeDecodeError:
        return Failed(REFUSED, "The metrics page is no text.")


def _store(
    readings: Mapping[int, Reading | Failed], started: datetime, ended: datetime, *, wait: bool
) -> dict[int, bool]:
    """Keep what changed, one writer a replica. A look that began before the last one ended is dropped.

    It might have been answered before that one, and its lower counters would pass for a restart. Nothing is lost by
    dropping it: the next look holds everything it held.
    """
    with transaction.atomic():
        rows = Replica.objects.select_for_update(of=("self",), no_key=True, skip_locked=not wait)
        replicas = [
            replica
            for replica in rows.filter(pk__in=readings).select_related("endpoint__project").order_by("id")
            if replica.last_scraped_at is None or replica.last_scraped_at <= started
        ]
        states = {state.replica_id: state for state in CounterState.objects.filter(replica__in=replicas)}
        earliest = min([started, *(state.observed_at for state in states.values())])
        windows = ReplicaWindows(replicas, earliest)
        for replica in replicas:
            reading = readings[replica.pk]
            if isinstance(reading, Failed):
                _store_failure(replica, reading, windows, ended)
            else:
                _store_reading(replica, reading, states.get(replica.pk), windows, ended)
        windows.write()
        fine = [replica.pk for replica in replicas if isinstance(readings[replica.pk], Reading)]
        Replica.objects.filter(pk__in=fine).update(last_scraped_at=ended, scrape_failures=0)
    return {replica.pk: replica.pk in fine for replica in replicas}


def _store_reading(
    replica: Replica, reading: Reading, state: CounterState | None, windows: ReplicaWindows, at: datetime
) -> None:
    since = state.observed_at if state else replica.ready_at or at
    found = change(_remembered(state), reading)
    windows.add_change(replica, found, since, at)
    windows.add_gauges(replica, dict(reading.gauges), at)
    if found.reset:
        windows.add_gap(replica, since, at, resets=1)
        _note_gap(replica, RESET, f"Counts since the last look may be missing: {found.reset}.", since, at, at)
    _end_gaps(replica, at)
    CounterState.objects.update_or_create(
        replica=replica,
        defaults={
            "process_start_time": reading.process_start_time,
            "observed_at": at,
            "counters": {
                "counters": dict(reading.counters),
                "histograms": {name: whole.as_json() for name, whole in reading.histograms.items()},
            },
        },
    )


def _store_failure(replica: Replica, failed: Failed, windows: ReplicaWindows, at: datetime) -> None:
    windows.add_failure(replica, at)
    Replica.objects.filter(pk=replica.pk).update(scrape_failures=F("scrape_failures") + 1)
    _note_gap(replica, failed.kind, failed.detail, replica.last_scraped_at or at, None, at)


def _remembered(state: CounterState | None) -> Reading | None:
    if state is None:
        return None
    kept = state.counters
    histograms = {name: from_json(data) for name, data in kept["histograms"].items()}
    return Reading(state.process_start_time, kept["counters"], histograms, {})


def _note_gap(replica: Replica, kind: str, detail: str, start: datetime, end: datetime | None, now: datetime) -> None:
    """Open a gap, or keep a closed one. An open one of that kind is not opened twice."""
    if end is None and TelemetryGap.objects.filter(replica=replica, kind=kind, ended_at=None).exists():
        return
    TelemetryGap.objects.create(
        endpoint_id=replica.endpoint_id,
        replica=replica,
        kind=kind,
        detail=detail,
        started_at=start,
        ended_at=end,
        loses_counts=kind in (RESET, UNSEEN_TAIL),
    )
    events.record(
        "telemetry.gap-found",
        subject=replica.public_id,
        project=replica.endpoint.project,
        now=now,
        data={"endpoint": replica.endpoint.public_id, "kind": kind, "detail": detail},
    )


def _end_gaps(replica: Replica, at: datetime) -> None:
    TelemetryGap.objects.filter(replica=replica, ended_at=None).update(ended_at=at)
