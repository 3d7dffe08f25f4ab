"""The claims on owned hosts, in a folder: one file each, there whole or not at all, whatever dies in between.

    identity.json          who these claims belong to: the account's own id
    lock                   held by whoever writes; the kernel lets go of it when its holder dies
    claims/<machine>.json  live claims              ended/<machine>.json  those that have ended, kept for good
    notices.json           the number of the last notice given
    engines/<machine>/     the engines started on a machine (fleet.providers.local.engines)

A claim's file is written beside, flushed to disk, and linked to its name, which fails if the name is taken. Its name
is made of the launch's token, so the same token is the same machine after any crash.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

LOOK_AGAIN_SECONDS = 0.02
UNFINISHED = ".unfinished"
LEFT_BY_THE_DISK = frozenset({"lost+found"})


class Busy(Exception):
    """Somebody else is writing in the folder and did not finish in time."""


class Unreadable(Exception):
    """A file is there and is not what it should be."""


class NoIdentity(Exception):
    """The folder holds no claims of ours: another one, or one whose disk is not mounted."""


class AnotherFolder(Exception):
    """The claims in the folder are another account's than ours."""


class MaybeDone(Exception):
    """The claim stands in the folder; whether it would survive a loss of power is not known."""


@dataclass(frozen=True)
class Claimed:
    """A notice given for a claim."""

    sequence: int
    noticed_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Claim:
    """Accelerators of a host that a launch has taken. `ending_at`: from when no engine may start on it any more."""

    machine_id: str
    host: str
    accelerator: str
    accelerators: tuple[int, ...]
    price_per_hour: str  # empty: the price book says
    request: dict[str, Any]
    launched_at: datetime
    ending_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    notice: Claimed | None = None


def machine_id(token: str) -> str:
    """What a token's machine is called, whether it was made or not."""
    return f"own-{hashlib.sha256(token.encode()).hexdigest()[:24]}"


class Book:
    """The folder of one account. Methods raise OSError as the disk says it, and the exceptions above.

    `expected`: whose claims these have to be; empty: whoever's. Another rack's disk may be mounted under the same path,
    and there a claim that is not found would have been given back.
    """

    def __init__(self, folder: Path, expected: str = "") -> None:
        self.folder, self.expected = folder, expected

    def identity(self) -> str:
        """Raises NoIdentity."""
        try:
            said = _load(self.folder / "identity.json")
        except FileNotFoundError:
            self.folder.stat()  # a folder that is gone says so itself
            raise NoIdentity from None
        if not isinstance(said.get("account"), str):
            raise Unreadable("identity.json")
        return str(said["account"])

    def own(self) -> str:
        """The identity, which is the expected one. Raises NoIdentity or AnotherFolder."""
        identity = self.identity()
        if self.expected and identity != self.expected:
            raise AnotherFolder(
                f"The claims in {self.folder} are those of {identity}, not of {self.expected}. Mount the folder of "
                f"{self.expected} there, or add an account of its own for {identity}."
            )
        return identity

    def found(self) -> str:
        """The identity, whosever it is, made now in an empty folder. Raises NoIdentity where something else lies."""
        try:
            return self.identity()
        except NoIdentity:
            left = {entry.name for entry in os.scandir(self.folder) if not entry.name.endswith(UNFINISHED)}
            if left - LEFT_BY_THE_DISK - {"lock"}:
                raise
        with suppress(FileExistsError):  # another worker was faster, and its identity holds
            _link(self.folder / "identity.json", {"account": f"owned-{uuid.uuid4().hex[:16]}"})
        return self.identity()

    @contextmanager
    def locked(self, seconds: float) -> Iterator[None]:
        """Nobody else writes meanwhile. Raises Busy, NoIdentity or AnotherFolder."""
        self.own()
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(handle, seconds)
            self.own()  # the wait may have been long
            yield
        finally:
            os.close(handle)

    def get(self, machine: str) -> Claim | None:
        """The claim, live or ended; None when there never was one."""
        for folder in ("claims", "ended", "ended"):  # it may move from one to the other between two looks
            try:
                claim = _claim(_load(self.folder / folder / f"{machine}.json"))
            except FileNotFoundError:
                continue
            self.own()
            return claim
        self.own()  # a folder that is gone, or another's, knows of no claim either, and that means nothing
        return None

    def live(self) -> list[Claim]:
        """All that have not ended, oldest first."""
        self.own()
        try:
            names = [entry.name for entry in os.scandir(self.folder / "claims") if entry.name.endswith(".json")]
        except FileNotFoundError:
            return []  # none was ever made
        claims = []
        for name in names:
            try:
                claims.append(_claim(_load(self.folder / "claims" / name)))
            except FileNotFoundError:
                continue  # it ended just now
        ended = self.folder / "ended"
        live = [claim for claim in claims if not (ended / f"{claim.machine_id}.json").exists()]
        return sorted(live, key=lambda claim: (claim.launched_at, claim.machine_id))

    def add(self, claim: Claim) -> None:
        """Raises FileExistsError when the machine was claimed before, and MaybeDone."""
        _make(self.folder / "claims")
        _link(self.folder / "claims" / f"{claim.machine_id}.json", _said(claim))

    def change(self, claim: Claim, **changes: Any) -> Claim:
        changed = replace(claim, **changes)
        _swap(self.folder / "claims" / f"{claim.machine_id}.json", _said(changed))
        return changed

    def end(self, claim: Claim, *, at: datetime, reason: str) -> Claim:
        """The claim as it ended: the first end stands. A crash in between leaves it ended."""
        ended = self.folder / "ended"
        _make(ended)
        with suppress(FileExistsError):
            _link(ended / f"{claim.machine_id}.json", _said(replace(claim, ended_at=at, end_reason=reason)))
        (self.folder / "claims" / f"{claim.machine_id}.json").unlink(missing_ok=True)
        _flush(self.folder / "claims")
        return _claim(_load(ended / f"{claim.machine_id}.json"))

    def next_notice(self) -> int:
        """A number no notice has had. Call with the lock."""
        path = self.folder / "notices.json"
        try:
            last = _load(path)["last"]
        except FileNotFoundError:
            last = 0
        except KeyError:
            raise Unreadable("notices.json") from None
        _swap(path, {"last": int(last) + 1})
        return int(last) + 1

    def try_writing(self) -> None:
        """Write and remove a file, as a claim would be."""
        _link(self.folder / f".trial-{uuid.uuid4().hex}", {}).unlink()


