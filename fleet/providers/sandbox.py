"""The client of the sandbox's clouds (docs/sandbox.md), which speak the vendors' own error codes.

Options of an account: `url` (required), `read_seconds` and `write_seconds` (how long one call may take), `page_size`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from fleet.crashpoints import reach
from fleet.domain.addresses import LOOPBACK_ONLY
from fleet.domain.outcomes import (
    Check,
    CloudQuota,
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
    PaidCapacity,
    PriceChange,
    PriceHistory,
    Refusal,
    Scope,
    Terminated,
    TerminateOutcome,
    Unclear,
)
from fleet.outbound import AnswerLost, NotSent, fetch
from fleet.providers.base import Account, AccountFacts, GivesNoAdvice, ReadFailed, SellsNoBlocks
from fleet.providers.classify import classify
from fleet.providers.options import positive, refused

READ_SECONDS = 10.0
WRITE_SECONDS = 20.0
PAGE = 200
PRICES_PAGE = 1000
_ADDRESS = re.compile(r"https?://[!-~]{1,500}")
IDS_AT_ONCE = 200  # more would not fit into the line a request begins with
# What reading a body raises that is JSON but not what docs/sandbox.md promises.
NONSENSE = (KeyError, ValueError, TypeError, ArithmeticError, AttributeError)
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


class Sandbox(GivesNoAdvice, SellsNoBlocks):
    """One account of one of the sandbox's clouds."""

    def __init__(self, account: Account) -> None:
        """Raises Refused when the account's options make no sense."""
        url = account.options.get("url")
        if not isinstance(url, str) or not _ADDRESS.fullmatch(url):
            sentence = "A sandbox account needs the option url: its address, such as http://127.0.0.1:9090."
            raise refused(sentence)
        self.account = account
        self.base = f"{url.rstrip('/')}/v1/clouds/{account.cloud}"
        self.read_seconds = positive(account.options.get("read_seconds", READ_SECONDS), "read_seconds")
        self.write_seconds = positive(account.options.get("write_seconds", WRITE_SECONDS), "write_seconds")
        self.page_size = int(positive(account.options.get("page_size", PAGE), "page_size"))
        self.prices_page_size = int(positive(account.options.get("page_size", PRICES_PAGE), "page_size"))

    def facts(self) -> AccountFacts:
        body = self._read("account")
        rule = "market" if self.account.cloud == "aws" else "launch"
        with self._understanding():
            zones = {region["name"]: tuple(region["zones"]) for region in body["regions"]}
            return AccountFacts(_name(body["account_id"]), zones, int(body["notice_seconds"]), rule)

    def checks(self) -> list[Check]:
        tried = []
        for what, read in (("who we are", self.facts), ("offerings", lambda: self._read("offerings", limit=1))):
            try:
                read()
            except ReadFailed as error:
                tried.append(Check(what, False, str(error)))
            else:
                tried.append(Check(what, True))
        return tried

    def instance_types(self) -> list[OfferedType]:
        with self._understanding():
            return [_offered_type(item) for page in self._pages("instance-types") for item in page["items"]]

    def offerings(self) -> list[OfferedPool]:
        with self._understanding():
            return [_offered_pool(item) for page in self._pages("offerings") for item in page["items"]]

    def price_history(self, since: datetime) -> PriceHistory:
        with self._understanding():
            pages = list(self._pages("price-history", limit=self.prices_page_size, since=since.isoformat()))
            changes = tuple(_price_change(item) for page in pages for item in page["items"])
            # The first page's horizon is the one that holds for the whole list: later pages only go on from it.
            return PriceHistory(changes, _time(pages[0]["complete_until"]))

    def quotas(self) -> list[CloudQuota]:
        """None: the sandbox enforces its quotas without telling them."""
        return []

    def paid_capacity(self) -> list[PaidCapacity]:
        """None: the sandbox sells none."""
        return []

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        body = {**request.as_json(), "count": 1, "min_count": 1}
        answer = self._write("POST", "instances", body, verb="launch")
        if not isinstance(answer, _Answer):
            return answer
        try:
            [machine] = answer.body["instances"]
            return Launched(_machine(machine), replayed=answer.status == 200)
        except NONSENSE as error:
            return Unclear("garbled", f"the answer to the launch makes no sense: {error!r}")

    def find(self, request: LaunchRequest) -> FindOutcome:
        try:
            answer = self._call("GET", f"launches/{quote(request.token, safe='')}", seconds=self.read_seconds)
        except NotSent as error:
            return Refusal(ErrorClass.TRANSIENT, "not-sent", str(error), Scope.REQUEST)
        except (AnswerLost, _Garbled) as error:
            return Unclear("answer-lost", str(error))
        if answer.status >= 400:
            return self._not_found(answer)
        try:
            machines = [_machine(item) for item in answer.body["instances"]]
        except NONSENSE as error:
            return Unclear("garbled", f"the answer about the token makes no sense: {error!r}")
        return Found(machines[0] if machines else None)

    def terminate(self, provider_id: str, region: str) -> TerminateOutcome:
        answer = self._write("DELETE", f"instances/{quote(provider_id, safe='')}", None, verb="terminate")
        if isinstance(answer, Refusal) and answer.error_class == ErrorClass.GONE:
            return Terminated(None, already_gone=True)
        if not isinstance(answer, _Answer):
            return answer
        try:
            return Terminated(_machine(answer.body))
        except NONSENSE as error:
            return Unclear("garbled", f"the answer to the terminate makes no sense: {error!r}")

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        seen = Inventory((), True)
        for start in range(0, len(provider_ids), IDS_AT_ONCE):
            ids = ",".join(provider_ids[start : start + IDS_AT_ONCE])
            part = self._inventory(ids=ids, include_terminated=1)
            seen = Inventory(seen.machines + part.machines, part.complete, part.account_ref, part.problem, part.meaning)
            if not seen.complete:
                break
        return seen

    def inventory(self, installation: str) -> Inventory:
        return self._inventory(tag=f"purser:installation:{installation}", include_terminated=0)

    def notices(self, after: int) -> list[Notice]:
        page = self._read("notices", after=after, limit=self.page_size)
        with self._understanding():
            return [_notice(item) for item in page["items"]]

    def settle(self, notices: Sequence[Notice]) -> None:
        """Nothing to do: the sandbox keeps its notices under their sequence."""

    def _inventory(self, **filters: Any) -> Inventory:
        machines: dict[str, Machine] = {}
        account_ref = ""
        try:
            with self._understanding():
                for page in self._pages("instances", **filters):
                    account_ref = _name(page["account_id"])
                    machines |= {item["id"]: _machine(item) for item in page["items"]}
        except ReadFailed as error:
            return Inventory(tuple(machines.values()), False, account_ref, str(error), error.meaning)
        return Inventory(tuple(machines.values()), True, account_ref)

    def _pages(self, path: str, *, limit: int | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """Every page of a list, one call each. Raises ReadFailed."""
        cursor = None
        while True:
            page = self._read(path, limit=limit or self.page_size, cursor=cursor, **query)
            yield page
            following = page.get("next_cursor")
            if not following:
                return
            if following == cursor:
                raise ReadFailed(f"{self.account.name}: the list of {path} goes round in a circle.")
            cursor = following

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        """Turns an answer that is not what it should be into ReadFailed."""
        try:
            yield
        except NONSENSE as error:
            raise ReadFailed(f"{self.account.name}: the answer makes no sense: {error!r}") from error

    def _read(self, path: str, **query: Any) -> dict[str, Any]:
        """A GET that either gives the whole answer or raises ReadFailed."""
        wanted = urlencode({key: value for key, value in query.items() if value is not None})
        try:
            answer = self._call("GET", f"{path}?{wanted}", seconds=self.read_seconds)
        except (NotSent, AnswerLost, _Garbled) as error:
            raise ReadFailed(f"{self.account.name}: {error}") from error
        if answer.status != 200:
            refusal = self._refusal(answer)
            told = f"{self.account.name} answered {answer.status} {refusal.code}: {refusal.message}"
            raise ReadFailed(told, refusal)
        return answer.body

    def _write(self, method: str, path: str, body: dict[str, Any] | None, *, verb: str) -> _Answer | Refusal | Unclear:
        try:
            answer = self._call(method, path, body, seconds=self.write_seconds, after_send=lambda: reach(verb, "K3"))
        except NotSent as error:
            return Refusal(ErrorClass.TRANSIENT, "not-sent", str(error), Scope.REQUEST)
        except (AnswerLost, _Garbled) as error:
            return Unclear("answer-lost", str(error))
        return answer if answer.status < 400 else _unclear_if_unknown(self._refusal(answer))

    def _not_found(self, answer: _Answer) -> FindOutcome:
        """Only the cloud's own word for it means that a token is not known; another 404 means nothing."""
        refusal = self._refusal(answer)
        if answer.status == 404 and refusal.error_class == ErrorClass.GONE:
            return Found(None)
        return _unclear_if_unknown(refusal)

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
            headers={
                "Authorization": f"Bearer {self.account.secret}",
                "Content-Type": "application/json",
                **({"X-Request-ID": request_id} if (request_id := self.account.request_id()) else {}),
            },
            total_seconds=seconds,
            max_bytes=8_000_000,
            after_send=after_send,
        )
        try:
            parsed = json.loads(response.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise _Garbled(f"status {response.status}, {len(response.body)} bytes that are not JSON") from error
        if not isinstance(parsed, dict):
            raise _Garbled(f"status {response.status} with JSON that is not an object")
        return _Answer(response.status, parsed)

    def _refusal(self, answer: _Answer) -> Refusal:
        error = _object(answer.body.get("error"))
        code, message = str(error.get("code") or answer.status), str(error.get("message") or "")
        if _object(error.get("details")).get("terminated"):
            return Refusal(ErrorClass.GONE, code, message, Scope.REQUEST)
        if answer.status == 401:
            return Refusal(ErrorClass.AUTH, code, message, Scope.ACCOUNT)
        refusal = classify(self.account.cloud, code, message, retry_after=_wait(error.get("retry_after_seconds")))
        named = str(_object(error.get("details")).get("zonesAvailable") or "")
        return replace(refusal, elsewhere=tuple(filter(None, named.split(","))))


def _unclear_if_unknown(refusal: Refusal) -> Refusal | Unclear:
    """A code that may hide an effect, or that nobody has classified, is no refusal."""
    unclear = refusal.error_class == ErrorClass.UNKNOWN
    return Unclear(refusal.code, refusal.message, refusal.classified) if unclear else refusal


def _offered_type(item: dict[str, Any]) -> OfferedType:
    return OfferedType(
        name=_name(item["name"]),
        accelerator=_name(item["accelerator"]),
        accelerator_count=int(item["accelerator_count"]),
        vcpus=int(item["vcpus"]),
        memory_gib=float(item["memory_gib"]),
        interconnect=item.get("interconnect") or "",
    )


def _offered_pool(item: dict[str, Any]) -> OfferedPool:
    return OfferedPool(
        instance_type=_name(item["instance_type"]),
        region=_name(item["region"]),
        zone=_name(item["zone"]),
        capacity_type=_name(item["capacity_type"]),
        price_per_hour=_price(item["price_per_hour"]),
        currency=_name(item["currency"]),
        observed_at=_time(item["observed_at"]),
        price_source=item.get("price_source") or "",
    )


def _price_change(item: dict[str, Any]) -> PriceChange:
    return PriceChange(
        instance_type=_name(item["instance_type"]),
        zone=_name(item["zone"]),
        capacity_type=_name(item["capacity_type"]),
        effective_from=_time(item["effective_from"]),
        price_per_hour=_price(item["price_per_hour"]),
    )


def _notice(item: dict[str, Any]) -> Notice:
    return Notice(
        sequence=int(item["seq"]),
        provider_id=_name(item["instance_id"]),
        noticed_at=_time(item["noticed_at"]),
        terminates_at=_time(item["terminates_at"]),
    )


def _machine(item: dict[str, Any]) -> Machine:
    return Machine(
        provider_id=_name(item["id"]),
        state=STATES[item["state"]],
        cloud_state=item["state"],
        region=_name(item["region"]),
        zone=_name(item["zone"]),
        instance_type=_name(item["instance_type"]),
        accelerator=_name(item["accelerator"]),
        accelerator_count=int(item["accelerator_count"]),
        capacity_type=_name(item["capacity_type"]),
        price_per_hour=_price(item["price_per_hour"]),
        launched_at=_time(item["launched_at"]),
        running_at=_time(item["running_at"]) if item.get("running_at") else None,
        terminated_at=_time(item["terminated_at"]) if item.get("terminated_at") else None,
        end_reason=item.get("reason") or "",
        private_ip=item.get("private_ip") or "",
        public_ip=item.get("public_ip") or "",
        endpoints=_object(item.get("endpoints")),
        tags=_object(item.get("tags")),
        token=item.get("token") or "",
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"a name was expected, not {value!r}")
    return value


def _price(value: Any) -> Decimal:
    """Text only: a JSON number has been through binary fractions."""
    price = Decimal(_name(value))
    if not price.is_finite() or price < 0:
        raise ValueError(f"{value!r} is no price")
    return price


def _time(value: Any) -> datetime:
    moment = datetime.fromisoformat(_name(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment


def _wait(seconds: Any) -> timedelta | None:
    """A wait that makes no sense is none."""
    try:
        return timedelta(seconds=float(seconds)) if seconds is not None and float(seconds) >= 0 else None
    except (ValueError, TypeError, OverflowError):
        return None
