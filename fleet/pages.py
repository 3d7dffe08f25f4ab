"""What every page of every app has: who may see what, the time range, the clock, and its live fragment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from fleet import downloads, timerange
from fleet.downloads import Sheet
from fleet.queries.standing import backfill_progress
from fleet.services import clock, events
from fleet.services.access import Caller, caller_of_user
from fleet.timerange import TimeRange

LARGEST = 2**63 - 1
RANGED = {"range", "from", "to", "before", "after", "page", "csv", "json"}


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
    kept: tuple[tuple[str, str], ...] = ()  # the address's other parameters, which a form of its own must carry

    @property
    def base(self) -> str:
        return "_fragment.html" if self.fragment else "base.html"

    @property
    def outward(self) -> TimeRange:
        """The time range zoomed out."""
        return self.range.outward(self.now)


def frame_of(request: HttpRequest, *, default_range: str = "24h") -> Frame:
    now = clock.business_now()
    kept = timedelta(days=settings.TELEMETRY_DETAIL_DAYS)
    chosen = timerange.read(request.GET.dict(), default=default_range, now=now, minutes_kept=kept)
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
        kept=tuple((name, value) for name, values in request.GET.lists() if name not in RANGED for value in values),
    )


def render_page(
    request: HttpRequest,
    template: str,
    frame: Frame,
    context: dict[str, Any],
    *,
    section: str,
    ranged: bool = False,
    sheets: Mapping[str, Callable[[], Sheet]] | None = None,
) -> HttpResponseBase:
    """The page, only its live part when the page itself asks for that, or one of its charts or `sheets` as a file."""
    if file := downloads.asked(request, context, sheets or {}):
        return file
    response = render(
        request,
        template,
        {
            "frame": frame,
            "base": frame.base,
            "now": frame.now,
            "section": section,
            "ranged": ranged,
            "backfill": backfill_progress(),
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
