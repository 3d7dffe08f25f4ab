"""All that is remembered of asking, as wide as each answer reached, and what that says of one pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fleet.domain.capacity import (
    ADVICE_KEPT,
    FRESH,
    NAMED_STEP,
    NAMED_STEPS,
    RESERVED,
    Memory,
    Pool,
    end_of_hour,
)

Key = tuple[int, str, str, str, str]  # account, region, zone, instance type, capacity type; empty: any
FOREVER = datetime.max.replace(tzinfo=UTC)
TICK = timedelta(microseconds=1)


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
        own, *wider = (self.rows.get(key) for key in covering(pool))
        longest = FRESH
        for row in (own, *wider):
            until = row.cooldown_until if row is not None else None
            if row is None or until is None or until <= self.now:
                continue
            if longest.cooldown_until is None or until > longest.cooldown_until:
                longest = row
        if own is None and longest is FRESH:
            return FRESH
        return (own or FRESH).seen_from(self.now, longest)

    def good_until(self, pool: Pool) -> datetime:
        """Until when `get` answers the same, while nothing new is learnt."""
        found = [row for key in covering(pool) if (row := self.rows.get(key)) is not None]
        ends = [row.cooldown_until for row in found if row.cooldown_until is not None]
        if found:
            ends.append(end_of_hour(self.now))
        ends += [row.advised_at + ADVICE_KEPT + TICK for row in found if row.advised_at is not None]
        named = (row.named_at for row in found if row.named_at is not None)
        ends += [at + NAMED_STEP * step for at in named for step in range(1, NAMED_STEPS + 1)]
        return min((end for end in ends if end > self.now), default=FOREVER)


def key_of(pool: Pool) -> Key:
    return (pool.account_id, pool.region, pool.zone, pool.instance_type, pool.capacity_type)


def covering(pool: Pool) -> tuple[Key, ...]:
    """Under what a refusal that reaches this pool may be remembered, narrow to wide (`capacity.remembered_scope`).

    A zone that is sold out still has the machines that are kept for whoever paid for them.
    """
    in_zone = (pool.account_id, pool.region, pool.zone, pool.instance_type, "")
    return (
        key_of(pool),
        *([] if pool.capacity_type == RESERVED else [in_zone]),
        (pool.account_id, pool.region, "", pool.instance_type, pool.capacity_type),
        (pool.account_id, pool.region, "", "", pool.capacity_type),
        (pool.account_id, "", "", pool.instance_type, ""),
        (pool.account_id, "", "", "", ""),
    )


def width(key: Key) -> int:
    """0: a pool; 1: a zone's machines of a type; 2: a region's of a type and a capacity type; 3: of a capacity type;
    4: the account's machines of a type; 5: the account."""
    _, region, zone, instance_type, capacity_type = key
    if zone:
        return 0 if capacity_type else 1
    return (2 if instance_type else 3) if region else (4 if instance_type else 5)
