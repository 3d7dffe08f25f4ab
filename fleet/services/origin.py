"""Where the work of this thread comes from: the request's id, its address, who was recognised and its trace.

The one thing that is not passed along as an argument: every event names it, and nothing decides by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Origin:
    request_id: str = ""
    address: str | None = None
    traceparent: str = ""
    principal: str = ""  # user:…, token:…, command:…; empty for Purser's own work


NOWHERE = Origin()
_ORIGIN: ContextVar[Origin] = ContextVar("purser_origin", default=NOWHERE)


def origin() -> Origin:
    """Of the request or task being worked on; empty outside of one."""
    return _ORIGIN.get()


@contextmanager
def coming_from(where: Origin) -> Iterator[None]:
    token = _ORIGIN.set(where)
    try:
        yield
    finally:
        _ORIGIN.reset(token)


def come_from(where: Origin) -> None:
    """From here on, for a caller that is told of a beginning and an end but cannot wrap what lies between."""
    _ORIGIN.set(where)


def known_as(principal: str) -> None:
    """The caller of this request is known by now; forgotten when the request ends. Outside of one nobody would."""
    if origin() is not NOWHERE:
        _ORIGIN.set(replace(origin(), principal=principal[:120]))
