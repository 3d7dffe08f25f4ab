"""A line says which request, task and trace it belongs to, and never a secret."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from fleet.services.origin import NOWHERE, Origin, coming_from, origin
from purser.doctor.configuration import SECRETS
from purser.logs import SECRET_SETTINGS, ContextFilter, LineFormatter, masked

SEEN: list[dict[str, Any]] = []


def line_of(message: str, **extra: Any) -> dict[str, Any]:
    record = logging.LogRecord("purser", logging.INFO, __file__, 1, message, (), None)
    vars(record).update(extra)
    ContextFilter().filter(record)
    return json.loads(LineFormatter().format(record))


def look(**_: object) -> None:
    SEEN.append({**line_of("working"), "origin": origin()})


@pytest.fixture(scope="module")
def tasks() -> Any:
    names = ("test.of_everything", "test.about_one")
    made = [current_app.task(look, name=name, about_subject=name == names[1], ignore_result=True) for name in names]
    yield made
    for name in names:
        current_app.tasks.unregister(name)


def run(task: Any) -> dict[str, Any]:
    SEEN.clear()
    task.apply(kwargs={"subject": "x"}, headers={"request_id": "req-of-ada-1", "request_address": "192.0.2.7"})
    return SEEN[0]


def test_a_task_about_its_subject_takes_the_request_as_its_own(tasks):
    seen = run(tasks[1])
    assert seen["request_id"] == "req-of-ada-1"
    assert seen["origin"] == Origin("req-of-ada-1", "192.0.2.7")
    assert (seen["task"], bool(seen["task_id"])) == ("test.about_one", True)


def test_a_task_that_looks_after_whatever_is_due_only_says_who_woke_it(tasks):
    seen = run(tasks[0])
    assert "request_id" not in seen
    assert (seen["woken_by"], seen["origin"]) == ("req-of-ada-1", NOWHERE)


def test_nothing_of_a_task_is_left_when_it_has_ended(tasks):
    run(tasks[1])
    assert line_of("after").keys() == {"at", "level", "logger", "message"}
    assert origin() == NOWHERE


def test_a_row_that_is_worked_on_names_its_own_request():
    with coming_from(Origin("req-of-bob-2")):
        assert line_of("reconciling")["request_id"] == "req-of-bob-2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token prs_01abc_Zm9vYmFyLXNlY3JldA refused", "token prs_01abc_[secret] refused"),
        ("postgresql://purser:hunter2@db/purser", "postgresql://purser:[secret]@db/purser"),
        ("redis://:hunter2@redis:6379/0", "redis://:[secret]@redis:6379/0"),
        ("https://example.org/a:b@c", "https://example.org/a:b@c"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize("name", ["SECRET_KEY", "METRICS_TOKEN", "OTLP_HEADERS", "OIDC_CLIENT_SECRET"])
def test_what_purser_was_configured_with_is_masked_wherever_it_turns_up(settings, name):
    setattr(settings, name, 'canary-"quoted"-of-the-test')
    line = line_of(f"it was {getattr(settings, name)}", detail={"deep": [getattr(settings, name)]})
    assert "canary" not in json.dumps(line)


def test_every_key_of_a_ring_is_masked(settings):
    settings.TOKEN_PEPPERS = "a:first-pepper-of-all,b:second-pepper-of-all"
    assert masked("x second-pepper-of-all first-pepper-of-all") == "x [secret] [secret]"


def test_the_value_of_a_collectors_header_is_masked_without_its_name(settings):
    settings.OTLP_HEADERS = "authorization=Bearer collector-key,x-team=a"
    assert masked("sent Bearer collector-key") == "sent [secret]"


def test_every_secret_the_documentation_names_is_masked_and_its_file_looked_at():
    """So that a new secret cannot be forgotten; those of the two URLs are masked by their shape."""
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    named = set(re.findall(r"^\| `([A-Z_]+)` \|[^|]*\| \*\*Secret\.\*\*", text, re.MULTILINE))
    assert {"SECRET_KEY", "OIDC_CLIENT_SECRET", "DATABASE_URL"} <= named
    assert named == set(SECRETS)
    assert named - {"DATABASE_URL", "REDIS_URL", "SECRET_KEY_FALLBACKS"} == set(SECRET_SETTINGS)


def test_a_traceback_is_masked_too(settings):
    settings.METRICS_TOKEN = "canary-in-a-traceback"
    try:
        raise ValueError(settings.METRICS_TOKEN)
    except ValueError as error:
        assert "canary" not in json.dumps(line_of("failed", exc_info=(ValueError, error, error.__traceback__)))
