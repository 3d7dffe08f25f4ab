"""Where the contract's accounts come from: one emulator for every registered provider.

A new cloud adds a class like `SandboxEmulator` and one line in EMULATORS; the tests ask for nothing else.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from fleet.domain.outcomes import LaunchRequest, PriceChange, Scope
from fleet.providers.base import Account
from tests.sandbox_server import ORDERS, Sandbox, sandbox_process


@dataclass(frozen=True)
class Words:
    """How a cloud says what the emulator cannot be brought to say of itself, and how far its refusals reach."""

    throttle: str
    forbidden: str
    internal: str
    stock_out_scope: Scope = Scope.POOL
    throttle_scope: Scope = Scope.REGION


class Emulator(Protocol):
    """A stand-in of a provider's clouds: it makes accounts, obeys hooks and tells what truly happened."""

    words: ClassVar[dict[str, Words]]

    @classmethod
    def running(cls, folder: Path) -> AbstractContextManager[Self]:
        """Started, and stopped at the end."""
        ...

    def account(self, cloud: str) -> Account:
        """A new account with nothing in it, whose secret occurs nowhere else."""
        ...

    def account_ref(self, account: Account) -> str:
        """What the cloud calls this account."""
        ...

    def address(self, account: Account) -> str:
        """Where the account's calls go: scheme, host and port."""
        ...

    def through(self, account: Account, address: str) -> Account:
        """The same account, called at another address."""
        ...

    def impatient(self, account: Account, seconds: float) -> Account:
        """The same account, whose calls give up after so many seconds."""
        ...

    def paged(self, account: Account, size: int) -> Account:
        """The same account, whose lists come in pages of this size."""
        ...

    def order(self, cloud: str, token: str) -> LaunchRequest:
        """One small on-demand machine."""
        ...

    def machines(self, token: str) -> list[dict[str, Any]]:
        """The truth: every machine ever made for a token, with at least `id` and `terminated_at` (None: it lives)."""
        ...

    def calls(self) -> int:
        """How many calls of an adapter have arrived so far."""
        ...

    def price_changes(self, cloud: str, since: datetime) -> set[PriceChange]:
        """The truth about prices from then until now."""
        ...

    def now(self) -> datetime:
        """The clouds' clock."""
        ...

    def spoil(self, account: Account, verb: str, kind: str, **details: Any) -> None:
        """The next call of a verb goes wrong: `error` (with `code`), `refuse`, `lost`, `truncate` or `slow`."""
        ...

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        ...

    def sold_out(self, request: LaunchRequest, cloud: str) -> AbstractContextManager[None]:
        """The request's pool has no machine left."""
        ...

    def without_quota(self, request: LaunchRequest, account: Account) -> AbstractContextManager[None]:
        """The account may have no machine of the request's kind."""
        ...

    def lagging(self, seconds: float) -> AbstractContextManager[None]:
        """New machines show in lists only after so many real seconds."""
        ...

    def revoke(self, account: Account) -> None:
        """The account's secret stops to work."""
        ...

    def take_back(self, cloud: str, provider_id: str) -> None:
        """Notice is given that a machine will be interrupted."""
        ...


