"""Extend, resize and release one allocation: numbers first, a button that says what it does, and a way back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet.acting.dialog import finish, show
from fleet.acting.fields import Span, Whole
from fleet.acting.rows import ActForm, Standing, allocation_of, budget_lines, standing
from fleet.domain.acceptance import agreed_of
from fleet.domain.placement import Choice
from fleet.domain.refusals import Refused
from fleet.formatting import clock, place, usd
from fleet.forms import StrictForm
from fleet.models import Allocation
from fleet.pages import Frame
from fleet.services import allocations, releasing, resizing
from fleet.services.resizing import Resizing

HOUR = timedelta(hours=1)
RESIZE_LEAD = "More is planned and bought as everything is; of fewer, whole machines drain and end."
Effects = list[tuple[str, str, str]]  # what, before, after


class ExtendForm(ActForm):
    by = Span(label="Longer by", help_text="90 min, 24h, 7d: added to the end it has, or to now where it has none.")


class ResizeForm(ActForm):
    accelerator_count = Whole(1, allocations.MOST_ACCELERATORS, label="Accelerators wanted")


class ReleaseForm(ActForm):
    """`typed`: the allocation's name, when something works on it."""

    typed = forms.CharField(required=False, max_length=200, label="Its name", strip=True)

    def __init__(self, *args: Any, name: str, must_type: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.must_type = must_type
        self.fields["typed"].help_text = f"Type {name} to release it."
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if self.must_type and self.data.get("step") == "go" and typed != self.name:
            raise forms.ValidationError(f"Type {self.name}, exactly so. Nothing was released.")
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: HttpRequest, public_id: str) -> HttpResponse:
    """Move its end."""
    frame, found = allocation_of(request, public_id)
    form = ExtendForm(request.POST if request.method == "POST" else {"by": "24h", "generation": found.generation})
    now_held = standing(found, frame.now)
    context: dict[str, Any] = {"verb": "Extend", "lead": "Its end moves; nothing else changes."}
    with form.refusals():
        allocations.check_ends_alone(found)
    if form.is_valid():
        by: timedelta = form.cleaned_data["by"] or timedelta()
        ends_at = (found.expires_at or frame.now) + by
        before, after = _end(found, frame), clock(ends_at, frame.now)
        token = f"{by.total_seconds():.0f}|{found.generation}"
        more = now_held.price * Decimal(by / HOUR)
        if form.agreed_to(token):
            with form.refusals():
                done = allocations.extend(
                    public_id,
                    expires_at=ends_at,
                    now=frame.now,
                    actor=frame.caller.name,
                    generation=form.cleaned_data["generation"],
                )
                said = f"{found.name} ends {after} UTC. Until then it costs {usd(more)} more."
                return finish(request, said, to=_page(found), undo=_undo(done))
        context |= {
            "token": token,
            "effects": [
                ("Ends", before, after),
                ("Cost of the longer time", "", usd(more)),
                ("Burn", f"{usd(now_held.price)}/h", f"{usd(now_held.price)}/h"),
            ],
            "budgets": _only_month(budget_lines(found, now_held.price, by, frame.now)),
            "action": f"Extend to {after}, {usd(more)} more",
        }
    return _show(request, frame, found, form, now_held, context, fields=["by"])


@require_http_methods(["GET", "HEAD", "POST"])
def resize(request: HttpRequest, public_id: str) -> HttpResponse:
    """Want more or fewer accelerators."""
    frame, found = allocation_of(request, public_id)
    begun = {"accelerator_count": found.accelerator_count, "generation": found.generation}
    form = ResizeForm(request.POST if request.method == "POST" else begun)
    now_held = standing(found, frame.now)
    context: dict[str, Any] = {
        "verb": "Resize",
        "lead": RESIZE_LEAD,
    }
    if form.is_valid():
        wanted: int = form.cleaned_data["accelerator_count"]
        with form.refusals():
            plan = resizing.preview_resize(found, accelerator_count=wanted, now=frame.now)
            token = _resize_token(plan)
            if form.agreed_to(token) and plan.before != plan.after and not _nothing_to_buy(plan):
                done = resizing.resize_to(
                    public_id,
                    accelerator_count=wanted,
                    now=frame.now,
                    actor=frame.caller.name,
                    generation=form.cleaned_data["generation"],
                )
                said = f"{found.name}: {plan.before} → {plan.after} accelerators, {usd(plan.price_change)}/h."
                return finish(request, said, to=_page(found), undo=_undo(done))
            if form.cleaned_data["step"] == "go" and not _nothing_to_buy(plan) and plan.before != plan.after:
                context["changed"] = "Nothing was changed; look at it and decide again."
            context |= _resize_context(found, plan, now_held, token, frame)
    return _show(request, frame, found, form, now_held, context, fields=["accelerator_count"])


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, public_id: str) -> HttpResponse:
    """Want it no more. Ten seconds to think again."""
    frame, found = allocation_of(request, public_id)
    now_held = standing(found, frame.now)
    data = request.POST if request.method == "POST" else {"generation": found.generation}
    form = ReleaseForm(data, name=found.name, must_type=now_held.busy)
    token = f"release|{found.generation}"
    with form.refusals():
        allocations.check_ends_alone(found)
    if request.method == "POST" and form.is_valid() and form.cleaned_data["step"] == "go":
        with form.refusals():
            done = releasing.release_soon(
                public_id,
                now=frame.now,
                actor=frame.caller.name,
                generation=form.cleaned_data["generation"],
            )
            if done.release_at is None:
                return finish(request, f"{found.name} is being released already.", to=_page(found))
            seconds = int(releasing.SECOND_THOUGHTS.total_seconds())
            said = f"{found.name} is released in {seconds} s. It costs {usd(now_held.price)}/h until it is gone."
            return finish(request, said, to=_page(found), undo=reverse("allocation-keep", args=[public_id]))
    context: dict[str, Any] = {
        "verb": "Release",
        "lead": "Its machines drain and end. For ten seconds this can be taken back.",
        "token": token,
        "effects": [
            ("Machines that end", "", str(len(now_held.machines)) or "none"),
            ("Burn of it", f"{usd(now_held.price)}/h", f"{usd(Decimal(0))}/h"),
        ],
        "budgets": [],
        "action": f"Release {found.name}",
        "danger": True,
        "must_type": now_held.busy,
    }
    if found.endpoint_ref:
        context |= {"lead": "An endpoint serves on it.", "effects": [], "action": "", "must_type": False}
    return _show(request, frame, found, form, now_held, context, fields=["typed"] if context["must_type"] else [])


