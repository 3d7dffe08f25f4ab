"""What every query shares: rows as plain dictionaries, and only those of the projects that may be seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

Rows = list[dict[str, Any]]
PAGE = 50


def plain(found: Iterable[Any]) -> Rows:
    """Rows of `.values()` as ordinary dictionaries."""
    return [dict(row) for row in found]


def in_scope(rows: QuerySet[Any], projects: Sequence[int] | None, field: str = "project_id") -> QuerySet[Any]:
    """Only rows of these projects; all of them for None."""
    return rows if projects is None else rows.filter(**{f"{field}__in": projects})
