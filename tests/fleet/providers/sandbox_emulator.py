"""The sandbox under contract."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Self

from fleet.domain.outcomes import LaunchRequest, PriceChange, Scope
from fleet.providers.base import Account
from tests.fleet.providers.emulators import SellsNoBlocks, Words
from tests.sandbox_server import ORDERS, Sandbox, sandbox_process

UNASKED = frozenset({"paid capacity"})


class SandboxEmulator(SellsNoBlocks):
    """The sandbox's three clouds. An account is a credential of its own, so one process serves all tests."""

    SMALLEST_PAGE: ClassVar[int] = 1
    tls = None
    words: ClassVar[dict[str, Words]] = {
        "aws": Words("RequestLimitExceeded", "UnauthorizedOperation", "InternalError", unasked=UNASKED),
        "gcp": Words("rateLimitExceeded", "forbidden", "backendError", throttle_scope=Scope.ACCOUNT, unasked=UNASKED),
        "azure": Words(
            "TooManyRequests", "AuthorizationFailed", "InternalServerError", stock_out_scope=Scope.ZONE, unasked=UNASKED
        ),
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

    def secrets(self, account: Account) -> list[str]:
        return [account.secret]

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

    def calls(self, verb: str = "") -> int:
        return int(self._rows("SELECT count(*) AS calls FROM calls WHERE ? IN ('', verb)", verb)[0]["calls"])

    def tokens(self, verb: str) -> set[str]:
        return {row["token"] for row in self._rows("SELECT token FROM calls WHERE verb = ? AND token != ''", verb)}

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
