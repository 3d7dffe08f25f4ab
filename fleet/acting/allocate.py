"""Allocate: the form, its plan, and the purchase of what was agreed to. Nothing is bought before its plan was seen."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet.acting.allocate_form import AllocateForm
from fleet.acting.command_lines import as_cli, as_curl, body_of, cli_cannot_say
from fleet.acting.dialog import finish, require_somewhere, show
from fleet.acting.plans import money_of, paths_of, shown_plan
from fleet.domain.acceptance import agreed_of, read_agreed, what_changed
from fleet.domain.placement import Plan, refuse_hopeless
from fleet.domain.refusals import Refused
from fleet.formatting import usd
from fleet.pages import Frame, frame_of
from fleet.services import allocations
from fleet.services.idempotency import LONGEST_KEY, Answer, fingerprint, once

SCOPE = "fleet:write"
PATHS = paths_of("allocate", back="fleet")
PREFILLED = ("project", "name", "accelerator", "accelerator_count", "ttl")


class OtherPlan(Exception):
    """The plan of now is not the one that was agreed to."""

    def __init__(self, plan: Plan, sentence: str) -> None:
        super().__init__(sentence)
        self.plan = plan
        self.sentence = sentence


@require_http_methods(["GET", "HEAD", "POST"])
def allocate(request: HttpRequest) -> HttpResponse:
    """The form: empty, begun by a link, or with everything that was typed before."""
    frame = _frame(request)
    if request.method == "POST":
        form = AllocateForm(request.POST, caller=frame.caller)
        form.errors.clear()  # they came back to change something: nothing is judged until they ask again
        return _form(request, frame, form)
    begun = {name: request.GET[name][:100] for name in PREFILLED if name in request.GET}
    return _form(request, frame, AllocateForm(initial=begun, caller=frame.caller))


@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """What asking would get right now. Nothing is written."""
    frame = _frame(request)
    form = AllocateForm(request.POST, caller=frame.caller)
    found = _planned(form, frame) if form.is_valid() else None
    if found is None:
        return _form(request, frame, form, status=422)
    return _plan(request, frame, form, found)


@require_POST
def buy(request: HttpRequest) -> HttpResponse:
    """Buy what was agreed to, once however often it is pressed; show the new plan when it is another one by now."""
    frame = _frame(request)
    form = AllocateForm(request.POST, caller=frame.caller)
    if not form.is_valid():
        return _form(request, frame, form, status=422)
    key = request.POST.get("idempotency_key", "")
    agreed = read_agreed(form.cleaned_data["agreed"])
    if agreed is None or not 8 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        return plan(request)  # nothing was agreed to that could be bought
    project, spec = form.of_project, form.spec()

    def run() -> Answer:
        now_planned = allocations.preview(project=project, spec=spec, now=frame.now)
        refuse_hopeless(now_planned)
        sentence = what_changed(agreed, agreed_of(now_planned))
        if sentence:
            raise OtherPlan(now_planned, sentence)
        made = allocations.request_allocation(project=project, spec=spec, requested_by=frame.caller.name, now=frame.now)
        price = str(now_planned.price_per_hour)
        return Answer(202, {"name": made.name, "price": price}, reverse("allocation", args=[made.public_id]))

    body = json.dumps(body_of(spec, project.slug), sort_keys=True).encode()
    try:
        answer = once(
            principal=frame.caller.principal, key=key, fingerprint=fingerprint("POST", request.path, body), run=run
        )
    except OtherPlan as other:
        return _plan(request, frame, form, other.plan, changed=other.sentence, status=409)
    except Refused as refused:
        found = _planned(form, frame)
        if found is None:
            return _form(request, frame, form, status=422)
        return _plan(request, frame, form, found, refused=refused, key=key, status=409)
    return finish(request, _said(answer), to=answer.location)


def _said(answer: Answer) -> str:
    name, price = answer.body["name"], Decimal(answer.body["price"])
    if answer.replayed:
        return f"{name} was asked for already. Nothing was bought twice."
    return f"{name} is asked for: {usd(price)}/h once it runs." if price else f"{name} is asked for and waits."


def _frame(request: HttpRequest) -> Frame:
    frame = frame_of(request)
    require_somewhere(frame, SCOPE)
    return frame


def _planned(form: AllocateForm, frame: Frame) -> Plan | None:
    """The plan, or None with the refusal beside its field."""
    with form.refusals():
        return allocations.preview(project=form.of_project, spec=form.spec(), now=frame.now)
    return None


def _form(request: HttpRequest, frame: Frame, form: AllocateForm, *, status: int = 200) -> HttpResponse:
    return show(request, "acting/allocate.html", frame, {"form": form}, section="fleet", status=status)


def _plan(
    request: HttpRequest,
    frame: Frame,
    form: AllocateForm,
    found: Plan,
    *,
    changed: str = "",
    refused: Refused | None = None,
    key: str = "",
    status: int = 200,
) -> HttpResponse:
    """The plan with everything typed in hidden fields, so that going back or pressing again loses nothing."""
    project, spec = form.of_project, form.spec()
    refused = refused or found.hopeless
    key = key or f"console-{uuid.uuid4()}"
    context: dict[str, Any] = {
        "plan": shown_plan(found, spec, project=project, money=money_of(frame), now=frame.now),
        "typed": [(name, value) for name in form.fields if name != "agreed" for value in request.POST.getlist(name)],
        "agreed": agreed_of(found).as_text(),
        "key": key,
        "changed": changed,
        "refused": refused,
        "paths": PATHS(),
        "cli": as_cli(spec, project.slug),
        "cli_cannot": cli_cannot_say(spec),
        "curl": as_curl(spec, project.slug, origin=f"{request.scheme}://{request.get_host()}", key=key),
    }
    return show(request, "acting/plan.html", frame, context, section="fleet", status=status)
