"""One machine by hand: cordon, uncordon, drain."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet.acting.dialog import finish, show
from fleet.acting.rows import slot_of
from fleet.domain.refusals import Refused
from fleet.formatting import usd
from fleet.forms import StrictForm
from fleet.models import Slot
from fleet.services import cordoning, giving_up


class DrainForm(StrictForm):
    then = forms.ChoiceField(
        choices=[("replace", "Buy another in its place"), ("give-up", "Want one fewer")],
        widget=forms.RadioSelect,
        label="When its work has left",
        error_messages={"required": "Choose what follows.", "invalid_choice": "Choose one of the two."},
    )


@require_POST
def cordon(request: HttpRequest, public_id: str) -> HttpResponse:
    """No new work."""
    frame, slot = slot_of(request, public_id)
    try:
        cordoning.cordon(public_id, now=frame.now, actor=frame.caller.name)
    except Refused as refused:
        return finish(request, refused.sentence, to=_page(slot), bad=True)
    said = f"{_name(slot)} takes no new work. What runs on it goes on."
    return finish(request, said, to=_page(slot), undo=reverse("machine-uncordon", args=[public_id]))


@require_POST
def uncordon(request: HttpRequest, public_id: str) -> HttpResponse:
    """Work again."""
    frame, slot = slot_of(request, public_id)
    try:
        cordoning.uncordon(public_id, now=frame.now, actor=frame.caller.name)
    except Refused as refused:
        return finish(request, refused.sentence, to=_page(slot), bad=True)
    return finish(request, f"{_name(slot)} takes work again.", to=_page(slot))


@require_http_methods(["GET", "HEAD", "POST"])
def drain(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let its work leave and end it."""
    frame, slot = slot_of(request, public_id)
    form = DrainForm(request.POST) if request.method == "POST" else DrainForm(initial={"then": "replace"})
    if request.method == "POST" and form.is_valid():
        replace = form.cleaned_data["then"] == "replace"
        with form.refusals():
            giving_up.drain_machine(public_id, replace=replace, now=frame.now, actor=frame.caller.name)
            after = "Another one is bought in its place." if replace else "One fewer is wanted."
            return finish(request, f"{_name(slot)} drains. {after}", to=_page(slot))
    price = slot.price_per_hour or Decimal(0)
    context: dict[str, Any] = {
        "form": form,
        "slot": slot,
        "name": _name(slot),
        "back": _page(slot),
        "effects": [
            ("Replaced", f"{usd(price)}/h", "the same for a while twice, then what its replacement costs"),
            ("Given up", f"{usd(price)}/h", f"{usd(Decimal(0))}/h"),
        ],
    }
    status = 422 if form.errors else 200
    return show(request, "acting/drain.html", frame, context, section="fleet", status=status)


def _page(slot: Slot) -> str:
    return reverse("allocation", args=[slot.allocation.public_id])


def _name(slot: Slot) -> str:
    return f"Machine {slot.ordinal} of {slot.allocation.name}"
