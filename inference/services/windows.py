"""Adding to minute windows. The caller holds the lock that makes it the only writer of these rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from inference.domain import histogram as histograms
from inference.domain.counters import COUNTERS, GAUGES, Change, minute_of, shares_of_minutes, split, split_histogram
from inference.domain.histogram import from_json
from inference.models import Replica, Window, WindowSource

KEY = ["endpoint", "replica", "source", "start"]
FIGURES = [
    field.attname
    for field in Window._meta.concrete_fields
    if field.attname not in ("id", "endpoint_id", "replica_id", "source", "start")
]


class ReplicaWindows:
    """The minute windows of some replicas, read once, added to, and written once."""

    def __init__(self, replicas: Sequence[Replica], start: datetime) -> None:
        """`start`: the earliest instant that will be added to."""
        rows = Window.objects.select_for_update(no_key=True).filter(
            replica__in=replicas, source=WindowSource.SCRAPE, start__gte=minute_of(start)
        )
        self._rows = {(row.replica_id, row.start): row for row in rows.order_by("id")}
        self._touched: dict[tuple[int | None, datetime], Window] = {}

    def add_change(self, replica: Replica, change: Change, start: datetime, end: datetime) -> None:
        """Spread what was counted between two looks over the minutes between them; whole counts stay whole."""
        minutes = shares_of_minutes(start, end)
        shares = [share for _, share in minutes]
        counts = {name: split(change.counters.get(name, 0), shares) for name in COUNTERS}
        parts = {name: split_histogram(whole, shares) for name, whole in change.histograms.items()}
        for index, (minute, _) in enumerate(minutes):
            window = self._window(replica, minute)
            for name in COUNTERS:
                setattr(window, name, getattr(window, name) + counts[name][index])
            for name, pieces in parts.items():
                _merge_histogram(window, name, pieces[index])

    def add_gauges(self, replica: Replica, gauges: dict[str, float], at: datetime) -> None:
        """One more sample of the gauges."""
        window = self._window(replica, minute_of(at))
        window.scrapes += 1
        for name in GAUGES:
            if name in gauges:
                _add_sample(window, name, gauges[name], window.scrapes)

    def add_failure(self, replica: Replica, at: datetime) -> None:
        self._window(replica, minute_of(at)).scrapes_failed += 1

    def add_gap(self, replica: Replica, start: datetime, end: datetime, *, resets: int = 0) -> None:
        """A stretch in which counts may have been lost."""
        self._window(replica, minute_of(end)).resets += resets
        if start < end:
            for minute, share in shares_of_minutes(start, end):
                self._window(replica, minute).gap_seconds += share * (end - start).total_seconds()

    def write(self) -> None:
        save(self._touched.values())

    def _window(self, replica: Replica, minute: datetime) -> Window:
        key = (replica.pk, minute)
        if key not in self._touched:
            new = Window(endpoint_id=replica.endpoint_id, replica=replica, source=WindowSource.SCRAPE, start=minute)
            self._touched[key] = self._rows.get(key, new)
        return self._touched[key]


def save(windows: Iterable[Window]) -> None:
    """Insert or overwrite, in one statement, and mark them to be rolled up again."""
    rows = list(windows)
    for row in rows:
        row.rolled = False
        row.pk = None
    Window.objects.bulk_create(rows, update_conflicts=True, unique_fields=KEY, update_fields=FIGURES)


def _add_sample(window: Window, name: str, value: float, samples: int) -> None:
    mean, most = getattr(window, f"{name}_mean"), getattr(window, f"{name}_max")
    setattr(window, f"{name}_mean", value if mean is None else mean + (value - mean) / samples)
    setattr(window, f"{name}_max", value if most is None else max(most, value))


def _merge_histogram(window: Window, name: str, piece: histograms.Histogram) -> None:
    held: dict[str, Any] | None = window.histograms.get(name)
    merged = histograms.merge([piece] if held is None else [from_json(held), piece])
    if merged is not None and merged.count:
        window.histograms = {**window.histograms, name: merged.as_json()}
