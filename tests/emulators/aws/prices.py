"""Spot prices: change points by pool, the same ones for the same start, which go on as time passes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from tests.emulators.aws import catalogue

KEPT = timedelta(days=90)
BEFORE = timedelta(minutes=20)  # between two changes of one pool, until the emulator began


class Change(NamedTuple):
    """From `at` on a machine of the pool costs `price` by the hour, as Linux."""

    at: datetime
    instance_type: str
    zone: str
    price: Decimal


class SpotPrices:
    """After the start one pool changes every second, each in its turn, so that tests need not wait for long."""

    def __init__(self, started_at: datetime) -> None:
        self.started_at = started_at.replace(microsecond=0)

    @cached_property
    def pools(self) -> list[tuple[str, str]]:
        return [
            (name, zone)
            for region in catalogue.REGIONS
            for name, sold in catalogue.zones(region).items()
            for zone in sold
            if "spot" in catalogue.shapes()[name].markets
        ]

    def between(self, since: datetime, until: datetime, pools: list[tuple[str, str]] | None = None) -> list[Change]:
        """Changes after `since`, up to `until`, oldest first."""
        turns = {pool: turn for turn, pool in enumerate(self.pools)}
        wanted = pools if pools is not None else self.pools
        changes = [change for pool in wanted for change in self._of(pool, turns[pool], since, until)]
        return sorted(changes)

    def current(self, pool: tuple[str, str], at: datetime) -> Change:
        """The change that made the price in effect; the first one kept, before there was any."""
        found = self.between(at - BEFORE * 2, at, [pool])
        return found[-1] if found else self.between(at, at + BEFORE * 2, [pool])[0]

    def _of(self, pool: tuple[str, str], turn: int, since: datetime, until: datetime) -> list[Change]:
        cycle = timedelta(seconds=len(self.pools))
        changes = []
        at = self.started_at - BEFORE + turn * BEFORE / len(self.pools)
        steps = max(0, (at - max(since, self.started_at - KEPT)) // BEFORE)
        at = (at - steps * BEFORE).replace(microsecond=0)
        while at < self.started_at:
            changes.append(self._change(pool, at))
            at += BEFORE
        at = self.started_at + timedelta(seconds=turn)
        at += max(0, (since - at) // cycle) * cycle
        while at <= until:
            changes.append(self._change(pool, at))
            at += cycle
        return [change for change in changes if since < change.at <= until]

    def _change(self, pool: tuple[str, str], at: datetime) -> Change:
        instance_type, zone = pool
        share = random.Random(f"{pool} {at.timestamp():.0f}").randint(250, 600)
        price = catalogue.shapes()[instance_type].price * share / 1000
        return Change(at, instance_type, zone, price.quantize(Decimal("0.0001")))
