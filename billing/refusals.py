"""What a page says that is not there, or not theirs: inside the console for who is logged in, else on its own."""

from __future__ import annotations

import logging

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import defaults

from fleet.pages import frame_of, render_page

logger = logging.getLogger(__name__)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _inside(request, "errors/404.html", 404) or defaults.page_not_found(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _inside(request, "errors/403.html", 403) or defaults.permission_denied(request, exception)


def _inside(request: HttpRequest, template: str, status: int) -> HttpResponseBase | None:
    """The console's frame around it; None for a stranger, for the API, and when even that goes wrong."""
    if request.path.startswith(("/api/", "/admin/")) or not getattr(request, "user", None):
        return None
    if not request.user.is_authenticated:
        return None
    request.GET = request.GET.__class__()  # what was wrong may be in the address
    try:
        response = render_page(request, template, frame_of(request), {}, section="")
    except Exception:
        logger.exception("the page that tells of an error failed itself")
        return None
    response.status_code = status
    return response
