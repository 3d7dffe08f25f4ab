"""What every plan reads first, in one statement: the clock, whether what is kept in memory has changed, policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from fleet.services.compiled import Statement

Version = tuple[Any, ...]


@dataclass(frozen=True)
class Moment:
    """`market` and `memory`: another value whenever another change of theirs is visible."""

    now: datetime
    market: Version
    memory: Version
    buy_at_stale_prices: bool
    buy_at_imported_prices: bool


def read_moment() -> Moment:
    """As it is in this transaction."""
    [row] = _READ.rows()
    return moment_of(row)


def moment_of(row: Sequence[Any]) -> Moment:
    """From the columns that `ASKED` asks for."""
    of_market, of_memory, clock, policies = row[0:3], row[3:6], row[6:9], row[9:WIDTH]
    name = connection.settings_dict["NAME"]
    real = datetime.now(UTC)
    now = real if clock[0] is None else clock[0] + (real - clock[1]) * clock[2]
    return Moment(now, (name, *of_market), (name, *of_memory), bool(policies[0]), bool(policies[1]))


ASKED = """
SELECT changed.*, clock.epoch, clock.anchored_at, clock.factor,
       policy.buy_at_stale_prices, policy.buy_at_imported_prices
FROM (SELECT count(*) FILTER (WHERE kind = 'market') AS markets, max(id) FILTER (WHERE kind = 'market') AS market,
             sum(tx) FILTER (WHERE kind = 'market') AS of_market,
             count(*) FILTER (WHERE kind = 'memory') AS memories, max(id) FILTER (WHERE kind = 'memory') AS memory,
             sum(tx) FILTER (WHERE kind = 'memory') AS of_memory
      FROM fleet_cataloguechange) AS changed
LEFT JOIN fleet_businessclock AS clock ON clock.id = 1
LEFT JOIN fleet_installation AS policy ON policy.id = 1
"""
"""What a transaction is called is never used again, so the sum tells two sets of changes of one size apart."""
WIDTH = 11
_READ = Statement(ASKED)
