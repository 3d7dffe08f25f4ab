"""Calm sandboxes: nothing fails unless the test asks for it, and a machine boots in about a real second."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox_server import Sandbox, sandbox_process


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox process of the test's own, at 60 business seconds a second and without describe lag."""
    with sandbox_process(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One for a whole module, whose tests must use tokens of their own and leave no fault behind."""
    with sandbox_process(tmp_path_factory.mktemp("shared")) as running:
        yield running
