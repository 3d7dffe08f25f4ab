"""Named places where a test may kill or stop this process, to prove that every one of them is survived.

`PURSER_CRASH_AT="launch:K3"` kills the process with SIGKILL the first time it gets there; `launch:K3:2` the
second time. `PURSER_STOP_AT` puts it to sleep (SIGSTOP) there instead: a worker that wakes up long after its claim
ran out. Nothing else reads them, and they cost a dictionary look-up each when unset.
"""

from __future__ import annotations

import os
import signal

POINTS = ("K0", "K1", "K2", "K3", "K4", "K5", "K6")
"""K0 before the claim, K1 before the intent is committed, K2 after it, K3 the call is sent, K4 answered,
K5 the fact is written, K6 the result is applied."""

_passed: dict[str, int] = {}


def reach(verb: str, point: str) -> None:
    """Die or sleep here if that is what the environment asks for."""
    for variable, sent in (("PURSER_CRASH_AT", signal.SIGKILL), ("PURSER_STOP_AT", signal.SIGSTOP)):
        wanted = os.environ.get(variable)
        if not wanted:
            continue
        here = f"{verb}:{point}"
        name, _, times = wanted.rpartition(":") if wanted.count(":") == 2 else (wanted, "", "1")
        _passed[here] = _passed.get(here, 0) + 1
        if name == here and _passed[here] == int(times):
            os.kill(os.getpid(), sent)
