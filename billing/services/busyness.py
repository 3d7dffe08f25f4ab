"""How busy machines were in an hour, from their windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from billing.domain.costing import Busyness
from billing.domain.metering import HOUR
from inference.models import MachineHourWindow, MachineWindow

MINUTE_S = 60.0
HOUR_S = 3600.0


def observed_busyness(hour: datetime, serves_from: Mapping[int, datetime | None]) -> dict[int, Busyness]:
    """By machine, the mean of its minutes from when it could serve, weighted by samples; unobserved ones are absent.

    Where the minutes are gone already, the hour's own window stands for them.
    """
    by_minute = _from_minutes(hour, serves_from)
    return _from_hours(hour, serves_from.keys() - by_minute.keys()) | by_minute


def _from_minutes(hour: datetime, serves_from: Mapping[int, datetime | None]) -> dict[int, Busyness]:
    weighted: dict[int, list[tuple[float, int]]] = defaultdict(list)
    windows = MachineWindow.objects.filter(
        instance__in=serves_from, start__gte=hour, start__lt=hour + HOUR, samples__gt=0, busy_ratio__isnull=False
    )
    for machine, start, samples, ratio in windows.values_list("instance_id", "start", "samples", "busy_ratio"):
        able_from = serves_from[machine]
        if ratio is not None and able_from is not None and start >= able_from.replace(second=0, microsecond=0):
            weighted[machine].append((ratio, samples))
    return {machine: Busyness(_mean(minutes), len(minutes) * MINUTE_S) for machine, minutes in weighted.items()}


def _from_hours(hour: datetime, machines: set[int]) -> dict[int, Busyness]:
    windows = MachineHourWindow.objects.filter(
        instance__in=machines, start=hour, samples__gt=0, busy_ratio__isnull=False
    ).values_list("instance_id", "samples", "samples_failed", "busy_ratio")
    return {
        machine: Busyness(ratio, HOUR_S * samples / (samples + failed))
        for machine, samples, failed, ratio in windows
        if ratio is not None
    }


def _mean(minutes: list[tuple[float, int]]) -> float:
    return sum(ratio * samples for ratio, samples in minutes) / sum(samples for _, samples in minutes)
