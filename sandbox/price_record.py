"""Keeping the spot prices of the market in the ledger, ahead of time, so that an audit of the file never misses one."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sandbox.catalog import SPOT, Pool
from sandbox.clock import Clock, iso
from sandbox.ledger import Ledger
from sandbox.market import Market

AHEAD_SECONDS = 3600.0


class PriceRecord:
    """Spot price points in the ledger: the one in effect at the epoch, and every later one up to an hour ahead."""

    def __init__(self, ledger: Ledger, market: Market, clock: Clock) -> None:
        self._ledger, self._market, self._clock = ledger, market, clock
        clouds = market.catalog.clouds.values()
        self._pools = [pool for cloud in clouds for pool in cloud.pools if pool.capacity_type == SPOT]
        until = ledger.get_meta("prices_written_until")
        if until is None:
            self._store((pool, *market.last_point_before(pool, 0.0)) for pool in self._pools)
        self._until = float(until or 0.0)

    def keep_up(self) -> None:
        """Write what is missing; cheap when nothing is."""
        until = self._clock.since_epoch(self._clock.now()) + AHEAD_SECONDS
        if until - self._until < AHEAD_SECONDS / 2:
            return
        self.write_between(self._until, until)
        self._until = until
        self._ledger.set_meta(prices_written_until=repr(until))

    def write_between(self, since: float, until: float) -> None:
        """Every change of that stretch of business seconds since the epoch."""
        self._store(
            (pool, seconds, price)
            for pool in self._pools
            for seconds, price in self._market.price_points(pool, since, until)
        )

    def _store(self, points: Iterable[tuple[Pool, float, Decimal]]) -> None:
        rows = [
            (p.cloud, p.instance_type, p.zone, p.capacity_type, iso(self._clock.after_epoch(at)), str(price))
            for p, at, price in points
        ]
        self._ledger.write("INSERT OR IGNORE INTO price_points VALUES (?, ?, ?, ?, ?, ?)", rows)
