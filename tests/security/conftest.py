"""Two projects with everything in them, and callers of every kind."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def estate(db: None) -> Any:
    from tests.security.estate import build

    return build()
