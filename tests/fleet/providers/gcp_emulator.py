"""The emulated Google under contract (tests.emulators.gcp)."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from fleet.domain.outcomes import LaunchRequest, PriceChange, Scope
from fleet.providers.base import Account
from fleet.providers.gcp.names import request_id
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.providers.emulators import SellsNoBlocks, Words

REGIONS = ["us-central1", "europe-west4"]
IMAGE = "projects/purser-images/global/images/family/gpu"
# What the calls of each verb look like: method and path.
VERBS = {
    "launch": ("POST", r"/(instances|queuedResources)$"),
    "terminate": ("DELETE", r"/(instances|queuedResources)/"),
    "find": ("GET", r"(/zones/[^/]+/instances|/queuedResources)/"),
    "list": ("GET", r"(/aggregated/instances|/nodes)$"),
    "*": ("", ""),
}
OPERATIONS = {
    "": ("",),
    "launch": ("compute.instances.insert", "tpu.projects.locations.queuedResources.create"),
}
TPU = "gcp-tpu"


class GcpEmulator(SellsNoBlocks):
    """An account is a bearer token of its own with its own project, so one process serves all tests."""

    tls = None
    SMALLEST_PAGE: ClassVar[int] = 1
    words: ClassVar[dict[str, Words]] = {
        "gcp": Words(
            "rateLimitExceeded",
            "forbidden",
            "backendError",
            tells_replays=False,
            throttle_scope=Scope.ACCOUNT,
            refusals_stand=True,
            advises=True,
            unasked=frozenset({"price history", "paid capacity"}),
        ),
        # The same promises, of a slice of TPUs: another API, with other words.
        TPU: Words(
            "RESOURCE_EXHAUSTED",
            "PERMISSION_DENIED",
            "INTERNAL",
            tells_replays=False,
            gives_notice=False,
            remembers_the_ended=False,
            throttle_scope=Scope.ACCOUNT,
            quota_scope=Scope.POOL,
            advises=True,  # on the machines with GPUs that the account may buy as well
            unasked=frozenset({"price history"}),
        ),
    }

    def __init__(self, gcp: Emulated) -> None:
        self._gcp = gcp
        self._numbers = itertools.count(1)

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        with emulator_process("tests.emulators.gcp") as gcp:
            yield cls(gcp)

    def account(self, cloud: str) -> Account:
        number = next(self._numbers)
        token = f"ya29.hush-hush-{number}"
        project = self._gcp.put("credentials", {"token": token})["project"]
        options = {
            "project": project,
            "regions": REGIONS,
            "api_endpoint": self._gcp.url,
            "billing_endpoint": self._gcp.url,
            "permissions_endpoint": self._gcp.url,
            "tpu_endpoint": self._gcp.url,
            "tpus": cloud == TPU,
        }
        return Account(cloud, f"contract {cloud} {number}", json.dumps({"access_token": token}), options)

    def account_ref(self, account: Account) -> str:
        return str(account.options["project"])

    def secrets(self, account: Account) -> list[str]:
        return [_token(account)]

    def address(self, account: Account) -> str:
        return str(account.options["api_endpoint"])

    def through(self, account: Account, address: str) -> Account:
        endpoints = ("api_endpoint", "billing_endpoint", "permissions_endpoint", "tpu_endpoint")
        return _with(account, **dict.fromkeys(endpoints, address))

    def impatient(self, account: Account, seconds: float) -> Account:
        return _with(account, read_seconds=seconds, write_seconds=seconds)

    def paged(self, account: Account, size: int) -> Account:
        return _with(account, page_size=size)

    def order(self, cloud: str, token: str) -> LaunchRequest:
        if cloud == TPU:
            return LaunchRequest(token, "us-central1", "us-central1-b", "v6e-4", "on-demand")
        return LaunchRequest(token, "us-central1", "us-central1-a", "g2-standard-4", "on-demand", image=IMAGE)

    def machines(self, token: str) -> list[dict[str, Any]]:
        made = [self._gcp.get(kind, request_id=request_id(token))["items"] for kind in ("machines", "slices")]
        return [*made[0], *made[1]]

    def calls(self, verb: str = "") -> int:
        return sum(int(self._gcp.get("calls", operation=operation)["calls"]) for operation in OPERATIONS[verb])

    def tokens(self, verb: str) -> set[str]:
        return {token for one in OPERATIONS[verb] for token in self._gcp.get("calls", operation=one)["tokens"]}

    def price_changes(self, cloud: str, since: datetime) -> set[PriceChange]:
        return set()

    def now(self) -> datetime:
        return datetime.fromisoformat(self._gcp.get("clock")["now"])

    def spoil(self, account: Account, verb: str, kind: str, **details: Any) -> None:
        method, path = VERBS[verb]
        sender = {"authorization": re.escape(_token(account)) + "$"}
        self._gcp.post("faults", {"kind": kind, "method": method, "path": path, "headers": sender, **details})

    def next_operation_ends_with(self, account: Account, code: str, message: str) -> None:
        """The next launch is taken, and its operation ends with this code."""
        said = {"project": self.account_ref(account), "code": code, "message": message}
        self._gcp.put("failure", said)

    def heal(self) -> None:
        self._gcp.delete("faults")

    @contextmanager
    def sold_out(self, request: LaunchRequest, cloud: str) -> Iterator[None]:
        pool = {name: getattr(request, name) for name in ("instance_type", "zone", "capacity_type")}
        self._gcp.put("stock", {**pool, "available": 0})
        try:
            yield
        finally:
            self._gcp.put("stock", {**pool, "available": None})

    @contextmanager
    def without_quota(self, request: LaunchRequest, account: Account) -> Iterator[None]:
        kind = {name: getattr(request, name) for name in ("instance_type", "region", "capacity_type")}
        kind["project"] = self.account_ref(account)
        self._gcp.put("quotas", {**kind, "gpus": 0})
        try:
            yield
        finally:
            self._gcp.put("quotas", {**kind, "gpus": None})

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:
        self._gcp.put("delays", {"lag": seconds})
        try:
            yield
        finally:
            self._gcp.put("delays", {"lag": 0.0})

    def revoke(self, account: Account) -> None:
        self._gcp.put("credentials", {"token": _token(account), "works": False})

    def restore(self, account: Account) -> None:
        """What was revoked works again."""
        self._gcp.put("credentials", {"token": _token(account), "works": True})

    def take_back(self, cloud: str, provider_id: str) -> None:
        self._gcp.post("preempt", {"id": provider_id})


def _token(account: Account) -> str:
    return str(json.loads(account.secret)["access_token"])


def _with(account: Account, **options: Any) -> Account:
    return replace(account, options={**account.options, **options})
