"""Serve a model: the form, its plan with the memory fit, and the endpoint that was agreed to."""

from __future__ import annotations

import json
import shlex
import uuid
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet.acting.allocate import OtherPlan
from fleet.acting.allocate_form import on_sale
from fleet.acting.dialog import finish, require_somewhere, show
from fleet.acting.plans import money_of, paths_of, shown_plan
from fleet.domain.acceptance import agreed_of, read_agreed, what_changed
from fleet.domain.capacity import USD
from fleet.domain.demand import AllocationSpec
from fleet.domain.placement import refuse_hopeless
from fleet.domain.refusals import Refused
from fleet.formatting import NOTHING, money
from fleet.pages import Frame, frame_of
from fleet.services.chips import accelerators
from fleet.services.idempotency import LONGEST_KEY, Answer, fingerprint, once
from inference import presenting
from inference.acting.endpoint_forms import ServeForm
from inference.domain.price_bounds import PriceBounds, method
from inference.models import ServingConfig
from inference.services import endpoints, variants
from inference.services.endpoints import EndpointSpec, Preview

SCOPE = "inference:write"
PATHS = paths_of("serve", back="endpoints")


@require_http_methods(["GET", "HEAD", "POST"])
def serve(request: HttpRequest) -> HttpResponse:
    """The form: empty, begun by a link, or with everything that was typed before."""
    frame = _frame(request)
    if request.method == "POST":
        form = ServeForm(request.POST, caller=frame.caller)
        form.errors.clear()  # they came back to change something: nothing is judged until they ask again
        return _form(request, frame, form)
    begun = {name: request.GET[name][:100] for name in ("project", "config") if name in request.GET}
    return _form(request, frame, ServeForm(initial=begun, caller=frame.caller))


@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """What serving would take right now. Nothing is written."""
    frame = _frame(request)
    form = ServeForm(request.POST, caller=frame.caller)
    found = _previewed(form, frame) if form.is_valid() else None
    if found is None:
        return _form(request, frame, form, status=422)
    return _plan(request, frame, form, found)


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Create what was agreed to, once."""
    frame = _frame(request)
    form = ServeForm(request.POST, caller=frame.caller)
    if not form.is_valid():
        return _form(request, frame, form, status=422)
    key = request.POST.get("idempotency_key", "")
    agreed = read_agreed(form.cleaned_data["agreed"])
    if agreed is None or not 8 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        return plan(request)
    project, spec = form.of_project, form.spec()

    def run() -> Answer:
        now_planned = endpoints.preview_endpoint(project=project, spec=spec, now=frame.now).plan
        refuse_hopeless(now_planned)
        sentence = what_changed(agreed, agreed_of(now_planned))
        if sentence:
            raise OtherPlan(now_planned, sentence)
        made = endpoints.create_endpoint(project=project, spec=spec, requested_by=frame.caller.name, now=frame.now)
        body = {
            "name": made.name,
            "price": str(now_planned.price_per_hour),
            "currency": now_planned.currency,
        }
        return Answer(202, body, reverse("endpoint", args=[made.public_id]))

    text = json.dumps(body_of(spec, project.slug), sort_keys=True).encode()
    try:
        answer = once(
            principal=frame.caller.principal, key=key, fingerprint=fingerprint("POST", request.path, text), run=run
        )
    except (OtherPlan, Refused) as trouble:
        with form.refusals():
            if isinstance(trouble, Refused) and trouble.field:
                raise trouble
        found = _previewed(form, frame) if not form.errors else None
        if found is None:
            return _form(request, frame, form, status=422)
        changed = trouble.sentence if isinstance(trouble, OtherPlan) else ""
        refused = trouble if isinstance(trouble, Refused) else None
        same = key if refused else ""  # another plan is another request; one refused is asked for again
        return _plan(request, frame, form, found, changed=changed, refused=refused, key=same, status=409)
    name, price = answer.body["name"], Decimal(answer.body["price"])
    said = f"{name} is created: {money(price, answer.body.get('currency', USD))}/h to begin with."
    if answer.replayed:
        said = f"{name} was created already. Nothing was bought twice."
    return finish(request, said, to=answer.location)


def body_of(spec: EndpointSpec, project: str) -> dict[str, Any]:
    """What `POST /api/v1/endpoints` takes; only what was asked for."""
    several = {name: list(getattr(spec, name)) for name in ("accelerators", "clouds", "regions", "capacity_types")}
    asked = {**vars(spec), **several, "project": project, "labels": dict(spec.labels)}
    asked["policy_params"] = dict(spec.policy_params)
    return {name: value for name, value in asked.items() if value not in (None, "", [], {}, ())}


def fits(config: ServingConfig, first: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Where the memory of each accelerator on sale would go; those asked for first, then those that fit."""
    chips = [accelerators()[name] for name in on_sale().chips]
    bars = [presenting.memory_bar(variants.fit_on(config, chip), chip.name) for chip in chips]
    return sorted(bars, key=lambda bar: (bar["chip"] not in first, bool(bar["problem"]), bar["total"]))


