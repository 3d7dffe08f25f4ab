"""The fleet table: sorted by every column, filtered, with the columns one wants, kept under a name, at any size."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fleet.fleet_table import COLUMNS
from fleet.models import Event, SavedView
from tests.pages import rows, scale
from tests.pages.rows import Installation


@pytest.fixture
def admin(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["admin"])
    return client


def names(client: Client, query: str) -> list[str]:
    """The allocations of a page, from its top."""
    page = client.get(f"/fleet?{query}").content.decode()
    return re.findall(r'<a class="strong" href="/fleet/alloc_[^"]+"[^>]*>([^<]+)</a>', page)


@pytest.mark.parametrize("column", [key for key, _, sorts, _, _ in COLUMNS if sorts] + ["name"])
def test_every_column_that_sorts_does_so_both_ways(admin: Client, full: Installation, column: str) -> None:
    up, down = names(admin, f"sort={column}"), names(admin, f"sort=-{column}")
    assert sorted(up) == sorted(down) != []
    page = admin.get(f"/fleet?sort=-{column}&show={column if column != 'name' else 'state'}").content.decode()
    assert 'aria-sort="descending"' in page


def test_the_dearest_stands_first_when_sorted_by_price(admin: Client, full: Installation) -> None:
    assert names(admin, "sort=-price")[0] == "chat-70b"
    assert names(admin, "sort=price")[-1] == "chat-70b"


def test_only_the_columns_asked_for_are_shown(admin: Client, full: Installation) -> None:
    head = admin.get("/fleet?show=project,ends").content.decode().split("<thead>")[1].split("</thead>")[0]
    assert "Project" in head and "Ends" in head
    assert "Health" not in head
    usual = admin.get("/fleet?show=nonsense").content.decode().split("<thead>")[1].split("</thead>")[0]
    assert "Health" in usual


def test_a_filter_that_is_set_can_be_taken_off_by_itself(admin: Client, full: Installation) -> None:
    page = admin.get("/fleet?accelerator=H100&state=active").content.decode()
    assert 'aria-label="Remove the filter Accelerator: H100"' in page
    assert 'href="/fleet?state=active"' in page


def save(client: Client, name: str, query: str = "accelerator=H100") -> Any:
    return client.post("/fleet/views/save", {"name": name, "query": query}, follow=True)


def test_a_view_is_saved_opened_renamed_and_deleted(admin: Client, full: Installation) -> None:
    assert "View “Big ones” saved." in save(admin, "Big ones").content.decode()
    view = SavedView.objects.get()
    page = admin.get("/fleet?accelerator=H100").content.decode()
    assert re.search(r'<a href="/fleet\?accelerator=H100" aria-current="page">.*?Big ones', page, re.DOTALL)
    admin.post("/fleet/views/rename", {"view": view.public_id, "name": "H100s"})
    view.refresh_from_db()
    assert view.name == "H100s"
    admin.post("/fleet/views/delete", {"view": view.public_id})
    assert not SavedView.objects.exists()
    topics = Event.objects.filter(subject=view.public_id).order_by("id").values_list("topic", flat=True)
    assert list(topics) == ["saved-view.created", "saved-view.renamed", "saved-view.deleted"]


def test_a_saved_view_keeps_only_what_makes_a_view(admin: Client, full: Installation) -> None:
    save(admin, "x", "q=a&page=7&csv=allocations&next=//evil.example&state=active&show=state&show=price")
    assert SavedView.objects.get().query == "q=a&state=active&show=state%2Cprice"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the view a name."),
        ("x" * 61, "at most 60 characters"),
        ("Big\u200bones", "U+200B"),
        ("big ONES", "You keep a view called"),
    ],
)
def test_a_view_that_cannot_be_saved_says_why(admin: Client, full: Installation, name: str, sentence: str) -> None:
    save(admin, "Big ones")
    assert sentence in save(admin, name).content.decode()
    assert SavedView.objects.count() == 1


def test_a_view_belongs_to_one_person(client: Client, people: dict[str, Any], full: Installation) -> None:
    client.force_login(people["admin"])
    save(client, "Mine")
    view = SavedView.objects.get()
    client.force_login(people["viewer"])
    assert "Mine" not in client.get("/fleet").content.decode()
    assert client.post("/fleet/views/delete", {"view": view.public_id}).status_code == 404
    assert client.post("/fleet/views/rename", {"view": view.public_id, "name": "x"}).status_code == 404


def asked(client: Client, path: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as seen:
        page = client.get(path).content.decode()
    return len(seen), page


def test_ten_thousand_allocations_are_a_page_of_fifty_and_as_many_questions(admin: Client, db: None) -> None:
    made = rows.build(datetime.now(UTC), replicas=2, hours=2, minutes=2)
    paths = ["/fleet", "/fleet?sort=-price", "/fleet?sort=name&page=2", "/fleet?accelerator=H100&state=active"]
    few = {path: asked(admin, path)[0] for path in paths}
    scale.many_allocations(made, 10_000)
    for path in paths:
        count, page = asked(admin, path)
        assert count <= few[path] + 2, path  # what a first and only page need not ask
        assert len(re.findall(r"<tr data-row", page)) == 50, path
    assert "Page 150 of" in asked(admin, "/fleet?page=150")[1]
    assert names(admin, "sort=-price")[0] == "chat-70b"
