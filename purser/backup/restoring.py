"""The way back. A restored database is older than the clouds: it must not act until an operator has looked.

Everything comes back in two transactions. The accounts come last, after the freeze is written, so that nothing which
looks in between finds a cloud it could buy from or end something in.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from psycopg import sql

from fleet.services import events
from fleet.services.clock import business_now
from purser.backup import BackupError
from purser.backup.archive import CHUNK, Manifest, verified_dump
from purser.backup.taking import COUNTED, counts
from purser.backup.tools import environment, program

LAST = "TABLE DATA public fleet_cloudaccount "
KEPT_ASIDE = "before_restore"


def restore(path: Path, *, force: bool, actor: str) -> Manifest:
    """Bring the backup back into DATABASE_URL's database, frozen. Raises BackupError; then nothing has changed."""
    with verified_dump(path) as (manifest, dump):
        _refuse_newer(manifest)
        with _connect() as own:
            _refuse_company(own)
            _refuse_full(own, force=force)
            _refuse_older_server(own, manifest)
            _bring_back(own, manifest, dump, path)
    connection.close()
    call_command("migrate", "--noinput", verbosity=0)
    _record(manifest, path, actor)
    return manifest


def _refuse_newer(manifest: Manifest) -> None:
    """Every migration the backup has seen must be one that this code knows."""
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations) | {key for one in loader.disk_migrations.values() for key in one.replaces}
    foreign = [
        f"{app}.{name}" for app, names in manifest.migrations.items() for name in names if (app, name) not in known
    ]
    if foreign:
        raise BackupError(
            f"It was made by Purser {manifest.version}, whose schema is newer than this {settings.VERSION}'s "
            f"({foreign[-1]} is not known here). Restore it with Purser {manifest.version} or a later one."
        )


def _connect() -> psycopg.Connection[Any]:
    database: dict[str, Any] = settings.DATABASES["default"]
    values = {
        "host": database["HOST"],
        "port": database["PORT"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "dbname": connection.settings_dict["NAME"],
        "sslmode": database.get("OPTIONS", {}).get("sslmode"),
        "connect_timeout": database.get("OPTIONS", {}).get("connect_timeout"),
    }
    try:
        return psycopg.connect(
            **{key: value for key, value in values.items() if value},
            options="-c statement_timeout=0 -c timezone=UTC",
            application_name="purser-backup",
            autocommit=True,
        )
    except psycopg.Error as error:
        raise BackupError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error


def _refuse_company(own: psycopg.Connection[Any]) -> None:
    """Somebody who works on the rows must not see them change under their hands."""
    connection.close()  # ours
    rows = own.execute(
        "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ).fetchall()
    if rows:
        names = ", ".join(sorted(name or "a client without a name" for (name,) in rows))
        raise BackupError(
            f"The database is in use by {names}. Stop web, workers and schedulers, then restore; nothing was changed."
        )


def _refuse_full(own: psycopg.Connection[Any], *, force: bool) -> None:
    tables = own.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if tables and tables[0] and not force:
        raise BackupError(
            f"The database holds {tables[0]} tables. Restore into an empty one, or say --force to replace them."
        )


def _refuse_older_server(own: psycopg.Connection[Any], manifest: Manifest) -> None:
    ours, theirs = own.info.server_version // 10_000, manifest.server_version_num // 10_000
    if theirs > ours:
        raise BackupError(
            f"It was dumped from PostgreSQL {theirs}; this server is {ours}. Restore it into "
            f"PostgreSQL {theirs} or newer."
        )


def _bring_back(own: psycopg.Connection[Any], manifest: Manifest, dump: IO[bytes], path: Path) -> None:
    """All or nothing: what was there is kept aside until the new rows are counted."""
    at_least = max(own.info.server_version, manifest.server_version_num) // 10_000
    tool = program("pg_restore", at_least=at_least)
    with _on_disk(dump) as file, _replacing_public(own):
        lines = _contents(tool, file)
        accounts = [line for line in lines if LAST in line]
        post = {line for line in lines if _is_post_data(line)}
        first = [line for line in lines if line not in accounts and line not in post]
        _run(tool, file, first)
        _freeze(own, manifest, path)
        _run(tool, file, accounts + [line for line in lines if line in post])
        found = counts(own, COUNTED)
        if found != manifest.rows:
            raise BackupError(f"The rows that came back are not those of the manifest: {found} for {manifest.rows}.")


@contextlib.contextmanager
def _on_disk(dump: IO[bytes]) -> Iterator[str]:
    """pg_restore reads a file in any order, and only a file."""
    with tempfile.NamedTemporaryFile(prefix="purser-restore-", suffix=".dump") as file:  # mode 600
        while chunk := dump.read(CHUNK):
            file.write(chunk)
        file.flush()
        yield file.name


@contextlib.contextmanager
def _replacing_public(own: psycopg.Connection[Any]) -> Iterator[None]:
    aside, public = sql.Identifier(KEPT_ASIDE), sql.Identifier("public")
    try:
        with own.transaction():
            own.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(aside))
            own.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(public, aside))
            own.execute(sql.SQL("CREATE SCHEMA {}").format(public))
    except psycopg.Error as error:
        raise BackupError(
            f"This user may not replace the schema public ({str(error).strip().splitlines()[0]}). Use the database's "
            "owner in DATABASE_URL for the restore."
        ) from error
    try:
        yield
    except BaseException:
        with own.transaction():
            own.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(public))
            own.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(aside, public))
        raise
    own.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(aside))


