"""What guards every request once it is known to be ours: JSON errors under /api, and slow logins for guessers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from allauth.account.internal.stagekit import unstash_login
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from fleet.api.problems import CONTENT_TYPE, DOCUMENTED_AT, TITLES, plain_response, request_id_of
from fleet.services import throttle
from fleet.services.origin import Origin, coming_from, known_as

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
# Where somebody shows who they are, and how a success is told: by where the answer leads.
LOGIN_PATHS = ("/login/", "/login/code/", "/admin/login/", "/prove/", "/settings/password")
NAMED_PATHS = ("/login/", "/admin/login/")
START_PATH, CALLBACK_PATH = "/login/oidc/", "/login/oidc/callback/"
HTTPS_ONLY = "Use https. If this request carried a token, replace it: it was readable on its way."
CODES = {
    400: ("bad-request", "This request cannot be read as it is."),
    403: ("forbidden", "You may not do this."),
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not know that method."),
    413: ("too-long", "This request is too long."),
}


class OriginMiddleware:
    """Every event of this request names the request's id, the address it came from and who is logged in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        where = Origin(request_id_of(request), _address(request.META.get("REMOTE_ADDR", "")))
        with coming_from(where):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Pages ask for a login anyway; the API recognises its callers itself."""
        if getattr(view, "login_required", True) and hasattr(request, "user") and request.user.is_authenticated:
            known_as(f"user:{request.user.pk}")


class ApiErrorsMiddleware:
    """Refusals that Django itself makes under /api/ become problem+json, like those the views make.

    Where HTTPS is on, plain HTTP is one of them: a redirect would go unnoticed, with the token in the clear each time.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure() and _speaks_problems(request):
            return plain_response(request, 403, "https-only", HTTPS_ONLY)
        response = self.get_response(request)
        if not request.path.startswith("/api/") or response.status_code < 400:
            return response
        if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        status = response.status_code if response.status_code in TITLES else 500
        code, detail = CODES.get(status, ("internal", "This is a fault of ours; the request id finds it in the log."))
        answer = plain_response(request, status, code, detail)
        if allow := response.headers.get("Allow"):
            answer.headers["Allow"] = allow
        return answer


class NeverCachedMiddleware:
    """What a logged-in person saw stays out of every cache, unless a view has said otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Cache-Control" not in response.headers and hasattr(request, "user"):
            add_never_cache_headers(response)
        return response


class LoginThrottleMiddleware:
    """A failed login costs a token of its address and of its (account, address); an empty bucket answers 429.

    So does a failed code, a failed proof and a failed answer of the identity provider. Nothing is kept per account
    alone, so nobody can be locked out by somebody else's guesses. The answer says the same whether the account exists
    or not. The way to the identity provider has a bucket of its own, by address.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begins = request.path == START_PATH
        tries = request.method == "POST" and request.path in LOGIN_PATHS
        if not (begins or tries or request.path == CALLBACK_PATH):
            return self.get_response(request)
        address = request.META.get("REMOTE_ADDR", "")
        account = "" if begins else _account(request)
        wait = throttle.take_to_begin(address) if begins else throttle.take(address, account)
        if wait:
            logger.warning("login throttled", extra={"address": address})
            return _slow_down(request, wait)
        response = self.get_response(request)
        if response.status_code == 302 and not begins:
            throttle.give_back(address, account)
        return response


def _speaks_problems(request: HttpRequest) -> bool:
    """The API itself, and not the pages under its address, which browsers are sent to https from."""
    return request.path.startswith("/api/") and not request.path.startswith(("/api/docs", DOCUMENTED_AT))


def _account(request: HttpRequest) -> str:
    """Whose door it is: the name that was typed, that of whoever gives a code, or that of whoever is logged in.

    Codes are counted apart: a password that was right forgives no code that was wrong.
    """
    if request.path == CALLBACK_PATH:
        return f"state {request.GET.get('state', '')[:100]}"  # a state serves once: only the address is counted
    if request.path in NAMED_PATHS:  # elsewhere a name in the form is anybody's invention
        return request.POST.get("username", "")
    pending = unstash_login(request, peek=True) if request.path == "/login/code/" else None
    name = pending.user.get_username() if pending and pending.user else request.user.get_username()
    return f"code of {name}" if "code" in request.POST else name


def _address(text: str) -> str | None:
    """None for what is no address, such as the name of a socket."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _slow_down(request: HttpRequest, seconds: int) -> HttpResponse:
    context = {
        "title": "Too many attempts",
        "sentence": f"Try again in {seconds} seconds.",
        "detail": "They were counted from your address; nobody's account is locked.",
    }
    answer = render(request, "signin/refused.html", context, status=429)
    answer["Retry-After"] = str(seconds)
    return answer
