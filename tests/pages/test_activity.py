"""Activity: one list of events and decisions, filtered by the address, paged both ways; and a decision explained."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from fleet.models import Event
from fleet.queries.events import COMING_AND_GOING
from fleet.services import events
from inference.activity import PAGE, Cursor, _cursor
from inference.models import Decision
from tests.pages import rows
from tests.pages.rows import Installation


@pytest.fixture
def admin(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["admin"])
    return client


def seen(client: Client, path: str) -> tuple[list[str], dict[str, str]]:
    """The lines of the list, and where its buttons lead."""
    page = client.get(path).content.decode()
    body = page.split('<ol class="list news long">')[1].split("</ol>")[0] if "news long" in page else ""
    found = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", line)).strip() for line in body.split("<li")[1:]]
    links = dict(re.findall(r'<a class="btn small" rel="(prev|next)" href="([^"]+)"', page))
    return found, {key: value.replace("&amp;", "&") for key, value in links.items()}


def test_pages_go_down_to_the_end_and_up_again_telling_nothing_twice(admin: Client, full: Installation) -> None:
    for k in range(PAGE * 2 + 7):
        events.record("allocation.active", subject=f"alloc_{k:04}", now=full.now - timedelta(minutes=k // 3))
    there = Event.objects.exclude(COMING_AND_GOING).count() + Decision.objects.exclude(action="hold").count()
    path, down = "/activity", []
    while path:
        lines, links = seen(admin, path)
        down.append(lines)
        last, path = path, links.get("next", "")
    assert sum(map(len, down)) == there
    _, links = seen(admin, last)
    up = [down[-1]]
    while "prev" in links:
        lines, links = seen(admin, links["prev"])
        up.append(lines)
    assert up[1] == down[-2]
    assert up[-1] == down[0]


def test_a_cursor_reads_as_it_was_written() -> None:
    cursor = Cursor(datetime(2026, 11, 26, 9, 8, 7, 6, tzinfo=UTC), "e", 42)
    assert _cursor(cursor.text) == cursor
    for text in ["", "x", "20261126T090807.000006e", "20269926T090807.000006e1", cursor.text + "9" * 20, "e1"]:
        assert _cursor(text) is None, text


def test_filters_narrow_by_subject_actor_project_and_time(admin: Client, full: Installation) -> None:
    events.record("quota.changed", subject="quota_1", actor="vic", project=full.other, now=full.now)
    assert len(seen(admin, "/activity?actor=vic")[0]) == 1
    assert len(seen(admin, "/activity?project=secret-lab")[0]) == 1
    assert all("chat-70b" in line for line in seen(admin, "/activity?subject=chat-70b")[0])
    early = "/activity?from=2020-01-01T00:00Z&to=2020-01-02T00:00Z"
    assert seen(admin, early)[0] == []
    assert "The filters hide everything" in admin.get(early).content.decode()


def test_a_change_is_told_value_by_value(admin: Client, full: Installation) -> None:
    data = {"before": {"max_replicas": 3, "name": "x"}, "after": {"max_replicas": 5, "name": "x"}}
    events.record("endpoint.changed", subject=full.endpoints[0].public_id, actor="ada", now=full.now, data=data)
    page = admin.get("/activity").content.decode()
    assert "<del>3</del>" in page and "<ins>5</ins>" in page
    assert "<dt>name</dt>" not in page


def test_a_decision_is_explained_with_all_it_rests_on(admin: Client, full: Installation) -> None:
    decision = Decision.objects.filter(endpoint=full.endpoints[0]).order_by("-at")[1]
    page = admin.get(f"/decisions/{decision.public_id}").content.decode()
    for part in (decision.why, "ceil(96.4 / 19.2)", "In flight", "96.40", "Costs $0.80/h more for the same SLO."):
        assert part in page, part
    assert "Earlier decision" in page and "Later decision" in page
    assert f"/decisions/{decision.public_id}" in admin.get("/activity?show=decisions").content.decode()


def test_a_decision_of_another_project_is_not_there(client: Client, people: dict[str, Any], full: Installation) -> None:
    rows.see(people["viewer"], full.other)
    client.force_login(people["viewer"])
    assert client.get(f"/decisions/{Decision.objects.all()[0].public_id}").status_code == 404


def test_who_came_and_went_is_no_activity_until_it_is_asked_for(admin: Client, full: Installation) -> None:
    events.record("login.failed", subject="user:9", actor="mallory", now=full.now)
    assert "mallory" not in admin.get("/activity").content.decode()
    assert len(seen(admin, "/activity?actor=mallory")[0]) == 1


def test_who_may_do_what_is_told_in_full_to_those_who_read_access(
    admin: Client, people: dict[str, Any], full: Installation
) -> None:
    project = full.mine
    rows.see(people["viewer"], project)
    data = {"user": "grace", "after": {"role": "hush"}}
    events.record("member.added", subject=project.public_id, project=project, now=full.now, data=data)
    paths = ("/activity", "/activity?csv=activity", "/activity?json=activity")
    assert all("hush" in text_of(admin, path) for path in paths)
    viewer = Client()
    viewer.force_login(people["viewer"])
    for path in paths:
        text = text_of(viewer, path)
        assert "hush" not in text
        assert "grace" not in text
    assert "member.added" in text


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
