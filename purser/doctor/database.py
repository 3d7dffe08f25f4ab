"""PostgreSQL: whether it answers, is of our schema, and refuses what it must refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from purser.doctor import Finding, fail, ok, warn

ANSWERS = "database.answers"
OLDEST_VERSION = 160_000
MOST_CONNECTIONS_RATIO = 0.7
SKEW_WARN_S, SKEW_FAIL_S = 1.0, 30.0
APPEND_ONLY = {
    "fleet_event": {"event_is_never_deleted", "event_says_what_it_said", "event_is_never_emptied"},
    "fleet_eventseal": {"eventseal_is_insert_only", "eventseal_is_never_emptied"},
    "fleet_launchresult": {"launchresult_is_insert_only"},
    "fleet_terminationfact": {"terminationfact_is_insert_only"},
    "fleet_blockpurchaseresult": {"blockpurchaseresult_is_insert_only"},
    "billing_ledgerentry": {"ledger_is_append_only", "ledger_is_never_emptied", "ledger_transactions_balance"},
}
NOTED = {
    "fleet_offering": {"offering_is_noted"},
    "fleet_instancetype": {"instancetype_is_noted"},
    "fleet_cloudaccount": {"cloudaccount_is_noted"},
    "fleet_cloudquota": {"cloudquota_is_noted"},
    "fleet_paidcapacity": {"paidcapacity_is_noted", "paidcapacity_change_is_noted"},
    "fleet_capacitymemory": {"capacitymemory_is_noted"},
}
"""How processes that keep the market and what is remembered of it learn that either has changed."""


def look() -> Iterator[Finding]:
    try:
        version = int(_one("SHOW server_version_num"))
    except Error as error:
        said = (str(error).strip().splitlines() or ["it said nothing"])[0]
        yield fail(ANSWERS, f"PostgreSQL does not answer ({said}). Check DATABASE_URL and the server.")
        return
    yield ok(ANSWERS, f"PostgreSQL {_one('SHOW server_version')} answers.")
    if version < OLDEST_VERSION:
        yield fail("database.version", "PostgreSQL 16 or newer is needed; upgrade the server.")
    yield from _role()
    yield from _tls()
    if _one("SELECT to_regclass('django_migrations')") is None:
        yield fail("database.migrations", "The database is empty; run manage.py migrate.")
        return
    yield from _migrations()
    yield from _triggers()
    yield from _connections()
    yield from _clock()


def _role() -> Iterator[Finding]:
    superuser = _one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if superuser:
        yield warn(
            "database.role",
            "Purser connects as a superuser, who may switch off what guards the ledger. Give it a role of its own that "
            "owns this database only.",
        )
    else:
        yield ok("database.role", "The role is no superuser.")


def _tls() -> Iterator[Finding]:
    encrypted = _one("SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)")
    local = str(settings.DATABASES["default"]["HOST"]) in ("", "127.0.0.1", "::1", "localhost")
    options: Any = settings.DATABASES["default"]["OPTIONS"]
    mode = options.get("sslmode")
    if encrypted and mode in ("verify-ca", "verify-full"):
        yield ok("database.tls", f"The connection is encrypted and the server is checked ({mode}).")
    elif encrypted:
        yield warn("database.tls", f"Encrypted, but not checked whom it speaks to ({mode}). Use verify-full.")
    elif local:
        yield ok("database.tls", "Not encrypted, and the server is this machine.")
    else:
        yield warn("database.tls", "Not encrypted across a network. Set DATABASE_SSLMODE=verify-full.")


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unknown = sorted(set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations))
    if waiting:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in waiting[:3])
        yield fail("database.migrations", f"{len(waiting)} migrations wait ({names}). Run manage.py migrate.")
    elif unknown:
        yield warn(
            "database.migrations",
            f"The database is ahead of this code ({'.'.join(unknown[-1])}): newer code ran already. Upgrade.",
        )
    else:
        yield ok("database.migrations", "Every migration is applied.")


def _triggers() -> Iterator[Finding]:
    rows = _rows(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relnamespace = 'public'::regnamespace"
    )
    there: dict[str, set[str]] = {}
    for table, trigger in rows:
        there.setdefault(table, set()).add(trigger)
    missing = _missing(APPEND_ONLY, there)
    if missing:
        yield fail(
            "database.append_only",
            f"These guards are missing or switched off: {', '.join(missing)}. The past could be changed; find out "
            "who did it, and restore from a backup whose audit chain is whole.",
        )
    else:
        yield ok("database.append_only", "Events, facts, seals and the ledger refuse to be changed.")
    if missing := _missing(NOTED, there):
        yield fail(
            "database.noted",
            f"These triggers are missing or switched off: {', '.join(missing)}. Plans are made from what processes "
            "keep in memory, which would not learn of changes: restore them as the migrations make them.",
        )
    else:
        yield ok("database.noted", "Changes of what is on sale are noted for the processes that keep it.")


def _missing(wanted: Mapping[str, set[str]], there: Mapping[str, set[str]]) -> list[str]:
    return sorted(name for table, names in wanted.items() for name in names - there.get(table, set()))


def _connections() -> Iterator[Finding]:
    most = int(_one("SHOW max_connections")) - int(_one("SHOW superuser_reserved_connections"))
    used = int(_one("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    ours = int(
        _one(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'purser%'"
        )
    )
    text = f"{used} of {most} connections are used, {ours} by Purser"
    if used > MOST_CONNECTIONS_RATIO * most:
        yield warn(
            "database.connections",
            f"{text}. Web workers × threads + worker processes + schedulers must fit in max_connections.",
        )
    else:
        yield ok("database.connections", f"{text}.")


def _clock() -> Iterator[Finding]:
    before = datetime.now(UTC)
    there = _one("SELECT clock_timestamp()")
    middle = before + (datetime.now(UTC) - before) / 2
    skew = abs((there - middle).total_seconds())
    text = f"The database's clock and this machine's differ by {skew:.2f} s"
    if skew >= SKEW_FAIL_S:
        yield fail("database.clock", f"{text}. Leases hold, but ages and logs are wrong: set both by NTP.")
    elif skew >= SKEW_WARN_S:
        yield warn("database.clock", f"{text}. Set both by NTP.")
    else:
        yield ok("database.clock", f"{text}.")


def _one(query: str) -> Any:
    return _rows(query)[0][0]


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())
