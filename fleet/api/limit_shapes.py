"""How quotas, budgets and the changes that wait for approval look in the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from fleet.api.fields import Flag, Money, Strict, Whole, Word
from fleet.api.shapes import shape
from fleet.domain.limits import MOST_ACCELERATORS
from fleet.models import BudgetAction, ChangeRequest, ChangeState, Quota
from fleet.services.bulk import Line
from fleet.services.events import plain

MOST_AT_ONCE = 1_000
ENDPOINT = shape(
    r"^ep_[0-9a-f]{32}$",
    "Write the endpoint's id: ep_ and 32 digits of 0-9 and a-f.",
)
CURRENCY = shape(r"^[A-Z]{3}$", "Write a currency as three capital letters, such as USD.")
SHARE = shape(
    r"^(0\.[0-9]{1,3}|1(\.0{1,3})?)$",
    'Write a share from 0.001 to 1 as text, such as "0.8".',
)
SCOPE_WORD = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$",
    "Write 1 to 64 letters, digits, blanks and . _ -, beginning with a letter or digit.",
)


class Share(serializers.RegexField):
    """A share from 0.001 to 1 as text, such as "0.8"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(SHARE, **kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        """Read as a number once its shape is known to be one."""
        text = super().run_validation(data)
        return Decimal(text) if isinstance(text, str) else text


class QuotaTerms(Strict):
    max_accelerators = Whole(min_value=0, max_value=MOST_ACCELERATORS)


class QuotaIn(QuotaTerms):
    project = Word(required=False, allow_null=True, help_text="Slug or id; left out: the whole installation")
    cloud = serializers.RegexField(SCOPE_WORD, required=False, help_text="Left out: any")
    accelerator = serializers.RegexField(SCOPE_WORD, required=False, help_text="Left out: any")


class BudgetTerms(Strict):
    cap_per_hour = Money(required=False, allow_null=True)
    cap_per_month = Money(required=False, allow_null=True)
    currency = serializers.RegexField(CURRENCY, required=False)
    action = serializers.ChoiceField(BudgetAction.values, required=False, help_text="block refuses, warn only says so")
    warn_ratio = Share(required=False, help_text="Said once this share of the month is spent")


class BudgetIn(BudgetTerms):
    project = Word(required=False, allow_null=True, help_text="Slug or id; left out: the whole installation")
    cloud = serializers.RegexField(SCOPE_WORD, required=False, help_text="Left out: any")
    endpoint = serializers.RegexField(ENDPOINT, required=False, help_text="Left out: any")


class Why(Strict):
    """A reason, for whoever approves and for the audit log."""

    why = serializers.CharField(required=False, max_length=500, allow_blank=True)


class QuotaChange(QuotaTerms, Why):
    max_accelerators = Whole(min_value=0, max_value=MOST_ACCELERATORS, required=False)


class BudgetChange(BudgetTerms, Why):
    pass


class QuotasBulkIn(Strict):
    items = serializers.ListField(child=QuotaIn(), min_length=1, max_length=MOST_AT_ONCE)


class BudgetsBulkIn(Strict):
    items = serializers.ListField(child=BudgetIn(), min_length=1, max_length=MOST_AT_ONCE)


class LimitLinesQuery(Strict):
    dry_run = Flag(default=False, help_text="Only say what would become of each")
    together = Flag(default=True, help_text="false: apply what can be applied, refuse the rest")


class LimitOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    cloud = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True, help_text="What is held beyond it, or that it waits for approval")
    waiting = serializers.CharField(allow_null=True, help_text="The change request that waits for approval")


class QuotaOut(LimitOut):
    """How many accelerators may be held at once. Empty columns mean any."""

    accelerator = serializers.CharField(allow_blank=True)
    max_accelerators = serializers.IntegerField()
    held = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Below zero: more is held than it allows")


class BudgetOut(LimitOut):
    """What may be spent, what is held against it and what is left. Empty columns mean any."""

    endpoint = serializers.CharField(allow_blank=True)
    action = serializers.CharField(help_text="block: a launch past the cap is refused; warn: it is only said")
    currency = serializers.CharField()
    cap_per_hour = serializers.CharField(allow_null=True)
    cap_per_month = serializers.CharField(allow_null=True)
    warn_ratio = serializers.CharField()
    held_per_hour = serializers.CharField()
    held_amount = serializers.CharField()
    spent_this_month = serializers.CharField()
    spent_until = serializers.DateTimeField(allow_null=True, help_text="Billed up to here")
    left_this_month = serializers.CharField(allow_null=True)
    left_per_hour = serializers.CharField(allow_null=True)


class LimitLineOut(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    effect = serializers.CharField(help_text="created, changed, unchanged, waiting or refused")
    id = serializers.CharField(allow_null=True)
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True, help_text="Of a refusal")
    field = serializers.CharField(allow_blank=True, help_text="That the refusal is about")


class LimitLinesOut(serializers.Serializer[Any]):
    applied = serializers.BooleanField(help_text="false: nothing was changed")
    dry_run = serializers.BooleanField()
    refused = serializers.IntegerField()
    items = LimitLineOut(many=True)


class ChangeRequestOut(serializers.Serializer[Any]):
    """What lets more be held or spent, or buys a capacity block, waiting for another person."""

    id = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    noun = serializers.CharField()
    verb = serializers.CharField()
    about = serializers.CharField(help_text="Public id of the quota, budget or purchase")
    before = serializers.DictField()
    after = serializers.DictField(allow_null=True, help_text="Empty: it is to go")
    why = serializers.CharField(allow_blank=True)
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    state = serializers.ChoiceField(ChangeState.choices)
    decided_by = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_why = serializers.CharField(allow_blank=True)


def quota_json(quota: Quota, held: int, *, note: str = "", waiting: str | None = None) -> dict[str, Any]:
    return {
        "id": quota.public_id,
        "project": quota.project.slug if quota.project else None,
        "cloud": quota.cloud,
        "accelerator": quota.accelerator,
        "max_accelerators": quota.max_accelerators,
        "held": held,
        "left": quota.max_accelerators - held,
        "note": note,
        "waiting": waiting,
    }


def budget_json(status: dict[str, Any], *, note: str = "", waiting: str | None = None) -> dict[str, Any]:
    """A row of `budgets.status` as the API shows it."""
    shown = {
        key: value
        for key, value in status.items()
        if key not in ("id", "scope", "generation", "public_id", "project_id")
    }
    return {"id": status["public_id"], **shown, "note": note, "waiting": waiting}


def line_json(line: Line) -> dict[str, Any]:
    return {
        "index": line.place,
        "label": line.label,
        "effect": line.effect,
        "id": line.done.subject or None,
        "before": plain(line.done.before),
        "after": plain(line.done.after),
        "note": line.done.note,
        "code": line.refusal.code if line.refusal else "",
        "field": line.refusal.field if line.refusal else "",
    }


def request_json(request: ChangeRequest) -> dict[str, Any]:
    same = ("noun", "verb", "before", "after", "why", "asked_by", "asked_at", "expires_at", "state", "decided_by")
    return {
        "id": request.public_id,
        "project": request.project.slug if request.project else None,
        "about": request.subject,
        "decided_at": request.decided_at,
        "decided_why": request.decided_why,
        **{name: getattr(request, name) for name in same},
    }


def budget_terms(body: dict[str, Any]) -> dict[str, Any]:
    """A checked body as the service takes it."""
    terms = {name: value for name, value in body.items() if name not in ("project", "why", "endpoint")}
    return terms | ({"endpoint_ref": body["endpoint"]} if "endpoint" in body else {})


def quota_terms(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ("project", "why")}
