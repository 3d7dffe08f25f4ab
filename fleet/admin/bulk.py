"""Many rows at once: choose them in the list, say what changes, see it row by row, apply it whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from fleet.admin.base import Served
from fleet.domain.refusals import Refused
from fleet.forms import StrictForm
from fleet.services import bulk
from fleet.services.bulk import Step

MOST_ROWS = 1_000
NOT_FIELDS = {"action", "select_across", "index", ACTION_CHECKBOX_NAME, "stage", "seen"}


class BulkForm(StrictForm):
    """What is to become of all rows. Empty fields leave the rows as they are."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and not self.wanted(cleaned):
            self.add_error(None, "Fill in at least one field: nothing would change.")
        return cleaned

    def wanted(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in cleaned.items() if value not in (None, "")}


class BulkEdited(Served):
    """A noun whose list has the action “Change selected”."""

    bulk_form: type[BulkForm]
    actions: Any = ["change_selected"]

    def step(self, request: HttpRequest, row: Any, wanted: dict[str, Any], place: int) -> Step:
        """One row's change."""
        raise NotImplementedError

    @admin.action(description="Change selected…")
    def change_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        chosen = list(queryset.order_by("pk")[: MOST_ROWS + 1])
        if len(chosen) > MOST_ROWS:
            sentence = f"At most {MOST_ROWS:,} rows at once; nothing was changed. Filter the list first."
            self.message_user(request, sentence, messages.ERROR)
            return None
        stage = request.POST.get("stage", "")
        form = self.bulk_form(self._typed(request) if stage else None)
        context: dict[str, Any] = {"form": form, "lines": None}
        if stage and form.is_valid():
            wanted = form.wanted(form.cleaned_data)
            steps = [self.step(request, row, wanted, place) for place, row in enumerate(chosen, 1)]
            if stage == "apply" and self._applied(request, steps):
                return None
            context |= self._preview(steps)
        return TemplateResponse(request, "admin/purser/bulk.html", {**self._frame(request, chosen), **context})

    def _applied(self, request: HttpRequest, steps: Sequence[Step]) -> bool:
        try:
            lines = bulk.run_as_seen(steps, seen=request.POST.get("seen", ""))
        except Refused as refused:
            self.message_user(request, refused.sentence, messages.ERROR)
            return False
        changed = sum(line.effect not in (bulk.UNCHANGED, bulk.WAITING) for line in lines)
        waiting = sum(line.effect == bulk.WAITING for line in lines)
        waits = f" {waiting} wait for somebody else's approval." if waiting else ""
        self.message_user(request, f"{changed} of {len(lines)} rows were changed.{waits}", messages.SUCCESS)
        return True

    @staticmethod
    def _preview(steps: Sequence[Step]) -> dict[str, Any]:
        lines = bulk.run(steps, dry_run=True)
        return {
            "lines": lines,
            "seen": bulk.fingerprint(lines),
            "refused": sum(line.refusal is not None for line in lines),
            "changes": sum(line.refusal is None and line.effect != bulk.UNCHANGED for line in lines),
        }

    def _frame(self, request: HttpRequest, chosen: Sequence[Any]) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"Change {len(chosen)} {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "chosen": [row.pk for row in chosen],
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }

    @staticmethod
    def _typed(request: HttpRequest) -> Any:
        typed = request.POST.copy()
        for name in NOT_FIELDS:
            typed.pop(name, None)
        return typed
