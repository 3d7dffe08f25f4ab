"""What every request of a logged-in browser passes: it counts as use or not, and a second factor may be owed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.urls import reverse

from fleet.api.problems import plain_response
from fleet.services import second_factor, sessions
from fleet.signin.store import SessionStore

GetResponse = Callable[[HttpRequest], HttpResponse]
POLLED = ("/feed", "/api/")
# Where somebody who owes a second factor may still go: the page that sets it up, the proofs it needs, and out.
STILL_OPEN = (
    "/settings/second-factor",
    "/prove/",
    "/login/",
    "/logout/",
    "/admin/login/",
    "/admin/logout/",
    "/static/",
)


class SessionUseMiddleware:
    """Notes when a person last used their session. What a page's script asks for by itself is no use."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if session.session_key and _is_use(request) and request.user.is_authenticated:
            assert isinstance(session, SessionStore)
            session.seen_at = sessions.used(session.session_key, session.seen_at, now=datetime.now(UTC))
        return self.get_response(request)


class SecondFactorMiddleware:
    """Leads whoever must have a second factor and has none to the page that sets it up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_SECOND_FACTOR == "none" or request.path.startswith(STILL_OPEN):
            return self.get_response(request)
        if not (request.session.session_key and isinstance(request.user, User)):
            return self.get_response(request)
        if request.session.get(second_factor.SEEN) or not second_factor.is_required_of(request.user):
            return self.get_response(request)
        if second_factor.is_set_up(request.user):
            request.session[second_factor.SEEN] = True
            return self.get_response(request)
        if request.path == "/feed":
            return HttpResponseNotModified()  # no news: a page's script would take a redirect for the end of a login
        if request.path.startswith("/api/"):
            sentence = "This account needs a second factor first: Settings, Second factor."
            return plain_response(request, 403, "second-factor-required", sentence)
        return HttpResponseRedirect(reverse("second-factor"))


def _is_use(request: HttpRequest) -> bool:
    """Changes are, and going to a page is; a part of a page, the feed and the API's reads are not."""
    if request.method not in ("GET", "HEAD"):
        return True
    if request.path.startswith(POLLED) or request.headers.get("HX-Request") == "true":
        return False
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
