"""The sandbox as a whole: its clock, draws, ledger, faults and clouds, and the heartbeat that lets time pass."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from sandbox.beginning import Options, begin
from sandbox.catalog import load_catalog
from sandbox.clock import iso
from sandbox.clouds import Cloud
from sandbox.draws import Draws
from sandbox.faults import Faults
from sandbox.ledger import Ledger
from sandbox.lifecycle import Lifecycle
from sandbox.machine import Machine
from sandbox.market import Market
from sandbox.neighbours import plant_neighbours
from sandbox.price_record import PriceRecord

log = logging.getLogger("sandbox")
TICK_SECONDS_REAL = 0.05
HEARTBEAT_SECONDS_REAL = 1.0
DEFAULT_DESCRIBE_LAG = 0.5


class World:
    """One ledger's world. Create it, `await open()`, serve, `await close()`."""

    def __init__(self, ledger: Ledger, options: Options) -> None:
        self.ledger = ledger
        options, self.clock = begin(ledger, options)
        self.draws = Draws(options.seed)
        self.catalog = load_catalog()
        self.market = Market(self.catalog, self.draws)
        self.lifecycle = Lifecycle(self.clock, self.draws, calm=options.calm)
        self.faults = Faults(ledger, self.clock, self.draws)
        self.clouds = {
            name: Cloud(catalog, self.market, self.clock, self.draws, ledger, calm=options.calm)
            for name, catalog in self.catalog.clouds.items()
        }
        self.on_machine_running: list[Callable[[Machine], Awaitable[None]]] = []
        self.on_machine_ended: list[Callable[[Machine, str], Awaitable[None]]] = []
        self.describe_lag_seconds_real = float(ledger.get_meta("describe_lag_seconds_real") or DEFAULT_DESCRIBE_LAG)
        self._prices = PriceRecord(ledger, self.market, self.clock)
        self._beaten_at = 0.0
        self._pulse: asyncio.Task[None] | None = None
        self._restore()
        self._prices.keep_up()
        self._beat()

    async def open(self) -> None:
        """Give machines that were running their ports again, and let time pass."""
        for machine in self._live():
            if machine.running_at is not None:
                await self._announce_running(machine)
        self._pulse = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop time and write the last heartbeat; the caller closes the ledger."""
        if self._pulse is not None:
            self._pulse.cancel()
            with suppress(asyncio.CancelledError):
                await self._pulse
        self._beat()

    def machine(self, machine_id: str) -> Machine | None:
        """Any machine of any cloud, ended ones included."""
        return next(
            (cloud.machines[machine_id] for cloud in self.clouds.values() if machine_id in cloud.machines), None
        )

    async def end(self, machine: Machine, at: datetime, reason: str) -> None:
        """End a live machine, unless an end that was due before `at` has already come for it."""
        if not machine.live:
            return
        at, reason = self.lifecycle.due_end(machine, at) or (at, reason)
        self.clouds[machine.cloud].end(machine, at, reason)
        await self._announce_ended(machine)

    def set_describe_lag(self, seconds_real: float) -> None:
        """New machines stay unseen by describe and list for so long."""
        self.describe_lag_seconds_real = seconds_real
        self.ledger.set_meta(describe_lag_seconds_real=repr(seconds_real))

    # -- time passing

    async def _run(self) -> None:
        while True:
            try:
                await self._tick()
            except Exception:  # one machine's trouble must not stop the clock for all others
                log.exception("The sandbox could not let time pass; it goes on.")
            await asyncio.sleep(TICK_SECONDS_REAL)

    async def _tick(self) -> None:
        now = self.clock.now()
        for machine in self._live():
            await self._advance(machine, now)
        self._prices.keep_up()
        if self.clock.real() - self._beaten_at >= HEARTBEAT_SECONDS_REAL:
            self._beat()

    async def _advance(self, machine: Machine, now: datetime) -> None:
        """Apply what has become due for one machine, in the order in which it became due."""
        cloud = self.clouds[machine.cloud]
        if (
            machine.running_at is None
            and self.lifecycle.boots_at(machine) <= now
            and not self.lifecycle.boot_fails(machine)
        ):
            await self._boot(machine)
        noticed_at = self.lifecycle.due_notice(cloud, machine, now) if machine.live else None
        if noticed_at is not None:
            cloud.give_notice(machine, noticed_at, self.lifecycle.notice(machine))
        end = self.lifecycle.due_end(machine, now) if machine.live else None
        if end is not None:
            await self.end(machine, *end)

    async def _boot(self, machine: Machine) -> None:
        await self._announce_running(machine)
        if machine.live:
            machine.running_at = self.lifecycle.boots_at(machine)
            self.clouds[machine.cloud].save(machine)
        else:  # terminated while its ports were being opened
            await self._announce_ended(machine)

    async def _announce_running(self, machine: Machine) -> None:
        if machine.foreign_owner is None:
            for listener in self.on_machine_running:
                await listener(machine)

    async def _announce_ended(self, machine: Machine) -> None:
        if machine.foreign_owner is None:
            for listener in self.on_machine_ended:
                await listener(machine, machine.reason or "")
        machine.endpoints.clear()

    def _live(self) -> list[Machine]:
        return [machine for cloud in self.clouds.values() for machine in cloud.live.values()]

    # -- the ledger

    def _beat(self) -> None:
        """Remember how far this world has come: an audit's default cut-off, and where a restart continues at least."""
        self._beaten_at = self.clock.real()
        self.ledger.set_meta(
            last_seen_at=iso(self.clock.at_real(self._beaten_at)), last_seen_real=repr(self._beaten_at)
        )

    def _restore(self) -> None:
        machines = [Machine.from_row(row) for row in self.ledger.rows("SELECT * FROM machines ORDER BY rowid")]
        for name, cloud in self.clouds.items():
            cloud.restore(machine for machine in machines if machine.cloud == name)
        if self.ledger.get_meta("neighbours_planted") is None:
            for cloud in self.clouds.values():
                plant_neighbours(cloud, self.clock, self.draws)
            self.ledger.set_meta(neighbours_planted="1")
