"""What was served before this installation looked: replicas that have ended, and windows of what they did.

Nothing that is known already is changed, so the same past may be told any number of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import Max

from fleet.models import Slot
from fleet.services.history import past_id
from fleet.services.installation import installation
from inference.domain import sketch
from inference.domain.lifecycle import ReplicaReason, ReplicaState
from inference.models import (
    Endpoint,
    HourWindow,
    MachineHourWindow,
    MachineWindow,
    Replica,
    ReplicaPeriod,
    Window,
    WindowSource,
)

DETAIL = "Served before this installation looked; imported as history."
BATCH = 500

Row = TypeVar("Row", Window, HourWindow, MachineWindow, MachineHourWindow)


@dataclass(frozen=True)
class PastReplica:
    """One replica's life on its slot: it loaded, served, and drained until it stopped. Business time."""

    slot: Slot
    loading_at: datetime
    ready_at: datetime
    draining_at: datetime
    stopped_at: datetime


@dataclass(frozen=True)
class PastTraffic:
    """What an endpoint finished in one window. Latencies in milliseconds: a sample that stands for all requests."""

    start: datetime
    requests: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    request_seconds: float
    ttft_ms: Sequence[float]
    itl_ms: Sequence[float]
    e2e_ms: Sequence[float]


@dataclass(frozen=True)
class PastUse:
    """What one machine's accelerators did in one window."""

    instance_id: int
    start: datetime
    samples: int
    busy_ratio: float
    tensor_ratio: float
    memory_ratio: float
    power_watts: float


def import_replicas(endpoint: Endpoint, lives: Iterable[PastReplica]) -> int:
    """The ended replicas and their bars of the timeline; how many were new."""
    ours = installation().uuid
    wanted = {past_id(ours, "rep", life.slot.public_id): life for life in lives}
    with transaction.atomic():
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)  # whoever counts replicas waits for it
        own = Replica.objects.filter(endpoint=endpoint)
        known = set(own.filter(public_id__in=wanted).values_list("public_id", flat=True))
        last = own.aggregate(last=Max("ordinal"))["last"]
        ordinal = 0 if last is None else last + 1
        fresh = [(public_id, life) for public_id, life in wanted.items() if public_id not in known]
        rows = [_replica(endpoint, name, ordinal + n, life) for n, (name, life) in enumerate(fresh)]
        Replica.objects.bulk_create(rows)
        periods = [bar for row, (_, life) in zip(rows, fresh, strict=True) for bar in _periods(row, life)]
        ReplicaPeriod.objects.bulk_create(periods)
    return len(fresh)


def import_hours(endpoint: Endpoint, traffic: Iterable[PastTraffic]) -> None:
    """Whole hours of finished requests."""
    _add(HourWindow, [HourWindow(minutes=60, **_figures(endpoint, window)) for window in traffic])


def import_minutes(endpoint: Endpoint, traffic: Iterable[PastTraffic]) -> None:
    """Minutes of finished requests; the roll-up makes their hours."""
    _add(Window, [Window(**_figures(endpoint, window)) for window in traffic])


def import_machine_hours(use: Iterable[PastUse]) -> None:
    _add(MachineHourWindow, [MachineHourWindow(**vars(window)) for window in use])


def import_machine_minutes(use: Iterable[PastUse]) -> None:
    _add(MachineWindow, [MachineWindow(**vars(window)) for window in use])


def scaled_sketch(sample: Sequence[float], count: int) -> bytes:
    """A sketch of `count` values distributed as the sample is."""
    if not count or not len(sample):
        return sketch.EMPTY
    times, rest = divmod(count, len(sample))
    # Every n-th of the ordered sample, so that what is left over leans to no side.
    ordered = sorted(sample)
    some = [ordered[(2 * n + 1) * len(ordered) // (2 * rest)] for n in range(rest)]
    return sketch.merge([*[sketch.build(ordered)] * times, sketch.build(some)])


def _add(table: type[Row], rows: list[Row]) -> None:
    manager: models.Manager[Row] = table._default_manager
    manager.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def _figures(endpoint: Endpoint, window: PastTraffic) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "source": WindowSource.EVENTS,
        "start": window.start,
        "requests": window.requests,
        "input_tokens": window.input_tokens,
        "cached_input_tokens": window.cached_input_tokens,
        "output_tokens": window.output_tokens,
        "request_seconds": window.request_seconds,
        "ttft_sketch": scaled_sketch(window.ttft_ms, window.requests),
        "itl_sketch": scaled_sketch(window.itl_ms, window.requests),
        "e2e_sketch": scaled_sketch(window.e2e_ms, window.requests),
    }


def _replica(endpoint: Endpoint, public_id: str, ordinal: int, life: PastReplica) -> Replica:
    return Replica(
        public_id=public_id,
        endpoint=endpoint,
        serving_config_id=endpoint.serving_config_id,
        slot=life.slot,
        ordinal=ordinal,
        state=ReplicaState.STOPPED,
        reason=ReplicaReason.DRAINED,
        detail=DETAIL,
        since=life.stopped_at,
        requested_at=life.loading_at,
        started_at=life.loading_at,
        ready_at=life.ready_at,
        drain_started_at=life.draining_at,
        stopped_at=life.stopped_at,
        final_scrape_at=life.stopped_at,
        last_scraped_at=life.stopped_at,
        next_at=None,
    )


def _periods(replica: Replica, life: PastReplica) -> list[ReplicaPeriod]:
    bars = (
        (ReplicaState.LOADING, ReplicaReason.LOADING_WEIGHTS, life.loading_at, life.ready_at),
        (ReplicaState.READY, ReplicaReason.SERVING, life.ready_at, life.draining_at),
        (ReplicaState.DRAINING, ReplicaReason.SLOT_DRAINING, life.draining_at, life.stopped_at),
    )
    return [
        ReplicaPeriod(replica=replica, state=state, reason=reason, started_at=start, ended_at=end)
        for state, reason, start, end in bars
        if end - start > timedelta()
    ]
