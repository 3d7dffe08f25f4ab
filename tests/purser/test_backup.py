"""Backups: whole, checked, private; and a way back on which nothing acts before somebody has looked."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from psycopg import sql

from fleet.models import Event, Installation
from fleet.services import events
from fleet.services.clock import business_now
from fleet.services.installation import next_sequence
from purser.backup.archive import DUMP, MANIFEST, read_manifest
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Target:
    """A database of its own beside the test's, and the commands run against it as an operator would."""

    name: str
    url: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"DATABASE_URL": self.url, "SECRET_KEY": settings.SECRET_KEY}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as own:
            return own.execute(query).fetchall()  # type: ignore[call-overload]


@pytest.fixture
def target() -> Iterator[Target]:
    values = connection.settings_dict
    login = f"{quote(values['USER'])}:{quote(values['PASSWORD'])}@{values['HOST']}:{values['PORT']}"
    name = "restored_here"
    with psycopg.connect(f"postgresql://{login}/postgres", autocommit=True) as own:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        own.execute(drop)
        own.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield Target(name, f"postgresql://{login}/{name}")
        own.execute(drop)


@pytest.fixture
def lived_in() -> None:
    """A database with rows of every kind that a restore is checked by."""
    project, account = factories.project(), factories.account()
    slot = factories.slot(factories.allocation(project, state="active"))
    factories.instance(slot, account)
    for number in range(3):
        events.record("thing.happened", subject=f"thing-{number}", now=business_now())
    for _ in range(41):
        next_sequence()


@pytest.fixture
def backup(lived_in: None, tmp_path: Path) -> Path:
    path = tmp_path / "nightly.tar"
    call_command("backup", path)
    return path


