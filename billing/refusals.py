"""What a page says that is not there, not theirs, too long or broken.

Inside the console for who is logged in and can be shown it, else on its own. None tells anything of the inside: of a
fault of ours a reader gets the request's id, and whoever runs Purser finds the rest in the log.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import loader
from django.views import defaults

from fleet.api.problems import request_id_of
from fleet.pages import frame_of, render_page

logger = logging.getLogger(__name__)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _inside(request, "errors/404.html", 404) or defaults.page_not_found(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _inside(request, "errors/403.html", 403) or defaults.permission_denied(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """What is too long says which limit it passed; anything else only that it cannot be read."""
    told = _too_long(exception)
    if told is None:
        return defaults.bad_request(request, exception)
    return HttpResponse(loader.render_to_string("413.html", {"told": told, "request": request}), status=413)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """It needs nothing but its template: what broke may be the database or the session."""
    context = {"request": request, "request_id": request_id_of(request)}
    return HttpResponse(loader.render_to_string("500.html", context), status=500)


def _too_long(exception: Exception) -> str | None:
    if isinstance(exception, RequestDataTooBig):
        return f"It is longer than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes. Send less at a time."
    if isinstance(exception, TooManyFieldsSent):
        return f"It has more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields. Choose fewer rows at a time."
    if isinstance(exception, TooManyFilesSent):
        return f"It has more than {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files. Send one at a time."
    return None


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
