"""Change or delete an endpoint: before and after, what it costs, who would notice, and nothing over somebody's head."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet.acting.dialog import finish, require, show
from fleet.domain.refusals import Refused
from fleet.formatting import milliseconds, usd
from fleet.models import Event
from fleet.pages import Frame, frame_of
from fleet.queries.machines import machines_of
from fleet.queries.rows import in_scope
from inference import queries
from inference.acting.endpoint_forms import ChangeForm, DeleteForm, as_typed
from inference.acting.serve import SCOPE, bounds_told
from inference.domain.price_bounds import price_bounds
from inference.models import Endpoint
from inference.services import endpoints

NAMES = {
    "min_replicas": "Replicas at least",
    "max_replicas": "Replicas at most",
    "slo_quantile": "Share of requests",
    "slo_ttft_ms": "TTFT",
    "slo_itl_ms": "ITL",
    "slo_e2e_ms": "End to end",
    "policy": "Policy",
    "policy_params": "Its parameters",
    "drain_seconds": "Drain at most",
}


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, public_id: str) -> HttpResponse:
    """Other bounds, objectives or policy."""
    frame, found = _endpoint(request, public_id)
    posted = request.method == "POST"
    form = ChangeForm(request.POST if posted else {k: v for k, v in as_typed(found).items() if v is not None})
    effects: list[tuple[str, str, str]] = []
    token, stale = "", False
    if form.is_valid():
        wanted = form.scaling()
        changes = {name: value for name, value in wanted.items() if getattr(found, name) != value}
        effects = [(NAMES[k], _told(k, getattr(found, k)), _told(k, value)) for k, value in changes.items()]
        effects += _money(found, wanted, frame)
        token = "|".join(f"{name}={value}" for name, value in sorted(changes.items()))
        if changes and form.agreed_to(token):
            with form.refusals():
                done = endpoints.change_endpoint(
                    public_id,
                    changes=changes,
                    now=frame.now,
                    actor=frame.caller.name,
                    generation=form.cleaned_data["generation"],
                )
                back = reverse("endpoint-undo", args=[public_id])
                said = f"{found.name} is changed: {', '.join(NAMES[name].lower() for name in changes)}."
                return finish(request, said, to=_page(found), undo=f"{back}?generation={done.generation}")
        stale = posted and form.cleaned_data.get("generation") != found.generation
    context = {
        "form": form,
        "endpoint": found,
        "effects": effects,
        "token": token,
        "stale": stale,
        "history": _last_change(found) if stale else None,
        "acts": bool(token),
        "heading": "Endpoints",
        "back": _page(found),
    }
    status = 422 if posted and form.errors else 200
    return show(request, "acting/endpoint_change.html", frame, context, section="endpoints", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Running requests end first, then its machines are released."""
    frame, found = _endpoint(request, public_id)
    posted = request.method == "POST"
    form = DeleteForm(request.POST if posted else {"generation": found.generation}, name=found.name)
    if posted and form.is_valid() and form.cleaned_data["step"] == "go":
        with form.refusals():
            endpoints.delete_endpoint(
                public_id, now=frame.now, actor=frame.caller.name, generation=form.cleaned_data["generation"]
            )
            return finish(request, f"{found.name} is being deleted. Running requests end first.", to=_page(found))
    burn = queries.endpoint_burn(frame.projects, frame.now).get(public_id, Decimal(0))
    found.refresh_from_db(fields=["generation"])
    context = {
        "form": form,
        "endpoint": found,
        "effects": [("Burn of it", f"{usd(burn)}/h", f"{usd(Decimal(0))}/h")],
        "heading": "Endpoints",
        "back": _page(found),
    }
    status = 422 if posted and form.errors else 200
    return show(request, "acting/endpoint_delete.html", frame, context, section="endpoints", status=status)


@require_POST
def undo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set the last change back, unless somebody changed it after that."""
    frame, found = _endpoint(request, public_id)
    made = request.GET.get("generation", "")
    last = _last_change(found)
    try:
        if last is None or not made.isdecimal() or len(made) > 18 or int(made) != found.generation:
            raise Refused("nothing-to-undo", "It was changed after that; change it as you want it.")
        endpoints.change_endpoint(
            public_id,
            changes=last.data["before"],
            now=frame.now,
            actor=frame.caller.name,
            generation=int(made),
        )
    except Refused as refused:
        return finish(request, refused.sentence, to=_page(found), bad=True)
    return finish(request, f"{found.name} is set back to what it was.", to=_page(found))


def _endpoint(request: HttpRequest, public_id: str) -> tuple[Frame, Endpoint]:
    frame = frame_of(request)
    rows = Endpoint.objects.living().select_related("project", "serving_config__model", "allocation")
    found = get_object_or_404(in_scope(rows, frame.projects), public_id=public_id)
    require(frame, SCOPE, found.project_id)
    return frame, found


def _money(found: Endpoint, wanted: Mapping[str, Any], frame: Frame) -> list[tuple[str, str, str]]:
    """What it costs at both bounds before and after; nothing where no machine says what one costs.

    Nothing either where its machines are paid in two currencies: their prices have no mean.
    """
    if found.allocation is None:
        return []
    machines = machines_of([found.allocation.pk], frame.now).get(found.allocation.pk, [])
    priced = [machine for machine in machines if machine["price_now"] is not None]
    currencies = {machine["instance__currency"] for machine in priced}
    if len(currencies) != 1:
        return []
    prices, currency = [machine["price_now"] for machine in priced], currencies.pop()
    ends = ((found.min_replicas, found.max_replicas), (wanted["min_replicas"], wanted["max_replicas"]))
    before, after = (
        bounds_told(price_bounds(prices, least_replicas=low, most_replicas=high, currency=currency))
        for low, high in ends
    )
    return [
        ("At least", before[0], after[0]),
        ("At most", before[1], after[1]),
        ("How it is told", "", after[2]),
    ]


def _told(name: str, value: Any) -> str:
    if value in (None, {}):
        return "none" if value is None else "its defaults"
    if name.endswith("_ms"):
        return milliseconds(value)
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {number:g}" for key, number in value.items())
    return f"{value} s" if name == "drain_seconds" else f"{value:g}" if isinstance(value, float) else str(value)


def _last_change(found: Endpoint) -> Event | None:
    return Event.objects.filter(subject=found.public_id, topic="endpoint.changed").order_by("-id").first()


def _page(found: Endpoint) -> str:
    return reverse("endpoint", args=[found.public_id])
