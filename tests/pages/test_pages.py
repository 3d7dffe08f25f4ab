"""Every page as the server sends it: complete without a script, whatever there is to show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.pages import rows
from tests.pages.rows import Installation

PAGES = ("/", "/fleet", "/endpoints", "/activity", "/activity?show=decisions", "/activity?show=money")


@pytest.fixture
def admin(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["admin"])
    return client


def all_pages(full: Installation) -> list[str]:
    return [*PAGES, f"/endpoints/{full.endpoints[0].public_id}", f"/fleet/{full.allocations[0].public_id}"]


def test_every_page_answers_for_an_installation_at_work(admin: Client, full: Installation) -> None:
    for page in all_pages(full):
        assert admin.get(page).status_code == 200, page


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_for_an_empty_installation(admin: Client, page: str) -> None:
    answer = admin.get(page)
    assert answer.status_code == 200
    assert "None" not in answer.content.decode().split("<main", 1)[1]
