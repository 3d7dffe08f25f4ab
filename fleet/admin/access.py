"""Projects, members, tokens, people, and the installation's switches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils import timezone

from fleet.admin.base import CountsChanges, ReadOnly, Served, ServedForm
from fleet.admin.bulk import BulkEdited, BulkForm
from fleet.domain import rights
from fleet.domain import tokens as token_rules
from fleet.domain.refusals import Refused
from fleet.models import Installation, Membership, Project, Role, ServiceAccount, Token
from fleet.services import approvals, members, projects, stale_prices, switches, tokens
from fleet.services.bulk import UNCHANGED, WAITING, Done, Step
from fleet.services.installation import subject_of


class ProjectForm(ServedForm):
    class Meta:
        model = Project
        fields = ["slug", "name"]


class ProjectBulk(BulkForm):
    name = forms.CharField(label="Name", required=False, max_length=200, help_text="{slug} stands for each one's slug.")


@admin.register(Project)
class ProjectAdmin(BulkEdited):
    form = ProjectForm
    bulk_form = ProjectBulk
    list_display = ["slug", "name", "public_id", "created_at"]
    search_fields = ["slug", "name", "public_id"]
    fields = ["slug", "name", "public_id", "created_at"]
    readonly_fields = ["public_id", "created_at"]
    deletable = True

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        by, now, said = self.caller(request), self.now(), form.cleaned_data
        if row is None:
            form.made = projects.create_project(slug=said["slug"], name=said["name"], by=by, now=now)
            return Done("created")
        form.made = projects.change_project(row, changes=said, by=by, now=now)
        return Done("changed")

    def take_away(self, request: HttpRequest, row: Any) -> Done:
        projects.delete_project(row, by=self.caller(request), now=self.now())
        return Done("deleted")

    def step(self, request: HttpRequest, row: Any, wanted: dict[str, Any], place: int) -> Step:
        changes = {name: value.replace("{slug}", row.slug) for name, value in wanted.items()}

        def act() -> Done:
            before = projects.shown(row)
            made = projects.change_project(row, changes=changes, by=self.caller(request), now=self.now(), read=before)
            after = projects.shown(made)
            return Done("changed" if after != before else UNCHANGED, row.public_id, before, after)

        return Step(row.slug, act, place)


class MembershipForm(ServedForm):
    class Meta:
        model = Membership
        fields = ["project", "user", "role"]


class MembershipBulk(BulkForm):
    role = forms.ChoiceField(choices=Role.choices)


@admin.register(Membership)
class MembershipAdmin(CountsChanges, BulkEdited):
    form = MembershipForm
    bulk_form = MembershipBulk
    list_display = ["user", "project", "role"]
    list_filter = ["role", "project"]
    list_select_related = ["user", "project"]
    search_fields = ["user__username", "user__email", "project__slug"]
    autocomplete_fields = ["user", "project"]
    deletable = True

    def subjects(self, row: Any) -> list[str]:
        return [row.project.public_id]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["project", "user"] if obj else []

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        by, now, said = self.caller(request), self.now(), form.cleaned_data
        if row is None:
            name = said["user"].get_username()
            form.made = members.add_member(project=said["project"], username=name, role=said["role"], by=by, now=now)
            return Done("created")
        form.made = members.change_role(row, role=said["role"], by=by, now=now, generation=self.read(request))
        return Done("changed")

    def take_away(self, request: HttpRequest, row: Any) -> Done:
        by, read = self.caller(request), self.read(request)
        members.remove_member(row, by=by, now=self.now(), generation=read)
        return Done("deleted")

    def step(self, request: HttpRequest, row: Any, wanted: dict[str, Any], place: int) -> Step:
        def act() -> Done:
            before = {"role": row.role}
            by, now = self.caller(request), self.now()
            made = members.change_role(row, role=wanted["role"], by=by, now=now, generation=row.generation)
            after = {"role": made.role}
            return Done("changed" if after != before else UNCHANGED, row.project.public_id, before, after)

        return Step(f"{row.user} in {row.project}", act, place)


class TokenForm(ServedForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in [*rights.SHORTHANDS, *sorted(rights.OF_PROJECT)]],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label="Lives for days",
        min_value=1,
        max_value=token_rules.LONGEST_LIFE.days,
        initial=token_rules.DEFAULT_LIFE.days,
    )
    also = {"expires_at": "days"}

    class Meta:
        model = Token
        fields = ["name", "project", "scopes"]


class TokenBulk(BulkForm):
    revoke = forms.BooleanField(label="Revoke them", help_text="From then on they open nothing. This stays so.")


@admin.register(Token)
class TokenAdmin(BulkEdited):
    """Issue and revoke. The secret is shown once, after saving, and is kept nowhere."""

    form = TokenForm
    bulk_form = TokenBulk
    list_display = ["name", "project", "issuer", "shown_key", "scopes", "expires_at", "revoked_at", "last_used_at"]
    list_filter = ["project", "revoked_at", "expires_at"]
    list_select_related = ["project", "issuer"]
    search_fields = ["name", "key_id", "public_id", "issuer__username", "project__slug"]
    shown_fields = [
        "name", "project", "service_account", "issuer", "scopes", "cidrs", "requests_per_minute", "spend_cap_per_hour",
        "public_id", "shown_key", "expires_at", "revoked_at", "last_used_at", "last_used_from", "created_at",
    ]  # fmt: skip

    @admin.display(description="Key")
    def shown_key(self, token: Token) -> str:
        return f"prs_{token.key_id}_…"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list has its bulk action; one token's page is to read."""
        return obj is None and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name", "project", "scopes", "days"] if obj is None else self.shown_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else self.shown_fields

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        assert isinstance(request.user, User)
        said = form.cleaned_data
        if said.get("project") is None:
            raise Refused("token-project", "Choose the project it is for.", field="project")
        form.made, form.plain = tokens.issue_token(
            project=said["project"],
            issuer=request.user,
            name=said["name"],
            scopes=said["scopes"],
            lifetime=timedelta(days=said["days"]),
            now=timezone.now(),
        )
        return Done("created")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self.message_user(request, f"Copy it now, it is not shown again: {form.plain}", messages.WARNING)

    def step(self, request: HttpRequest, row: Any, wanted: dict[str, Any], place: int) -> Step:
        def act() -> Done:
            if row.revoked_at is not None:
                return Done(UNCHANGED, row.public_id)
            tokens.revoke_token(row, by=self.caller(request), now=timezone.now())
            return Done("revoked", row.public_id, {"revoked": "no"}, {"revoked": "now"})

        return Step(str(row), act, place)


