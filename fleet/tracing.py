"""Spans around what takes time and money. Off unless `purser.tracing` hands a tracer in: then, and only then, is
OpenTelemetry imported.

Attributes are names, ids and classes of outcomes; never a credential, a body or a message of a cloud.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

PREFIX = "purser."


class Tracer(Protocol):
    """What is used of OpenTelemetry's tracer."""

    def start_as_current_span(self, name: str, context: Any = None) -> Any: ...


class Told:
    """The span at hand. Saying something costs nothing while tracing is off."""

    def __init__(self, span: Any = None) -> None:
        self._span = span

    def say(self, **attributes: str | int | float | bool) -> None:
        if self._span is not None:
            self._span.set_attributes({PREFIX + name: value for name, value in attributes.items()})


_SILENT = Told()
_tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """Trace with this from now on; None: not at all."""
    global _tracer
    _tracer = tracer


def is_on() -> bool:
    return _tracer is not None


@contextmanager
def span(name: str, *, parent: str = "", **attributes: str | int | float | bool) -> Iterator[Told]:
    """A span below `parent` (a traceparent), or below the current one."""
    if _tracer is None:
        yield _SILENT
        return
    with _tracer.start_as_current_span(name, context=_context(parent)) as opened:
        told = Told(opened)
        told.say(**attributes)
        yield told


def here() -> str:
    """The current span as a traceparent, for those who go on from it elsewhere; empty while tracing is off."""
    if _tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def _context(parent: str) -> Any:
    if not parent:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent})