class SandboxEmulator:
    """The sandbox's three clouds. An account is a credential of its own, so one process serves all tests."""

    words: ClassVar[dict[str, Words]] = {
        "aws": Words("RequestLimitExceeded", "UnauthorizedOperation", "InternalError"),
        "gcp": Words("rateLimitExceeded", "forbidden", "backendError", throttle_scope=Scope.ACCOUNT),
        "azure": Words("TooManyRequests", "AuthorizationFailed", "InternalServerError", stock_out_scope=Scope.ZONE),
    }

    def __init__(self, server: Sandbox) -> None:
        self._server = server
        self._numbers = itertools.count(1)

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        # Fast, so that an ended machine leaves its last state and prices change while a test waits.
        with sandbox_process(folder, time_factor=600.0) as server:
            yield cls(server)

    def account(self, cloud: str) -> Account:
        number = next(self._numbers)
        secret = f"hush-hush-{number}"
        self._put(f"/v1/credentials/{secret}", {"status": "ok", "account_id": f"tenant-{number}"})
        return Account(cloud, f"contract {cloud} {number}", secret, {"url": self._server.url})

    def account_ref(self, account: Account) -> str:
        return account.secret.replace("hush-hush", "tenant")

    def address(self, account: Account) -> str:
        return str(account.options["url"])

    def through(self, account: Account, address: str) -> Account:
        return self._with(account, url=address)

    def impatient(self, account: Account, seconds: float) -> Account:
        return self._with(account, read_seconds=seconds, write_seconds=seconds)

    def paged(self, account: Account, size: int) -> Account:
        return self._with(account, page_size=size)

    def order(self, cloud: str, token: str) -> LaunchRequest:
        return LaunchRequest(token=token, **ORDERS[cloud])

    def machines(self, token: str) -> list[dict[str, Any]]:
        return self._rows("SELECT * FROM machines WHERE token = ? ORDER BY launched_at", token)

    def calls(self) -> int:
        return int(self._rows("SELECT count(*) AS calls FROM calls")[0]["calls"])

    def price_changes(self, cloud: str, since: datetime) -> set[PriceChange]:
        changes: set[PriceChange] = set()
        cursor = {}
        while True:
            page = self._server.get(f"/v1/clouds/{cloud}/price-history", since=since.isoformat(), limit=777, **cursor)
            changes |= {
                PriceChange(
                    item["instance_type"],
                    item["zone"],
                    item["capacity_type"],
                    datetime.fromisoformat(item["effective_from"]),
                    Decimal(item["price_per_hour"]),
                )
                for item in page.body["items"]
            }
            if not page.body["next_cursor"]:
                return changes
            cursor = {"cursor": page.body["next_cursor"]}

    def now(self) -> datetime:
        return datetime.fromisoformat(self._server.get("/v1/clock").body["now"])

    def spoil(self, account: Account, verb: str, kind: str, **details: Any) -> None:
        answer = self._server.post("/v1/faults", {"verb": verb, "cloud": account.cloud, "kind": kind, **details})
        assert answer.status == 201, answer

    def heal(self) -> None:
        assert self._server.delete("/v1/faults").status == 200

    @contextmanager
    def sold_out(self, request: LaunchRequest, cloud: str) -> Iterator[None]:
        pool = {name: getattr(request, name) for name in ("instance_type", "zone", "capacity_type")}
        assert self._server.post(f"/v1/clouds/{cloud}/stock", {**pool, "available": 0}).status == 200
        try:
            yield
        finally:
            assert self._server.post(f"/v1/clouds/{cloud}/stock", {**pool, "available": None}).status == 200

    @contextmanager
    def without_quota(self, request: LaunchRequest, account: Account) -> Iterator[None]:
        path = f"/v1/clouds/{account.cloud}/quotas"
        [bucket] = [
            item["bucket"]
            for item in self._server.get(path).body["items"]
            if (item["region"], item["capacity_type"]) == (request.region, request.capacity_type)
            and request.instance_type in item["instance_types"]
        ]
        limit = {"bucket": bucket, "region": request.region}
        self._put(path, {"items": [{**limit, "limit_accelerators": 0}]})
        try:
            yield
        finally:
            self._put(path, {"items": [{**limit, "limit_accelerators": None}]})

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:
        self._put("/v1/describe-lag", {"seconds_real": seconds})
        try:
            yield
        finally:
            self._put("/v1/describe-lag", {"seconds_real": 0.0})

    def revoke(self, account: Account) -> None:
        self._put(f"/v1/credentials/{account.secret}", {"status": "revoked"})

    def take_back(self, cloud: str, provider_id: str) -> None:
        assert self._server.post(f"/v1/clouds/{cloud}/instances/{provider_id}/preempt", {}).status == 200

    def _put(self, path: str, body: dict[str, Any]) -> None:
        answer = self._server.put(path, body)
        assert answer.status == 200, answer

    def _with(self, account: Account, **options: Any) -> Account:
        return replace(account, options={**account.options, **options})

    def _rows(self, sql: str, *values: str) -> list[dict[str, Any]]:
        connection = sqlite3.connect(f"file:{self._server.ledger}?mode=ro", uri=True)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]
        finally:
            connection.close()


EMULATORS: dict[str, type[Emulator]] = {
    "sandbox": SandboxEmulator,
}