@admin.register(ServiceAccount)
class ServiceAccountAdmin(ReadOnly):
    """They are made and changed on the page of their project, by who may give rights there."""

    list_display = ["name", "project", "role", "created_by", "created_at", "disabled_at"]
    list_filter = ["project", "role"]
    list_select_related = ["project"]
    search_fields = ["name", "public_id", "project__slug"]


class InstallationForm(ServedForm):
    reason = forms.CharField(
        max_length=500,
        required=False,
        help_text="Why it stops, goes on, or may be bought at; others read it.",
    )

    class Meta:
        model = Installation
        fields = ["launches_paused", "destructive_frozen", *stale_prices.POLICIES, "two_pairs_of_eyes"]


@admin.register(Installation)
class InstallationAdmin(Served):
    """The switches that stop everything, which prices may be bought at, and whether a limit takes two people."""

    form = InstallationForm
    list_display = ["uuid", "launches_paused", "destructive_frozen", "two_pairs_of_eyes"]
    fields = [
        "launches_paused", "destructive_frozen", *stale_prices.POLICIES, "reason", "two_pairs_of_eyes", "uuid",
        "launch_sequence",
    ]  # fmt: skip
    readonly_fields = ["uuid", "launch_sequence"]

    def subjects(self, row: Any) -> list[str]:
        former = f"inst_{row.uuid.hex}"  # as older events call it: those are never rewritten
        return [subject_of(row), former]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        by, now, said = self.caller(request), self.now(), form.cleaned_data
        assert row is not None
        stored = Installation.objects.get(pk=row.pk)
        for what, (flag, _) in switches.COLUMNS.items():
            if getattr(stored, flag) != said[flag]:
                switches.switch(what, stopped=said[flag], reason=said["reason"], now=now, by=by)
        for policy in stale_prices.POLICIES:
            if getattr(stored, policy) != said[policy]:
                stale_prices.set_policy(policy, allowed=said[policy], reason=said["reason"], now=now, by=by)
        waiting = approvals.set_two_pairs_of_eyes(said["two_pairs_of_eyes"], by=by, now=now)
        form.made = Installation.objects.get(pk=row.pk)
        note = "Switching two pairs of eyes off waits for another superuser." if waiting else ""
        return Done(WAITING if waiting else "changed", note=note)


admin.site.unregister(Group)  # roles come from memberships; Django's groups give nothing here
