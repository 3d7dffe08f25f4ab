"""What the settings accept and refuse, each tried in a process of its own as a deployment would."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
GOOD_KEY = "kq3V-9xWz_uLr7TbNc5Yd2FhJm8GpQs4AeXiZo6RvUwBtCyDnEfHgKjM1"
PRODUCTION = {
    "PURSER_ENV": "production",
    "SECRET_KEY": GOOD_KEY,
    "ALLOWED_HOSTS": "purser.example.org",
    "DATABASE_URL": "postgresql://purser:p%40ss@db.example.org:6432/ledger",
    "REDIS_URL": "redis://:secret@redis.example.org/0",
}
SHOW = "import json; from django.conf import settings as s; print(json.dumps({names}))"


def run(environment: dict[str, str], *program: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "purser.settings"}
    return subprocess.run(
        [sys.executable, *program], cwd=REPOSITORY, env=clean | environment, capture_output=True, text=True, check=False
    )


def settings_of(environment: dict[str, str], expression: str):
    done = run(environment, "-c", SHOW.replace("{names}", expression))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_production_passes_djangos_deployment_checks():
    done = run(PRODUCTION, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is a default or shorter than 50"),
        ({"SECRET_KEY": "django-insecure-" + GOOD_KEY}, "SECRET_KEY is a default"),
        ({"SECRET_KEY": "a" * 60}, "SECRET_KEY is a default"),
        ({"DEBUG": "true"}, "DEBUG is on while PURSER_ENV is production"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name the hosts"),
        ({"OUTBOUND_ALLOWED_CIDRS": "10.0.0.0/8,ten"}, "OUTBOUND_ALLOWED_CIDRS holds 'ten'"),
        ({"WEBHOOK_ALLOWED_CIDRS": "10.0.0.0/33"}, "WEBHOOK_ALLOWED_CIDRS holds '10.0.0.0/33'"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "sqlite:///db"}, "DATABASE_URL must look like postgresql://"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"PURSER_ENV": "staging"}, "PURSER_ENV is 'staging'; it must be one of production, development, test"),
        ({"TRUSTED_PROXIES": "everybody"}, "TRUSTED_PROXIES holds 'everybody'"),
    ],
)
def test_production_refuses_to_start_with(change, says):
    # Middleware is built by the WSGI application, so that is what has to refuse.
    done = run(PRODUCTION | change, "-c", "import purser.wsgi")
    assert done.returncode != 0
    assert says in done.stderr.splitlines()[-1]


def test_the_database_url_is_taken_apart():
    database = settings_of(PRODUCTION, 's.DATABASES["default"]')
    parts = [database[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")]
    assert parts == ["db.example.org", "6432", "purser", "p@ss", "ledger"]


def test_cookies_are_bound_to_this_host_in_production():
    names = settings_of(PRODUCTION, "[s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE]")
    assert names == ["__Host-purser", "__Host-purser-csrf", True]


def test_a_message_is_not_delivered_twice_while_its_task_may_still_run():
    expression = (
        "[s.CELERY_TASK_TIME_LIMIT, s.CELERY_BROKER_TRANSPORT_OPTIONS['visibility_timeout'],"
        " s.CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS['visibility_timeout'], s.CELERY_VISIBILITY_TIMEOUT]"
    )
    limit, *timeouts = settings_of(PRODUCTION, expression)
    assert timeouts == [300, 300, 300]
    assert limit < 300


def test_celery_believes_what_the_settings_say():
    script = (
        "import json; from purser.celery import app; c = app.conf; print(json.dumps([c.task_acks_late,"
        " c.task_reject_on_worker_lost, c.worker_prefetch_multiplier, c.accept_content, c.task_ignore_result,"
        " c.beat_schedule]))"
    )
    assert json.loads(run(PRODUCTION, "-c", script).stdout) == [True, True, 1, ["json"], True, {}]


def test_in_development_one_command_opens_what_another_sealed(tmp_path):
    folder = tmp_path / "data"
    own = {"PURSER_ENV": "development", "PURSER_DATA_DIR": str(folder)}
    first = settings_of(own, "s.SECRET_KEY")
    assert settings_of(own, "s.SECRET_KEY") == first
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret_key"]
    assert settings_of(own | {"SECRET_KEY": GOOD_KEY}, "s.SECRET_KEY") == GOOD_KEY


def test_where_no_folder_can_be_made_a_development_process_has_a_key_of_its_own(tmp_path):
    (tmp_path / "file").touch()
    own = {"PURSER_ENV": "development", "PURSER_DATA_DIR": str(tmp_path / "file" / "data")}
    assert settings_of(own, "s.SECRET_KEY") != settings_of(own, "s.SECRET_KEY")


def test_a_command_without_a_database_says_how_to_name_one_and_shows_no_traceback(tmp_path):
    own = {"PURSER_ENV": "development", "PURSER_DATA_DIR": str(tmp_path / "data")}
    done = run(own, "manage.py", "account", "list")
    assert done.returncode == 1
    assert "The database cannot be reached" in done.stderr
    assert "PURSER_DATA_DIR=.purser/demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_version_is_the_changelogs_first_heading():
    first = re.search(r"^## (\S+)", (REPOSITORY / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert settings_of(PRODUCTION, "s.VERSION") == first[1]
    assert f"image: purser:{first[1]}" in (REPOSITORY / "docker-compose.yml").read_text()
