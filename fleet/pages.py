"""What every page of every app has: who may see what, the time range, the clock, and its live fragment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from fleet import queries, timerange
from fleet.services import clock, events
from fleet.services.access import Caller, caller_of_user
from fleet.timerange import TimeRange

LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Frame:
    """Read once a request. `projects` None means every project (a superuser's view)."""

    caller: Caller
    now: datetime
    factor: float
    projects: list[int] | None
    range: TimeRange
    carry: str
    cursor: str
    fragment: bool

    @property
    def base(self) -> str:
        return "_fragment.html" if self.fragment else "base.html"


def frame_of(request: HttpRequest, *, default_range: str = "24h") -> Frame:
    now = clock.business_now()
    chosen = timerange.read(request.GET.dict(), default=default_range, now=now)
    explicit = not chosen.problem and {"range", "from", "to"} & set(request.GET)
    fragment = request.headers.get("HX-Request") == "true"
    caller = caller_of_user(request.user)
    return Frame(
        caller=caller,
        now=now,
        factor=clock.time_factor(),
        projects=_visible(caller),
        range=chosen,
        carry=f"?{chosen.query}" if explicit else "",
        cursor="" if fragment else cursor_text(events.latest_cursor()),
        fragment=fragment,
    )


def render_page(
    request: HttpRequest, template: str, frame: Frame, context: dict[str, Any], *, section: str, ranged: bool = False
) -> HttpResponse:
    """The page, or only its live part when the page itself asks for that."""
    response = render(
        request,
        template,
        {
            "frame": frame,
            "base": frame.base,
            "now": frame.now,
            "section": section,
            "ranged": ranged,
            "backfill": queries.backfill_progress(),
            **context,
        },
    )
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    if frame.fragment:
        response["X-Purser-Fragment"] = "1"  # the page's script morphs nothing in that does not say so
    return response


def visible_projects(user: AbstractBaseUser | AnonymousUser) -> list[int] | None:
    """Ids of the projects a person may look at; None for all of them and what belongs to none."""
    return _visible(caller_of_user(user))


def _visible(caller: Caller) -> list[int] | None:
    return None if caller.everything else caller.projects("fleet:read")


def cursor_text(cursor: tuple[int, int]) -> str:
    return f"{cursor[0]}-{cursor[1]}"


def cursor_of(text: str) -> tuple[int, int] | None:
    """`(tx, id)` of a cursor; None when it is none."""
    tx, _, row = text.partition("-")
    if not (tx.isascii() and tx.isdigit() and row.isascii() and row.isdigit() and len(text) < 40):
        return None
    found = int(tx), int(row)
    return found if max(found) <= LARGEST else None
