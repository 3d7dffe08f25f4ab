"""Parts of a GPU: how much of the chip a profile of NVIDIA's Multi-Instance GPU is."""

from __future__ import annotations

import re
from dataclasses import dataclass

MARK = "-MIG-"
MEMORY_SLICES = 8
"""Of every chip that can be cut; a profile has whole ones of them."""
_PROFILE = re.compile(r"(?P<compute>\d)g\.(?P<gigabytes>\d{1,3})gb(?P<media>[+.](me|gfx|me\.all|all))*", re.IGNORECASE)


@dataclass(frozen=True)
class Share:
    """What a part has of its chip, each above 0 and at most 1."""

    compute: float
    memory: float


def share_of(profile: str, *, memory_gib: float, slices: int) -> Share | None:
    """The share that `1g.10gb` is of a chip with so much memory and so many slices of computing; None: of none such.

    Names of profiles round the memory: what counts is how many eighths of the chip's it is. What the chip keeps for
    itself makes both a little less, so that the figures of a part are near, not exact.
    """
    matched = _PROFILE.fullmatch(profile)
    if matched is None:
        return None
    compute = int(matched["compute"]) / slices
    eighths = round(int(matched["gigabytes"]) * MEMORY_SLICES / memory_gib)
    if not 0 < compute <= 1 or not 1 <= eighths <= MEMORY_SLICES:
        return None
    return Share(compute, eighths / MEMORY_SLICES)
