"""Any chart and any table of a page as a file: its address with `csv=<name>` or `json=<name>` added.

A file holds the whole of what the address asks for, not the page of it that is on the screen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, StreamingHttpResponse

from fleet.charts import Chart, Pane
from fleet.csv import CONTENT_TYPE, rows_as_csv


@dataclass(frozen=True)
class Sheet:
    """What a file holds. `rows` may come straight from the database: they are read while they are sent."""

    header: Sequence[str]
    rows: Iterable[Sequence[Any]]


PLAIN = (str, int, float, Decimal, datetime)
Sheets = Mapping[str, Callable[[], Sheet]]


def sheet(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> Sheet:
    """Rows as a file: `columns` says which keys, and what they are called there."""
    return Sheet(list(columns.values()), ([row[key] for key in columns] for row in rows))


def plain_sheet(rows: Sequence[Mapping[str, Any]]) -> Sheet:
    """Rows as a file with every column that is a word, a number or an instant in the first of them."""
    columns = [key for key, value in rows[0].items() if value is None or isinstance(value, PLAIN)] if rows else []
    return Sheet(columns, ([row.get(key) for key in columns] for row in rows))


def pane_sheet(pane: Pane) -> Sheet:
    """All of a figure as a table: the header and the rows."""
    data = [trace for trace in pane.figure["data"] if trace["meta"]["kind"] == "series"]
    if not data:
        return _bars(pane.figure["data"])
    meta = pane.figure["layout"]["meta"]
    unit = f", {meta['unit']}" if meta.get("unit") else ""
    start = datetime.fromisoformat(data[0]["x0"]).replace(tzinfo=UTC)
    step = timedelta(milliseconds=data[0]["dx"])
    columns = zip(*(trace["y"] for trace in data), strict=True)
    rows = [[start + k * step, *values] for k, values in enumerate(columns)]
    return Sheet(["Time, UTC", *(f"{trace['name']}{unit}" for trace in data)], rows)


def _bars(traces: Sequence[Mapping[str, Any]]) -> Sheet:
    rows = []
    for trace in traces:
        for row, base, length in zip(trace["y"], trace["base"], trace["x"], strict=True):
            start = datetime.fromisoformat(base).replace(tzinfo=UTC)
            rows.append([row, trace["name"], start, start + timedelta(milliseconds=length)])
    return Sheet(["Row", "State", "From, UTC", "To, UTC"], sorted(rows, key=lambda row: (row[0], row[2])))


def asked(request: HttpRequest, context: Mapping[str, Any], sheets: Sheets) -> StreamingHttpResponse | None:
    """The file this address asks for; None when it asks for a page. Raises Http404 for one there is not."""
    for kind, send in (("csv", _csv), ("json", _json)):
        name = request.GET.get(kind)
        if name is not None:
            make = sheets.get(name)
            found = make() if make else _chart(name, context)
            return send(found, name)
    return None


def _chart(name: str, context: Mapping[str, Any]) -> Sheet:
    for pane in _panes(context.values()):
        if pane.id == name:
            return pane_sheet(pane)
    raise Http404("This page has no such table.")


def _panes(values: Iterable[Any]) -> Iterator[Pane]:
    for value in values:
        if isinstance(value, Chart):
            yield from value.panes
        elif isinstance(value, list | tuple):
            yield from _panes(value)


def _csv(found: Sheet, name: str) -> StreamingHttpResponse:
    return _file(rows_as_csv(found.header, found.rows), f"{name}.csv", CONTENT_TYPE)


def _json(found: Sheet, name: str) -> StreamingHttpResponse:
    return _file(_as_json(found), f"{name}.json", "application/json")


def _as_json(found: Sheet) -> Iterator[str]:
    before = "["
    for row in found.rows:
        yield before + json.dumps(dict(zip(found.header, row, strict=True)), cls=DjangoJSONEncoder)
        before = ",\n"
    yield "]\n" if before != "[" else "[]\n"


def _file(lines: Iterator[str], name: str, kind: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="purser-{name}"'
    response["Cache-Control"] = "no-store"
    return response
