"""purser/reactions.py names tasks that exist and topics that somebody records."""

import ast

from celery import current_app

from purser.reactions import REACTIONS
from tests.architecture.sources import APPS, REPOSITORY, files


def unknown_tasks(reactions: dict[str, tuple[str, ...]]) -> list[str]:
    current_app.loader.import_default_modules()
    return [task for tasks in reactions.values() for task in tasks if task not in current_app.tasks]


def unrecorded_topics(reactions: dict[str, tuple[str, ...]]) -> list[str]:
    return [topic for topic in reactions if topic not in _words_of_the_apps()]


def _words_of_the_apps() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files(REPOSITORY, *APPS)]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {node.value for node in nodes if isinstance(node.value, str)}


def test_every_reaction_is_a_registered_task():
    assert unknown_tasks(REACTIONS) == []


def test_every_topic_is_recorded_somewhere_in_the_code():
    assert unrecorded_topics(REACTIONS) == []


def test_topics_are_a_noun_and_a_past_participle():
    assert [topic for topic in REACTIONS if topic.count(".") != 1 or topic != topic.lower()] == []


def test_a_task_or_a_topic_that_does_not_exist_is_seen():
    planted = {"unicorn.saddled": ("fleet.ride_unicorn",)}
    assert unknown_tasks(planted) == ["fleet.ride_unicorn"]
    assert unrecorded_topics(planted) == ["unicorn.saddled"]
