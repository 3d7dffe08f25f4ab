"""What a message to a worker may hold: an id to look at, as JSON. Whoever forges one makes a worker look sooner."""

from __future__ import annotations

import ast
import base64
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from kombu import Connection
from kombu.exceptions import ContentDisallowed
from kombu.serialization import dumps, loads

from fleet.models import Event
from fleet.services import events, relay, schedule
from fleet.services.clock import business_now
from purser.reactions import REACTIONS
from tests import factories
from tests.architecture.sources import APPS, REPOSITORY, files

IDS = {"subject": str, "event_id": int}
SENDERS = {"fleet/services/relay.py", "fleet/services/schedule.py"}
SENDING = {"send_task", "delay", "apply_async", "signature", "chord", "chain"}


def ours() -> list[Any]:
    current_app.loader.import_default_modules()
    return [task for name, task in current_app.tasks.items() if name.split(".")[0] in APPS]


def test_every_task_takes_ids_and_nothing_else() -> None:
    assert len(ours()) > 20
    for task in ours():
        taken = inspect.signature(task.run).parameters.values()
        named = {one.name for one in taken if one.kind is not one.VAR_KEYWORD}
        assert named <= set(IDS), task.name
        assert all(one.kind in (one.KEYWORD_ONLY, one.VAR_KEYWORD) for one in taken), task.name


def test_two_places_send_tasks_and_no_other() -> None:
    """The relay, whose messages the next test reads, and the schedule, which sends names alone."""
    found = {path for path in files(REPOSITORY, *APPS, "purser") if _sends(path)}
    assert {str(path.relative_to(REPOSITORY)) for path in found} == SENDERS


@pytest.mark.django_db
def test_what_travels_to_a_worker_is_json_with_ids(valkey: Any) -> None:
    """Of each topic somebody reacts to, with everything in its data that should stay in the row."""
    project = factories.project()
    for topic in REACTIONS:
        data = {"name": "told-name", "before": {"key": "told-before"}, "reason": "told-reason"}
        events.record(topic, subject=f"alloc_{'0' * 32}", project=project, now=business_now(), data=data)
    relay.relay()
    schedule.send(sorted(task.name for task in ours()))
    messages = [json.loads(raw) for name in _queues(valkey) for raw in valkey.lrange(name, 0, -1)]
    assert len(messages) > len(REACTIONS) / 2
    known = set(Event.objects.values_list("id", flat=True))
    for message in messages:
        assert message["content-type"] == "application/json"
        args, kwargs, _ = json.loads(base64.b64decode(message["body"]))
        assert args == []
        assert set(kwargs) in (set(), set(IDS))
        assert all(type(value) is IDS[name] for name, value in kwargs.items())
        assert kwargs.get("event_id", 0) in known | {0}
    assert b"told-" not in b"".join(raw for name in _queues(valkey) for raw in valkey.lrange(name, 0, -1))


@pytest.mark.parametrize("kind", ["pickle", "yaml"])
def test_a_worker_opens_nothing_but_json(kind: str, valkey: Any) -> None:
    conf = current_app.conf
    assert (conf.accept_content, conf.task_serializer, conf.result_serializer) == (["json"], "json", "json")
    assert conf.result_accept_content in (None, ["json"])
    with Connection(conf.broker_url) as broker:
        consumer = current_app.amqp.TaskConsumer(broker.default_channel)
        assert consumer.accept == {"application/json"}
    content_type, encoding, body = dumps({"subject": "x"}, serializer=kind)
    with pytest.raises(ContentDisallowed):
        loads(body, content_type, encoding, accept=consumer.accept)


def test_a_task_that_would_be_sent_elsewhere_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from fleet.tasks import sweep\nsweep.delay(key='secret')\n")
    assert _sends(tmp_path / "a.py")


def _sends(path: Path) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SENDING
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def _queues(valkey: Any) -> list[bytes]:
    return [key for key in valkey.scan_iter() if valkey.type(key) == b"list"]
