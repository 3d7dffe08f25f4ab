"""Owned hosts under contract: nothing is emulated but the computers themselves. The truth is in the folder."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from fleet.domain.outcomes import LaunchRequest, PriceChange
from fleet.providers.base import Account
from tests.fleet.providers.emulators import SellsNoBlocks, Words

COST = {"purchase": "35040", "life_years": 4, "power_watts": 1000, "price_per_kwh": "0.20"}
NOT_CALLED = "it is called over no network"


class LocalEmulator(SellsNoBlocks):
    """Each account has a folder, and hosts whose accelerators are files in it."""

    SMALLEST_PAGE: ClassVar[int] = 1
    tls = None
    words: ClassVar[dict[str, Words]] = {
        "local": Words(
            "",
            "",
            "",
            on_the_wire=False,
            keeps_quotas=False,
            unasked=frozenset({"price history", "paid capacity"}),
            names_no_account=True,
        )
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._newest: Account | None = None

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        yield cls(folder)

    def account(self, cloud: str) -> Account:
        number = next(self._numbers)
        home = self._folder / f"account-{number}"
        (home / "hosts").mkdir(parents=True)
        (home / "hosts" / "identity.json").write_text(json.dumps({"account": f"owned-{number}"}))
        for index in range(16):
            (home / f"accelerator{index}").touch()
        hosts = [
            {"name": "rack1", "accelerator": "L4", "accelerator_count": 16, "shapes": [1, 2, 4, 8, 16], "vcpus": 128},
            {
                "name": "rack2",
                "accelerator": "H100",
                "accelerator_count": 8,
                "shapes": [1, 8],
                "interconnect": "nvlink",
            },
        ]
        shared = {"memory_gib": 512, "devices": f"{home}/accelerator*", "cost": COST}
        options = {"folder": f"{home}/hosts", "hosts": [host | shared for host in hosts]}
        self._newest = Account(cloud, f"contract {cloud} {number}", "", options)
        return self._newest

    def account_ref(self, account: Account) -> str:
        return str(json.loads((self._of(account) / "identity.json").read_text())["account"])

    def secrets(self, account: Account) -> list[str]:
        return []

    def address(self, account: Account) -> str:
        raise NotImplementedError(NOT_CALLED)

    def through(self, account: Account, address: str) -> Account:
        raise NotImplementedError(NOT_CALLED)

    def impatient(self, account: Account, seconds: float) -> Account:
        return self._with(account, wait_seconds=seconds)

    def paged(self, account: Account, size: int) -> Account:
        return self._with(account, page_size=size)

    def order(self, cloud: str, token: str) -> LaunchRequest:
        return LaunchRequest(token, "owned", "rack1", "rack1.L4x1", "on-demand")

    def machines(self, token: str) -> list[dict[str, Any]]:
        """Of all accounts: tokens are used once."""
        files = itertools.chain(self._folder.glob("*/hosts/claims/*.json"), self._folder.glob("*/hosts/ended/*.json"))
        claims = [json.loads(file.read_text()) for file in files]
        return [
            {"id": claim["machine_id"], "terminated_at": claim["ended_at"]}
            for claim in claims
            if claim["request"]["token"] == token
        ]

    def calls(self, verb: str = "") -> int:
        return 0

    def tokens(self, verb: str) -> set[str]:
        return set()

    def price_changes(self, cloud: str, since: datetime) -> set[PriceChange]:
        return set()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def spoil(self, account: Account, verb: str, kind: str, **details: Any) -> None:
        raise NotImplementedError(NOT_CALLED)

    def heal(self) -> None:
        """Nothing to heal."""

    @contextmanager
    def sold_out(self, request: LaunchRequest, cloud: str) -> Iterator[None]:
        """Somebody else has claimed every accelerator of the host, in the account that a test uses."""
        assert self._newest is not None
        claims = self._of(self._newest) / "claims"
        claims.mkdir(exist_ok=True)
        taken = {
            "machine_id": "own-all-of-it",
            "host": request.zone,
            "accelerator": "L4",
            "accelerators": list(range(16)),
            "price_per_hour": "",
            "request": request.as_json() | {"token": "theirs"},
            "launched_at": self.now().isoformat(),
        }
        unset = {"ending_at": None, "ended_at": None, "end_reason": "", "notice": None}
        (claims / "own-all-of-it.json").write_text(json.dumps(taken | unset))
        try:
            yield
        finally:
            (claims / "own-all-of-it.json").unlink()

    @contextmanager
    def without_quota(self, request: LaunchRequest, account: Account) -> Iterator[None]:
        raise NotImplementedError("it has no quotas")
        yield

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:
        raise NotImplementedError(NOT_CALLED)
        yield

    def revoke(self, account: Account) -> None:
        """The folder is gone, as when its disk is not mounted."""
        self._of(account).rename(self._of(account).with_name("elsewhere"))

    def take_back(self, cloud: str, provider_id: str) -> None:
        """Its owner switches the host off, in the options of the account that a test uses."""
        assert self._newest is not None
        claim = json.loads((self._of(self._newest) / "claims" / f"{provider_id}.json").read_text())
        [host] = [host for host in self._newest.options["hosts"] if host["name"] == claim["host"]]
        host["off"] = True

    def _of(self, account: Account) -> Path:
        return Path(account.options["folder"])

    def _with(self, account: Account, **options: Any) -> Account:
        return replace(account, options={**account.options, **options})
