"""Planted faults, and the one door every call passes: it meets the faults, does the work and writes the call down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.clock import Clock, iso
from sandbox.draws import Draws
from sandbox.ledger import Ledger
from sandbox.vendors import CLOUDS, VendorError, planted

KINDS = ("error", "refuse", "lost", "truncate", "slow", "empty", "partial")
FIELDS = {"verb", "cloud", "match", "kind", "code", "status", "delay_seconds_real", "times", "probability"}
MATCH_FIELDS = {"region", "zone", "instance_type", "capacity_type", "token", "instance_id", "account_id", "replica"}
FOREVER = None
Work = Callable[[], Awaitable[web.Response]]


@dataclass
class Fault:
    """One rule. `times` counts the hits left over from it; None never ends."""

    id: int
    spec: dict[str, Any]
    hits: int = 0

    @property
    def spent(self) -> bool:
        times: int | None = self.spec["times"]
        return times is not FOREVER and self.hits >= times

    def fits(self, verb: str, cloud: str | None, known: Mapping[str, str]) -> bool:
        """Whether it is for such a call."""
        spec = self.spec
        return (
            not self.spent
            and spec["verb"] in (verb, "*")
            and spec.get("cloud") in (None, cloud)
            and all(known.get(name) == wanted for name, wanted in spec["match"].items())
        )

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "hits": self.hits, **self.spec}


@dataclass
class CallFacts:
    """What a call is about, for the ledger and for matching faults."""

    token: str | None = None
    params_hash: str | None = None
    instance_id: str | None = None
    ids: list[str] | None = None
    known: dict[str, str] = field(default_factory=dict)

    def matchable(self) -> dict[str, str]:
        named = {"token": self.token, "instance_id": self.instance_id}
        return {**self.known, **{key: value for key, value in named.items() if value is not None}}


class Faults:
    """The planted faults of a ledger; they survive a restart."""

    def __init__(self, ledger: Ledger, clock: Clock, draws: Draws) -> None:
        self._ledger, self._clock, self._draws = ledger, clock, draws
        self._rules = {
            row["id"]: Fault(row["id"], json.loads(row["spec"]), row["hits"])
            for row in ledger.rows("SELECT id, spec, hits FROM faults ORDER BY id")
        }
        self._tried = 0

    def plant(self, body: Mapping[str, Any]) -> Fault:
        """Add a rule. Raises ValueError with a sentence for a rule that makes no sense."""
        spec = _checked(body)
        self._ledger.insert("faults", {"spec": json.dumps(spec), "hits": 0})
        number = self._ledger.rows("SELECT max(id) AS id FROM faults")[0]["id"]
        self._rules[number] = Fault(number, spec)
        return self._rules[number]

    def all(self) -> list[Fault]:
        return list(self._rules.values())

    def remove(self, number: int | None = None) -> int:
        """Remove one rule or, without a number, every rule; how many there were."""
        gone = [rule for rule in self._rules if number in (None, rule)]
        self._ledger.write("DELETE FROM faults WHERE id = ?", [(rule,) for rule in gone])
        for rule in gone:
            del self._rules[rule]
        return len(gone)

    async def wrap(
        self, verb: str, cloud: str | None, request: web.Request, do: Work, facts: CallFacts | None = None
    ) -> web.StreamResponse:
        """Do a call's work through the faults planted for it, and write the call into the ledger before answering.

        `do` answers or raises VendorError. The kinds are those of docs/sandbox.md.
        """
        facts = facts or CallFacts()
        fault = self._hit(verb, cloud, facts.matchable())
        kind = fault.spec["kind"] if fault else None
        if kind == "refuse":
            self._record(verb, cloud, request, facts, "refused", None, kind)
            return _cut(request)
        if fault and kind == "error":
            response = error_answer(planted(cloud, fault.spec["code"], fault.spec.get("status")))
        else:
            response = await _answered(do)
        if kind in ("empty", "partial"):
            response = _shortened(response, keep_half=kind == "partial")
        self._record(verb, cloud, request, facts, _outcome(response), response.status, kind)
        if fault and kind == "slow":
            await asyncio.sleep(fault.spec["delay_seconds_real"])
        if kind == "lost":
            return _cut(request)
        return await _half_sent(request, response) if kind == "truncate" else response

    def _hit(self, verb: str, cloud: str | None, known: Mapping[str, str]) -> Fault | None:
        """The first rule that fits and whose dice fall; its hit is counted."""
        for fault in self._rules.values():
            if fault.fits(verb, cloud, known) and self._falls(fault):
                fault.hits += 1
                self._ledger.write("UPDATE faults SET hits = ? WHERE id = ?", [(fault.hits, fault.id)])
                return fault
        return None

    def _falls(self, fault: Fault) -> bool:
        self._tried += 1
        probability: float = fault.spec["probability"]
        return self._draws.uniform("fault", fault.id, self._tried) < probability

    def _record(
        self,
        verb: str,
        cloud: str | None,
        request: web.Request,
        facts: CallFacts,
        outcome: str,
        status: int | None,
        fault: str | None,
    ) -> None:
        values = {
            "at": iso(self._clock.now()),
            "at_real": self._clock.real(),
            "cloud": cloud,
            "verb": verb,
            "token": facts.token,
            "params_hash": facts.params_hash,
            "instance_id": facts.instance_id,
            "ids": json.dumps(facts.ids) if facts.ids is not None else None,
            "outcome": outcome,
            "status": status,
            "fault": fault,
            "remote": request.remote,
            "request_id": request.headers.get("X-Request-ID", "")[:64] or None,
        }
        self._ledger.insert("calls", values, durable=verb in ("launch", "terminate"))


def answer(payload: Mapping[str, Any], status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.json_response(payload, status=status)


def error_answer(error: VendorError) -> web.Response:
    """A refusal in the vendor's manner."""
    response = answer(error.body(), error.status)
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = f"{error.retry_after_seconds:g}"
    return response


