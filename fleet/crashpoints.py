"""Named places where a test may kill this process, to prove that every one of them is survived.

`PURSER_CRASH_AT="launch:K3"` kills the process with SIGKILL the first time it gets there; `launch:K3:2` the
second time. Nothing else reads it, and it costs a dictionary look-up when unset.
"""

from __future__ import annotations

import os
import signal

POINTS = ("K0", "K1", "K2", "K3", "K4", "K5", "K6")
"""K0 before the claim, K1 before the intent is committed, K2 after it, K3 the call is sent, K4 answered,
K5 the fact is written, K6 the result is applied."""

_passed: dict[str, int] = {}


def reach(verb: str, point: str) -> None:
    """Die here if that is what the environment asks for."""
    wanted = os.environ.get("PURSER_CRASH_AT")
    if not wanted:
        return
    here = f"{verb}:{point}"
    name, _, times = wanted.rpartition(":") if wanted.count(":") == 2 else (wanted, "", "1")
    _passed[here] = _passed.get(here, 0) + 1
    if name == here and _passed[here] == int(times):
        os.kill(os.getpid(), signal.SIGKILL)
