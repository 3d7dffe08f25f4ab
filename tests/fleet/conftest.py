"""Fixtures of fleet's tests. Models are imported inside: conftest files are read before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox_server import Sandbox, sandbox_process

if TYPE_CHECKING:
    from tests.fleet.world import World

FACTOR = 60.0


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """The real sandbox process, sixty times as fast as the wall clock."""
    with sandbox_process(tmp_path, seed=7, time_factor=FACTOR) as server:
        yield server


@pytest.fixture
def world(transactional_db: None, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, settings: Any) -> World:
    """Three accounts whose catalogues were read, with short leases and little patience."""
    from tests.fleet.world import connect_world

    settings.LEASE_SECONDS = 2
    settings.UNKNOWN_GIVE_UP_SECONDS = 20
    settings.ORPHAN_GRACE_SECONDS = 3
    monkeypatch.setenv("SANDBOX_CREDENTIAL", "sandbox")
    return connect_world(sandbox)
