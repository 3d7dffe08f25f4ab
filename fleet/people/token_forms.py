"""What is asked of whoever issues, limits or rotates a token."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms

from fleet.domain import rights
from fleet.domain.tokens import DEFAULT_LIFE, LONGEST_LIFE
from fleet.forms import StrictForm
from fleet.models import Project, ServiceAccount, Token
from fleet.services import tokens
from fleet.services.access import Caller

ME = "me"
INSTALLATION = "installation"
OVERLAPS = (("0", "Not at all"), ("3600", "1 hour"), ("86400", "1 day"), ("604800", "7 days"), ("2592000", "30 days"))
SHORTHAND_WORDS = {
    "read": "read: fleet, inference, costs and limits",
    "write": "write: allocate and serve",
    "usage": "usage: report what was served",
}


class LimitsForm(StrictForm):
    """Where from, how often and for how much."""

    name = forms.CharField(max_length=tokens.NAME_LENGTH, help_text="Who will hold it, such as ci or grafana.")
    cidrs = forms.CharField(
        label="Addresses",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Ranges it may be used from, such as 203.0.113.0/24. One a line; none: from anywhere.",
    )
    requests_per_minute = forms.IntegerField(
        label="Requests a minute",
        required=False,
        min_value=1,
        max_value=tokens.MOST_REQUESTS_PER_MINUTE,
        help_text="None: the usual limit.",
    )
    spend_cap_per_hour = forms.DecimalField(
        label="Spend cap, $/h",
        required=False,
        min_value=0,
        max_digits=15,
        decimal_places=6,
        help_text="What all it asks for may cost an hour. None: what quotas and budgets leave.",
    )

    def limits(self) -> tokens.Limits:
        data = self.cleaned_data
        return tokens.Limits(
            tuple(data["cidrs"].replace(",", " ").split()), data["requests_per_minute"], data["spend_cap_per_hour"]
        )


class ChangedLimits(LimitsForm):
    """`read`: which version of the token was on the screen."""

    undrawn = ("read",)
    read = forms.CharField(
        max_length=32,
        widget=forms.HiddenInput,
        error_messages={"required": "Load the page again.", "max_length": "Load the page again."},
    )


class TokenForm(LimitsForm):
    """A new token, of oneself or of a service account."""

    holder = forms.ChoiceField(help_text="A service account goes on when people leave.")
    project = forms.ChoiceField(
        required=False, help_text="For a token of your own; one of a service account is of its project."
    )
    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose at least one scope."}
    )
    days = forms.IntegerField(
        label="Lives for days",
        min_value=1,
        max_value=LONGEST_LIFE.days,
        initial=DEFAULT_LIFE.days,
        help_text=f"At most {LONGEST_LIFE.days}. It can be rotated before it ends.",
    )
    field_order = ["name", "holder", "project", "scopes", "days", "cidrs", "requests_per_minute", "spend_cap_per_hour"]

    def __init__(self, *args: Any, caller: Caller, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.projects = {row.slug: row for row in Project.objects.filter(pk__in=list(caller.scopes)).order_by("slug")}
        robots = ServiceAccount.objects.filter(project__in=caller.projects("access:write"), disabled_at=None)
        self.robots = {row.public_id: row for row in robots.select_related("project").order_by("project__slug", "name")}
        everywhere = [(INSTALLATION, "The whole installation")] if caller.may("installation:write", None) else []
        self._choose("project", [*((slug, row.name) for slug, row in self.projects.items()), *everywhere])
        names = [(key, f"{row.name} ({row.project.slug}, {row.role})") for key, row in self.robots.items()]
        self._choose("holder", [(ME, "Me"), *names])
        may = frozenset().union(caller.installation, *caller.scopes.values())
        whole = [(word, SHORTHAND_WORDS[word]) for word, meant in rights.SHORTHANDS.items() if meant <= may]
        self._choose("scopes", [*whole, *((scope, scope) for scope in sorted(may))])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def account(self) -> ServiceAccount | None:
        return self.robots.get(self.cleaned_data["holder"])

    def where(self) -> Project | None:
        """The project it is of; a service account's token is of that one's."""
        account = self.account()
        return account.project if account else self.projects.get(self.cleaned_data["project"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        own = cleaned.get("holder") == ME
        if own and not cleaned.get("project") and "project" not in self.errors:
            self.add_error("project", "Choose the project your token is for.")
        return cleaned

    def lifetime(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


class RotateForm(StrictForm):
    overlap = forms.ChoiceField(label="The old secret works on for", choices=OVERLAPS, initial="86400")

    def overlap_time(self) -> timedelta:
        return timedelta(seconds=int(self.cleaned_data["overlap"]))


def limits_form(token: Token, data: Any = None) -> ChangedLimits:
    """The form as it stands for a token, or as somebody filled it in."""
    initial = {
        "name": token.name,
        "cidrs": "\n".join(token.cidrs),
        "requests_per_minute": token.requests_per_minute,
        "spend_cap_per_hour": _plain(token.spend_cap_per_hour),
        "read": tokens.version_of(token),
    }
    return ChangedLimits(data, initial=initial)


def _plain(amount: Decimal | None) -> str:
    """`250`, not `250.000000` and not `2.5E+2`."""
    return "" if amount is None else format(amount.normalize(), "f")
