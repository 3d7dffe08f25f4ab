"""Capacity blocks for sale: ask for them, and watch the answer come. The page looks again by itself until it is in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from fleet.formatting import money, place
from fleet.forms import StrictForm
from fleet.models import BlockQuestion, Project
from fleet.pages import Frame, frame_of, render_page
from fleet.queries.rows import in_scope
from fleet.services import block_questions
from fleet.services.access import Caller
from fleet.services.block_offers import Wanted
from fleet.services.buying_blocks import WRITE

SHOWN = 20


class BlockForm(StrictForm):
    project = forms.ChoiceField(label="Project", choices=[], help_text="Who would pay.")
    accelerator = forms.CharField(label="Accelerator", max_length=64, help_text="As the catalogue calls it: H100.")
    accelerator_count = forms.IntegerField(label="How many", min_value=1, max_value=100_000)
    hours = forms.IntegerField(label="Hours", min_value=1, max_value=24 * 200)
    region = forms.CharField(label="Region", required=False, max_length=64, help_text="Empty: all of each account.")

    def __init__(self, *args: Any, caller: Caller, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Project.objects.filter(pk__in=caller.projects(WRITE)).order_by("slug")
        self.projects = {project.slug: project for project in mine}
        self.fields["project"].choices = [(slug, row.name) for slug, row in self.projects.items()]  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        said = self.cleaned_data
        return Wanted(
            said["hours"],
            accelerator=said["accelerator"],
            accelerator_count=said["accelerator_count"],
            region=said["region"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponseBase:
    """The form, and what was asked of late. No cloud is asked here: a worker does it."""
    frame = frame_of(request)
    if not frame.caller.may_somewhere(WRITE):
        raise PermissionDenied
    form = BlockForm(request.POST if request.method == "POST" else None, caller=frame.caller)
    if form.is_valid():
        with form.refusals():
            project = form.projects[form.cleaned_data["project"]]
            asked = block_questions.request_offers(form.wanted(), project=project, by=frame.caller, now=frame.now)
            return HttpResponseRedirect(reverse("block-question", args=[asked.public_id]))
    rows = in_scope(BlockQuestion.objects.select_related("project"), frame.projects).order_by("-id")[:SHOWN]
    context = {"form": form, "questions": [_listed(row) for row in rows]}
    return _render(request, "fleet/block_ask.html", frame, context, status=422 if form.is_bound else 200)


@require_safe
def question(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One question: how far it is, what is for sale, and what could not be asked with what to do about it."""
    frame = frame_of(request)
    rows = in_scope(BlockQuestion.objects.select_related("project"), frame.projects)
    row = get_object_or_404(rows, public_id=public_id)
    context = {
        **_listed(row),
        "offers": [_offer(offer) for offer in row.offers],
        "problems": row.problems,
        "mine": row.principal == frame.caller.principal,
        "may_ask": frame.caller.may_somewhere(WRITE),
    }
    return _render(request, "fleet/block_question.html", frame, context)


def _render(
    request: HttpRequest, template: str, frame: Frame, context: dict[str, Any], *, status: int = 200
) -> HttpResponseBase:
    response = render_page(request, template, frame, context, section="capacity")
    response.status_code = status
    return response


def _listed(row: BlockQuestion) -> dict[str, Any]:
    return {
        "row": row,
        "said": _said(block_questions.from_json(row.wanted)),
        "points": round(block_questions.progress(row) * 100),
        "done": row.finished_at is not None,
    }


def _said(wanted: Wanted) -> str:
    what = f"{wanted.accelerator_count} × {wanted.accelerator}"
    if wanted.instance_type:
        what = f"{wanted.machines} × {wanted.instance_type}"
    return f"{what} for {wanted.hours} h{f' in {wanted.region}' if wanted.region else ''}"


def _offer(offer: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(offer[name]) for name in ("starts_at", "ends_at", "expires_at")}
    return {
        **offer,
        **times,
        "place": place(offer["cloud"], offer["region"], offer["zone"]),
        "fee": money(Decimal(offer["fee"]), offer["currency"]),
        "each": money(Decimal(offer["price_per_hour"]), offer["currency"]),
    }


urlpatterns = [
    path("capacity/blocks", ask, name="block-ask"),
    path("capacity/blocks/<str:public_id>", question, name="block-question"),
]
