"""Where the work of this thread comes from: the request's id, the address it came from and the trace it belongs to.

The one thing that is not passed along as an argument: every event names it, and nothing decides by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    request_id: str = ""
    address: str | None = None
    traceparent: str = ""


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
