"""A PostgreSQL of our own: made, started on a loopback port, and its troubles said in one sentence."""

import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from purser.servers.place import Place
from purser.servers.process import Child, EmbeddedError, end_leftover, launch, launcher_command

USER = "purser"
DATABASE = "purser"
STARTED_WITHIN_S = 60.0
STOP_GRACE_S = 30.0
EPHEMERAL_TRIES = 5

# Sized for a laptop that runs the whole product: 100 connections, little memory, and no parallel query,
# whose shared memory would not fit a container's 64 MiB of /dev/shm.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",  # a solid-state disk: the default of 4 has large tables read from end to end
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
# Tests lose nothing when the machine loses power.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server in `place.home/postgres`; `port` 0 asks for any free one."""

    def __init__(self, place: Place, *, fast: bool, port: int = 0) -> None:
        self.place = place
        self.fast = fast
        self.wanted_port = port
        self.port = port
        self.data = place.home / "postgres"
        self.child: Child | None = None
        self.password = ""

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Make the data folder if there is none, start, and wait until it answers. Raises EmbeddedError."""
        end_leftover(self.data / "postmaster.pid", self.data, stop_signal=signal.SIGINT)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._refuse_other_version()
        self.password = self._read_password()
        for attempt in range(1, EPHEMERAL_TRIES + 1):
            self._launch()
            try:
                self._wait_until_up()
            except _PortTaken:
                self.stop()
                if self.wanted_port or attempt == EPHEMERAL_TRIES:
                    raise
                continue
            break
        self._make_database()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop(STOP_GRACE_S)
            self.child = None

    def version(self) -> str:
        with self._connect(DATABASE) as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else ""

    @property
    def _password_file(self) -> Path:
        return self.place.home / "postgres.password"

    def _read_password(self) -> str:
        try:
            return self._password_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise EmbeddedError(
                f"{self._password_file} is gone, and with it the password of {self.data}. Put it back, or remove that "
                "folder to start empty."
            ) from None

    def _initialise(self) -> None:
        # Made beside its place and renamed: a kill -9 in the middle leaves no half cluster behind.
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        self.place.make_private(fresh)
        # Readable by the server's user only, and only it and root may enter its folder.
        self._password_file.unlink(missing_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        self.place.give(self._password_file)
        done = subprocess.run(
            launcher_command(self._initdb(fresh), uid=self.place.uid, death_signal=signal.SIGKILL),
            env=_environment(),
            cwd=fresh,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise explain(done.stderr or done.stdout, self.data, self.port)
        fresh.rename(self.data)

    def _initdb(self, data: Path) -> list[str]:
        # The builtin provider sorts the same on every machine, whatever locales it has.
        options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [
            "--auth=scram-sha-256",
            f"--pwfile={self._password_file}",
            f"--username={USER}",
            "--no-instructions",
        ]
        return [str(self.place.postgres_bin / "initdb"), f"--pgdata={data}", *options, *["--no-sync"][: self.fast]]

    def _refuse_other_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        ours = _major_version(self.place.postgres_bin)
        if made_by != ours:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {made_by} and this is PostgreSQL {ours}. Move the folder away, or "
                f"dump it with PostgreSQL {made_by} and load it into a new one."
            )

    def _launch(self) -> None:
        self.port = self.wanted_port or free_port()
        settings = SETTINGS | {"port": str(self.port)} | (FAST_SETTINGS if self.fast else {})
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.child = launch(
            "postgres",
            [str(self.place.postgres_bin / "postgres"), "-D", str(self.data), *arguments],
            env=_environment(),
            cwd=self.data,
            log=self.place.logs / "postgres.log",
            uid=self.place.uid,
            stop_signal=signal.SIGINT,  # PostgreSQL's "fast" shutdown: ends sessions, loses nothing
        )

    def _wait_until_up(self) -> None:
        assert self.child is not None
        give_up_at = time.monotonic() + STARTED_WITHIN_S
        while True:
            if self.child.exit_code is not None:
                raise explain(self.child.output(), self.data, self.port)
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError as error:
                if time.monotonic() > give_up_at:
                    raise EmbeddedError(
                        f"PostgreSQL did not answer within {STARTED_WITHIN_S:.0f} s; see {self.child.log}."
                    ) from error
                time.sleep(0.02)
                continue
            return

    def _make_database(self) -> None:
        with self._connect("postgres") as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if there is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
            sslmode="disable",
        )


class _PortTaken(EmbeddedError):
    """Somebody else listens on the port; another may be tried."""


def free_port() -> int:
    """A loopback port nobody listens on now; somebody may take it before its user does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_taken(name: str, port: int) -> EmbeddedError:
    return _PortTaken(f"Port {port} of 127.0.0.1 is in use, so {name} cannot listen there; choose another port.")


def explain(output: str, data: Path, port: int) -> EmbeddedError:
    """PostgreSQL's own words, translated into one sentence that says what to do."""
    if "Address already in use" in output:
        return port_taken("PostgreSQL", port)
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return EmbeddedError(
            f"The disk of {data} is full; make room, or name another folder in PURSER_DATA_DIR, and start again."
        )
    if "could not look up effective user ID" in output:
        return EmbeddedError(
            "This user has no line in /etc/passwd, which PostgreSQL's initdb wants; add one, or set DATABASE_URL."
        )
    if "Permission denied" in output or "Operation not permitted" in output:
        return EmbeddedError(
            f"PostgreSQL may not use {data}: {_last_line(output)} Run as the folder's owner, name another folder in "
            "PURSER_DATA_DIR, or set DATABASE_URL."
        )
    return EmbeddedError(f"PostgreSQL did not start in {data}: {_last_line(output)}")


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error" in line or "cannot" in line]
    return (telling or lines or ["it said nothing."])[-1]


def _major_version(postgres_bin: Path) -> str:
    done = subprocess.run([postgres_bin / "postgres", "--version"], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if done.returncode or not words:
        raise EmbeddedError(f"{postgres_bin / 'postgres'} does not run on this machine: {done.stderr.strip()}")
    return words[-1].split(".")[0]


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
