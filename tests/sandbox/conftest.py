"""A calm sandbox per test: nothing fails unless the test asks for it, and a machine boots in about a real second."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox_server import Sandbox, sandbox_process


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox process at 60 business seconds a second, without describe lag."""
    with sandbox_process(tmp_path) as running:
        yield running
