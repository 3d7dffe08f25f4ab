"""Minutes into hours, and the end of what has been kept long enough.

An hour is always rebuilt whole from its minutes, so running twice, late or beside another worker gives the same rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction

from inference.domain import histogram as histograms
from inference.domain import sketch
from inference.domain.counters import COUNTERS, GAUGES, HISTOGRAMS
from inference.domain.histogram import from_json
from inference.models import (
    Decision,
    HourWindow,
    MachineHourWindow,
    MachineWindow,
    TelemetryGap,
    UsageEvent,
    Window,
)
from inference.services.machine_windows import MEANS

HOUR = timedelta(hours=1)
BATCH = 2_000
SUMS = (*COUNTERS, "request_seconds", "scrapes", "scrapes_failed", "gap_seconds", "resets")
SKETCHES = ("ttft_sketch", "itl_sketch", "e2e_sketch")

Row = TypeVar("Row", Window, MachineWindow)


def roll_up() -> int:
    """Rebuild every hour that has a minute not yet in it. Returns how many minutes were taken in."""
    return _roll_up_windows() + _roll_up_machines()


def forget(*, now: datetime) -> dict[str, int]:
    """Delete what is past its retention, minutes only once their hour holds them. Returns rows by table."""
    # In this order, so that an event that is still taken in finds its id and its minute, and its hour all its minutes.
    events_before = now - timedelta(days=settings.TELEMETRY_DETAIL_DAYS + 1)
    minutes_before = now - timedelta(days=settings.TELEMETRY_DETAIL_DAYS + 2)
    old: dict[str, models.QuerySet[Any]] = {
        "windows": Window.objects.filter(rolled=True, start__lt=minutes_before),
        "machine_windows": MachineWindow.objects.filter(rolled=True, start__lt=minutes_before),
        "usage_events": UsageEvent.objects.filter(finished_at__lt=events_before),
        "gaps": TelemetryGap.objects.filter(ended_at__lt=minutes_before - timedelta(days=365)),
        "decisions": Decision.objects.filter(at__lt=minutes_before - timedelta(days=365)),
    }
    return {name: rows.model.objects.filter(pk__in=rows.values("pk")[:BATCH]).delete()[0] for name, rows in old.items()}


def _roll_up_windows() -> int:
    with transaction.atomic():
        taken = _take(Window)
        keys = {(row.endpoint_id, row.replica_id, row.source, _hour(row.start)) for row in taken}
        if keys:
            grouped: dict[tuple[int, int | None, str, datetime], list[Window]] = defaultdict(list)
            hours = {hour for *_, hour in keys}
            rows = Window.objects.filter(
                endpoint_id__in={key[0] for key in keys}, start__gte=min(hours), start__lt=max(hours) + HOUR
            )
            for row in rows.iterator(chunk_size=BATCH):
                grouped[row.endpoint_id, row.replica_id, row.source, _hour(row.start)].append(row)
            merged = [merge_windows(grouped[key], start=key[3]) for key in sorted(keys, key=str)]
            HourWindow.objects.bulk_create(
                merged,
                update_conflicts=True,
                unique_fields=["endpoint", "replica", "source", "start"],
                update_fields=[*SUMS, *_gauge_columns(), *SKETCHES, "histograms", "minutes"],
            )
    return len(taken)


def _roll_up_machines() -> int:
    with transaction.atomic():
        taken = _take(MachineWindow)
        keys = {(row.instance_id, _hour(row.start)) for row in taken}
        if keys:
            hours = {hour for _, hour in keys}
            grouped: dict[tuple[int, datetime], list[MachineWindow]] = defaultdict(list)
            rows = MachineWindow.objects.filter(
                instance_id__in={pk for pk, _ in keys}, start__gte=min(hours), start__lt=max(hours) + HOUR
            )
            for row in rows.iterator(chunk_size=BATCH):
                grouped[row.instance_id, _hour(row.start)].append(row)
            MachineHourWindow.objects.bulk_create(
                [_merge_machine(grouped[key], key[1]) for key in sorted(keys)],
                update_conflicts=True,
                unique_fields=["instance", "start"],
                update_fields=["samples", "samples_failed", *MEANS, "temperature_celsius", "xid"],
            )
    return len(taken)


def _take(table: type[Row]) -> list[Row]:
    """Lock minutes that are not in their hour yet and mark them. Those a writer holds are left for the next time."""
    rows = list(
        table._default_manager.select_for_update(no_key=True, skip_locked=True)
        .filter(rolled=False)
        .order_by("id")[:BATCH]
    )
    table._default_manager.filter(pk__in=[row.pk for row in rows]).update(rolled=True)
    return rows


def merge_windows(rows: Sequence[Window], *, start: datetime) -> HourWindow:
    """One window of many of one endpoint, replica and source: sums add, gauges weigh by scrapes, sketches merge."""
    first = rows[0]
    hour = HourWindow(endpoint_id=first.endpoint_id, replica_id=first.replica_id, source=first.source, start=start)
    hour.minutes = len(rows)
    for name in SUMS:
        setattr(hour, name, sum(getattr(row, name) for row in rows))
    for gauge in GAUGES:
        setattr(hour, f"{gauge}_mean", _weighted((getattr(row, f"{gauge}_mean"), row.scrapes) for row in rows))
        setattr(hour, f"{gauge}_max", _largest(getattr(row, f"{gauge}_max") for row in rows))
    for name in SKETCHES:
        blobs = [bytes(blob) for row in rows if (blob := getattr(row, name))]
        setattr(hour, name, sketch.merge(blobs) if blobs else None)
    for name in HISTOGRAMS:
        merged = histograms.merge(from_json(row.histograms[name]) for row in rows if name in row.histograms)
        if merged is not None:
            hour.histograms[name] = merged.as_json()
    return hour


def _merge_machine(rows: Sequence[MachineWindow], start: datetime) -> MachineHourWindow:
    hour = MachineHourWindow(instance_id=rows[0].instance_id, start=start)
    hour.samples = sum(row.samples for row in rows)
    hour.samples_failed = sum(row.samples_failed for row in rows)
    for name in MEANS:
        setattr(hour, name, _weighted((getattr(row, name), row.samples) for row in rows))
    hour.temperature_celsius = _largest(row.temperature_celsius for row in rows)
    latest = max(rows, key=lambda row: row.start)
    hour.xid = latest.xid
    return hour


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _gauge_columns() -> list[str]:
    return [f"{gauge}_{kind}" for gauge in GAUGES for kind in ("mean", "max")]


def _weighted(pairs: Iterable[tuple[float | None, int]]) -> float | None:
    known = [(value, weight) for value, weight in pairs if value is not None and weight]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