def bounds_told(bounds: PriceBounds | None) -> tuple[str, str, str]:
    """Least and most an hour, and how both came about; dashes where nothing has a price."""
    if bounds is None:
        return NOTHING, NOTHING, "Nothing can be bought now, so nothing has a price."
    least, most, each = (money(m, bounds.currency) for m in (bounds.at_least, bounds.at_most, bounds.each))
    return f"{least}/h", f"{most}/h", method(each)


def _frame(request: HttpRequest) -> Frame:
    frame = frame_of(request)
    require_somewhere(frame, SCOPE)
    return frame


def _previewed(form: ServeForm, frame: Frame) -> Preview | None:
    with form.refusals():
        return endpoints.preview_endpoint(project=form.of_project, spec=form.spec(), now=frame.now)
    return None


def _form(request: HttpRequest, frame: Frame, form: ServeForm, *, status: int = 200) -> HttpResponse:
    chosen = form.configs.get(str(form["config"].value() or ""))
    context = {"form": form, "fits": fits(chosen) if chosen else [], "paths": PATHS(), "heading": "Endpoints"}
    return show(request, "acting/serve.html", frame, context, section="endpoints", status=status)


def _plan(
    request: HttpRequest,
    frame: Frame,
    form: ServeForm,
    found: Preview,
    *,
    changed: str = "",
    refused: Refused | None = None,
    key: str = "",
    status: int = 200,
) -> HttpResponse:
    project, spec, config = form.of_project, form.spec(), form.of_config
    as_allocation = AllocationSpec(spec.name, found.plan.demand)
    shown = shown_plan(found.plan, as_allocation, project=project, money=money_of(frame), now=frame.now)
    begin = spec.initial_replicas or spec.min_replicas
    least, most, told = bounds_told(found.bounds)
    key = key or f"console-{uuid.uuid4()}"
    body = json.dumps(body_of(spec, project.slug), ensure_ascii=False)
    shown |= {
        "title": f"Serve {config.model.name} on {spec.accelerators[0]}",
        "facts": [
            ("Endpoint", spec.name),
            ("Project", project.name),
            ("Replicas", f"{begin} to begin with, {spec.min_replicas} to {spec.max_replicas}"),
            ("At least", least),
            ("At most", most),
            ("How it is told", told),
            ("Rules", next(value for name, value in shown["facts"] if name == "Rules")),
        ],
        "blast": [
            "Nothing that runs is touched.",
            f"The autoscaler may go up to {spec.max_replicas} replicas by itself"
            + (f": {most} at today's mean price of one." if found.bounds else "."),
            "It runs, and costs, until somebody deletes it.",
        ],
    }
    if found.plan.chosen:
        shown["action"] = shown["action"].replace("Allocate on", "Create on")
    context = {
        "heading": "Endpoints",
        "plan": shown,
        "fits": fits(config, spec.accelerators)[:3],
        "typed": [(name, value) for name in form.fields if name != "agreed" for value in request.POST.getlist(name)],
        "agreed": agreed_of(found.plan).as_text(),
        "key": key,
        "changed": changed,
        "refused": refused or found.plan.hopeless,
        "paths": PATHS(),
        "curl": f"curl -X POST {request.scheme}://{request.get_host()}/api/v1/endpoints "
        f'-H "Authorization: Bearer $PURSER_TOKEN" -H "Content-Type: application/json" '
        f"-H {shlex.quote(f'Idempotency-Key: {key}')} -d {shlex.quote(body)}",
    }
    return show(request, "acting/plan.html", frame, context, section="endpoints", status=status)
