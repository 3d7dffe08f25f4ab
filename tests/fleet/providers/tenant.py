"""One account under contract: shorthand for its calls, and for the truth its emulator knows."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from fleet.domain.outcomes import (
    ErrorClass,
    Launched,
    LaunchRequest,
    Machine,
    MachineState,
    Refusal,
    Scope,
    Unclear,
)
from fleet.providers import connect
from fleet.providers.base import Account, CloudProvider
from tests.deadline import wait_until
from tests.fleet.providers.emulators import Emulator, Words
from tests.fleet.providers.gateway import Reply, gateway

NUMBERS = itertools.count(1)


@dataclass
class Tenant:
    """A new account of one cloud, and the emulator that knows the truth about it."""

    provider: str
    account: Account
    emulator: Emulator

    @property
    def cloud(self) -> CloudProvider:
        return connect(self.provider, self.account)

    @property
    def words(self) -> Words:
        return self.emulator.words[self.account.cloud]

    def order(self, **changes: Any) -> LaunchRequest:
        """A request with a token of its own."""
        return replace(self.emulator.order(self.account.cloud, f"contract-{next(NUMBERS)}"), **changes)

    def launched(self, request: LaunchRequest | None = None) -> Machine:
        outcome = self.cloud.launch(request or self.order())
        assert isinstance(outcome, Launched), outcome
        return outcome.machine

    def ended(self, machine: Machine) -> Machine:
        """End a machine, and wait until its cloud has nothing left to do with it. Its last word, if it leaves one."""
        self.cloud.terminate(machine.provider_id, machine.region)
        last: list[Machine] = []

        def gone() -> bool:
            seen = self.cloud.describe([machine.provider_id])
            last[:] = seen.machines or (machine,)
            if not self.words.remembers_the_ended:
                return seen.complete and not seen.machines
            return last[0].state == MachineState.TERMINATED

        wait_until(gone, f"{machine.provider_id} is shown as terminated, or no more")
        return last[0]

    def live(self, request: LaunchRequest) -> list[str]:
        """Ids of the machines that this request made and that live."""
        return [made["id"] for made in self.emulator.machines(request.token) if made["terminated_at"] is None]

    def through(self, address: str) -> CloudProvider:
        return connect(self.provider, self.emulator.through(self.account, address))

    def impatient(self) -> CloudProvider:
        return connect(self.provider, self.emulator.impatient(self.account, 0.4))

    def paged(self) -> CloudProvider:
        """With pages as small as the cloud has them."""
        return connect(self.provider, self.emulator.paged(self.account, self.emulator.SMALLEST_PAGE))

    def in_pages_of(self, size: int) -> CloudProvider:
        return connect(self.provider, self.emulator.paged(self.account, size))

    def paged_through(self, address: str) -> CloudProvider:
        smallest = self.emulator.paged(self.account, self.emulator.SMALLEST_PAGE)
        return connect(self.provider, self.emulator.through(smallest, address))

    @contextmanager
    def calling(self, times: int, verb: str = "") -> Iterator[None]:
        """Exactly so many calls arrive at the cloud meanwhile, of one verb or of all."""
        before = self.emulator.calls(verb)
        yield
        if not self.words.on_the_wire:
            return
        assert self.emulator.calls(verb) - before == times

    @contextmanager
    def answered(self, reply: Reply, *, lets_through: int = 0) -> Iterator[str]:
        """The address of a gateway that answers in the cloud's place."""
        upstream = self.emulator.address(self.account)
        with _uncollected(), gateway(upstream, reply, lets_through=lets_through, tls=self.emulator.tls) as proxy:
            yield proxy.url


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hypothesis listens to the collector, and cannot be called where an answer is nested as deep as Python goes."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def assert_refused(outcome: object, error_class: ErrorClass, scope: Scope) -> None:
    assert isinstance(outcome, Refusal), outcome
    assert (outcome.error_class, outcome.scope, outcome.classified) == (error_class, scope, True), outcome
    assert outcome.code


def assert_nothing_claimed(outcome: object, *, happened: bool = False) -> None:
    """It may have happened or, unless it did, it provably did not; the caller asks again either way."""
    transient = isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.TRANSIENT
    assert isinstance(outcome, Unclear) or (transient and not happened), outcome
