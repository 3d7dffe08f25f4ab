"""The admin console: limits, people and accounts are changed here; what happened is only read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

import fleet.signin.admin  # noqa: F401  # people
from fleet.domain import rights, tokens
from fleet.domain.refusals import Refused
from fleet.models import (
    Allocation,
    Budget,
    CapacityMemory,
    CloudAccount,
    Event,
    Hold,
    Incident,
    Installation,
    Instance,
    InstanceType,
    LaunchAttempt,
    LaunchResult,
    Membership,
    Offering,
    Periodic,
    Project,
    Quota,
    Slot,
    Sweep,
    TerminationFact,
    Token,
)
from fleet.services import access
from fleet.services import tokens as token_service
from fleet.services.accounts import read_secret

admin.site.site_header = "Purser"
admin.site.site_title = "Purser admin"
admin.site.index_title = "Limits, people and accounts"


class ReadOnly(admin.ModelAdmin):
    """Facts. Nobody adds, changes or removes them by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["slug", "name", "public_id", "created_at"]
    search_fields = ["slug", "name"]
    readonly_fields = ["public_id", "created_at"]
    inlines = [MembershipInline]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ["user", "project", "role"]
    list_filter = ["role", "project"]
    autocomplete_fields = ["user", "project"]


@admin.register(Quota)
class QuotaAdmin(admin.ModelAdmin):
    list_display = ["__str__", "project", "cloud", "accelerator", "max_accelerators"]
    list_filter = ["project"]


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):
    list_display = ["__str__", "cap_per_hour", "cap_per_month", "currency", "action", "spent_amount", "spent_until"]
    list_filter = ["project", "action"]
    readonly_fields = ["spent_month", "spent_amount", "spent_until"]


class CloudAccountForm(forms.ModelForm):
    """Takes where the credential lies, never the credential."""

    class Meta:
        model = CloudAccount
        fields = ["cloud", "provider", "name", "credentials_ref", "options", "expected_account_ref", "enabled"]
        help_texts = {"credentials_ref": "env:NAME or file:/path; empty for workload identity. Never the secret."}

    def clean_credentials_ref(self) -> str:
        reference: str = self.cleaned_data["credentials_ref"]
        if reference and not reference.startswith(("env:", "file:/")):
            raise forms.ValidationError("Give env:NAME or file:/path. A secret itself is not kept here.")
        return reference


@admin.register(CloudAccount)
class CloudAccountAdmin(admin.ModelAdmin):
    form = CloudAccountForm
    list_display = ["name", "cloud", "provider", "enabled", "credential", "last_read_at", "last_error"]
    readonly_fields = ["public_id", "last_read_at", "last_error", "prices_complete_until"]

    @admin.display(description="Credential", boolean=True)
    def credential(self, account: CloudAccount) -> bool:
        """Whether this process can read it; workers read it for themselves."""
        try:
            read_secret(account.credentials_ref)
        except Refused:
            return False
        return True


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in [*rights.SHORTHANDS, *sorted(rights.OF_PROJECT)]],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label="Lives for days", min_value=1, max_value=tokens.LONGEST_LIFE.days, initial=tokens.DEFAULT_LIFE.days
    )

    class Meta:
        model = Token
        fields = ["name", "project", "scopes"]

    def clean(self) -> dict[str, Any] | None:
        """Ask the service's own rule before the admin believes that all is well."""
        cleaned = super().clean()
        issuer: User = self.issuer  # type: ignore[attr-defined]  # set by TokenAdmin.get_form
        if cleaned and not self.errors:
            mine = access.caller_of_user(issuer).scopes.get(cleaned["project"].pk, frozenset())
            if not rights.expand(cleaned["scopes"]) <= mine:
                raise forms.ValidationError("A token may never do more than its issuer may in that project.")
        return cleaned


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    """Issue and revoke. The secret is shown once, after saving, and is kept nowhere."""

    list_display = ["name", "project", "issuer", "shown_key", "scopes", "expires_at", "revoked_at", "last_used_at"]
    list_filter = ["project"]
    readonly_fields = ["public_id", "shown_key", "issuer", "expires_at", "revoked_at", "last_used_at", "created_at"]
    actions = ["revoke"]

    @admin.display(description="Key")
    def shown_key(self, token: Token) -> str:
        return f"prs_{token.key_id}_…"

    def get_form(self, request: HttpRequest, obj: Token | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        return type("TokenFormOfIssuer", (TokenForm,), {"issuer": request.user})

    def get_fields(self, request: HttpRequest, obj: Token | None = None) -> Any:
        if obj is None:
            return ["name", "project", "scopes", "days"]
        return ["name", "project", "scopes", *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Token | None = None) -> Any:
        return [] if obj is None else ["name", "project", "scopes", *self.readonly_fields]

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False  # a token that did something stays readable; revoke it instead

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        if change:
            return
        assert isinstance(request.user, User)
        made, plain = token_service.issue_token(
            project=form.cleaned_data["project"],
            issuer=request.user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            lifetime=timedelta(days=form.cleaned_data["days"]),
            now=timezone.now(),
        )
        obj.__dict__.update(made.__dict__)
        self.message_user(request, f"Copy it now, it is not shown again: {plain}", messages.WARNING)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        for token in queryset:
            token_service.revoke_token(token, actor=request.user.get_username(), now=timezone.now())


@admin.register(Installation)
class InstallationAdmin(admin.ModelAdmin):
    """The two switches that stop everything."""

    list_display = ["uuid", "launches_paused", "destructive_frozen"]
    readonly_fields = ["uuid", "launch_sequence", "created_at"]
    exclude = ["id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Installation | None = None) -> bool:
        return False


@admin.register(Periodic)
class PeriodicAdmin(admin.ModelAdmin):
    list_display = ["name", "every_seconds", "enabled", "next_run_at", "last_sent_at", "last_finished_at"]
    readonly_fields = ["name", "last_sent_at", "last_finished_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Periodic | None = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["occurred_at", "topic", "subject", "project", "actor"]
    list_filter = ["topic"]
    search_fields = ["subject", "request_id"]
    show_full_result_count = False


@admin.register(Allocation)
class AllocationAdmin(ReadOnly):
    list_display = ["name", "project", "state", "reason", "accelerator", "accelerator_count", "since"]
    list_filter = ["state", "project"]
    search_fields = ["name", "public_id"]


@admin.register(Instance)
class InstanceAdmin(ReadOnly):
    list_display = ["provider_id", "cloud", "zone", "instance_type", "capacity_type", "launched_at", "terminated_at"]
    list_filter = ["cloud", "capacity_type"]
    search_fields = ["provider_id", "public_id"]


@admin.register(LaunchAttempt)
class LaunchAttemptAdmin(ReadOnly):
    list_display = ["public_id", "slot", "n", "state", "zone", "instance_type", "error_class", "error_code", "calls"]
    list_filter = ["state", "error_class"]
    search_fields = ["public_id", "provider_id"]


@admin.register(Offering)
class OfferingAdmin(ReadOnly):
    list_display = ["instance_type", "account", "zone", "capacity_type", "price_per_hour", "observed_at", "offered"]
    list_filter = ["account", "capacity_type", "offered"]


for fact in (CapacityMemory, Hold, Incident, InstanceType, LaunchResult, Slot, Sweep, TerminationFact):
    admin.site.register(fact, ReadOnly)
