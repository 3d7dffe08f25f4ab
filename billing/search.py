"""The search field of every page: a palette for those with a script, a page of its own for those without."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fleet.finding import Found, found_pages
from fleet.finding import found_rows as fleet_rows
from fleet.pages import frame_of, render_page, visible_projects
from fleet.services.access import caller_of_user
from inference.finding import found_rows as inference_rows

LONGEST = 100
ORDER = ("Endpoints", "Allocations", "Machines", "Models", "Pages", "Actions", "Settings")


@require_safe
def search(request: HttpRequest) -> HttpResponseBase:
    """What the caller may see and the text names. The palette asks with X-Purser-Palette and gets only the list."""
    text = "".join(c for c in request.GET.get("q", "") if c.isprintable()).strip()[:LONGEST]
    projects = visible_projects(request.user)
    found = inference_rows(projects, text) + fleet_rows(projects, text)
    found += found_pages(caller_of_user(request.user), text)
    found.sort(key=lambda one: (ORDER.index(one.group), not one.title.lower().startswith(text.lower())))
    groups = [(name, list(lines)) for name, lines in groupby(found, key=_group)]
    context = {"groups": groups, "text": text, "count": len(found)}
    if "X-Purser-Palette" in request.headers:
        response = render(request, "components/_found.html", context)
        response["Cache-Control"] = "no-store"
        response["X-Purser-Fragment"] = "1"
        return response
    return render_page(request, "billing/search.html", frame_of(request), context, section="search")


def _group(one: Found) -> str:
    return one.group
