"""All that is remembered of asking, as wide as each answer reached, and what that says of one pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fleet.domain.capacity import FRESH, Memory, Pool

Key = tuple[int, str, str, str, str]  # account, region, zone, instance type, capacity type; empty: any


@dataclass(frozen=True)
class Memories:
    """What was learnt of pools and of what covers several of them. Sparse: most pools were never asked."""

    rows: Mapping[Key, Memory]
    now: datetime

    @classmethod
    def of_pools(cls, memory: Mapping[Pool, Memory], now: datetime) -> Memories:
        """Of single pools only."""
        return cls({key_of(pool): row for pool, row in memory.items()}, now)

    def get(self, pool: Pool) -> Memory:
        """What is known of a pool: its own counts, with the longest cool-down of anything that covers it."""
        if not self.rows:
            return FRESH
        keys = covering(pool)
        own = self.rows.get(keys[0], FRESH)
        found = [row for key in keys if (row := self.rows.get(key)) is not None]
        cooling = [row for row in found if row.cooldown_until is not None and row.cooldown_until > self.now]
        longest = max(cooling, key=lambda row: row.cooldown_until or self.now, default=FRESH)
        return own.cooling_as(longest)


def key_of(pool: Pool) -> Key:
    return (pool.account_id, pool.region, pool.zone, pool.instance_type, pool.capacity_type)


def covering(pool: Pool) -> tuple[Key, ...]:
    """Under what a refusal that reaches this pool may be remembered, narrow to wide (`capacity.remembered_scope`)."""
    return (
        key_of(pool),
        (pool.account_id, pool.region, pool.zone, pool.instance_type, ""),
        (pool.account_id, pool.region, "", "", pool.capacity_type),
        (pool.account_id, "", "", "", ""),
    )
