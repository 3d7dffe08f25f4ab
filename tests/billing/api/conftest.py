"""A client that holds a token, and something to buy."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def project(db: None) -> Any:
    from tests import factories

    return factories.project(slug="research")


@pytest.fixture
def api(project: Any) -> Any:
    """A client whose token may do everything in `research`."""
    from tests import factories
    from tests.api_client import ApiClient

    return ApiClient(factories.token(project))


@pytest.fixture
def market(db: None) -> Any:
    """One account that sells machines of eight H100."""
    from tests import factories

    account = factories.account()
    factories.offering(account)
    return account
