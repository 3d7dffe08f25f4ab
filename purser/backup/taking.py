"""Taking a backup while everything runs: the dump and the counts in its manifest are of one snapshot."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from purser.backup import BackupError
from purser.backup.archive import CHUNK, Manifest, Writer, writing
from purser.backup.tools import environment, program

COUNTED = ("fleet_event", "billing_ledgerentry", "billing_usageinterval", "fleet_allocation", "fleet_instance")
"""Tables whose counts a restore is checked by."""


def take(path: Path) -> Manifest:
    """Write the backup to `path`. Raises BackupError."""
    if path.exists():
        raise BackupError(f"{path} exists; a backup never overwrites another. Name a new file.")
    database = settings.DATABASES["default"] | {"NAME": connection.settings_dict["NAME"]}
    try:
        with _snapshot(database) as (snapshot, facts), writing(path) as writer:
            _dump(database, snapshot, facts["server_version_num"], writer)
            return writer.finish(facts)
    except psycopg.Error as error:
        raise BackupError(f"The database could not be read: {_first_line(error)}") from error


@contextmanager
def _snapshot(database: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A snapshot that pg_dump can join, and what the manifest says of it."""
    options = database.get("OPTIONS", {})
    with psycopg.connect(
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        dbname=database["NAME"],
        sslmode=options.get("sslmode"),
        connect_timeout=options.get("connect_timeout"),
        options="-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC",
        application_name="purser-backup",
    ) as own:
        own.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        own.read_only = True
        yield _one(own, "SELECT pg_export_snapshot()"), _facts(own)


def _facts(own: psycopg.Connection[Any]) -> dict[str, Any]:
    if _one(own, "SELECT to_regclass('public.fleet_installation')") is None:
        raise BackupError("This database holds no Purser; nothing was written.")
    applied = own.execute("SELECT app, name FROM django_migrations ORDER BY app, id").fetchall()
    migrations: dict[str, list[str]] = {}
    for app, name in applied:
        migrations.setdefault(app, []).append(name)
    row = own.execute("SELECT uuid::text, launch_sequence FROM fleet_installation").fetchone()
    return {
        "version": settings.VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "installation": row[0] if row else "",
        "launch_sequence": row[1] if row else 0,
        "server_version_num": own.info.server_version,
        "migrations": migrations,
        "rows": counts(own, COUNTED),
    }


def counts(own: psycopg.Connection[Any], tables: tuple[str, ...]) -> dict[str, int]:
    return {
        table: _one(own, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table))) for table in tables
    }


def _dump(database: dict[str, Any], snapshot: str, server_version: int, writer: Writer) -> None:
    command = [program("pg_dump", at_least=server_version // 10_000), "--format=custom", f"--snapshot={snapshot}"]
    command += ["--no-owner", "--no-privileges", "--schema=public"]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, env=environment(database), stdout=subprocess.PIPE, stderr=errors) as dump:
            assert dump.stdout is not None
            while chunk := dump.stdout.read(CHUNK):
                writer.write(chunk)
        if dump.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            raise BackupError(f"pg_dump failed: {said[-1] if said else 'it said nothing'}. Nothing was written.")


def _one(own: psycopg.Connection[Any], query: Any) -> Any:
    row = own.execute(query).fetchone()
    return row[0] if row else None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