def _take(handle: int, seconds: float) -> None:
    give_up_at = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                raise Busy from None
        time.sleep(LOOK_AGAIN_SECONDS)


def _load(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_bytes())
    except ValueError as error:
        raise Unreadable(path.name) from error
    if not isinstance(said, dict):
        raise Unreadable(path.name)
    return said


def _write(path: Path, said: dict[str, Any]) -> Path:
    """The text on disk beside `path`, for good."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}{UNFINISHED}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        data = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
        if os.write(handle, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    return beside


def _link(path: Path, said: dict[str, Any]) -> Path:
    """A new file, whole or not at all. Raises FileExistsError, and MaybeDone when it was not flushed."""
    beside = _write(path, said)
    try:
        os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    _flush(path.parent)
    return path


def _swap(path: Path, said: dict[str, Any]) -> None:
    """In the place of what is there, whole or not at all."""
    beside = _write(path, said)
    try:
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _flush(path.parent)


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
        _flush(folder.parent)


def _flush(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise MaybeDone(os.strerror(error.errno or 0)) from error


_TIMES = ("launched_at", "ending_at", "ended_at")


def _said(claim: Claim) -> dict[str, Any]:
    values = asdict(claim)
    values |= {name: values[name].isoformat() if values[name] else None for name in _TIMES}
    if claim.notice is not None:
        times = {"noticed_at": claim.notice.noticed_at.isoformat(), "ends_at": claim.notice.ends_at.isoformat()}
        values["notice"] = {"sequence": claim.notice.sequence, **times}
    return values


def _claim(values: dict[str, Any]) -> Claim:
    try:
        notice = values["notice"]
        times = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in _TIMES}
        return Claim(
            **{
                **values,
                **times,
                "accelerators": tuple(int(index) for index in values["accelerators"]),
                "notice": notice
                and Claimed(
                    int(notice["sequence"]),
                    datetime.fromisoformat(notice["noticed_at"]),
                    datetime.fromisoformat(notice["ends_at"]),
                ),
            }
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(str(values.get("machine_id", "a claim"))[:60]) from error