def _contents(tool: str, file: str) -> list[str]:
    """Lines of the dump's table of contents, without the schema, which is there."""
    listed = subprocess.run([tool, "--list", file], capture_output=True, text=True, check=False)
    if listed.returncode:
        raise BackupError(f"pg_restore cannot read the dump: {_last_line(listed.stderr)}")
    lines = [line for line in listed.stdout.splitlines() if line and not line.startswith(";")]
    return [line for line in lines if " SCHEMA - public " not in line and " COMMENT - SCHEMA public " not in line]


def _is_post_data(line: str) -> bool:
    kinds = (
        "CONSTRAINT",
        "FK CONSTRAINT",
        "INDEX",
        "INDEX ATTACH",
        "TRIGGER",
        "EVENT TRIGGER",
        "RULE",
        "CHECK CONSTRAINT",
    )
    words = line.split(maxsplit=3)
    return len(words) == 4 and words[3].startswith(tuple(f"{kind} " for kind in kinds))


def _run(tool: str, file: str, lines: list[str]) -> None:
    """Restore these entries in one transaction."""
    with tempfile.NamedTemporaryFile("w", prefix="purser-restore-", suffix=".list", encoding="utf-8") as wanted:
        wanted.write("\n".join(lines) + "\n")
        wanted.flush()
        database = settings.DATABASES["default"] | {"NAME": connection.settings_dict["NAME"]}
        command = [tool, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        command += [f"--use-list={wanted.name}", f"--dbname={database['NAME']}", file]
        done = subprocess.run(command, env=environment(database), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"pg_restore failed: {_last_line(done.stderr)}")


def _freeze(own: psycopg.Connection[Any], manifest: Manifest, path: Path) -> None:
    """Before any account is there. Written for every schema Purser ever had: the later column comes after migrate."""
    reason = reason_of(manifest, path)
    own.execute(
        "UPDATE public.fleet_installation SET launches_paused = true, pause_reason = %s, destructive_frozen = true,"
        " frozen_reason = %s",
        [reason, reason],
    )
    columns = own.execute(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = 'fleet_installation' AND column_name = 'restored_at'"
    ).fetchone()
    if columns:
        own.execute("UPDATE public.fleet_installation SET restored_at = clock_timestamp()")


def reason_of(manifest: Manifest, path: Path) -> str:
    return (
        f"Restored from {path.name}, taken {manifest.created_at}: the clouds have moved on since. "
        "Look at `manage.py confirm_restore`, then confirm."
    )


def _record(manifest: Manifest, path: Path, actor: str) -> None:
    from fleet.models import Installation

    try:
        Installation.objects.update(restored_at=timezone.now())
        events.go_on_after_restore()
        events.record(
            "installation.restored",
            subject=manifest.installation,
            actor=actor,
            now=business_now(),
            data={
                "file": path.name,
                "taken_at": manifest.created_at,
                "sha256": manifest.sha256,
                "launch_sequence": manifest.launch_sequence,
                "rows": manifest.rows,
            },
        )
    except DatabaseError as error:
        raise BackupError(f"It is restored and frozen, but the event could not be written: {error}") from error


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it said nothing"])[-1]
