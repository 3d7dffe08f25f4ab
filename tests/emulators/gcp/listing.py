"""Filters and pages, as Google's lists have them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any

from tests.emulators.gcp import catalogue
from tests.emulators.gcp.discovery import compute
from tests.emulators.gcp.wire import Call, Refused

_TERM = re.compile(r'\s*([A-Za-z][\w.-]*)\s*(!=|=|eq\b|ne\b)\s*("[^"]*"|[^\s"()]+)\s*')


def matching(rows: Iterable[dict[str, Any]], said: str, schema: str) -> list[dict[str, Any]]:
    """The rows that a filter leaves. Raises Refused for a filter that makes no sense."""
    kept = list(rows)
    if not said:
        return kept
    either = [_all_of(part, schema) for part in re.split(r"\s+OR\s+", said)]
    return [row for row in kept if any(all(_holds(row, *term) for term in terms) for terms in either)]


def _all_of(said: str, schema: str) -> list[tuple[str, str, str]]:
    terms = []
    for part in re.split(r"\s+AND\s+|(?<=\))\s*(?=\()", said.strip()):
        found = _TERM.fullmatch(part.strip().removeprefix("(").removesuffix(")"))
        if found is None or found[1].partition(".")[0] not in compute().fields(schema):
            raise Refused("invalid", f"Invalid value for field 'filter': '{said}'. Invalid list filter expression.")
        terms.append((found[1], found[2], found[3].strip('"')))
    return terms


def _holds(row: dict[str, Any], field: str, sign: str, value: str) -> bool:
    found: Any = row
    for name in field.split("."):
        found = found.get(name, {}) if isinstance(found, dict) else {}
    same = str(found) == value if found != {} else False
    return same if sign in ("=", "eq") else not same


def paged(call: Call, rows: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """One page of rows, and the token of the next one where there is one. Raises Refused for a token of another.

    A page begins after the last row of the one before, wherever that is by now: rows come and go between two pages.
    """
    mark = f"{call.method}|{call.project}|{call.query.get('filter', '')}|"
    after = ""
    if token := call.query.get("pageToken"):
        try:
            told = base64.urlsafe_b64decode(token.encode()).decode()
        except ValueError as error:
            raise Refused("invalid", f"Invalid value for field 'pageToken': '{token}'.") from error
        if not told.startswith(mark):
            raise Refused("invalid", f"Invalid value for field 'pageToken': '{token}'.")
        after = told.removeprefix(mark)
    left = sorted((row for row in rows if _key(row) > after), key=_key)
    page = left[: call.most()]
    if len(page) == len(left):
        return page, {}
    return page, {"nextPageToken": base64.urlsafe_b64encode(f"{mark}{_key(page[-1])}".encode()).decode()}


def _key(row: dict[str, Any]) -> str:
    return f"{row.get('zone', '').rpartition('/')[2]}|{row['name']}"


def listed(call: Call, kind: str, rows: Iterable[dict[str, Any]], schema: str) -> dict[str, Any]:
    """One page of a list of one place."""
    page, more = paged(call, matching(rows, call.query.get("filter", ""), schema))
    return {"kind": f"compute#{kind}List", "id": "/".join(call.path.values()), "items": page, **more}


def aggregated(call: Call, kind: str, name: str, rows: Iterable[dict[str, Any]], schema: str) -> dict[str, Any]:
    """One page of a list of all zones: each place is named, those with nothing on the page with a warning."""
    page, more = paged(call, matching(rows, call.query.get("filter", ""), schema))
    items: dict[str, Any] = {}
    for zone in catalogue.zones():
        here = [row for row in page if row["zone"].rpartition("/")[2] == zone]
        warning = {
            "code": "NO_RESULTS_ON_PAGE",
            "message": f"There are no results for scope 'zones/{zone}' on this page.",
            "data": [{"key": "scope", "value": f"zones/{zone}"}],
        }
        items[f"zones/{zone}"] = {name: here} if here else {"warning": warning}
    return {
        "kind": f"compute#{kind}AggregatedList",
        "id": f"projects/{call.project}/aggregated/{name}",
        "items": items,
        **more,
    }
