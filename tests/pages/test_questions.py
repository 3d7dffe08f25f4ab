"""How often each page asks the database, whatever there is to show. A number that grows is grown here, on purpose."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.pages import rows, serving
from tests.pages.browser import places

MOST = json.loads((Path(__file__).parent / "questions.json").read_text(encoding="utf-8"))


def asked(client: Client, path: str) -> int:
    """As by the first of many browsers: the money bar is read anew."""
    client.get(path)
    cache.clear()
    with CaptureQueriesContext(connection) as seen:
        client.get(path)
    return len(seen)


def kind_of(path: str) -> str:
    """A page without what names its row."""
    first, _, rest = path.partition("?")[0].lstrip("/").partition("/")
    return f"/{first}/…" if "_" in rest else path.partition("?")[0]


@pytest.fixture
def admin(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["admin"])
    return client


def test_no_page_asks_more_often_than_is_written_down_however_many_rows_there_are(admin: Client, db: None) -> None:
    made = rows.build(datetime.now(UTC), replicas=3, allocations=3, hours=6, minutes=30)
    few = {kind_of(path): asked(admin, path) for path in places(made)}
    for k in range(12):
        rows.bare_allocation(made, f"more-{k}", k)
    serving.endpoint(made, "more-8b", rows.POOLS[0], 9, 0.2, hours=6, minutes=30)
    many = {kind_of(path): asked(admin, path) for path in places(made)}
    assert many == few
    assert few == MOST, json.dumps(few, indent=2, ensure_ascii=False)
