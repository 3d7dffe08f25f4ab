"""The audit log as a page and over the API: filters, what changed, files, and who may read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from fleet.models import AuditCheck, Project
from fleet.services import audit, events, limits
from fleet.services.access import caller_of_user
from tests import factories
from tests.api_client import ApiClient, fresh_client
from tests.factories import NOON


@pytest.fixture
def project(transactional_db: None) -> Project:
    return factories.project(slug="research")


@pytest.fixture
def boss(project: Project) -> Any:
    return factories.member(project, "billing")


@pytest.fixture
def page(boss: Any) -> Client:
    client = fresh_client()
    client.force_login(boss)
    return client


@pytest.fixture
def changed(project: Project, boss: Any) -> str:
    """A budget that was set and lowered, and one of somebody else's; Purser did something, too."""
    by = caller_of_user(boss)
    made = limits.create_budget(project=project, by=by, now=NOON, cap_per_hour=Decimal(400))
    limits.change_limit(made.public_id, changes={"cap_per_hour": Decimal(250)}, by=by, now=NOON)
    events.record("allocation.planned", subject="alloc_x", project=project, now=NOON)
    theirs = factories.project(slug="theirs")
    root = caller_of_user(factories.user(is_superuser=True))
    limits.create_quota(project=theirs, by=root, now=NOON, max_accelerators=7)
    audit.seal()
    return made.public_id


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_shows_who_changed_what_from_what_to_what(page: Client, changed: str, boss: Any) -> None:
    shown = text(page.get("/settings/audit"))
    assert "<del>$400.00</del>" in shown
    assert "<ins>$250.00</ins>" in shown
    assert boss.username in shown
    assert "max accelerators" not in shown
    assert "allocation.planned" not in shown
    assert "allocation.planned" in text(page.get("/settings/audit?all=1"))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("topic=budget", 2),
        ("topic=budget.changed", 1),
        ("topic=quota", 0),
        ("actor=nobody", 0),
        ("since=2100-01-01", 0),
    ],
)
def test_filters_narrow_the_list(page: Client, changed: str, query: str, count: int) -> None:
    assert text(page.get(f"/settings/audit?{query}")).count('<th scope="row">') == count


@pytest.mark.parametrize(("query", "words"), [("since=31.1.2026", "is no day"), ("address=home", "is no address")])
def test_a_filter_nobody_can_mean_is_said(page: Client, changed: str, query: str, words: str) -> None:
    assert words in text(page.get(f"/settings/audit?{query}"))


def test_the_page_gives_the_log_as_a_file(page: Client, changed: str) -> None:
    lines = b"".join(page.get("/settings/audit?csv=audit&topic=budget")).decode().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("id,recorded_at,occurred_at,topic")


def test_who_may_not_read_the_log_does_not(project: Project) -> None:
    client = fresh_client()
    client.force_login(factories.member(project, "operator"))
    assert client.get("/settings/audit").status_code == 403
    assert "/settings/audit" not in text(client.get("/settings"))


def test_the_api_finds_and_exports_changes(project: Project, boss: Any, changed: str) -> None:
    api = ApiClient(factories.token(project, "audit:read", issuer=boss))
    rows = api.get(f"audit-events?subject={changed}").json()["items"]
    assert [row["topic"] for row in rows] == ["budget.changed", "budget.created"]
    assert (rows[0]["before"]["cap_per_hour"], rows[0]["after"]["cap_per_hour"]) == ("400", "250")
    assert rows[0]["n"] > rows[1]["n"]
    assert len(rows[0]["digest"]) == 64
    topics = [row["topic"] for row in api.get("audit-events").json()["items"]]
    assert topics == ["token.issued", "budget.changed", "budget.created"]
    assert b"theirs" not in b"".join(api.get("audit-events/export?changes_only=false"))
    lines = b"".join(api.get("audit-events/export?format=jsonl&topic=budget")).splitlines()
    assert len(lines) == 2
    chain = api.get("audit-chain").json()
    assert chain["n"] == audit.anchor()["n"]
    assert chain["holds"] is None


def test_reading_a_page_of_the_log_costs_the_same_for_many_rows(page: Client, changed: str, project: Project) -> None:
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as found:
            page.get("/settings/audit?all=1")
        return len(found)

    count()
    few = count()
    for number in range(30):
        events.record("allocation.planned", subject=f"alloc_{number}", project=project, now=NOON)
    assert count() == few


def test_which_events_are_not_as_sealed_is_told_to_whoever_sees_all_of_them(page: Client) -> None:
    found = {"kind": "removed", "n": 7, "event": 4711, "sentence": "Event 4711 was sealed and is gone."}
    AuditCheck.objects.create(started_at=NOON, sealed=9, digest="0" * 64, findings=[found])
    root = fresh_client()
    root.force_login(factories.user(is_superuser=True))
    assert "1 not as sealed" in text(page.get("/settings/audit"))
    assert "Event 4711" not in text(page.get("/settings/audit"))
    assert "Event 4711" in text(root.get("/settings/audit"))
