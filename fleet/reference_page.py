"""`/api/docs`: the API as one reads it, one page a noun, with a search that needs no script."""

from __future__ import annotations

from functools import cache

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from fleet.api.reference import reference
from fleet.pages import frame_of, render_page

LONGEST_SEARCH = 100


@require_safe
def api_reference(request: HttpRequest, noun: str = "") -> HttpResponseBase:
    """The beginning with every noun and problem code; one noun's calls; or what a search found."""
    found = reference()
    if noun and noun not in found.nouns:
        raise Http404("There is no such noun.")
    asked = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    calls, problems = found.search(asked) if asked else ([], [])
    context = {
        "reference": found,
        "noun": found.nouns.get(noun),
        "asked": asked,
        "calls": calls,
        "problems": problems,
        "body": "" if asked else _body(noun),
    }
    return render_page(request, "reference/reference.html", frame_of(request), context, section="settings")


@cache
def _body(noun: str) -> SafeString:
    """What does not depend on who reads it, drawn once."""
    found = reference()
    template = "reference/_noun.html" if noun else "reference/_start.html"
    drawn = render_to_string(template, {"reference": found, "noun": found.nouns.get(noun)})
    return mark_safe(drawn)  # noqa: S308  # drawn by our own template, which escapes
