"""Cloud accounts: added, changed and deleted one by one, switched on and off many at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from fleet import providers
from fleet.admin.base import CountsChanges, ServedForm
from fleet.admin.bulk import BulkEdited, BulkForm
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.services import account_changes
from fleet.services.account_changes import AccountSpec
from fleet.services.accounts import SEALED, credential_of
from fleet.services.bulk import UNCHANGED, Done, Step


class CloudAccountForm(ServedForm):
    """Takes where the credential lies, never the credential."""

    provider = forms.ChoiceField(choices=[(name, name) for name in sorted(providers.REGISTRY)])

    class Meta:
        model = CloudAccount
        fields = ["name", "cloud", "provider", "credentials_ref", "options", "expected_account_ref", "enabled"]
        help_texts = {"credentials_ref": "env:NAME or file:/path; empty for workload identity. Never the secret."}

    def clean_credentials_ref(self) -> str:
        reference: str = self.cleaned_data["credentials_ref"]
        if reference == SEALED and self.instance.credentials_ref == SEALED:
            return reference  # sealed already, and stays so
        if reference and not reference.startswith(("env:", "file:/")):
            raise forms.ValidationError("Give env:NAME or file:/path. A secret itself is not kept here.")
        return reference

    def clean_options(self) -> dict[str, Any]:
        options = self.cleaned_data["options"]
        if options not in (None, "") and not isinstance(options, dict):
            raise forms.ValidationError('Options are one JSON object, such as {"region": "us-east-1"}.')
        return options or {}


class CloudAccountBulk(BulkForm):
    enabled = forms.ChoiceField(
        choices=[("", "As it is"), ("yes", "Buy from them"), ("no", "Buy nothing more from them")], required=False
    )


@admin.register(CloudAccount)
class CloudAccountAdmin(CountsChanges, BulkEdited):
    form = CloudAccountForm
    bulk_form = CloudAccountBulk
    list_display = ["name", "cloud", "provider", "enabled", "credential", "last_read_at", "last_error"]
    list_filter = ["cloud", "provider", "enabled"]
    search_fields = ["name", "public_id", "cloud"]
    deletable = True

    @admin.display(description="Credential", boolean=True)
    def credential(self, account: CloudAccount) -> bool:
        """Whether this process can read it; workers read it for themselves."""
        try:
            credential_of(account)
        except Refused:
            return False
        return True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        seen = ["public_id", "last_read_at", "last_error", "prices_complete_until"]
        return ["cloud", "provider", *seen] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = list(CloudAccountForm.Meta.fields)
        return [*asked, "public_id", "last_read_at", "last_error", "prices_complete_until"] if obj else asked

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None:  # declared fields are not taken out by readonly_fields
            form.base_fields.pop("provider", None)
        return form

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        by, now, said = self.caller(request), self.now(), form.cleaned_data
        if row is None:
            form.made = account_changes.add_account(spec=AccountSpec(**said), by=by, now=now)
            return Done("created")
        form.made = account_changes.change_account(
            row.public_id, changes=said, by=by, now=now, generation=self.read(request)
        )
        return Done("changed")

    def take_away(self, request: HttpRequest, row: Any) -> Done:
        by, read = self.caller(request), self.read(request)
        account_changes.delete_account(row.public_id, by=by, now=self.now(), generation=read)
        return Done("deleted")

    def step(self, request: HttpRequest, row: Any, wanted: dict[str, Any], place: int) -> Step:
        enabled = wanted["enabled"] == "yes"

        def act() -> Done:
            by = self.caller(request)
            account_changes.change_account(
                row.public_id, changes={"enabled": enabled}, by=by, now=self.now(), generation=row.generation
            )
            effect = "changed" if row.enabled != enabled else UNCHANGED
            return Done(effect, row.public_id, {"enabled": row.enabled}, {"enabled": enabled})

        return Step(row.name, act, place)
