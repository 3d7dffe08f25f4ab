"""A world with one account of the emulated AWS, where capacity blocks are sold."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from fleet.models import BlockPurchase, CloudAccount, PaidCapacity, Project
from fleet.providers.base import Account
from fleet.services import block_offers, buying_blocks, catalog, clock, observing, paid_capacity, reconciling
from fleet.services.access import Caller, caller_at_the_server
from fleet.services.block_offers import Offered, Wanted
from tests.deadline import wait_until
from tests.fleet.providers.aws_emulator import AwsEmulator

REPOSITORY = Path(__file__).resolve().parents[2]
GIVE_UP_SECONDS = 3


@dataclass
class BlockWorld:
    """Verbs read like the test's sentences."""

    emulator: AwsEmulator
    told: Account
    account: CloudAccount
    project: Project

    def now(self) -> Any:
        return clock.business_now()

    def offers(self, machines: int = 1, hours: int = 24) -> list[Offered]:
        wanted = Wanted(hours, instance_type="p5.48xlarge", machines=machines, region="us-east-1")
        return block_offers.offers(wanted, accounts=[self.account], to=self.ada().principal, now=self.now())

    def offer(self, machines: int = 1) -> Offered:
        """The one that begins soonest, in the zone the other tests leave alone."""
        return min(self.offers(machines), key=lambda one: (one.offer.starts_at, one.offer.zone))

    def ask(self, machines: int = 1) -> BlockPurchase:
        return buying_blocks.request_purchase(self.offer(machines), **self.asked())

    def asked(self) -> dict[str, Any]:
        """Who asks for it, when, and for which project."""
        return {"project": self.project, "by": self.ada(), "now": self.now()}

    def ada(self) -> Caller:
        return caller_at_the_server("ada", self.project)

    def turn(self) -> None:
        """One round of what the workers do all the time."""
        paid_capacity.sync(self.account, now=self.now())
        buying_blocks.settle_given_up(now=self.now())
        observing.observe_account(self.account, now=self.now())
        reconciling.reconcile_due()

    def until(self, done: Any, what: str, *, seconds: float = 60) -> None:
        def turned() -> bool:
            self.turn()
            return bool(done())

        wait_until(turned, what, deadline_s=seconds)

    def until_purchase(self, purchase: BlockPurchase, *states: str) -> BlockPurchase:
        def there() -> bool:
            purchase.refresh_from_db()
            return purchase.state in states

        self.until(there, f"the purchase is {' or '.join(states)}")
        return purchase

    def bought(self) -> list[dict[str, Any]]:
        """The truth: the blocks the account owns."""
        return self.emulator.blocks(self.told)

    def block(self, machines: int = 1) -> PaidCapacity:
        """A block that takes machines."""
        purchase = self.until_purchase(self.ask(machines), "bought")
        self.until(lambda: PaidCapacity.objects.get(purchase=purchase).usable, "the block takes machines")
        return PaidCapacity.objects.select_related("account", "project").get(purchase=purchase)


def connect(emulator: AwsEmulator, folder: Path) -> BlockWorld:
    told = emulator.account("aws")
    (folder / "keys").write_text(told.secret)
    account = CloudAccount.objects.create(
        cloud="aws", provider="aws", name="aws", options=told.options, credentials_ref=f"file:{folder / 'keys'}"
    )
    assert catalog.sync_account(account, now=clock.business_now()), CloudAccount.objects.get().last_error
    account.refresh_from_db()
    return BlockWorld(emulator, told, account, Project.objects.create(slug="research", name="Research"))


def process_that_dies_at(point: str, *command: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` in a process of its own that is killed when it reaches the point."""
    values = connection.settings_dict
    login = f"{quote(values['USER'])}:{quote(values['PASSWORD'])}"
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{login}@{values['HOST']}:{values['PORT']}/{values['NAME']}",
        "SECRET_KEY": settings.SECRET_KEY,
        "LEASE_SECONDS": "2",
        "UNKNOWN_GIVE_UP_SECONDS": str(GIVE_UP_SECONDS),
        "PURSER_CRASH_AT": point,
    }
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
