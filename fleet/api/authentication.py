"""Who is calling the API: the holder of a token, or a person whose browser has a session."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from fleet.api.problems import Problem
from fleet.services.access import Caller, TokenRefused, caller_of_token, caller_of_user
from fleet.services.origin import known_as, origin
from fleet.sudo import proved_of_late

SAFE = ("GET", "HEAD", "OPTIONS")
ANYBODY = "anybody"
"""Instead of a scope: everybody who is known may call; the view decides which rows are theirs."""


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer prs_…`. `request.auth` is the Caller."""

    keyword = "bearer"

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != self.keyword:
            return None
        try:
            user, caller = caller_of_token(token.strip(), now=timezone.now(), address=origin().address)
        except TokenRefused as refused:
            raise AuthenticationFailed(refused.sentence, refused.code) from refused
        known_as(caller.principal)
        return user, caller

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="purser"'


class BrowserAuthentication(authentication.SessionAuthentication):
    """A logged-in browser, with CSRF checked on everything that changes something."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if not found:
            return None
        caller = caller_of_user(found[0])
        known_as(caller.principal)
        return found[0], caller


def authenticate_again(request: Request) -> None:
    """Who this is by now: a token or session may have been ended meanwhile. Raises AuthenticationFailed."""
    within: Any = request._request
    if isinstance(request.successful_authenticator, BrowserAuthentication):
        if not within.session.still_open():
            raise AuthenticationFailed("Your session has ended meanwhile; log in again.", "not-authenticated")
        within.user = get_user(within)
    request._authenticate()  # type: ignore[attr-defined]  # not in the stubs


class HasScope(BasePermission):
    """The caller may do this kind of thing somewhere; in which projects, the view's queryset decides."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Caller):
            return False
        scope = scope_for(request, view)
        if scope != ANYBODY and not request.auth.may_somewhere(scope):
            raise Problem(403, "scope", f"This needs the scope {scope!r}, which you have nowhere.")
        return True


class ProvedOfLate(BasePermission):
    """Where a view says `sensitive`, a browser that would change something has proved lately who sits at it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        calls_by_session = isinstance(request.auth, Caller) and request.auth.token_id is None
        if calls_by_session and view.sensitive and request.method not in SAFE and not proved_of_late(request._request):
            raise Problem(403, "prove-yourself", "Prove once more that it is you: log in again, then repeat this.")
        return True


def scope_for(request: Request, view: Any) -> str:
    """The scope a call needs: the view's resource, to read or to write it; `scopes` names exceptions by method."""
    named: dict[str, str] = getattr(view, "scopes", {})
    return named.get(request.method or "", f"{view.resource}:{'read' if request.method in SAFE else 'write'}")
