"""The client of the sandbox's clouds (docs/sandbox.md), which speak the vendors' own error codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from fleet.crashpoints import reach
from fleet.domain.addresses import LOOPBACK_ONLY
from fleet.domain.outcomes import (
    ErrorClass,
    FindOutcome,
    Found,
    Inventory,
    Launched,
    LaunchOutcome,
    LaunchRequest,
    Machine,
    MachineState,
    Notice,
    OfferedPool,
    OfferedType,
    PriceChange,
    PriceHistory,
    Refusal,
    Scope,
    Terminated,
    TerminateOutcome,
    Unclear,
)
from fleet.outbound import AnswerLost, NotSent, fetch
from fleet.providers.base import Account, AccountFacts, ReadFailed
from fleet.providers.classify import classify

READ_SECONDS = 10.0
WRITE_SECONDS = 20.0
PAGE = 200
STATES = {
    "pending": MachineState.PENDING,
    "running": MachineState.RUNNING,
    "shutting-down": MachineState.STOPPING,
    "terminated": MachineState.TERMINATED,
}


@dataclass(frozen=True)
class _Answer:
    status: int
    body: dict[str, Any]


class _Garbled(Exception):
    """An answer came, but it is not what the sandbox says: half a body, or a page of HTML."""


class Sandbox:
    """One account of one of the sandbox's clouds."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.base = f"{str(account.options['url']).rstrip('/')}/v1/clouds/{account.cloud}"

    def facts(self) -> AccountFacts:
        body = self._read("account")
        rule = "market" if self.account.cloud == "aws" else "launch"
        zones = {region["name"]: tuple(region["zones"]) for region in body["regions"]}
        return AccountFacts(body["account_id"], zones, int(body["notice_seconds"]), rule)

    def instance_types(self) -> list[OfferedType]:
        return [
            OfferedType(
                item["name"],
                item["accelerator"],
                int(item["accelerator_count"]),
                int(item["vcpus"]),
                float(item["memory_gib"]),
                item.get("interconnect") or "",
            )
            for item in self._pages("instance-types")
        ]

    def offerings(self) -> list[OfferedPool]:
        return [
            OfferedPool(
                item["instance_type"],
                item["region"],
                item["zone"],
                item["capacity_type"],
                Decimal(item["price_per_hour"]),
                item["currency"],
                _time(item["observed_at"]),
                item.get("price_source") or "",
            )
            for item in self._pages("offerings")
        ]

    def price_history(self, since: datetime) -> PriceHistory:
        changes: list[PriceChange] = []
        complete_until: datetime | None = None
        cursor = None
        while True:
            page = self._read("price-history", since=since.isoformat(), limit=1000, cursor=cursor)
            # The first page's horizon is the one that holds for the whole list: later pages only go on from it.
            complete_until = complete_until or _time(page["complete_until"])
            changes += [
                PriceChange(
                    item["instance_type"],
                    item["zone"],
                    item["capacity_type"],
                    _time(item["effective_from"]),
                    Decimal(item["price_per_hour"]),
                )
                for item in page["items"]
            ]
            cursor = page.get("next_cursor")
            if not cursor:
                return PriceHistory(tuple(changes), complete_until)

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        body = {**request.as_json(), "count": 1, "min_count": 1}
        answer = self._write("POST", "instances", body, verb="launch")
        if not isinstance(answer, _Answer):
            return answer
        try:
            [machine] = answer.body["instances"]
            return Launched(_machine(machine), replayed=answer.status == 200)
        except (KeyError, ValueError, TypeError) as error:
            return Unclear("garbled", f"the answer to the launch makes no sense: {error!r}")

    def find(self, request: LaunchRequest) -> FindOutcome:
        try:
            answer = self._call("GET", f"launches/{quote(request.token)}", seconds=READ_SECONDS)
        except NotSent as error:
            return Refusal(ErrorClass.TRANSIENT, "not-sent", str(error), Scope.REQUEST)
        except (AnswerLost, _Garbled) as error:
            return Unclear("lost", str(error))
        if answer.status == 404:
            return Found(None)
        if answer.status >= 400:
            return self._refusal(answer)
        machines = [_machine(item) for item in answer.body["instances"]]
        return Found(machines[0] if machines else None)

    def terminate(self, provider_id: str, region: str) -> TerminateOutcome:
        answer = self._write("DELETE", f"instances/{quote(provider_id)}", None, verb="terminate")
        if isinstance(answer, _Answer):
            return Terminated(_machine(answer.body))
        if isinstance(answer, Refusal) and answer.error_class == ErrorClass.GONE:
            return Terminated(None, already_gone=True)
        return answer

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        if not provider_ids:
            return Inventory((), True)
        return self._inventory(ids=",".join(provider_ids), include_terminated=1)

    def inventory(self, installation: str) -> Inventory:
        return self._inventory(tag=f"purser:installation:{installation}", include_terminated=0)

    def notices(self, after: int) -> list[Notice]:
        return [
            Notice(int(item["seq"]), item["instance_id"], _time(item["noticed_at"]), _time(item["terminates_at"]))
            for item in self._read("notices", after=after, limit=PAGE)["items"]
        ]

    def _inventory(self, **filters: Any) -> Inventory:
        machines: dict[str, Machine] = {}
        account_ref = ""
        cursor = None
        while True:
            try:
                page = self._read("instances", limit=PAGE, cursor=cursor, **filters)
                account_ref = page["account_id"]
                machines |= {item["id"]: _machine(item) for item in page["items"]}
                cursor = page.get("next_cursor")
            except (ReadFailed, KeyError, TypeError, ValueError) as error:
                return Inventory(tuple(machines.values()), False, account_ref, str(error) or repr(error))
            if not cursor:
                return Inventory(tuple(machines.values()), True, account_ref)

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            page = self._read(path, limit=PAGE, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def _read(self, path: str, **query: Any) -> dict[str, Any]:
        """A GET that either gives the whole answer or raises ReadFailed."""
        wanted = urlencode({key: value for key, value in query.items() if value is not None})
        try:
            answer = self._call("GET", f"{path}?{wanted}", seconds=READ_SECONDS)
        except (NotSent, AnswerLost, _Garbled) as error:
            raise ReadFailed(f"{self.account.name}: {error}") from error
        if answer.status != 200:
            refusal = self._refusal(answer)
            raise ReadFailed(f"{self.account.name} answered {answer.status} {refusal.code}: {refusal.message}")
        return answer.body

    def _write(self, method: str, path: str, body: dict[str, Any] | None, *, verb: str) -> _Answer | Refusal | Unclear:
        try:
            answer = self._call(method, path, body, seconds=WRITE_SECONDS, after_send=lambda: reach(verb, "K3"))
        except NotSent as error:
            return Refusal(ErrorClass.TRANSIENT, "not-sent", str(error), Scope.REQUEST)
        except (AnswerLost, _Garbled) as error:
            return Unclear("answer-lost", str(error))
        if answer.status < 400:
            return answer
        refusal = self._refusal(answer)
        if refusal.error_class == ErrorClass.UNKNOWN:
            return Unclear(refusal.code, refusal.message)
        return refusal

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        seconds: float,
        after_send: Callable[[], None] | None = None,
    ) -> _Answer:
        response = fetch(
            f"{self.base}/{path}",
            policy=LOOPBACK_ONLY,
            method=method,
            body=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self.account.secret}", "Content-Type": "application/json"},
            total_seconds=seconds,
            max_bytes=8_000_000,
            after_send=after_send,
        )
        try:
            parsed = json.loads(response.body or b"{}")
        except ValueError as error:
            raise _Garbled(f"status {response.status}, {len(response.body)} bytes that are not JSON") from error
        if not isinstance(parsed, dict):
            raise _Garbled(f"status {response.status} with JSON that is not an object")
        return _Answer(response.status, parsed)

    def _refusal(self, answer: _Answer) -> Refusal:
        error = answer.body.get("error") or {}
        seconds = error.get("retry_after_seconds")
        if error.get("details", {}).get("terminated"):
            return Refusal(ErrorClass.GONE, str(error.get("code")), str(error.get("message")), Scope.REQUEST)
        code = str(error.get("code") or answer.status)
        if answer.status == 401:
            return Refusal(ErrorClass.AUTH, code, str(error.get("message", "")), Scope.ACCOUNT)
        after = timedelta(seconds=float(seconds)) if seconds is not None else None
        return classify(self.account.cloud, code, str(error.get("message", "")), retry_after=after)


def _machine(item: dict[str, Any]) -> Machine:
    return Machine(
        provider_id=item["id"],
        state=STATES[item["state"]],
        cloud_state=item["state"],
        region=item["region"],
        zone=item["zone"],
        instance_type=item["instance_type"],
        accelerator=item["accelerator"],
        accelerator_count=int(item["accelerator_count"]),
        capacity_type=item["capacity_type"],
        price_per_hour=Decimal(item["price_per_hour"]),
        launched_at=_time(item["launched_at"]),
        running_at=_time(item["running_at"]) if item.get("running_at") else None,
        terminated_at=_time(item["terminated_at"]) if item.get("terminated_at") else None,
        end_reason=item.get("reason") or "",
        private_ip=item.get("private_ip") or "",
        public_ip=item.get("public_ip") or "",
        endpoints=item.get("endpoints") or {},
        tags=item.get("tags") or {},
        token=item.get("token") or "",
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
