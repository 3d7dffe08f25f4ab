"""What may be typed about a quota or a budget."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from fleet.domain.limits import BLOCK, MOST_ACCELERATORS
from fleet.forms import AsRead, StrictForm
from fleet.models import BudgetAction, CloudAccount, Project
from fleet.services import limits
from fleet.services.access import Caller

WHY = "Others read it: whoever approves, and the audit log."


class WhyForm(StrictForm):
    why = forms.CharField(
        label="Why", required=False, max_length=500, help_text=WHY, widget=forms.Textarea({"rows": 2})
    )


class QuotaTerms(WhyForm):
    max_accelerators = forms.IntegerField(
        label="Accelerators at most",
        min_value=0,
        max_value=MOST_ACCELERATORS,
        help_text="Held at once, over all allocations it covers.",
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    field_order = ["project", "cloud", "accelerator", "max_accelerators", "why"]


class BudgetTerms(WhyForm):
    cap_per_hour = forms.DecimalField(
        label="Cap per hour, USD",
        required=False,
        max_digits=18,
        decimal_places=6,
        min_value=Decimal(0),
        help_text="What everything held may cost an hour.",
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    cap_per_month = forms.DecimalField(
        label="Cap per calendar month, USD",
        required=False,
        max_digits=18,
        decimal_places=6,
        min_value=Decimal(0),
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    action = forms.ChoiceField(label="Past the cap", choices=BudgetAction.choices, initial=BLOCK)
    warn_ratio = forms.DecimalField(
        label="Warn from this share on",
        initial=Decimal("0.8"),
        max_digits=4,
        decimal_places=3,
        help_text="From 0.001 to 1; 0.8 is 80 % of the month's cap.",
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    field_order = ["project", "cloud", "endpoint", "cap_per_hour", "cap_per_month", "action", "warn_ratio", "why"]


class Scoped(StrictForm):
    """What a new limit covers."""

    project = forms.ChoiceField(label="Project", required=False)
    cloud = forms.ChoiceField(label="Cloud", required=False)

    def __init__(self, *args: Any, by: Caller, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Project.objects.filter(pk__in=by.projects("limits:write")).order_by("slug")
        choices = [(project.slug, project.name) for project in mine]
        whole = [("", "The whole installation")] if limits.may_set(by, None) else []
        self.fields["project"].choices = [*choices, *whole]  # type: ignore[attr-defined]
        self.fields["project"].required = not whole
        clouds = CloudAccount.objects.order_by("cloud").values_list("cloud", flat=True).distinct()
        self.fields["cloud"].choices = [("", "Any"), *((cloud, cloud) for cloud in clouds)]  # type: ignore[attr-defined]


class NewQuota(QuotaTerms, Scoped):
    accelerator = forms.CharField(
        label="Accelerator", required=False, max_length=64, help_text="Such as H100; empty for any."
    )


class NewBudget(BudgetTerms, Scoped):
    endpoint = forms.CharField(
        label="Endpoint", required=False, max_length=48, help_text="Its id (ep_…); empty for all spending."
    )


class ChangedQuota(QuotaTerms, AsRead):
    """A quota as it is to be from now on."""


class ChangedBudget(BudgetTerms, AsRead):
    """A budget as it is to be from now on."""


class AwayForm(AsRead):
    """The end of a limit's id, typed: so that none goes by a slip."""

    confirm = forms.CharField(max_length=48, help_text="Launches it would have refused are possible afterwards.")

    def __init__(self, *args: Any, word: str, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="away_%s", **kwargs)
        self.word = word
        self.fields["confirm"].label = f"Type {word} to delete it"
        self.fields["confirm"].error_messages["required"] = self.sentence
        self.fields["confirm"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    @property
    def sentence(self) -> str:
        return f"Type {self.word} to say that you mean it. Nothing was deleted."

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed != self.word:
            raise forms.ValidationError(self.sentence)
        return typed


NEW = {"quota": NewQuota, "budget": NewBudget}
TERMS = {"quota": ChangedQuota, "budget": ChangedBudget}


def terms_in(cleaned: dict[str, Any], noun: str) -> dict[str, Any]:
    """What a form says, as the service takes it."""
    names = [name for name in limits.TERMS[noun] if name in cleaned]
    return {name: cleaned[name] for name in names}
