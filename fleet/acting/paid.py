"""Whose paid capacity it is: shared with every project, or for the one that keeps it alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from fleet.acting.dialog import finish, require
from fleet.acting.rows import SCOPE
from fleet.domain.refusals import Refused
from fleet.models import PaidCapacity
from fleet.pages import frame_of
from fleet.services import paid_capacity as service


@require_POST
def share(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every project may use it."""
    return _say_whose(request, public_id, shared=True)


@require_POST
def unshare(request: HttpRequest, public_id: str) -> HttpResponse:
    """Only the project that keeps it may use it."""
    return _say_whose(request, public_id, shared=False)


def _say_whose(request: HttpRequest, public_id: str, *, shared: bool) -> HttpResponse:
    frame, page = frame_of(request), reverse("capacity")
    found = get_object_or_404(PaidCapacity.objects.all().open_to(frame.projects), public_id=public_id)
    require(frame, SCOPE, found.project_id)
    try:
        service.share(found, shared=shared, by=frame.caller, now=frame.now)
    except Refused as refused:
        return finish(request, refused.sentence, to=page, bad=True)
    if shared:
        undo = reverse("paid-capacity-unshare", args=[public_id])
        return finish(request, f"{found.ref} may be used by every project now.", to=page, undo=undo)
    said = f"Only the project that keeps {found.ref} may use it now. What others run in it stays until it ends."
    return finish(request, said, to=page)