@require_POST
def keep(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take the release back."""
    frame, found = allocation_of(request, public_id)
    try:
        releasing.withdraw(public_id, now=frame.now, actor=frame.caller.name)
    except Refused as refused:
        return finish(request, refused.sentence, to=_page(found), bad=True)
    return finish(request, f"{found.name} is kept. Nothing of it had begun to end.", to=_page(found))


@require_POST
def undo(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set the last extension or resize back; the address says which generation it made."""
    frame, found = allocation_of(request, public_id)
    made = request.GET.get("generation", "")
    generation = int(made) if made.isascii() and made.isdecimal() and len(made) < 18 else 0
    try:
        resizing.set_back(public_id, generation=generation, now=frame.now, actor=frame.caller.name)
    except Refused as refused:
        return finish(request, refused.sentence, to=_page(found), bad=True)
    return finish(request, f"{found.name} is set back to what it was.", to=_page(found))


def _resize_context(found: Allocation, plan: Resizing, now_held: Standing, token: str, frame: Frame) -> dict[str, Any]:
    change = plan.price_change
    effects: Effects = [
        ("Accelerators", str(plan.before), str(plan.after)),
        ("Burn of it", f"{usd(now_held.price)}/h", f"{usd(now_held.price + change)}/h"),
    ]
    if plan.plan is not None:
        effects.append(("Bought", "", ", ".join(_bought(choice) for choice in plan.plan.chosen) or plan.plan.note))
    elif plan.going:
        ending = ", ".join(f"#{slot.ordinal} {slot.instance_type}" for slot in plan.going)
        effects.append(("Machines that end", "", ending))
    left = found.expires_at - frame.now if found.expires_at else None
    verb = "Grow" if plan.after > plan.before else "Shrink"
    acts = plan.before != plan.after and not _nothing_to_buy(plan)
    return {
        "token": token,
        "effects": effects,
        "budgets": budget_lines(found, max(change, Decimal(0)), left, frame.now),
        "action": f"{verb} to {plan.after}, {usd(change)}/h" if acts else "",
        "danger": bool(plan.going),
        "note": plan.plan.note if _nothing_to_buy(plan) and plan.plan else "",
    }


def _nothing_to_buy(plan: Resizing) -> bool:
    return plan.plan is not None and not plan.plan.chosen and bool(plan.plan.note)


def _resize_token(plan: Resizing) -> str:
    if plan.plan is not None:
        return f"{plan.after}|{agreed_of(plan.plan).as_text()}"
    return f"{plan.after}|{'.'.join(str(slot.pk) for slot in plan.going)}"


def _only_month(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What runs already is in the hour's cap; only the month's is used up by more time."""
    kept = [line for line in lines if line["month"] is not None]
    return [line | {"hour": None, "over": line["month_after"] < 0} for line in kept]


def _bought(choice: Choice) -> str:
    pool = choice.candidate.offering.pool
    where = place(pool.cloud, pool.region, pool.zone)
    return f"{choice.machines} × {pool.instance_type} {pool.capacity_type} in {where}"


def _end(found: Allocation, frame: Frame) -> str:
    return clock(found.expires_at, frame.now) if found.expires_at else "never"


def _page(found: Allocation) -> str:
    return reverse("allocation", args=[found.public_id])


def _undo(done: Allocation) -> str:
    return f"{reverse('allocation-undo', args=[done.public_id])}?generation={done.generation}"


def _show(
    request: HttpRequest,
    frame: Frame,
    found: Allocation,
    form: StrictForm,
    now_held: Standing,
    context: dict[str, Any],
    *,
    fields: list[str],
) -> HttpResponse:
    found.refresh_from_db(fields=["generation"])
    shown = {
        "form": form,
        "fields": [form[name] for name in fields],
        "row": found,
        "held": now_held,
        "path": request.path,
        "back": _page(found),
        **context,
    }
    status = 422 if request.method == "POST" and form.errors else 200
    return show(request, "acting/change.html", frame, shown, section="fleet", status=status)
