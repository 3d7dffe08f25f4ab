"""A second proof of who sits at the browser, asked for before what could hurt most.

A session remembers when its person last proved themselves (by logging in, or on the page named `prove`). Credentials,
budgets, tokens and sweeper overrides ask that this was within SUDO_AGE_S; else the person is sent to prove it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

PROVED_AT = "proved_at"

View = Callable[..., HttpResponseBase]


def note_proof(request: HttpRequest, *, at: float | None = None) -> None:
    """They proved it, with a password, a second factor or at their identity provider: just now, or then."""
    request.session[PROVED_AT] = time.time() if at is None else min(at, time.time())


def proved_of_late(request: HttpRequest) -> bool:
    """Whether the last proof is younger than SUDO_AGE_S real seconds."""
    at = request.session.get(PROVED_AT)
    return isinstance(at, int | float) and 0 <= time.time() - at < settings.SUDO_AGE_S


def to_prove(request: HttpRequest) -> HttpResponseRedirect:
    """The way to the page named `prove`, and from there back to where they were."""
    # A POST cannot be repeated by a redirect: they return to the page that holds the form.
    back = request.get_full_path() if request.method in ("GET", "HEAD") else request.headers.get("Referer", "/")
    return HttpResponseRedirect(f"{reverse('prove')}?{urlencode({'next': back})}")


def sudo_required(view: View) -> View:
    """Send whoever has not proved themselves lately to do so; they come back to where they were."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if proved_of_late(request) else to_prove(request)

    return guarded


def sudo_to_change(view: View) -> View:
    """The same for a page that anybody may read: only what changes something asks for the proof."""
    guarded = sudo_required(view)

    @wraps(view)
    def chosen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return (view if request.method in ("GET", "HEAD") else guarded)(request, *args, **kwargs)

    return chosen
