"""One rented machine as the sandbox keeps it: in memory for serving, in the ledger for ever."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.clock import iso, parse

SHUTTING_DOWN = timedelta(seconds=20)  # how long a terminated machine still shows as leaving; its bill has ended


@dataclass
class Machine:
    """Times are business time; `*_real` are Unix seconds. `endpoints` are this process's ports and never stored."""

    id: str
    cloud: str
    account_id: str
    instance_type: str
    accelerator: str
    accelerator_count: int
    region: str
    zone: str
    capacity_type: str
    launched_at: datetime
    launched_at_real: float
    on_demand_price: Decimal
    price_at_launch: Decimal
    token: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    params_hash: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    running_at: datetime | None = None
    notice_at: datetime | None = None
    terminates_at: datetime | None = None
    terminated_at: datetime | None = None
    terminated_at_real: float | None = None
    reason: str | None = None
    foreign_owner: str | None = None
    history: bool = False
    endpoints: dict[str, str] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Its bill still runs."""
        return self.terminated_at is None

    def state(self, now: datetime) -> str:
        """The word the cloud shows."""
        if self.terminated_at is not None:
            return "shutting-down" if now < self.terminated_at + SHUTTING_DOWN else "terminated"
        return "pending" if self.running_at is None else "running"

    def as_row(self) -> dict[str, Any]:
        """The ledger's columns."""
        values = {name: value for name, value in vars(self).items() if name != "endpoints"}
        for name in ("launched_at", "running_at", "notice_at", "terminates_at", "terminated_at"):
            values[name] = iso(values[name]) if values[name] is not None else None
        return {
            **values,
            "params": json.dumps(self.params),
            "tags": json.dumps(self.tags),
            "on_demand_price": str(self.on_demand_price),
            "price_at_launch": str(self.price_at_launch),
            "history": int(self.history),
        }

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> Machine:
        """The machine a ledger row describes."""
        values = dict(row)
        for name in ("launched_at", "running_at", "notice_at", "terminates_at", "terminated_at"):
            values[name] = parse(values[name]) if values[name] else None
        values |= {
            "params": json.loads(values["params"] or "{}"),
            "tags": json.loads(values["tags"]),
            "on_demand_price": Decimal(values["on_demand_price"]),
            "price_at_launch": Decimal(values["price_at_launch"]),
            "history": bool(values["history"]),
        }
        return cls(**values)
