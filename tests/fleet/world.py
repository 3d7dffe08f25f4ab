"""A world for tests: the real sandbox process, its three accounts, and a project that may buy there."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import ENDED_SLOT_STATES
from fleet.models import Allocation, CloudAccount, Project, Slot
from fleet.services import allocations, catalog, clock, observing, reconciling, sweeping
from fleet.services.accounts import watched
from tests.deadline import wait_until
from tests.sandbox_server import Sandbox

CLOUDS = ("aws", "gcp", "azure")


@dataclass
class World:
    """The sandbox and the database side by side; verbs read like the test's sentences."""

    url: str
    ledger: Path
    project: Project

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the sandbox's own API, as its operator."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/v1/{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, verb: str, kind: str, **rest: Any) -> None:
        self.call("POST", "faults", {"verb": verb, "kind": kind, "times": 1, **rest})

    def stock(self, available: int | None, *, cloud: str, instance_type: str, zone: str, capacity_type: str) -> None:
        pool = {"instance_type": instance_type, "zone": zone, "capacity_type": capacity_type}
        self.call("POST", f"clouds/{cloud}/stock", {**pool, "available": available})

    def account(self, cloud: str) -> CloudAccount:
        return CloudAccount.objects.get(cloud=cloud)

    def now(self) -> datetime:
        return clock.business_now()

    def ask(self, count: int = 1, accelerator: str = "L4", **demand: Any) -> Allocation:
        """Request an allocation; `settings` beside the demand go into the spec."""
        names = {"ttl", "idle_release", "deadline", "endpoint_ref", "image", "startup_script", "labels", "ports"}
        settings = {key: demand.pop(key) for key in names & set(demand)}
        spec = AllocationSpec("test", Demand(count, accelerator, **demand), **settings)
        return allocations.request_allocation(project=self.project, spec=spec, requested_by="ada", now=self.now())

    def turn(self) -> None:
        """One round of what the workers do all the time."""
        for account in watched():
            observing.watch_notices(account, now=self.now())
            observing.observe_account(account, now=self.now())
        reconciling.reconcile_due()

    def sweep(self) -> None:
        for account in watched():
            sweeping.sweep_account(account, now=self.now())

    def until(self, done: Callable[[], bool], what: str = "", *, seconds: float = 30) -> None:
        """Turn until it is so."""

        def turned() -> bool:
            self.turn()
            return done()

        wait_until(turned, what, deadline_s=seconds)

    def until_state(self, allocation: Allocation, *states: str, seconds: float = 30) -> Allocation:
        def there() -> bool:
            allocation.refresh_from_db()
            return allocation.state in states

        self.until(there, f"the allocation is {' or '.join(states)}", seconds=seconds)
        return allocation

    def machines(self, **where: Any) -> list[dict[str, Any]]:
        """What the sandbox's own ledger says was ever launched by an installation, oldest first."""
        with sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True) as ledger:
            ledger.row_factory = sqlite3.Row
            rows = [dict(row) for row in ledger.execute("SELECT * FROM machines ORDER BY launched_at, id")]
        ours = [row | {"tags": json.loads(row["tags"] or "{}")} for row in rows]
        ours = [row for row in ours if "purser:installation" in row["tags"]]
        return [row for row in ours if all(row[key] == value for key, value in where.items())]

    def live(self) -> list[dict[str, Any]]:
        return [machine for machine in self.machines() if machine["terminated_at"] is None]

    def calls(self, verb: str) -> list[dict[str, Any]]:
        """Every call of a verb the sandbox saw."""
        with sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True) as ledger:
            ledger.row_factory = sqlite3.Row
            rows = ledger.execute("SELECT * FROM calls WHERE verb = ? ORDER BY seq", [verb])
            return [dict(row) for row in rows]

    def open_slots(self, allocation: Allocation) -> list[Slot]:
        slots = allocation.slots.exclude(state__in=ENDED_SLOT_STATES).order_by("ordinal")
        return list(slots.select_related("allocation__project", "account"))


def connect_world(sandbox: Sandbox) -> World:
    """Accounts of the three clouds whose catalogues were read, on the sandbox's clock."""
    made = World(sandbox.url, Path(sandbox.ledger), Project.objects.create(slug="research", name="Research"))
    times = made.call("GET", "clock")
    clock.set_clock(
        epoch=datetime.fromisoformat(times["epoch"]),
        anchored_at=datetime.fromisoformat(times["started_at"]),
        factor=float(times["time_factor"]),
    )
    for cloud in CLOUDS:
        account = CloudAccount.objects.create(
            cloud=cloud,
            provider="sandbox",
            name=f"sandbox-{cloud}",
            credentials_ref="env:SANDBOX_CREDENTIAL",
            options={"url": sandbox.url},
        )
        assert catalog.sync_account(account, now=made.now()), CloudAccount.objects.get(pk=account.pk).last_error
    return made
