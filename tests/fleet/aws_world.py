"""A world for tests: one account of the emulated AWS whose catalogue was read, and a project that may buy there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fleet.domain.demand import AllocationSpec, Demand
from fleet.models import Allocation, CloudAccount, Instance, Project, Slot
from fleet.services import allocations, catalog, clock, observing, reconciling, sweeping
from fleet.services.accounts import watched
from tests.deadline import wait_until
from tests.emulators.process import Emulated

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d")


@dataclass
class AwsWorld:
    """The emulator and the database side by side; verbs read like the test's sentences."""

    aws: Emulated
    account: CloudAccount
    account_id: str
    project: Project
    shape: str = "g6.xlarge"

    def ask(self, count: int, accelerator: str = "L4", capacity_type: str = "on-demand", **demand: Any) -> Allocation:
        demand = {"accelerators_per_slot": 1, "capacity_types": (capacity_type,)} | demand
        wanted = Demand(count, accelerator, **demand)
        spec = AllocationSpec("train", wanted)
        now = clock.business_now()
        return allocations.request_allocation(project=self.project, spec=spec, requested_by="ada", now=now)

    def turn(self) -> None:
        """One round of what the workers do all the time."""
        for account in watched():
            observing.observe_account(account, now=clock.business_now())
        reconciling.reconcile_due()

    def sweep(self) -> None:
        sweeping.sweep_account(self.account, now=clock.business_now())

    def until(self, done: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
        def turned() -> bool:
            self.turn()
            return done()

        wait_until(turned, what, deadline_s=seconds)

    def until_state(self, allocation: Allocation, state: str, *, seconds: float = 60) -> None:
        def there() -> bool:
            allocation.refresh_from_db()
            return bool(allocation.state == state)

        self.until(there, f"the allocation is {state}", seconds=seconds)

    def stock(self, zone: str, available: int | None, capacity_type: str = "on-demand") -> None:
        pool = {"instance_type": self.shape, "zone": zone, "capacity_type": capacity_type}
        self.aws.put("stock", {**pool, "available": available})

    def only_in(self, **machines: int | None) -> None:
        """Machines on demand by the letter of their zone; none in the others."""
        for zone in ZONES:
            self.stock(zone, machines.get(zone[-1], 0))

    def take_back(self, provider_ids: Iterable[str], *, notice_s: float) -> None:
        """AWS gives notice for these machines, and we read it; they end after it."""
        for provider_id in provider_ids:
            self.aws.post("preempt", {"instance_id": provider_id, "seconds": notice_s})
        observing.watch_notices(self.account, now=clock.business_now())

    def spoil(self, operation: str, kind: str, **details: Any) -> None:
        self.aws.post("faults", {"kind": kind, "body": rf"Action={operation}\b", **details})

    def calls(self, operation: str) -> int:
        return int(self.aws.get("calls", operation=operation)["calls"])

    def tokens(self, operation: str) -> list[str]:
        return list(self.aws.get("calls", operation=operation)["tokens"])

    def machines(self) -> list[dict[str, Any]]:
        """The truth: every machine that was ever made in the account."""
        return list(self.aws.get("machines", account_id=self.account_id)["items"])

    def live(self) -> list[dict[str, Any]]:
        return [machine for machine in self.machines() if machine["terminated_at"] is None]

    def held(self) -> dict[str, Slot]:
        """Machine -> the slot that answers for it."""
        rows = Instance.objects.filter(terminated_at=None).select_related("slot")
        return {row.provider_id: row.slot for row in rows if row.slot is not None}


def connect_aws(aws: Emulated, folder: Any, **options: Any) -> AwsWorld:
    """An emulator as new, with one account in one region."""
    aws.post("reset")
    keys = {"access_key_id": "AKIAWORLD00000000001", "secret_access_key": "hush"}
    made = aws.put("credentials", keys)
    (folder / "aws").write_text(json.dumps(keys))
    account = CloudAccount.objects.create(
        cloud="aws",
        provider="aws",
        name="aws",
        credentials_ref=f"file:{folder / 'aws'}",
        options={"endpoint_url": aws.url, "regions": ["us-east-1"], "queue_url": made["queue_url"], "buy_blocks": True}
        | options,
    )
    assert catalog.sync_account(account, now=clock.business_now()), CloudAccount.objects.get(pk=account.pk).last_error
    project = Project.objects.create(slug="research", name="Research")
    return AwsWorld(aws, account, made["account_id"], project)
