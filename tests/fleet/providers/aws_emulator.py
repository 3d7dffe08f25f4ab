"""The emulated AWS under contract (tests.emulators.aws)."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Self

from fleet.domain.outcomes import BlockAsk, LaunchRequest, PriceChange
from fleet.providers.base import Account
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.providers.emulators import Words

REGIONS = ["us-east-1", "us-east-2"]
IMAGE = "ami-0a1b2c3d4e5f60001"
WITHOUT_ACCELERATOR = {"m7i.large"}
# What the calls of each verb look like in EC2's query.
VERBS = {
    "launch": r"Action=(RunInstances|CreateFleet)\b",
    "terminate": r"Action=TerminateInstances\b",
    "find": r"(?=.*Action=DescribeInstances(&|$))(?=.*client-token)",
    "list": r"(?=.*Action=DescribeInstances(&|$))(?!.*client-token)",
    "buy block": r"Action=PurchaseCapacityBlock\b",
    "find block": r"Action=DescribeCapacityReservations\b",
    "block offers": r"Action=DescribeCapacityBlockOfferings\b",
    "*": "",
}
OPERATIONS = {"": "", "launch": "RunInstances"}


class AwsEmulator:
    """An account is an access key of its own with its own AWS account, so one process serves all tests.

    A token has to travel as ClientToken, unchanged. AWS has no page of less than SMALLEST_PAGE instances, instance
    types or offerings (capacity blocks, prices, quotas and messages: 1; a queue gives at most 10 messages at once).
    """

    SMALLEST_PAGE: ClassVar[int] = 5
    tls = None
    words: ClassVar[dict[str, Words]] = {
        "aws": Words(
            "RequestLimitExceeded",
            "UnauthorizedOperation",
            "InternalError",
            tells_replays=False,
            lists_follow=True,
            keeps_notices=False,
            sells_blocks=True,
            advises=True,
            names_no_account=True,
        ),
    }

    def __init__(self, aws: Emulated) -> None:
        self._aws = aws
        self._numbers = itertools.count(1)
        self._account_refs: dict[str, str] = {}
        self._queue_urls: dict[str, dict[str, str]] = {}

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        with emulator_process("tests.emulators.aws") as aws:
            yield cls(aws)

    def account(self, cloud: str) -> Account:
        number = next(self._numbers)
        keys = {"access_key_id": f"AKIAHUSH{number:012d}", "secret_access_key": f"hush-hush-{number}"}
        made = self._aws.put("credentials", keys)
        self._account_refs[keys["access_key_id"]] = made["account_id"]
        self._queue_urls[keys["access_key_id"]] = made["queue_urls"]
        options = {
            "endpoint_url": self._aws.url,
            "regions": REGIONS,
            "queue_url": made["queue_url"],
            "hidden_seconds": 1,
            "buy_blocks": True,
        }
        return Account(cloud, f"contract {cloud} {number}", json.dumps(keys), options)

    def account_ref(self, account: Account) -> str:
        return self._account_refs[_access_key(account)]

    def queue_urls(self, account: Account) -> dict[str, str]:
        """Region -> the queue that hears of machines there. The account itself names that of the first one only."""
        return self._queue_urls[_access_key(account)]

    def secrets(self, account: Account) -> list[str]:
        return [str(json.loads(account.secret)["secret_access_key"])]

    def address(self, account: Account) -> str:
        return str(account.options["endpoint_url"])

    def through(self, account: Account, address: str) -> Account:
        return _with(account, endpoint_url=address)

    def impatient(self, account: Account, seconds: float) -> Account:
        return _with(account, read_seconds=seconds, write_seconds=seconds)

    def paged(self, account: Account, size: int) -> Account:
        return _with(account, page_size=size)

    def order(self, cloud: str, token: str) -> LaunchRequest:
        return LaunchRequest(token, "us-east-1", "us-east-1a", "g6.xlarge", "on-demand", image=IMAGE)

    def block_ask(self, cloud: str) -> BlockAsk:
        return BlockAsk("us-east-1", "p5.48xlarge", 1, 24)

    def blocks(self, account: Account) -> list[dict[str, Any]]:
        made = self._aws.get("reservations", account_id=self.account_ref(account))["items"]
        return [row for row in made if row["block"]]

    def machines(self, token: str) -> list[dict[str, Any]]:
        return list(self._aws.get("machines", token=token)["items"])

    def calls(self, verb: str = "") -> int:
        return int(self._aws.get("calls", operation=OPERATIONS[verb])["calls"])

    def tokens(self, verb: str) -> set[str]:
        return set(self._aws.get("calls", operation=OPERATIONS[verb])["tokens"])

    def price_changes(self, cloud: str, since: datetime) -> set[PriceChange]:
        return {
            PriceChange(
                item["instance_type"],
                item["zone"],
                "spot",
                datetime.fromisoformat(item["at"]),
                Decimal(item["price"]),
            )
            for item in self._aws.get("price-changes", since=since.isoformat())["items"]
            if item["instance_type"] not in WITHOUT_ACCELERATOR
        }

    def now(self) -> datetime:
        return datetime.fromisoformat(self._aws.get("clock")["now"])

    def spoil(self, account: Account, verb: str, kind: str, **details: Any) -> None:
        sender = {"authorization": f"Credential={re.escape(_access_key(account))}/"}
        self._aws.post("faults", {"kind": kind, "body": VERBS[verb], "headers": sender, **details})

    def heal(self) -> None:
        self._aws.delete("faults")

    @contextmanager
    def sold_out(self, request: LaunchRequest, cloud: str) -> Iterator[None]:
        pool = {name: getattr(request, name) for name in ("instance_type", "zone", "capacity_type")}
        self._aws.put("stock", {**pool, "available": 0})
        try:
            yield
        finally:
            self._aws.put("stock", {**pool, "available": None})

    @contextmanager
    def without_quota(self, request: LaunchRequest, account: Account) -> Iterator[None]:
        bucket = {name: getattr(request, name) for name in ("instance_type", "region", "capacity_type")}
        bucket["account_id"] = self.account_ref(account)
        self._aws.put("quotas", {**bucket, "vcpus": 0})
        try:
            yield
        finally:
            self._aws.put("quotas", {**bucket, "vcpus": None})

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:
        self._aws.put("delays", {"lag": seconds})
        try:
            yield
        finally:
            self._aws.put("delays", {"lag": 0.0})

    def revoke(self, account: Account) -> None:
        self._aws.put("credentials", {"access_key_id": _access_key(account), "works": False})

    def restore(self, account: Account) -> None:
        """What was revoked works again."""
        self._aws.put("credentials", {"access_key_id": _access_key(account), "works": True})

    def take_back(self, cloud: str, provider_id: str) -> None:
        self._aws.post("preempt", {"instance_id": provider_id})


def _access_key(account: Account) -> str:
    return str(json.loads(account.secret)["access_key_id"])


def _with(account: Account, **options: Any) -> Account:
    return replace(account, options={**account.options, **options})
