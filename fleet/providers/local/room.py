"""Which accelerators of a host a machine gets."""

from __future__ import annotations

from collections.abc import Collection


def free_block(count: int, held: Collection[int], wanted: int) -> tuple[int, ...] | None:
    """Indices of `wanted` free accelerators of `count`; None when there are not as many.

    A block that starts at a multiple of its size is taken first: neighbours are wired closer, and larger machines
    find room longer.
    """
    free = [index for index in range(count) if index not in held]
    for start in range(0, count - wanted + 1, wanted):
        block = tuple(range(start, start + wanted))
        if all(index not in held for index in block):
            return block
    return tuple(free[:wanted]) if len(free) >= wanted else None
