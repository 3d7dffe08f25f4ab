"""Minute windows of machines: what their accelerators did, and whether that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from fleet.models import Slot
from fleet.services import idle
from inference.domain.counters import minute_of
from inference.models import MachineWindow
from inference.telemetry.machine import MachineReading

MEANS = ("busy_ratio", "tensor_ratio", "memory_ratio", "bandwidth_ratio", "power_watts")
COLUMNS = ["samples", "samples_failed", *MEANS, "temperature_celsius", "xid", "rolled"]
# Above this the accelerators worked: exporters show a little even when nothing runs.
BUSY = 0.01


def store(readings: Mapping[int, MachineReading | None], at: datetime) -> int:
    """Add one look at every machine, by instance id; None: it gave no usable page. Returns how many did not."""
    if not readings:
        return 0
    minute = minute_of(at)
    with transaction.atomic():
        empty = [MachineWindow(instance_id=pk, start=minute) for pk in sorted(readings)]
        MachineWindow.objects.bulk_create(empty, ignore_conflicts=True)
        rows = list(
            MachineWindow.objects.select_for_update(no_key=True)
            .filter(instance__in=readings, start=minute)
            .order_by("instance_id")
        )
        for row in rows:
            _add(row, readings[row.instance_id])
            row.rolled = False
            row.pk = None
        MachineWindow.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["instance", "start"], update_fields=COLUMNS
        )
    _tell_idle(readings, at)
    return sum(reading is None for reading in readings.values())


def _add(row: MachineWindow, reading: MachineReading | None) -> None:
    if reading is None:
        row.samples_failed += 1
        return
    row.samples += 1
    values = asdict(reading)
    for name in MEANS:
        if values[name] is not None:
            mean = getattr(row, name)
            setattr(row, name, values[name] if mean is None else mean + (values[name] - mean) / row.samples)
    if reading.temperature_celsius is not None:
        row.temperature_celsius = max(reading.temperature_celsius, row.temperature_celsius or 0.0)
    row.xid = row.xid if reading.xid is None else reading.xid


def _tell_idle(readings: Mapping[int, MachineReading | None], at: datetime) -> None:
    """Whoever reclaims idle machines learns what was measured; what was not measured is not told."""
    slots = dict(Slot.objects.filter(instance__in=readings).values_list("instance__id", "id"))
    busy = {
        slots[pk]: reading.busy_ratio > BUSY
        for pk, reading in readings.items()
        if reading is not None and reading.busy_ratio is not None and pk in slots
    }
    idle.note_work(busy, now=at)