def test_a_backup_is_one_private_file_that_says_what_is_in_it(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert list(backup.parent.iterdir()) == [backup]
    with tarfile.open(backup) as tar:
        assert tar.getnames() == [DUMP, MANIFEST]
    manifest = read_manifest(backup)
    told = Event.objects.filter(topic="installation.backed-up")
    assert (manifest.launch_sequence, manifest.rows["fleet_event"]) == (41, Event.objects.count() - 1)
    assert told.get().data["sha256"] == manifest.sha256
    assert manifest.version == settings.VERSION
    assert manifest.installation == str(Installation.objects.get().uuid)
    assert "0001_initial" in manifest.migrations["fleet"]


def test_a_backup_never_overwrites_another(backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(CommandError, match="never overwrites"):
        call_command("backup", backup)
    assert backup.read_bytes() == before


def test_a_backup_that_cannot_be_written_leaves_nothing(lived_in: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", tmp_path / "no such folder" / "x.tar")


def test_the_password_is_on_no_command_line(lived_in: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is started says so here: the real programs run behind a wrapper that writes its arguments down."""
    from purser.backup import tools

    folder = tmp_path / "bin"
    folder.mkdir()
    real = tools.program("pg_dump", at_least=16)
    told = tmp_path / "arguments"
    (folder / "pg_dump").write_text(f'#!/bin/sh\necho "$@" >> {told}\nexec {real} "$@"\n')
    (folder / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    call_command("backup", tmp_path / "x.tar")
    assert "--snapshot=" in told.read_text()
    assert connection.settings_dict["PASSWORD"] not in told.read_text()


def test_a_restored_database_holds_every_row_and_nothing_acts(backup: Path, target: Target) -> None:
    done = target.run("restore", str(backup))
    assert done.returncode == 0, done.stderr
    manifest = read_manifest(backup)
    [(ours,)] = target.rows("SELECT count(*) FROM fleet_event WHERE topic <> 'installation.restored'")
    assert ours == manifest.rows["fleet_event"]
    [row] = target.rows(
        "SELECT launches_paused, pause_reason, destructive_frozen, frozen_reason, restored_at IS NOT NULL,"
        " launch_sequence FROM fleet_installation"
    )
    assert (row[0], row[2], row[4], row[5]) == (True, True, True, 41)
    assert "nightly.tar" in str(row[1]) and "nightly.tar" in str(row[3])
    [(data,)] = target.rows("SELECT data FROM fleet_event WHERE topic = 'installation.restored'")
    assert data["sha256"] == manifest.sha256


def test_a_restored_database_refuses_changes_of_what_is_append_only_as_before(backup: Path, target: Target) -> None:
    assert target.run("restore", str(backup)).returncode == 0
    with psycopg.connect(target.url) as own, pytest.raises(psycopg.Error):
        own.execute("UPDATE fleet_event SET topic = 'x.y'")
    checks = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(checks)
        assert target.rows(checks) == [cursor.fetchone()]


def test_a_restored_database_can_be_backed_up_and_restored_over(backup: Path, target: Target) -> None:
    assert target.run("restore", str(backup)).returncode == 0
    second = backup.with_name("second.tar")
    assert target.run("backup", str(second)).returncode == 0
    done = target.run("restore", str(second), "--force")
    assert done.returncode == 0, done.stderr
    [(restored,)] = target.rows("SELECT count(*) FROM fleet_event WHERE topic = 'installation.restored'")
    assert restored == 2


def test_a_database_that_holds_something_is_not_replaced_without_force(backup: Path, target: Target) -> None:
    with psycopg.connect(target.url) as own:
        own.execute("CREATE TABLE somebodys (id int)")
    done = target.run("restore", str(backup))
    assert done.returncode == 1
    assert "--force" in done.stderr and "Traceback" not in done.stderr
    assert target.rows("SELECT count(*) FROM somebodys") == [(0,)]
    assert target.run("restore", str(backup), "--force").returncode == 0


def test_a_database_that_somebody_works_in_is_not_replaced(backup: Path, target: Target) -> None:
    with psycopg.connect(target.url, application_name="purser"):
        done = target.run("restore", str(backup), "--force")
    assert done.returncode == 1
    assert "in use by purser" in done.stderr


def _flip_a_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2000)
        byte = file.read(1)
        file.seek(2000)
        file.write(bytes([byte[0] ^ 0xFF]))


def _cut_in_half(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _say(**changes: object) -> Callable[[Path], None]:
    """A manifest that says something else."""

    def change(path: Path) -> None:
        with tarfile.open(path) as tar:
            parts = {name: tar.extractfile(name).read() for name in (DUMP, MANIFEST)}  # type: ignore[union-attr]
        parts[MANIFEST] = json.dumps({**json.loads(parts[MANIFEST]), **changes}).encode()
        with tarfile.open(path, "w") as tar:
            for name, content in parts.items():
                file = path.with_name(name)
                file.write_bytes(content)
                tar.add(file, name)

    return change


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_flip_a_byte, "damaged"),
        (_cut_in_half, "no backup of Purser, or only a part"),
        (lambda path: path.write_bytes(b"hello"), "no backup of Purser"),
        (lambda path: path.unlink(), "There is no"),
        (_say(format=99), "newer Purser"),
        (_say(migrations={"fleet": ["9999_from_the_future"]}, version="9.0.0"), "9.0.0 or a later one"),
        (_say(server_version_num=990000), "PostgreSQL 99"),
        (_say(rows={"fleet_event": 0}), "not those of the manifest"),
    ],
)
def test_a_file_that_is_not_right_is_refused_and_nothing_has_changed(backup, target, damage, sentence) -> None:
    damage(backup)
    with psycopg.connect(target.url) as own:
        own.execute("CREATE TABLE mine (id int)")
    done = target.run("restore", str(backup), "--force")
    assert done.returncode == 1
    assert sentence in done.stderr and "Traceback" not in done.stderr
    assert target.rows("SELECT count(*) FROM mine") == [(0,)]


def test_a_file_can_be_checked_without_a_restore(backup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("backup", backup, "--verify", "--json")
    assert json.loads(capsys.readouterr().out)["launch_sequence"] == 41
    _flip_a_byte(backup)
    with pytest.raises(CommandError, match="damaged"):
        call_command("backup", backup, "--verify")


def test_nothing_is_claimed_until_the_restore_is_confirmed(lived_in: None) -> None:
    from django.utils import timezone

    from fleet.models import Allocation
    from fleet.services.leases import claim

    Allocation.objects.update(next_at=timezone.now())
    Installation.objects.update(restored_at=timezone.now())
    assert claim(Allocation, limit=5) == []
    Installation.objects.update(restored_at=None)
    assert len(claim(Allocation, limit=5)) == 1
