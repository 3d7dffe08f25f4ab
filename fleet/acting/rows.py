"""The allocation or machine an act is about, and what it costs; somebody else's is not found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from fleet.acting.dialog import require
from fleet.acting.plans import budget_line
from fleet.forms import StrictForm
from fleet.models import Allocation, Project, Slot
from fleet.pages import Frame, frame_of
from fleet.queries.allocations import allocation_facts
from fleet.queries.rows import in_scope
from fleet.services import budgets

SCOPE = "fleet:write"


class ActForm(StrictForm):
    """`step` says which button; `planned` which plan was on the screen; `generation` which row was read."""

    undrawn = ("step", "planned", "generation")
    step = forms.ChoiceField(
        choices=[("plan", ""), ("go", "")],
        required=False,
        error_messages={"invalid_choice": "There is no such button. Load the page again."},
    )
    planned = forms.CharField(required=False, max_length=4000)
    generation = forms.IntegerField(
        min_value=0, max_value=2**62, error_messages={"required": "Load the page again.", "invalid": "Load it again."}
    )

    def agreed_to(self, token: str) -> bool:
        """Whether this very plan was on the screen when the button was pressed."""
        return self.cleaned_data["step"] == "go" and self.cleaned_data["planned"] == token


def acts_in(frame: Frame) -> dict[str, Any]:
    """For pages with buttons: whether there is anything to act on, and the slugs of the projects it lies in."""
    mine = frame.caller.projects(SCOPE)
    slugs = set(Project.objects.filter(pk__in=mine).values_list("slug", flat=True)) if mine else set()
    return {"may_act": bool(slugs), "acts_in": slugs}


def allocation_of(request: HttpRequest, public_id: str) -> tuple[Frame, Allocation]:
    """404 unless it may be seen, 403 unless it may be acted on."""
    frame = frame_of(request)
    rows = in_scope(Allocation.objects.select_related("project"), frame.projects)
    found = get_object_or_404(rows, public_id=public_id)
    require(frame, SCOPE, found.project_id)
    return frame, found


def slot_of(request: HttpRequest, public_id: str) -> tuple[Frame, Slot]:
    frame = frame_of(request)
    rows = Slot.objects.select_related("allocation__project", "account")
    found = get_object_or_404(in_scope(rows, frame.projects, "allocation__project_id"), public_id=public_id)
    require(frame, SCOPE, found.allocation.project_id)
    return frame, found


@dataclass(frozen=True)
class Standing:
    """What one allocation holds right now."""

    price: Decimal
    machines: Sequence[dict[str, Any]]
    busy: bool


def standing(found: Allocation, now: datetime) -> Standing:
    """Busy: something serves on it, or it is ready and was not seen idle."""
    row = allocation_facts(found.public_id, now)
    machines = row["machines"]
    works = bool(found.endpoint_ref) or found.slots.open().filter(drained=False).exists()
    ready = any(machine["state"] == "ready" for machine in machines)
    return Standing(row["price"], machines, works or (ready and found.idle_since is None))


def budget_lines(found: Allocation, added: Decimal, span: timedelta | None, now: datetime) -> list[dict[str, Any]]:
    """The budgets this allocation counts against, with `added` $/h more for `span`."""
    clouds = set(found.slots.open().exclude(account=None).values_list("account__cloud", flat=True)) or {""}
    found_rows: dict[int, dict[str, Any]] = {}
    for cloud in clouds:
        for row in budgets.standing(found.project, cloud=cloud, endpoint_ref=found.endpoint_ref, now=now):
            found_rows[row["id"]] = row
    return [budget_line(row, added, span, now) for row in found_rows.values()]
