"""Everything the sandbox did, in SQLite (WAL), written before any answer leaves: a kill loses nothing acknowledged."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

SCHEMA_VERSION = "1"
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, at_real REAL NOT NULL, cloud TEXT, verb TEXT NOT NULL,
    token TEXT, params_hash TEXT, instance_id TEXT, ids TEXT, outcome TEXT NOT NULL, status INTEGER, fault TEXT,
    remote TEXT, request_id TEXT);
CREATE INDEX IF NOT EXISTS calls_by_token ON calls (token) WHERE token IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (at_real);
CREATE TABLE IF NOT EXISTS machines (
    id TEXT PRIMARY KEY, cloud TEXT NOT NULL, account_id TEXT NOT NULL, token TEXT, params TEXT, params_hash TEXT,
    instance_type TEXT NOT NULL, accelerator TEXT NOT NULL, accelerator_count INTEGER NOT NULL, region TEXT NOT NULL,
    zone TEXT NOT NULL, capacity_type TEXT NOT NULL, launched_at TEXT NOT NULL, launched_at_real REAL NOT NULL,
    running_at TEXT, notice_at TEXT, terminates_at TEXT, terminated_at TEXT, terminated_at_real REAL, reason TEXT,
    tags TEXT NOT NULL DEFAULT '{}', on_demand_price TEXT NOT NULL, price_at_launch TEXT NOT NULL,
    foreign_owner TEXT, history INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS machines_by_token ON machines (token) WHERE token IS NOT NULL;
CREATE TABLE IF NOT EXISTS price_points (
    cloud TEXT NOT NULL, instance_type TEXT NOT NULL, zone TEXT NOT NULL, capacity_type TEXT NOT NULL,
    effective_from TEXT NOT NULL, price_per_hour TEXT NOT NULL,
    PRIMARY KEY (cloud, instance_type, zone, capacity_type, effective_from)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    id TEXT PRIMARY KEY, endpoint TEXT NOT NULL, replica TEXT, machine_id TEXT, accepted_at TEXT NOT NULL,
    first_token_at TEXT, finished_at TEXT, input_tokens INTEGER, cached_input_tokens INTEGER, output_tokens INTEGER,
    outcome TEXT, retries INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS engine_totals (
    replica TEXT NOT NULL, process_start_time REAL NOT NULL, prompt_tokens INTEGER NOT NULL,
    generation_tokens INTEGER NOT NULL, requests INTEGER NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (replica, process_start_time)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usage_events (
    id TEXT PRIMARY KEY, body TEXT NOT NULL, pushed_at TEXT, refused TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS usage_events_pending ON usage_events (id) WHERE pushed_at IS NULL;
CREATE TABLE IF NOT EXISTS notices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, cloud TEXT NOT NULL, instance_id TEXT NOT NULL, noticed_at TEXT NOT NULL,
    terminates_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY AUTOINCREMENT, spec TEXT NOT NULL, hits INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS credentials (credential TEXT PRIMARY KEY, status TEXT NOT NULL, account_id TEXT NOT NULL);
"""


class LedgerError(Exception):
    """The file cannot serve as a ledger; the sentence says why."""


class Ledger:
    """One file, one writing process. `write` survives a kill of the process, `write_durably` a loss of power too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = _lock(path)
        try:
            self._quick = _connect(path, "NORMAL")
            self._durable = _connect(path, "FULL")
            self._quick.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise LedgerError(f"{path} cannot be used as a ledger: {error}. Name another file.") from error
        self._check_schema()

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows, in one transaction."""
        self._quick.execute("BEGIN IMMEDIATE")
        self._finish(self._quick, sql, rows)

    def write_durably(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """As `write`, and on the disk before it returns."""
        self._durable.execute("BEGIN IMMEDIATE")
        self._finish(self._durable, sql, rows)

    def insert(self, table: str, values: dict[str, Any], *, durable: bool = False) -> None:
        """One row by column names (never the caller's words)."""
        (self.write_durably if durable else self.write)(_insertion(table, values), [tuple(values.values())])

    def insert_all(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Rows of the same columns, all or none, on the disk before it returns."""
        self.write_durably(_insertion(table, rows[0]), [tuple(row.values()) for row in rows])

    def rows(self, sql: str, arguments: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a SELECT gives."""
        return self._quick.execute(sql, arguments).fetchall()

    @property
    def connection(self) -> sqlite3.Connection:
        """For reading with functions that take a connection, such as the bill's."""
        return self._quick

    def get_meta(self, key: str) -> str | None:
        found = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(found[0]["value"]) if found else None

    def set_meta(self, **values: str) -> None:
        self.write(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", values.items()
        )

    def close(self) -> None:
        """Fold the WAL into the file and let another process have it."""
        with suppress(sqlite3.OperationalError):  # a reader may hold the WAL; it stays beside the file and is as good
            self._quick.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._durable.close()
        self._quick.close()
        self._lock.close()

    def _finish(self, connection: sqlite3.Connection, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            connection.executemany(sql, rows)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _check_schema(self) -> None:
        version = self.get_meta("schema")
        if version is None:
            self.set_meta(schema=SCHEMA_VERSION)
        elif version != SCHEMA_VERSION:
            raise LedgerError(
                f"{self.path} has ledger schema {version}, this sandbox writes {SCHEMA_VERSION}; start with a new file."
            )
        if "request_id" not in {row["name"] for row in self.rows("PRAGMA table_info(calls)")}:
            self._quick.execute("ALTER TABLE calls ADD COLUMN request_id TEXT")  # a ledger begun by an older sandbox


def _insertion(table: str, values: dict[str, Any]) -> str:
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names are this package's own


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=10.0)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def _lock(path: Path) -> IO[str]:
    """Two sandboxes on one ledger would each sell the other's machines, so the second one is refused."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise LedgerError(f"The ledger {path} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise LedgerError(f"Another sandbox is running on {path}; stop it or name another file.") from error
    return handle
