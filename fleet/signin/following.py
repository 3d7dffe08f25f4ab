"""Where somebody goes next: only to a page of this site."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def next_of(request: HttpRequest, *, otherwise: str = "overview") -> str:
    """The `next` of this request when it is a page of this site, else the named one."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else resolve_url(otherwise)
