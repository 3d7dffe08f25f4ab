"""One act drawn twice: as a page of its own, or as what the page's script puts into its dialog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers

from fleet.forms import done
from fleet.pages import Frame, render_page

DIALOG = "X-Purser-Dialog"


def wants_dialog(request: HttpRequest) -> bool:
    return request.headers.get(DIALOG) == "1"


def show(
    request: HttpRequest, template: str, frame: Frame, context: Mapping[str, Any], *, section: str, status: int = 200
) -> HttpResponse:
    """The act's step, framed as whoever asked wants it."""
    dialog = wants_dialog(request)
    shell = {"shell": "acting/_dialog.html" if dialog else "acting/_page.html"}
    response = render_page(request, template, frame, {**context, **shell}, section=section)
    assert isinstance(response, HttpResponse)
    response.status_code = status
    patch_vary_headers(response, [DIALOG])
    if dialog:
        response[DIALOG] = "1"  # the script shows nothing in its dialog that does not say so
    return response


def finish(request: HttpRequest, sentence: str, *, to: str, undo: str = "", bad: bool = False) -> HttpResponse:
    """It is done, or could not be (`bad`). A dialog is told where to go: a redirect would swallow the toast."""
    if bad:
        messages.error(request, sentence)
        response: HttpResponse = HttpResponseRedirect(to)
    else:
        response = done(request, sentence, to=to, undo=undo)
    if wants_dialog(request):
        return HttpResponse(status=204, headers={"X-Purser-Goto": to})
    return response


def require(frame: Frame, scope: str, project_id: int | None) -> None:
    """403 unless the caller may do this there."""
    if not frame.caller.may(scope, project_id):
        raise PermissionDenied


def require_somewhere(frame: Frame, scope: str) -> None:
    """403 unless there is a project in which the caller may do this."""
    if not frame.caller.may_somewhere(scope):
        raise PermissionDenied
