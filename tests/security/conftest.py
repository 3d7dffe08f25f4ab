"""Two projects with everything in them, and callers of every kind."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection


@pytest.fixture
def estate(db: None) -> Any:
    from tests.security.estate import build

    return build()


@pytest.fixture(autouse=True)
def _quiet_for_this_test_only() -> Iterator[None]:
    """Nets of thousands of refusals silence the log of requests; whoever reads it next does not want that."""
    log = logging.getLogger("django.request")
    level = log.level
    yield
    log.setLevel(level)


@pytest.fixture
def root(estate: Any) -> Any:
    """The browser of a superuser, who has saved a view."""
    from fleet.models import SavedView
    from tests import factories
    from tests.api_client import fresh_client

    user = factories.user(is_superuser=True, is_staff=True)
    SavedView.objects.create(user=user, page="fleet", name="free ones", query="q=free")
    logging.getLogger("django.request").setLevel(logging.ERROR)
    client = fresh_client()
    client.force_login(user)
    return client


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """As Django's own test client does: the end of a request does not close the test's transaction.

    Nor does PostgreSQL, however long it takes to think up the next request.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
