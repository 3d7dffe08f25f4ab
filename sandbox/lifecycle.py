"""What happens to machines by themselves: they boot, fail to boot, are taken back, or reach their longest run."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sandbox.catalog import SPOT, Pool
from sandbox.clock import Clock
from sandbox.clouds import Cloud
from sandbox.draws import Draws
from sandbox.machine import Machine
from sandbox.market import INTERRUPTION_STEP_SECONDS
from sandbox.vendors import NOTICE_SECONDS

BOOT_SECONDS_MEDIAN, BOOT_SECONDS_SIGMA = 42.0, 0.28
BOOT_SECONDS_LEAST, BOOT_SECONDS_MOST = 25.0, 70.0
BOOT_FAILURE_SHARE = 0.02


class Lifecycle:
    """The due dates of one sandbox's machines, drawn from its seed."""

    def __init__(self, clock: Clock, draws: Draws, *, calm: bool) -> None:
        self._clock, self._draws, self._calm = clock, draws, calm
        self._checked_until: dict[str, int] = {}

    def boots_at(self, machine: Machine) -> datetime:
        """When it is up, if nothing comes between."""
        seconds = self._draws.lognormal(BOOT_SECONDS_MEDIAN, BOOT_SECONDS_SIGMA, "boot", machine.id)
        return machine.launched_at + timedelta(seconds=min(max(seconds, BOOT_SECONDS_LEAST), BOOT_SECONDS_MOST))

    def boot_fails(self, machine: Machine) -> bool:
        return not self._calm and self._draws.uniform("boot failure", machine.id) < BOOT_FAILURE_SHARE

    def due_end(self, machine: Machine, now: datetime) -> tuple[datetime, str] | None:
        """The end that has come for a live machine, the earliest if several have."""
        ends = []
        if machine.running_at is None and self.boot_fails(machine):
            ends.append((self.boots_at(machine), "boot-failed"))
        if machine.terminates_at is not None:
            ends.append((machine.terminates_at, "preempted"))
        if machine.params.get("max_run_seconds") is not None:
            ends.append((machine.launched_at + timedelta(seconds=machine.params["max_run_seconds"]), "max-run"))
        return min((end for end in ends if end[0] <= now), default=None)

    def due_notice(self, cloud: Cloud, machine: Machine, now: datetime) -> datetime | None:
        """When the cloud decided to take a running spot machine back, if it has by now."""
        if self._calm or machine.capacity_type != SPOT or machine.running_at is None or machine.notice_at is not None:
            return None
        pool = Pool(machine.cloud, machine.zone, machine.instance_type, machine.capacity_type)
        current = self._step(now)
        for step in range(self._checked_until.get(machine.id, self._step(machine.running_at)), current + 1):
            offset = cloud.market.interruption_offset(pool, machine.id, step)
            at = self._clock.after_epoch(step * INTERRUPTION_STEP_SECONDS + offset) if offset is not None else None
            if at is not None and machine.running_at < at <= now:
                return at
        self._checked_until[machine.id] = current
        return None

    def notice(self, machine: Machine) -> timedelta:
        """How long before the end this cloud tells."""
        return timedelta(seconds=NOTICE_SECONDS[machine.cloud])

    def _step(self, moment: datetime) -> int:
        return math.floor(self._clock.since_epoch(moment) / INTERRUPTION_STEP_SECONDS)
