"""What every test shares.

The session has a real PostgreSQL and a real Valkey: those of DATABASE_URL and REDIS_URL if both are set, else
embedded ones of its own in a temporary folder, one set a parallel worker. They start before Django reads its settings.

Fixtures
    servers   the session's EmbeddedServers, for tests that spawn processes; skips when the servers are external
    valkey    a client of an emptied Valkey database; its URL is settings.REDIS_URL
    db, transactional_db, client, admin_client, settings, …   pytest-django's
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
import pytest_django
import redis
from hypothesis import settings as examples

from purser.embedded import EmbeddedServers

os.environ["PURSER_ENV"] = "test"
# Tests call faster than anybody should; those about the limits set them.
for limit in ("API_REQUESTS_PER_MINUTE", "API_ADDRESS_REQUESTS_PER_MINUTE", "API_FAILURES_PER_MINUTE"):
    os.environ.setdefault(limit, "0")

# How long an example may take says how busy the machine is, not whether the code is right. All else stays as Hypothesis
# has it here, in CI or on somebody's own machine.
examples.register_profile("without-deadline", examples(), deadline=None)
examples.load_profile("without-deadline")

SERVERS = pytest.StashKey[EmbeddedServers]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    given = os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")
    if not given:
        _start_servers(config)
    if _hands_out_tests(config):
        # Its workers inherit the environment, and are to start servers of their own before they read any settings;
        # importing purser.celery has named the settings by now.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        return
    if not given:
        os.environ |= config.stash[SERVERS].environment
    # Set here and not in pyproject.toml: pytest-django would read the settings before the servers have started.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")
    django.setup()


def _hands_out_tests(config: pytest.Config) -> bool:
    """Whether this process only distributes tests to parallel workers."""
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


def _start_servers(config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="purser-tests-"))
    folder.chmod(0o711)  # as root the servers run as nobody, who has to pass through
    servers = EmbeddedServers(folder, fast=True)
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    config.add_cleanup(servers.stop)
    servers.start()
    config.stash[SERVERS] = servers


def pytest_report_header(config: pytest.Config) -> str:
    servers = config.stash.get(SERVERS, None)
    if servers is None:
        return "servers: those of DATABASE_URL and REDIS_URL"
    versions = ", ".join(f"{name} {version}" for name, version in servers.versions().items())
    return f"servers: embedded {versions} in {servers.folder}"


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> EmbeddedServers:
    """The session's embedded servers."""
    if SERVERS not in pytestconfig.stash:
        pytest.skip("DATABASE_URL and REDIS_URL name servers that this session does not own")
    return pytestconfig.stash[SERVERS]


@pytest.fixture
def valkey() -> Iterator[redis.Redis]:
    """A client of the session's Valkey, emptied before the test."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
        yield client


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """The test database, in which pytest-django may empty tables between tests: they refuse that elsewhere."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_ledgerentry DISABLE TRIGGER ledger_is_never_emptied")
        cursor.execute("ALTER TABLE fleet_event DISABLE TRIGGER event_is_never_emptied")
        cursor.execute("ALTER TABLE fleet_eventseal DISABLE TRIGGER eventseal_is_never_emptied")


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """What a process keeps between requests is not kept between tests."""
    yield
    from django.core.cache import cache

    cache.clear()
