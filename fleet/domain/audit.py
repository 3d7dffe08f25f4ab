"""The chain that seals events: what is digested, how one seal follows from the one before, what a break looks like."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

GENESIS = "0" * 64
"""What the first seal is chained to."""
NAMED = {"purser": "Purser itself", "anonymous": "stranger"}
KINDS = {"user": "person", "token": "token", "service": "service account", "command": "command"}
UNRECORDED, OTHER = "not recorded", "caller"
ACTOR_KINDS = (*KINDS.values(), *NAMED.values(), UNRECORDED, OTHER)
"""Every word `kind_of` answers."""

Row = Mapping[str, Any]
"""An event, column by column, as the database holds it; `data` as the text of its JSON."""


def canonical(value: Any) -> str:
    """JSON in one way only: names sorted, no spaces, numbers as they were written, everything in ASCII."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(k))}:{canonical(value[k])}" for k in sorted(value, key=str)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value)


def digest(before: str, row: Row) -> str:
    """The seal of an event: SHA-256 of the seal before and of everything the event says."""
    whole = dict(row) | {"data": json.loads(row["data"], parse_float=Decimal, parse_int=Decimal)}
    return hashlib.sha256(f"{before}\n{canonical(whole)}".encode()).hexdigest()


@dataclass(frozen=True)
class Sealed:
    """A seal and the event it names, if that is still there."""

    n: int
    event_id: int
    tx: int
    digest: str
    row: Row | None


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was sealed. `kind`: changed, removed, inserted, reordered, unsealed, anchor."""

    kind: str
    n: int
    event_id: int
    sentence: str

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "n": self.n, "event": self.event_id, "sentence": self.sentence}


def examine(chain: Iterable[Sealed], *, before: str = GENESIS, after_n: int = 0) -> Iterator[Finding]:
    """What is wrong with a stretch of the chain that follows seal `after_n`, whose digest is `before`.

    Each seal is judged by the one stored before it, so that one change is one finding and not a finding for
    everything after it.
    """
    expected, last, place = after_n + 1, before, (0, 0)
    for seal in chain:
        if seal.n != expected:
            yield Finding("unsealed", expected, 0, f"Seal {expected} is missing; the chain goes on with {seal.n}.")
        if (seal.tx, seal.event_id) <= place:
            yield Finding(
                "reordered", seal.n, seal.event_id, f"Event {seal.event_id} is sealed out of the feed's order."
            )
        if seal.row is None:
            yield Finding("removed", seal.n, seal.event_id, f"Event {seal.event_id} was sealed and is gone.")
        elif digest(last, seal.row) != seal.digest:
            yield Finding("changed", seal.n, seal.event_id, f"Event {seal.event_id} is not what was sealed.")
        expected, last, place = seal.n + 1, seal.digest, (seal.tx, seal.event_id)


def kind_of(principal: str, actor: str) -> str:
    """What sort of caller did it, in words. Before principals were kept only the name is known."""
    if not principal:
        return NAMED.get(actor, UNRECORDED)
    return KINDS.get(principal.partition(":")[0], OTHER)
