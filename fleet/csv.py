"""Rows as CSV that a spreadsheet reads as data and never as a formula: RFC 4180, UTF-8, one line at a time."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

CONTENT_TYPE = "text/csv; charset=utf-8; header=present"
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Where spreadsheets begin to calculate; the wide ones are read as the narrow ones in East Asian settings."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


def rows_as_csv(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The header's line, then a line for each row, each with its line end.

    A text that a spreadsheet would take for a formula gets `'` before it. A number stays a number, a negative one
    too; nothing is an empty cell; an instant is in UTC; what has parts is JSON.
    """
    writer = csv.writer(_Line())
    yield writer.writerow([_harmless(name) for name in header])
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


class _Line:
    """A file for the csv module that hands back what it is given."""

    def write(self, text: str) -> str:
        return text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int | float):
        return str(value) if math.isfinite(value) else ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list | tuple):
        return _harmless(json.dumps(value, ensure_ascii=False, default=_cell))
    return _harmless(str(value))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) and not _NUMBER.fullmatch(text) else text
