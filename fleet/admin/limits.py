"""Quotas, budgets, and the changes of them that wait for a second pair of eyes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from fleet.admin.base import CountsChanges, ReadOnly, ServedForm, Values
from fleet.admin.bulk import BulkEdited, BulkForm
from fleet.domain.limits import MOST_ACCELERATORS
from fleet.models import Budget, BudgetAction, ChangeRequest, Quota
from fleet.services import limit_steps, limits
from fleet.services.bulk import Done, Step


class QuotaForm(ServedForm):
    class Meta:
        model = Quota
        fields = ["project", "cloud", "accelerator", "max_accelerators"]


class BudgetForm(ServedForm):
    also = {"endpoint": "endpoint_ref"}

    class Meta:
        model = Budget
        fields = [
            "project", "cloud", "endpoint_ref", "cap_per_hour", "cap_per_month", "currency", "action", "warn_ratio",
        ]  # fmt: skip


class QuotaBulk(BulkForm):
    max_accelerators = forms.IntegerField(
        label="Accelerators at most", required=False, min_value=0, max_value=MOST_ACCELERATORS
    )


class BudgetBulk(BulkForm):
    cap_per_hour = forms.DecimalField(
        label="Cap per hour", required=False, min_value=Decimal(0), max_digits=18, decimal_places=6
    )
    cap_per_month = forms.DecimalField(
        label="Cap per month", required=False, min_value=Decimal(0), max_digits=18, decimal_places=6
    )
    past_the_cap = forms.ChoiceField(
        label="Past the cap", required=False, choices=[("", "As it is"), *BudgetAction.choices]
    )

    def wanted(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """`action` is what Django's lists call what is done to the chosen rows."""
        return {{"past_the_cap": "action"}.get(name, name): value for name, value in super().wanted(cleaned).items()}


class LimitAdmin(CountsChanges, BulkEdited):
    """What quotas and budgets have in common."""

    change_list_template = "admin/purser/change_list.html"
    noun: str
    deletable = True
    list_select_related = ["project"]
    search_fields = ["public_id", "project__slug", "project__name", "cloud"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What it covers is who it is; only what it says may be changed."""
        return [*limits.SCOPES[self.noun], "public_id", "generation"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [*limits.SCOPES[self.noun], *limits.TERMS[self.noun]]
        return [*fields, "public_id", "generation"] if obj else fields

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        by, now, said = self.caller(request), self.now(), form.cleaned_data
        if row is None:
            make = limits.create_quota if self.noun == "quota" else limits.create_budget
            terms = {name: value for name, value in said.items() if name != "project"}
            form.made = make(project=said["project"], by=by, now=now, **terms)
            return Done("created", form.made.public_id)
        changes = {name: said[name] for name in limits.TERMS[self.noun]}
        outcome = limits.change_limit(row.public_id, changes=changes, by=by, now=now, generation=self.read(request))
        form.made = outcome.limit
        return Done("waiting" if outcome.waiting else "changed", row.public_id, note=outcome.note)

    def take_away(self, request: HttpRequest, row: Any) -> Done:
        by, read = self.caller(request), self.read(request)
        outcome = limits.delete_limit(row.public_id, by=by, now=self.now(), generation=read)
        return Done("waiting" if outcome.waiting else "deleted", note=outcome.note)

    def step(self, request: HttpRequest, row: Any, wanted: dict[str, Any], place: int) -> Step:
        return limit_steps.changing(row, wanted, by=self.caller(request), now=self.now(), place=place)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        more = {"file_url": reverse(f"{self.noun}-file"), "file_what": "Read a file"}
        return super().changelist_view(request, {**more, **(extra_context or {})})


@admin.register(Quota)
class QuotaAdmin(LimitAdmin):
    noun = "quota"
    form = QuotaForm
    bulk_form = QuotaBulk
    list_display = ["__str__", "project", "cloud", "accelerator", "max_accelerators"]
    list_filter = ["project", ("cloud", Values), ("accelerator", Values)]
    search_fields = [*LimitAdmin.search_fields, "accelerator"]


@admin.register(Budget)
class BudgetAdmin(LimitAdmin):
    noun = "budget"
    form = BudgetForm
    bulk_form = BudgetBulk
    list_display = ["__str__", "cap_per_hour", "cap_per_month", "currency", "action", "spent_amount", "spent_until"]
    list_filter = ["project", "action", ("cloud", Values)]
    search_fields = [*LimitAdmin.search_fields, "endpoint_ref"]


@admin.register(ChangeRequest)
class ChangeRequestAdmin(ReadOnly):
    """They are decided on the page Limits, where before and after stand beside each other."""

    list_display = ["public_id", "noun", "verb", "project", "asked_by", "asked_at", "state", "decided_by"]
    list_filter = ["state", "noun", "project"]
    search_fields = ["public_id", "subject", "asked_by", "decided_by"]

    def subjects(self, row: Any) -> list[str]:
        return [row.public_id, row.subject]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeRequest]:
        return super().get_queryset(request).select_related("project")
