"""The market behind each capacity pool: how many machines are free, what spot costs, how often spot is taken back.

Every figure is a pure function of the seed, the pool and business time since the epoch, so nothing here has state.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from sandbox.catalog import SPOT, Catalog, Pool
from sandbox.draws import Draws

STOCK_PERIODS = (4 * 3600.0, 3000.0, 700.0)  # seconds: empty for hours, with quicker ripples
PRICE_PERIODS = (8 * 3600.0, 2 * 3600.0)
PRICE_STEP_SECONDS = 900
PRICE_GRID = 0.03  # prices sit on a logarithmic grid of 3 %, so a point is published only when it moves
STEPS_A_DAY = 86_400 // PRICE_STEP_SECONDS  # a point at least once a day, moved or not, as EC2 does
INTERRUPTION_STEP_SECONDS = 60
_PRICE_UNIT = Decimal("0.0001")


class Market:
    """Stock, prices and interruptions of every pool. Times are business seconds since the epoch."""

    def __init__(self, catalog: Catalog, draws: Draws) -> None:
        self.catalog = catalog
        self.draws = draws
        self.spot_price_at_step = lru_cache(maxsize=500_000)(self._spot_price_at_step)
        self.interruption_offset = lru_cache(maxsize=20_000)(self._interruption_offset)

    def level(self, pool: Pool, seconds: float) -> int:
        """Machines the market leaves to one account at that time, those it already holds included."""
        habit = self.catalog.stock[self.catalog.clouds[pool.cloud].types[pool.instance_type].stock]
        return max(0, math.floor(habit.mean + habit.swing * self._mood(pool, seconds)))

    def price(self, pool: Pool, seconds: float) -> Decimal:
        """US dollars an hour at that time."""
        if pool.capacity_type != SPOT:
            return self._list_price(pool)
        return self.spot_price_at_step(pool, math.floor(seconds / PRICE_STEP_SECONDS))

    def price_points(self, pool: Pool, since: float, until: float) -> Iterator[tuple[float, Decimal]]:
        """Spot change points with since ≤ time ≤ until, oldest first."""
        first, last = math.ceil(since / PRICE_STEP_SECONDS), math.floor(until / PRICE_STEP_SECONDS)
        for step in range(first, last + 1):
            price = self.spot_price_at_step(pool, step)
            if step % STEPS_A_DAY == 0 or price != self.spot_price_at_step(pool, step - 1):
                yield float(step * PRICE_STEP_SECONDS), price

    def last_point_before(self, pool: Pool, seconds: float) -> tuple[float, Decimal]:
        """The spot change point in effect at that time."""
        *_, point = self.price_points(pool, seconds - 86_400 - PRICE_STEP_SECONDS, seconds)
        return point

    def _interruption_offset(self, pool: Pool, machine_id: str, step: int) -> float | None:
        """Whether this minute of a spot machine's life brings a notice, and how many seconds into the minute."""
        chance = 1 - math.exp(-self.interruptions_per_hour(pool, step) * INTERRUPTION_STEP_SECONDS / 3600)
        if self.draws.uniform("interruption", machine_id, step) >= chance:
            return None
        return INTERRUPTION_STEP_SECONDS * self.draws.uniform("interruption offset", machine_id, step)

    def interruptions_per_hour(self, pool: Pool, step: int) -> float:
        """The hazard of one machine: higher when the pool runs dry, lower when it is full."""
        shape = self.catalog.clouds[pool.cloud].types[pool.instance_type]
        mood = self._mood(pool, step * INTERRUPTION_STEP_SECONDS)
        return self.catalog.interruptions_per_hour[shape.stock] * math.exp(min(max(-0.5 * mood, -1.0), 1.0))

    def _mood(self, pool: Pool, seconds: float) -> float:
        return self.draws.path(seconds, STOCK_PERIODS, "stock", *pool)

    def _spot_price_at_step(self, pool: Pool, step: int) -> Decimal:
        shape = self.catalog.clouds[pool.cloud].types[pool.instance_type]
        seconds = step * PRICE_STEP_SECONDS
        # A pool that runs dry costs more: the price leans on the same mood the stock has.
        move = self.draws.path(seconds, PRICE_PERIODS, "price", *pool) - 0.4 * self._mood(pool, seconds)
        lean = 0.12 * self.draws.normal("spot share", *pool) + 0.10 * move
        share = (shape.spot_share or 0.5) * math.exp(PRICE_GRID * round(lean / PRICE_GRID))
        return (self._list_price(pool) * Decimal(repr(round(min(share, 0.95), 6)))).quantize(_PRICE_UNIT)

    def _list_price(self, pool: Pool) -> Decimal:
        cloud = self.catalog.clouds[pool.cloud]
        return cloud.list_price(pool.instance_type, cloud.region_of_zone[pool.zone])
