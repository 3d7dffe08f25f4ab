"""The file of a backup: a tar of PostgreSQL's own dump and a manifest that says what is in it.

In an emergency `tar -xf` and `pg_restore` open it without Purser. The manifest stands behind the dump, because only
then its checksum is known; a file that was cut off has none and is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from purser.backup import BackupError

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"
BLOCK = tarfile.BLOCKSIZE
CHUNK = 1024 * 1024
LARGEST_MANIFEST = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. Counts are of the very snapshot that was dumped."""

    version: str
    created_at: str
    installation: str
    launch_sequence: int
    server_version_num: int
    migrations: dict[str, list[str]]
    rows: dict[str, int]
    sha256: str = ""
    bytes: int = 0
    format: int = FORMAT

    @staticmethod
    def from_json(text: str) -> Manifest:
        """Raises BackupError for what is no manifest, or one of a later format."""
        try:
            values: dict[str, Any] = json.loads(text)
            if values["format"] > FORMAT:
                raise BackupError(f"Its format is {values['format']}, this Purser reads {FORMAT}. Use a newer Purser.")
            return Manifest(**values)
        except (ValueError, TypeError, KeyError) as error:
            raise BackupError("Its manifest cannot be read; take another backup file.") from error

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Writer:
    """Takes the dump as it comes, in one pass, and keeps its checksum."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self._size = file, hashlib.sha256(), 0
        file.write(bytes(BLOCK))  # the dump's header is known at the end

    def write(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._size += len(chunk)
        self._file.write(chunk)

    def finish(self, values: Mapping[str, Any]) -> Manifest:
        """The manifest, the end of the tar, and the header that was left out."""
        manifest = Manifest(**values, sha256=self._digest.hexdigest(), bytes=self._size)
        text = json.dumps(manifest.as_json(), indent=1).encode()
        self._pad(self._size)
        self._file.write(_header(MANIFEST, len(text)))
        self._file.write(text)
        self._pad(len(text))
        self._file.write(bytes(2 * BLOCK))
        self._file.seek(0)
        self._file.write(_header(DUMP, self._size))
        return manifest

    def _pad(self, size: int) -> None:
        self._file.write(bytes(-size % BLOCK))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A file for the owner's eyes, there whole or not at all. Raises BackupError when it cannot be written."""
    part = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}. Name another file.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield Writer(file)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}. Make room, or name another file.") from error
    finally:
        part.unlink(missing_ok=True)


def read_manifest(path: Path) -> Manifest:
    """What the file says of itself, its dump not yet checked. Raises BackupError."""
    with _opened(path) as tar:
        member = _member(tar, MANIFEST, path)
        if member.size > LARGEST_MANIFEST:
            raise BackupError(f"The manifest of {path} cannot be read; take another backup file.")
        file = tar.extractfile(member)
        return Manifest.from_json(file.read().decode(errors="replace") if file else "")


@contextmanager
def verified_dump(path: Path) -> Iterator[tuple[Manifest, IO[bytes]]]:
    """The manifest, and the dump to read from its start, once its checksum is right. Raises BackupError."""
    manifest = read_manifest(path)
    with _opened(path) as tar:
        dump = tar.extractfile(_member(tar, DUMP, path))
        if dump is None or _digest(dump) != manifest.sha256:
            raise BackupError(f"The dump in {path} is damaged: its checksum is another. Take another backup file.")
        dump.seek(0)
        yield manifest, dump


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except FileNotFoundError as error:
        raise BackupError(f"There is no {path}.") from error
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{path} is no backup of Purser, or only a part of one.") from error
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error


def _member(tar: tarfile.TarFile, name: str, path: Path) -> tarfile.TarInfo:
    try:
        member = tar.getmember(name)
    except KeyError as error:
        raise BackupError(f"{path} is no backup of Purser, or only a part of one: it has no {name}.") from error
    if not member.isfile():
        raise BackupError(f"{path} is no backup of Purser: its {name} is no file.")
    return member


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)
