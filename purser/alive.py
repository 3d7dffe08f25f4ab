"""A file that a worker or scheduler touches as it works, for the probe in the same container (`ALIVE_FILE`)."""

import os
import time
from pathlib import Path

EVERY_S = 1.0
_touched_at = 0.0


def touch() -> None:
    """Say that work goes on; once a second is enough. Without ALIVE_FILE nothing is written."""
    global _touched_at
    path, now = os.environ.get("ALIVE_FILE", "").strip(), time.monotonic()
    if not path or now - _touched_at < EVERY_S:
        return
    _touched_at = now
    try:
        Path(path).touch(mode=0o600)
    except OSError:
        return  # a full disk is no reason to stop working; the probe will say so


def age_s(path: str) -> float | None:
    """Seconds since somebody touched the file; None when there is none."""
    try:
        return max(time.time() - Path(path).stat().st_mtime, 0.0)
    except OSError:
        return None
