"""What goes wrong on the way to a cloud, whichever cloud it is: rules that match requests, and a log of what came."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

KINDS = ("error", "refuse", "lost", "truncate", "hang", "slow")


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came over the wire. Names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Reply:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """Requests that match `method`, `path`, `body` and `headers` (patterns) go wrong, `times` often or for ever (None).

    error     the cloud's own words for `code` and `status`, which the cloud never acts on
    refuse    the connection is reset before the cloud sees anything
    lost      the cloud acts, then the connection is reset
    truncate  the cloud acts, half of its answer comes
    hang      neither answer nor end, until the faults are taken away
    slow      the cloud acts at once and answers after `delay_seconds_real`
    """

    kind: str
    times: int | None = 1
    method: str = ""
    path: str = ""
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""
    status: int | None = None
    message: str = ""
    answer_headers: dict[str, str] = field(default_factory=dict)
    delay_seconds_real: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of fault; there are {', '.join(KINDS)}.")

    def matches(self, request: Request) -> bool:
        """Every pattern is found in its part of the request."""
        parts = [(self.method, request.method), (self.path, request.path), (self.body, request.text)]
        parts += [(pattern, request.headers.get(name.lower(), "")) for name, pattern in self.headers.items()]
        return all(re.search(pattern, part, re.DOTALL) for pattern, part in parts if pattern)


class Faults:
    """The faults in force; the oldest that matches is the one that happens."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self.healed = threading.Event()

    def add(self, **values: Any) -> None:
        """Raises ValueError or TypeError when the values describe no fault."""
        fault = Fault(**values)
        with self._lock:
            self._faults.append(fault)

    def take(self, request: Request) -> Fault | None:
        """The fault that happens to this request, counted."""
        with self._lock:
            for fault in self._faults:
                if fault.times != 0 and fault.matches(request):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def clear(self) -> None:
        """Nothing goes wrong any more, and what hangs is let go."""
        with self._lock:
            self._faults.clear()
            released, self.healed = self.healed, threading.Event()
        released.set()


class WireLog:
    """Every request that arrived, whatever became of it."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def add(self, entry: dict[str, Any]) -> None:
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def about(self, operation: str = "", token: str = "") -> list[dict[str, Any]]:
        """The entries of an operation and of an idempotency token; both empty: all."""
        with self._lock:
            return [
                entry
                for entry in self._entries
                if operation in ("", entry["operation"]) and token in ("", entry["token"])
            ]
