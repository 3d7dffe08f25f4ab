"""One account of one emulated cloud with one pool on sale, and workers that can be killed: for tests of services."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.models.functions import Now

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import Reason
from fleet.models import Allocation, CloudAccount, InstanceType, LaunchAttempt, Offering, Project, Slot, Sweep
from fleet.providers.base import Account, CloudProvider
from fleet.services import allocations, observing, reconciling, sweeping
from fleet.services.accounts import adapter
from fleet.services.clock import business_now
from tests.deadline import wait_until
from tests.fleet.providers.emulators import Emulator

CHIP = "L4"
SDKS = {
    "aws": ("boto3",),
    "gcp": ("google.cloud.compute_v1",),
    "azure": ("azure.mgmt.compute", "azure.mgmt.network", "azure.identity"),
}
"""Read before the first fork: otherwise every forked worker would read them anew, which takes seconds."""


@dataclass
class EmulatedWorld:
    """Verbs read like the test's sentences. The catalogue is not read: the one pool is the emulator's own order."""

    cloud: str
    emulator: Emulator
    told: Account
    account: CloudAccount
    project: Project

    @property
    def adapter(self) -> CloudProvider:
        return adapter(self.account)

    def ask(self, count: int = 1) -> Allocation:
        image = self.emulator.order(self.cloud, "none").image
        spec = AllocationSpec("train", Demand(count, CHIP, capacity_types=("on-demand",)), image=image)
        return allocations.request_allocation(project=self.project, spec=spec, requested_by="ada", now=business_now())

    def release(self, allocation: Allocation) -> None:
        allocations.release(allocation.public_id, now=business_now(), reason=Reason.RELEASED_BY_USER, actor="ada")

    def turn(self) -> None:
        """One round of what the workers do all the time."""
        observing.observe_account(self.account, now=business_now())
        reconciling.reconcile_due()

    def until_all(self, state: str) -> None:
        def there() -> bool:
            self.turn()
            return set(Allocation.objects.values_list("state", flat=True)) == {state}

        wait_until(there, f"every allocation is {state}", deadline_s=120)

    def sweep(self) -> Sweep:
        return sweeping.sweep_account(self.account, now=business_now())

    def made(self) -> dict[str, list[dict[str, Any]]]:
        """The cloud's own truth: what each launch that was ever meant made, by its token."""
        tokens = LaunchAttempt.objects.values_list("client_token", flat=True)
        return {token: self.emulator.machines(token) for token in tokens}

    def live(self) -> list[str]:
        return [one["id"] for made in self.made().values() for one in made if one["terminated_at"] is None]

    def worker(self, done: Callable[[], bool]) -> None:
        """Another process works until it is so. It speaks to the cloud over connections of its own."""
        assert os.waitstatus_to_exitcode(self._forked("", done)) == 0, "the worker failed"

    def worker_dies_at(self, point: str) -> None:
        """Another process works until it reaches the point and is killed there; then its claims run out."""
        status = self._forked(point, lambda: False)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"it never came to {point}"
        for model in (Allocation, Slot):
            model.objects.filter(lease_until__gt=Now()).update(lease_until=Now() - timedelta(seconds=1))

    def _forked(self, point: str, done: Callable[[], bool]) -> int:
        """Forked, not started: the test process must not have called this account before. Returns its wait status."""
        connections.close_all()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.environ["PURSER_CRASH_AT"] = point
                wait_until(lambda: self.turn() or done(), "done", deadline_s=60)
                code = 0
            except Exception:  # noqa: BLE001 - the test process only sees that it failed
                traceback.print_exc()
            finally:
                os._exit(code)
        return os.waitpid(child, 0)[1]


def emulated_world(cloud: str, emulator: Emulator, folder: Path) -> EmulatedWorld:
    """A new account, whose credential is a file in `folder`."""
    for sdk in SDKS[cloud]:
        import_module(sdk)
    told = emulator.account(cloud)
    (folder / cloud).write_text(told.secret)
    account = CloudAccount.objects.create(
        cloud=cloud, provider=cloud, name=cloud, options=told.options, credentials_ref=f"file:{folder / cloud}"
    )
    order = emulator.order(cloud, "none")
    shape = InstanceType.objects.create(cloud=cloud, name=order.instance_type, accelerator=CHIP, accelerator_count=1)
    Offering.objects.create(
        account=account,
        instance_type=shape,
        region=order.region,
        zone=order.zone,
        capacity_type=order.capacity_type,
        price_per_hour=Decimal("0.8"),
        observed_at=business_now(),
    )
    return EmulatedWorld(cloud, emulator, told, account, Project.objects.create(slug="research", name="Research"))
