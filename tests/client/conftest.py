"""A Purser that listens, something to buy, and a token."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from purser_client import Purser

REPOSITORY = Path(__file__).resolve().parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(transactional_db: None) -> Any:
    from tests import factories

    made = factories.project(slug="research")
    factories.budget(made, cap_per_month=50_000)
    return made


@pytest.fixture
def token(project: Any) -> str:
    from tests import factories

    return factories.token(project)


@pytest.fixture
def market(project: Any) -> Any:
    """Machines of eight H100 at $55.04."""
    from tests import factories

    account = factories.account()
    factories.offering(account)
    return account


@pytest.fixture
def purser(live_server: Any, token: str) -> Iterator[Purser]:
    with Purser(live_server.url, token, attempts=2) as connected:
        yield connected


@pytest.fixture
def run(live_server: Any, token: str, tmp_path: Path) -> Run:
    """The command line as a process of its own: `run("ls", "endpoints")`."""

    def command(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        here = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY / "client"),
            "HOME": str(tmp_path),
            "PURSER_URL": live_server.url,
            "PURSER_TOKEN": token,
            "PYTHONIOENCODING": "utf-8",
        }
        whole = {name: value for name, value in (here | environment).items() if value}
        return subprocess.run(
            [sys.executable, "-m", "purser_client.cli", *arguments],
            input=given,
            env=whole,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command
