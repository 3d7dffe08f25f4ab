"""How much of the accelerators that are paid for is allocated, busy and filled, right now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.queries.machines import live_machines
from fleet.queries.rows import Rows
from inference.models import MachineWindow
from inference.queries import LATELY, weighted


def utilisation_now(projects: Sequence[int] | None, now: datetime) -> Rows:
    """By accelerator: how many are billed, allocated, busy, and how full their memory is, each on its own basis."""
    watched = MachineWindow.objects.filter(instance__terminated_at=None, start__gte=now - LATELY).order_by()
    means = watched.values("instance_id").annotate(busy=weighted("busy_ratio"), memory=weighted("memory_ratio"))
    measured = {key: (busy, memory) for key, busy, memory in means.values_list("instance_id", "busy", "memory")}
    machines = live_machines(projects, now)
    by_chip: dict[str, _Use] = defaultdict(_Use)
    everything = _Use()
    columns = ("id", "accelerator", "accelerator_count", "price_now", "slot__state")
    for key, chip, count, price, state in machines.values_list(*columns):
        busy, memory = measured.get(key, (None, None))
        by_chip[chip].add(count, price, state, busy, memory)
        everything.add(count, price, state, busy, memory)
    rows = [{"accelerator": chip, **use.shown()} for chip, use in by_chip.items()]
    rows.sort(key=lambda row: -row["price"])
    if len(rows) > 1:
        rows.append({"accelerator": "All", "total": True, **everything.shown()})
    return rows


@dataclass
class _Use:
    """Machines added up, accelerator by accelerator. A ratio is of those machines only that somebody measured."""

    count: int = 0
    ready: int = 0
    price: Decimal = Decimal(0)
    not_busy: float = 0.0
    busy: float = 0.0
    busy_of: int = 0
    memory: float = 0.0
    memory_of: int = 0

    def add(self, count: int, price: Decimal, state: str | None, busy: float | None, memory: float | None) -> None:
        self.count += count
        self.ready += count if state == "ready" else 0
        self.price += price
        if busy is not None:
            self.busy += busy * count
            self.busy_of += count
            self.not_busy += float(price) * (1 - busy)
        if memory is not None:
            self.memory += memory * count
            self.memory_of += count

    def shown(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "price": self.price,
            "allocated_ratio": self.ready / self.count if self.count else None,
            "busy_ratio": self.busy / self.busy_of if self.busy_of else None,
            "memory_ratio": self.memory / self.memory_of if self.memory_of else None,
            "not_busy": self.not_busy if self.busy_of else None,
        }
