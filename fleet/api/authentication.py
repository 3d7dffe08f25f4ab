"""Who is calling the API: the holder of a token, or a person whose browser has a session."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from fleet.api.problems import Problem
from fleet.domain.tokens import READ, WRITE
from fleet.services.access import Caller, TokenRefused, caller_of_token, caller_of_user

SAFE = ("GET", "HEAD", "OPTIONS")


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer prs_…`. `request.auth` is the Caller."""

    keyword = "bearer"

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != self.keyword:
            return None
        try:
            return caller_of_token(token.strip(), now=timezone.now())
        except TokenRefused as refused:
            raise AuthenticationFailed(refused.sentence, refused.code) from refused

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="purser"'


class BrowserAuthentication(authentication.SessionAuthentication):
    """A logged-in browser, with CSRF checked on everything that changes something."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        return (found[0], caller_of_user(found[0])) if found else None


class HasScope(BasePermission):
    """The caller may do this kind of thing in at least one project; which ones, the view's queryset decides."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Caller):
            return False
        scope = scope_for(request, view)
        if not (request.auth.everything or request.auth.projects(scope)):
            raise Problem(403, "scope", f"This needs the scope {scope!r}, which you have in no project.")
        return True


def scope_for(request: Request, view: Any) -> str:
    """The scope a call needs: the view's own, else by method."""
    named: dict[str, str] = getattr(view, "scopes", {})
    return named.get(request.method or "", READ if request.method in SAFE else WRITE)
