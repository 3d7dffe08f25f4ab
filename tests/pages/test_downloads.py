"""Every chart and every table of every page as a file: all of it, safe in a spreadsheet, and only what one may see."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from fleet.models import Allocation
from fleet.queries.rows import PAGE
from tests.pages import rows
from tests.pages.rows import Installation


@pytest.fixture
def admin(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["admin"])
    return client


def lines(client: Client, path: str) -> list[list[str]]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer["Content-Disposition"].startswith("attachment"), path
    return list(csv.reader(io.StringIO(b"".join(answer).decode(), newline="")))


def pages(full: Installation) -> list[str]:
    endpoint, allocation = full.endpoints[0].public_id, full.allocations[0].public_id
    return ["/", "/fleet", "/endpoints", f"/endpoints/{endpoint}", f"/fleet/{allocation}", "/activity", "/economics"]


def files_of(client: Client, path: str) -> list[str]:
    """Where the links of a page that download something lead."""
    return [
        unescape(href)
        for href in re.findall(r'<a[^>]*\bdownload\b[^>]*href="([^"]+)"', client.get(path).content.decode())
    ]


def test_every_chart_and_table_that_offers_a_file_has_one(admin: Client, full: Installation) -> None:
    found = {path: files_of(admin, path) for path in pages(full)}
    assert all(found.values())
    for path, links in found.items():
        for href in links:
            if "json=" in href:
                json.loads(b"".join(admin.get(href)))
            else:
                table = lines(admin, href)
                assert table[0], (path, href)
                assert {len(row) for row in table} == {len(table[0])}, (path, href)
    assert sum(map(len, found.values())) > 30


def test_every_chart_of_a_page_offers_a_file(admin: Client, full: Installation) -> None:
    for path in pages(full):
        page = admin.get(path).content.decode()
        charts = len(re.findall(r'class="plot ', page))
        assert len(re.findall(r"data-twin-toggle", page)) <= charts
        assert len(re.findall(r'data-choice="[^"]+" download', page)) == charts, path


def test_the_file_of_a_table_holds_all_of_what_the_filters_let_through(admin: Client, full: Installation) -> None:
    for k in range(PAGE + 5):
        rows.bare_allocation(full, f"many-{k}", 1)
    table = lines(admin, "/fleet?q=many-&csv=allocations")
    assert len(table) - 1 == PAGE + 5
    assert json.loads(b"".join(admin.get("/fleet?q=many-1&json=allocations")))[0]["name"].startswith("many-1")


def test_a_name_that_a_spreadsheet_would_calculate_is_only_text(admin: Client, full: Installation) -> None:
    Allocation.objects.filter(pk=full.allocations[0].pk).update(name="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in {row[1] for row in lines(admin, "/fleet?csv=allocations")}


def test_a_file_holds_nothing_of_another_project(client: Client, people: dict[str, Any], full: Installation) -> None:
    rows.see(people["viewer"], full.other)
    client.force_login(people["viewer"])
    assert len(lines(client, "/fleet?csv=allocations")) == 1
    assert len(lines(client, "/activity?csv=activity")) == 1
    assert len(lines(client, f"/economics?csv=token-cost-hours&endpoint={full.endpoints[0].public_id}")) == 1
    assert len(lines(client, "/economics?csv=projects")) == 1


def test_a_file_that_there_is_not_is_not_there(admin: Client, full: Installation) -> None:
    for path in pages(full):
        assert admin.get(path, {"csv": "nothing"}).status_code == 404, path


def test_a_gap_in_a_chart_is_an_empty_cell_of_its_file(admin: Client, full: Installation) -> None:
    table = lines(admin, f"/endpoints/{full.endpoints[0].public_id}?csv=requests")
    assert table[0][0] == "Time, UTC"
    assert "requests per second" in table[0][1]
    assert {"", "1.0"} <= {row[1] for row in table[1:]}
