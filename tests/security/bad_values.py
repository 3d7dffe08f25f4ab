"""What people and programs write where something else was wanted; and what may never be said about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

IMAGE_TAG = '<img src=x onerror="alert(1)">'
RIGHT_TO_LEFT = "tra\u202enig"
ZERO_WIDTH = "tra\u200bin"
INVISIBLE = (RIGHT_TO_LEFT, ZERO_WIDTH)
ABSURDLY_LONG = "x" * 20_000
HUGE = 10**30
LONGER_THAN_ANY_NUMBER = 10**390

NEVER_SAID = re.compile(
    r"NoneType|object has no attribute|expected string|bytes-like|Traceback|got type|instance of|\bdict\b|\bstr\b|"
    r"\bint\b|KeyError|TypeError|ValueError|psycopg|duplicate key|constraint|codec|sys\.|Expected a |%\(|\{[a-z_]+\}"
)
"""Words of Python, of its libraries and of the database."""
COUNTED_ELSEWHERE = frozenset({"django_session", "fleet_session"})
"""Tables that every request of a browser touches."""
_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', re.IGNORECASE)
_USED = re.compile(r'UPDATE "fleet_token" SET "last_')
"""That somebody called is noted however the call ends."""


def is_a_sentence(text: str) -> bool:
    return bool(text) and text[-1] in ".?" and not NEVER_SAID.search(text) and len(text) < 600


class Rows:
    """Every row of every table of ours, as one number."""

    def __init__(self) -> None:
        names = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
        self.tables = sorted(names - COUNTED_ELSEWHERE)

    def digest(self) -> dict[str, Any]:
        parts = [
            f"SELECT '{name}', count(*), md5(coalesce(string_agg(r, '|' ORDER BY r), ''))"
            f" FROM (SELECT (to_jsonb(t) - 'last_used_at' - 'last_used_from')::text AS r FROM \"{name}\" t) rows"
            for name in self.tables
        ]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")  # compiling so many small parts takes seconds
            cursor.execute(" UNION ALL ".join(parts))
            return {name: (number, digest) for name, number, digest in cursor.fetchall()}

    def changed(self, before: dict[str, Any]) -> list[str]:
        after = self.digest()
        return [name for name in self.tables if after[name] != before[name]]


@contextmanager
def writes() -> Iterator[list[str]]:
    """The statements that write, as they are made."""
    made: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        written = _WRITES.match(str(sql))
        if written and written[1] not in COUNTED_ELSEWHERE and not _USED.match(str(sql)):
            made.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield made
