"""Waiting for another process without guessing how long it takes."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], what: str, *, deadline_s: float = 30.0) -> None:
    """Poll until `condition()` holds; fail with `what` at the deadline, which is generous and never asserted on."""
    give_up_at = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"not within {deadline_s:g} s: {what}")
        time.sleep(0.02)
