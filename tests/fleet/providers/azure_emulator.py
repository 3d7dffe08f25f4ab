"""The emulated Azure under contract (tests.emulators.azure)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from fleet.domain.outcomes import LaunchRequest, PriceChange, Scope
from fleet.providers.base import Account
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.providers.emulators import SellsNoBlocks, Words
from tests.fleet.providers.gateway import Tls

TENANT = "00000000-0000-4000-8000-00000000000a"
# What the calls of each verb look like. A launch also asks after the machine: as `find` does, later.
MACHINES = "/Microsoft.Compute/virtualMachines"
VERBS = {
    "launch": {"method": "PUT", "path": f"{MACHINES}/"},
    "terminate": {"method": "DELETE", "path": f"{MACHINES}/"},
    "find": {"method": "GET", "path": f"{MACHINES}/"},
    "list": {"method": "GET", "path": f"/resourceGroups/.*{MACHINES}$"},
    "power": {"method": "GET", "path": "^/subscriptions/[^/]+/providers/Microsoft.Compute/virtualMachines$"},
    "*": {"path": r"^(?!.*/v2\.0/)"},  # all but signing in
}
OPERATIONS = {"": "", "launch": "virtual_machines_create_or_update"}


class AzureEmulator(SellsNoBlocks):
    """An account is an application of its own with its own subscription, so one process serves all tests.

    Azure alone decides how long its pages are: an address that begins with /pages-of-N has short ones.
    """

    SMALLEST_PAGE: ClassVar[int] = 1
    words: ClassVar[dict[str, Words]] = {
        "azure": Words(
            "TooManyRequests",
            "AuthorizationFailed",
            "InternalServerError",
            remembers_the_ended=False,
            unasked=frozenset({"price history", "notices"}),
            stock_out_scope=Scope.ZONE,
        ),
    }

    def __init__(self, azure: Emulated) -> None:
        self._azure = azure
        self._numbers = itertools.count(1)
        self.tls = Tls(azure.ca_file, azure.server_file)

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        with emulator_process("tests.emulators.azure") as azure:
            yield cls(azure)

    def account(self, cloud: str) -> Account:
        number = next(self._numbers)
        keys = {"tenant_id": TENANT, "client_id": f"client-{number}", "client_secret": f"hush-hush-{number}"}
        options = {
            **self._azure.put("credentials", keys),
            "regions": ["eastus", "westus3"],
            "base_url": self._azure.url,
            "prices_url": self._azure.url,
            "authority": self._azure.url,
            "ca_file": self._azure.ca_file,
            "poll_seconds": 0.03,
        }
        return Account(cloud, f"contract {cloud} {number}", json.dumps(keys), options)

    def account_ref(self, account: Account) -> str:
        return str(account.options["subscription_id"])

    def secrets(self, account: Account) -> list[str]:
        return [str(json.loads(account.secret)["client_secret"])]

    def address(self, account: Account) -> str:
        return str(self._azure.url)

    def through(self, account: Account, address: str) -> Account:
        """The way to sign in stays as it is."""
        where = f"https://{urlsplit(address).netloc}{urlsplit(account.options['base_url']).path}"
        return _with(account, base_url=where, prices_url=where)

    def impatient(self, account: Account, seconds: float) -> Account:
        return _with(account, read_seconds=seconds, write_seconds=seconds)

    def paged(self, account: Account, size: int) -> Account:
        where = f"{self._azure.url}/pages-of-{size}"
        return _with(account, base_url=where, prices_url=where)

    def order(self, cloud: str, token: str) -> LaunchRequest:
        return LaunchRequest(token, "eastus", "eastus-1", "Standard_NC4as_T4_v3", "on-demand")

    def machines(self, token: str) -> list[dict[str, Any]]:
        return list(self._azure.get("machines", token=token)["items"])

    def calls(self, verb: str = "") -> int:
        signing_in = 0 if verb else int(self._azure.get("calls", operation="sign-in")["calls"])
        return int(self._azure.get("calls", operation=OPERATIONS[verb])["calls"]) - signing_in

    def tokens(self, verb: str) -> set[str]:
        return set(self._azure.get("calls", operation=OPERATIONS[verb])["tokens"])

    def price_changes(self, cloud: str, since: datetime) -> set[PriceChange]:
        return set()

    def now(self) -> datetime:
        return datetime.fromisoformat(self._azure.get("clock")["now"])

    def spoil(self, account: Account, verb: str, kind: str, **details: Any) -> None:
        self._azure.post("faults", {"kind": kind, **VERBS[verb], **details})

    def heal(self) -> None:
        self._azure.delete("faults")

    @contextmanager
    def sold_out(self, request: LaunchRequest, cloud: str) -> Iterator[None]:
        pool = {name: getattr(request, name) for name in ("instance_type", "zone", "capacity_type")}
        self._azure.put("stock", {**pool, "available": 0})
        try:
            yield
        finally:
            self._azure.put("stock", {**pool, "available": None})

    @contextmanager
    def without_quota(self, request: LaunchRequest, account: Account) -> Iterator[None]:
        family = {name: getattr(request, name) for name in ("instance_type", "region", "capacity_type")}
        family["subscription_id"] = self.account_ref(account)
        self._azure.put("quotas", {**family, "vcpus": 0})
        try:
            yield
        finally:
            self._azure.put("quotas", {**family, "vcpus": None})

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:
        self._azure.put("delays", {"lag": seconds})
        try:
            yield
        finally:
            self._azure.put("delays", {"lag": 0.0})

    def revoke(self, account: Account) -> None:
        self._azure.put("credentials", {"client_id": json.loads(account.secret)["client_id"], "works": False})

    def take_back(self, cloud: str, provider_id: str) -> None:
        raise NotImplementedError("Azure gives notice to the machine alone.")


def _with(account: Account, **options: Any) -> Account:
    return replace(account, options={**account.options, **options})