async def _answered(do: Work) -> web.Response:
    try:
        return await do()
    except VendorError as error:
        return error_answer(error)


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(body) - FIELDS:
        raise ValueError(f"A fault has no {sorted(unknown)[0]!r}; its fields are {', '.join(sorted(FIELDS))}.")
    if not isinstance(body.get("verb"), str):
        raise ValueError("A fault needs a verb, such as 'launch', or '*' for every one.")
    kind = body.get("kind")
    if kind not in KINDS:
        raise ValueError(f"There is no fault kind {kind!r}; choose one of {', '.join(KINDS)}.")
    if body.get("cloud") not in (None, *CLOUDS):
        raise ValueError(f"There is no cloud {body['cloud']!r}; choose one of {', '.join(CLOUDS)}.")
    if kind == "error" and not isinstance(body.get("code"), str):
        raise ValueError("A fault of kind 'error' needs the vendor's code, such as 'InternalError'.")
    return {
        **body,
        "match": _matching(body.get("match") or {}),
        "times": _times(body.get("times", 1)),
        "probability": _number(body.get("probability", 1.0), "probability", 0.0, 1.0),
        "delay_seconds_real": _number(body.get("delay_seconds_real", 1.0), "delay_seconds_real", 0.0, 600.0),
        **({"status": _status(body["status"])} if body.get("status") is not None else {}),
    }


def _matching(match: Any) -> dict[str, str]:
    if not isinstance(match, dict) or not all(isinstance(value, str) for value in match.values()):
        raise ValueError('match is an object of strings, such as {"zone": "us-east-1a"}.')
    if unknown := set(match) - MATCH_FIELDS:
        raise ValueError(f"match knows no {sorted(unknown)[0]!r}; it knows {', '.join(sorted(MATCH_FIELDS))}.")
    return match


def _times(value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ValueError("times is a whole number of at least 1, or null for always.")
    return value


def _status(value: Any) -> int:
    if not isinstance(value, int) or not 400 <= value <= 599:
        raise ValueError("status is an HTTP error status, from 400 to 599.")
    return value


def _number(value: Any, name: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} is a number from {low:g} to {high:g}.")
    return float(value)


def _outcome(response: web.Response) -> str:
    if response.status < 400:
        return "ok"
    return str(json.loads(response.text or "{}")["error"]["code"])


def _shortened(response: web.Response, *, keep_half: bool) -> web.Response:
    """A list answer that leaves things out and does not say so."""
    payload = json.loads(response.text or "{}")
    if response.status >= 400 or "items" not in payload:
        return response
    kept = payload["items"][: len(payload["items"]) // 2] if keep_half else []
    return answer({**payload, "items": kept, **({"next_cursor": None} if "next_cursor" in payload else {})})


def _cut(request: web.Request) -> web.Response:
    """Close the connection without an answer; what is returned finds nobody to go to."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _half_sent(request: web.Request, response: web.Response) -> web.StreamResponse:
    body = (response.text or "").encode()
    stream = web.StreamResponse(status=response.status, headers={"Content-Type": "application/json"})
    stream.content_length = len(body)
    await stream.prepare(request)
    await stream.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return stream
