"""The doctor finds what is wrong, says what to do, and gets to its end whatever is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from fleet.models import CloudAccount, Installation, Periodic, Sweep
from fleet.schedule import canary
from fleet.services import audit, events, schedule
from fleet.services.clock import business_now
from purser.doctor import configuration, examine, ok, warn
from tests import factories
from tests.sandbox_server import sandbox_process

REPOSITORY = Path(__file__).resolve().parents[2]


def found() -> dict[str, tuple[str, str]]:
    return {finding.name: (finding.level, finding.sentence) for finding in examine()}


def levels(*names: str) -> list[str]:
    told = found()
    return [told[name][0] for name in names]


@pytest.fixture
def well(transactional_db: None) -> None:
    """An installation at work."""
    schedule.store_lines()
    now = timezone.now()
    Periodic.objects.update(last_sent_at=now, last_finished_at=now)
    Installation.objects.get_or_create(pk=1)
    events.record("installation.backed-up", subject="x", now=business_now())
    audit.seal()


def test_a_part_that_is_well_says_so(well):
    told = found()
    parts = ("database.answers", "database.migrations", "database.clock", "broker.answers", "broker.policy")
    parts += ("work.scheduler", "work.schedule", "work.queues", "work.events", "work.sweeps", "work.switches")
    parts += ("work.backups", "work.audit", "work.incidents", "settings.secret_key")
    assert {name: told[name] for name in parts if told[name][0] != "ok"} == {}
    assert all(sentence.endswith((".", ")")) for _, sentence in told.values())


# Of a shell, not of a web process: what purser.wsgi sets for itself may be in ours.
ORDINARY = {name: value for name, value in os.environ.items() if name != "DATABASE_POOL_SIZE"}


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "doctor", "--json"]
    return subprocess.run(
        command, cwd=REPOSITORY, env=ORDINARY | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_with_the_database_and_the_broker_away_it_says_so_and_ends_with_1():
    done = run(DATABASE_URL="postgresql://purser:hunter22@127.0.0.1:1/purser", REDIS_URL="redis://127.0.0.1:1/0")
    assert (done.returncode, done.stderr) == (1, "")
    told = {one["name"]: one for one in json.loads(done.stdout)["findings"]}
    assert told["database.answers"]["level"] == told["broker.answers"]["level"] == "fail"
    assert "hunter22" not in done.stdout
    assert "work" in told


def test_a_bad_variable_is_a_sentence_and_no_traceback():
    done = run(LOG_LEVEL="loud")
    assert done.returncode == 1
    assert "LOG_LEVEL" in done.stderr and "Traceback" not in done.stderr


def test_an_empty_database_wants_its_migrations(servers):
    import psycopg

    with psycopg.connect(servers.database_url, autocommit=True) as own:
        own.execute("DROP DATABASE IF EXISTS empty_one")
        own.execute("CREATE DATABASE empty_one")
    done = run(DATABASE_URL=servers.database_url.rpartition("/")[0] + "/empty_one")
    told = {one["name"]: one for one in json.loads(done.stdout)["findings"]}
    assert (told["database.migrations"]["level"], done.returncode) == ("fail", 1)


def test_a_guard_that_was_switched_off_is_named(well):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_ledgerentry DISABLE TRIGGER ledger_is_append_only")
    try:
        level, sentence = found()["database.append_only"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE billing_ledgerentry ENABLE TRIGGER ledger_is_append_only")
    assert level == "fail" and "ledger_is_append_only" in sentence


def test_every_guard_of_the_schema_is_one_the_doctor_looks_for(db):
    from purser.doctor.database import APPEND_ONLY, NOTED

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace"
        )
        assert {name for (name,) in cursor.fetchall()} == set().union(*APPEND_ONLY.values(), *NOTED.values())


def test_a_queue_nobody_consumes_and_a_line_nobody_stored_are_named(well):
    Periodic.objects.filter(name=canary("metering")).update(last_finished_at=None)
    Periodic.objects.filter(name="fleet.sweep").delete()
    told = found()
    assert told["work.queues"][0] == "fail" and "metering" in told["work.queues"][1]
    assert told["work.schedule"][0] == "fail" and "fleet.sweep" in told["work.schedule"][1]


def test_no_scheduler_an_unswept_account_and_an_old_backup(well):
    Periodic.objects.update(last_sent_at=timezone.now() - timedelta(minutes=5))
    factories.account(name="aws-prod", options={"url": "http://127.0.0.1:1"})
    told = found()
    assert told["work.scheduler"][0] == "fail"
    assert told["work.sweeps"][0] == "fail" and "aws-prod" in told["work.sweeps"][1]
    assert told["clouds.aws-prod"][0] == "fail"


def test_what_is_stopped_or_restored_is_told(well):
    Installation.objects.update(destructive_frozen=True, frozen_reason="we look", restored_at=timezone.now())
    told = found()
    assert told["work.switches"] == (
        "warn",
        "Stopped: the sweeper is frozen (we look). Settings lets it go on.",
    )
    assert told["work.restored"][0] == "fail"


def test_an_event_that_was_not_sealed_is_told(well, monkeypatch):
    from purser.doctor import work

    events.record("thing.happened", subject="x", now=business_now())
    monkeypatch.setattr(work, "SEAL_LAG", timedelta())
    assert levels("work.audit") == ["warn"]


def test_each_account_is_read_and_its_identity_compared(well, tmp_path, monkeypatch):
    monkeypatch.setenv("SANDBOX_CREDENTIAL", "sandbox")
    with sandbox_process(tmp_path) as sandbox:
        for name, expected in (("right", "sandbox"), ("wrong", "somebody-else")):
            CloudAccount.objects.create(
                cloud="aws", provider="sandbox", name=name, credentials_ref="env:SANDBOX_CREDENTIAL",
                options={"url": sandbox.url}, expected_account_ref=expected,
            )  # fmt: skip
            Sweep.objects.create(
                account=CloudAccount.objects.get(name=name), started_at=timezone.now(), finished_at=timezone.now(),
                business_at=timezone.now(), complete=True,
            )  # fmt: skip
        told = found()
    assert told["clouds.right"][0] == "ok", told["clouds.right"]
    assert told["clouds.wrong"][0] == "fail" and "somebody-else" in told["clouds.wrong"][1]


@pytest.mark.parametrize(
    ("mode", "folder", "level"), [(0o600, 0o755, "ok"), (0o620, 0o755, "fail"), (0o644, 0o700, "ok")]
)
def test_a_secrets_file_is_judged_by_who_may_read_and_write_it(tmp_path, mode, folder, level):
    place = tmp_path / "secrets"
    place.mkdir()
    place.chmod(folder)
    file = place / "key"
    file.touch()
    file.chmod(mode)
    assert configuration.secret_file("files.key", "KEY_FILE", file).level == level


def test_a_secrets_file_that_everybody_can_reach_is_told(tmp_path, monkeypatch):
    file = tmp_path / "key"
    file.touch(mode=0o644)
    file.chmod(0o644)
    monkeypatch.setattr(configuration, "_reachable", lambda _: True)
    assert configuration.secret_file("files.key", "KEY_FILE", file).level == "warn"


@pytest.mark.parametrize(
    ("changes", "name", "level"),
    [
        ({"TRUSTED_PROXIES": ["0.0.0.0/0"]}, "proxies", "fail"),
        ({"TRUSTED_PROXIES": ["10.0.0.0/8"]}, "proxies", "ok"),
        ({"HTTPS": True, "TRUSTED_PROXIES": []}, "proxies", "warn"),
        ({"HTTPS": False}, "https", "warn"),
        ({"SECRET_KEY": "short"}, "settings.secret_key", "fail"),
        ({"SECRET_KEY_FALLBACKS": ["old"]}, "settings.secret_key", "warn"),
        ({"TOKEN_PEPPERS": "a:b"}, "settings.token_peppers", "ok"),
        ({"METRICS_TOKEN": ""}, "settings.metrics_token", "warn"),
    ],
)
def test_settings_are_judged(settings: Any, changes: dict[str, Any], name: str, level: str) -> None:
    for key, value in changes.items():
        setattr(settings, key, value)
    assert {finding.name: finding.level for finding in configuration.look()}[name] == level


def test_a_part_that_breaks_is_a_finding_and_the_rest_goes_on(well, monkeypatch):
    from purser.doctor import broker

    def breaks() -> Any:
        raise RuntimeError(f"secret {settings.SECRET_KEY}")
        yield

    monkeypatch.setattr(broker, "look", breaks)
    told = found()
    assert told["broker"][0] == "fail" and settings.SECRET_KEY not in told["broker"][1]
    assert "work.queues" in told


def test_warnings_fail_only_when_asked_to(monkeypatch, capsys):
    told = [ok("a", "It is well."), warn("b", "Mind this.")]
    monkeypatch.setattr("purser.management.commands.doctor.examine", lambda: told)
    call_command("doctor", "--quiet")
    assert "Mind this." in (shown := capsys.readouterr().out) and "It is well." not in shown
    with pytest.raises(SystemExit):
        call_command("doctor", "--strict")
