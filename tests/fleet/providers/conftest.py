"""The accounts that the contract runs over. Nothing imported here needs Django."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.fleet.providers.emulators import Emulator
from tests.fleet.providers.tenant import Tenant
from tests.fleet.providers.under_contract import EMULATORS


@pytest.fixture(scope="module")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Emulator]]:
    """One process of every emulator for the whole module."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(emulator.running(tmp_path_factory.mktemp(name)))
            for name, emulator in EMULATORS.items()
        }


@pytest.fixture(params=[(name, cloud) for name, made in EMULATORS.items() for cloud in made.words], ids="-".join)
def tenant(request: pytest.FixtureRequest, emulators: dict[str, Emulator]) -> Iterator[Tenant]:
    name, cloud = request.param
    emulator = emulators[name]
    yield Tenant(name, emulator.account(cloud), emulator)
    emulator.heal()


@pytest.fixture
def wire(tenant: Tenant) -> None:
    """A network between the cloud and us."""
    if not tenant.words.on_the_wire:
        pytest.skip("it is not called over a network")
