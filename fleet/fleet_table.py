"""The fleet table: what its address may ask for, which columns it has, and what its file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, QueryDict

from fleet import presenting
from fleet.downloads import Sheet
from fleet.queries.allocations import SORTS, VIEWS, FleetFilter, all_fleet_rows

# key, label, sorts by it, a number, shown unless said otherwise
COLUMNS: tuple[tuple[str, str, bool, bool, bool], ...] = (
    ("state", "State and reason", True, False, True),
    ("next", "Next automatic action", True, False, True),
    ("accelerator", "Accelerator", True, False, True),
    ("place", "Placement and capacity", False, False, True),
    ("project", "Project", True, False, False),
    ("asked", "Asked by", True, False, False),
    ("ends", "Ends", True, False, False),
    ("price", "$/h", True, True, True),
    ("age", "Age", True, True, True),
    ("health", "Health", False, False, True),
)
USUAL = tuple(key for key, *_, usual in COLUMNS if usual)
FILTERS = ("cloud", "accelerator", "capacity", "project", "state")
KEPT = ("view", "q", *FILTERS, "sort", "show")
"""The parameters that make a view of the table; a saved view is nothing but these."""
FILE_COLUMNS = (
    "id", "name", "project", "endpoint", "state", "reason", "detail", "since", "next_action", "next_action_at",
    "accelerator", "accelerator_count", "machines", "clouds", "zones", "instance_types", "capacity_types",
    "price_per_hour", "created_at", "released_at", "expires_at", "idle_since", "requested_by",
)  # fmt: skip


def read(params: QueryDict) -> FleetFilter:
    """What an address asks for. What makes no sense in it asks for nothing; a view that is none is 404."""
    view, sort, page = params.get("view", ""), params.get("sort", ""), params.get("page", "1")
    if view not in VIEWS:
        raise Http404("There is no such view.")
    return FleetFilter(
        view=view,
        text=_word(params.get("q", ""), 100),
        **{name: _word(params.get(name, ""), 64) for name in FILTERS},
        sort=sort if sort.removeprefix("-") in SORTS else "",
        page=int(page) if page.isascii() and page.isdecimal() and 0 < int(page) < 100_000 else 1,
    )


def columns(params: QueryDict) -> list[dict[str, Any]]:
    """Every column with whether it is shown: `show=state,price`, or `show` more than once."""
    asked = {word for value in params.getlist("show") for word in value.split(",")} & {key for key, *_ in COLUMNS}
    shown = asked or set(USUAL)
    return [
        {"key": key, "label": label, "sorts": sorts, "number": number, "shown": key in shown}
        for key, label, sorts, number, _ in COLUMNS
    ]


def kept_query(params: QueryDict) -> str:
    """The part of an address that is a view, in one order, so that equal views are equal texts."""
    pairs = [(name, _word(",".join(params.getlist(name)), 300)) for name in KEPT]
    return urlencode([(name, value) for name, value in pairs if value])


def choices(chosen: FleetFilter, offered: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The filters to draw: those with something to choose, and those that are set."""
    now = asdict(chosen)
    return [
        {"name": name, "label": name.capitalize(), "chosen": now[name], "options": sorted({*words, now[name]} - {""})}
        for name, words in offered.items()
        if len(words) > 1 or now[name]
    ]


def file(chosen: FleetFilter, projects: Sequence[int] | None, now: datetime) -> Sheet:
    """Everything the filter lets through, not one page of it."""
    return Sheet(FILE_COLUMNS, _lines(chosen, projects, now))


def _lines(chosen: FleetFilter, projects: Sequence[int] | None, now: datetime) -> Iterator[list[Any]]:
    for row in all_fleet_rows(chosen, projects, now):
        machines = row["machines"]
        yield [
            row["public_id"], row["name"], row["project__slug"], row["endpoint_ref"], row["state"], row["reason"],
            row["detail"], row["since"], row["next_action"], row["next_action_at"], presenting.asks(row),
            row["accelerator_count"], len(machines), _words(machines, "account__cloud"), _words(machines, "zone"),
            _words(machines, "instance_type"), _words(machines, "capacity_type"), row["price"], row["created_at"],
            row["released_at"], row["expires_at"], row["idle_since"], row["requested_by"],
        ]  # fmt: skip


def _words(machines: Sequence[Mapping[str, Any]], key: str) -> str:
    return ", ".join(sorted({machine[key] for machine in machines if machine[key]}))


def _word(text: str, longest: int) -> str:
    return text.replace("\0", "")[:longest]
