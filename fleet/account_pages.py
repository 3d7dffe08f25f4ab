"""Settings → Cloud accounts: who buys, with which credential, what it may do in its cloud, and what to grant it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from fleet import providers
from fleet.api.accounts import ACCOUNT_NAME, REFERENCE, WORD
from fleet.domain.refusals import Refused
from fleet.forms import AsRead, StrictForm, done
from fleet.models import AccountTrial, CloudAccount, Instance, Offering
from fleet.pages import Frame, frame_of
from fleet.people.picking import TypedForm
from fleet.providers.policies import policies
from fleet.services import account_changes, account_trials
from fleet.services.account_changes import MOST_CHARACTERS, AccountSpec
from fleet.services.accounts import SEALED
from fleet.services.installation import installation
from fleet.settings_pages import render_section
from fleet.states import Look
from fleet.sudo import sudo_to_change

READ, WRITE = "installation:read", "installation:write"
SHOWN_TRIALS = 5
WAITS = Look("Waits for a worker", "clock", "info")
RUNS = Look("Being tried", "busy", "info")
WELL = Look("Everything works", "check", "ok")
NOT_ALL = Look("Something is missing", "alert", "warn")
PUT = Look("In place", "check", "ok")
NOT_PUT = Look("Not put in place", "fail", "bad")


class Options(forms.CharField):
    """A JSON object, typed as such."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"})

    def clean(self, value: Any) -> dict[str, Any]:
        text = super().clean(value).strip()
        try:
            options = json.loads(text or "{}")
        except ValueError as error:
            raise forms.ValidationError(f"This cannot be read as JSON: {error}.") from error
        if not isinstance(options, dict):
            raise forms.ValidationError('Options are one JSON object, such as {"regions": ["us-east-1"]}.')
        return options


class CredentialForm(StrictForm):
    """Where the credential lies, or the credential itself; neither: the identity of the workers."""

    credentials_ref = forms.RegexField(
        REFERENCE,
        label="Reference",
        required=False,
        max_length=300,
        help_text="env:NAME or file:/path, read by the workers just before a call.",
    )
    credential = forms.CharField(
        label="Or the credential itself",
        required=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off", "class": "mono"}),
        help_text="As its cloud gives it. It is sealed at once, and never shown again.",
    )


class NewAccount(CredentialForm):
    name = forms.RegexField(ACCOUNT_NAME, label="Name", max_length=100)
    provider = forms.ChoiceField(label="Adapter", choices=[])
    cloud = forms.RegexField(
        WORD,
        label="Cloud",
        required=False,
        help_text="What plans and budgets call it; the adapter’s own name unless you say otherwise.",
    )
    options = Options(label="Options", required=False, help_text="JSON; the page of each cloud in docs/howto has them.")
    field_order = ("name", "provider", "cloud", "credentials_ref", "credential", "options")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].choices = [(name, name) for name in sorted(providers.REGISTRY)]  # type: ignore[attr-defined]

    def spec(self) -> AccountSpec:
        said = self.cleaned_data
        return AccountSpec(
            name=said["name"],
            cloud=said["cloud"] or said["provider"],
            provider=said["provider"],
            credentials_ref=said["credentials_ref"],
            options=said["options"],
            credential=said["credential"],
        )


class ChangedAccount(AsRead):
    name = forms.RegexField(ACCOUNT_NAME, label="Name", max_length=100)
    expected_account_ref = forms.CharField(
        label="The cloud’s own id of it",
        required=False,
        max_length=120,
        help_text="Seen at the first read. A credential of another account is not used.",
    )
    options = Options(label="Options", required=False)
    enabled = forms.BooleanField(
        label="Switched on",
        required=False,
        help_text="Off: nothing more is bought from it; its machines live on until they end.",
    )


class Rotation(CredentialForm):
    despite_missing = forms.BooleanField(label="Although a permission is missing", required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_to_change
def all_accounts(request: HttpRequest) -> HttpResponseBase:
    """The accounts there are, and the form that adds one."""
    frame = _frame(request)
    form = NewAccount(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        _may_write(frame)
        if form.is_valid():
            with form.refusals():
                made = account_changes.add_account(spec=form.spec(), by=frame.caller, now=frame.now)
                account_trials.request_trial(made, by=frame.caller, now=frame.now)
                return done(request, f"Added {made.name}. It is being tried.", to=_address(made.public_id))
    counts = {"live": _count(Instance, terminated_at=None), "sold": _count(Offering, offered=True)}
    rows = CloudAccount.objects.order_by("name").annotate(**counts)
    context = {"accounts": [_shown(row) for row in rows], "form": form, "may_write": frame.caller.may(WRITE, None)}
    status = 422 if form.is_bound and form.errors else 200
    return render_section(request, "settings/accounts.html", frame, "accounts", context, status=status)


def _count(model: type[Instance] | type[Offering], **which: object) -> Coalesce:
    """How many of an account's rows there are: each kind by itself, for joined they would multiply."""
    of_account = model.objects.filter(account=OuterRef("pk"), **which).order_by().values("account")
    return Coalesce(Subquery(of_account.annotate(count=Count("pk")).values("count")), 0)


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_to_change
def one_account(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One account: change it, see what it may do and what to grant it."""
    frame = _frame(request)
    account = _found(public_id)
    form = _form_of(account, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        _may_write(frame)
        if form.is_valid():
            with form.refusals():
                given = dict(form.cleaned_data)
                read = given.pop("generation")
                changed = account_changes.change_account(
                    public_id, changes=given, by=frame.caller, now=frame.now, generation=read
                )
                return done(request, f"Changed {changed.name}.", to=request.path)
    return _page(request, frame, account, form=form, status=422 if form.is_bound else 200)


@require_POST
def verify(request: HttpRequest, public_id: str) -> HttpResponseBase:
    frame = _frame(request)
    _may_write(frame)
    account_trials.request_trial(_found(public_id), by=frame.caller, now=frame.now)
    return done(request, "It is being tried; nothing is bought. What comes of it stands below.", to=_address(public_id))


@require_POST
@sudo_to_change
def rotate(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Another credential, put in place when it has shown that it will do."""
    frame = _frame(request)
    _may_write(frame)
    account = _found(public_id)
    form = Rotation(request.POST)
    if form.is_valid():
        with form.refusals():
            said = form.cleaned_data
            account_trials.request_rotation(
                account,
                by=frame.caller,
                now=frame.now,
                reference=said["credentials_ref"],
                credential=said["credential"],
                despite_missing=said["despite_missing"],
            )
            sentence = "The new credential is being tried. The old one stays until it has shown that it will do."
            return done(request, sentence, to=_address(public_id))
    return _page(request, frame, account, rotation=form, status=422)


@require_POST
@sudo_to_change
def delete(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Only when its name was typed, and while nothing was ever bought from it."""
    frame = _frame(request)
    _may_write(frame)
    account = _found(public_id)
    typed = TypedForm(request.POST, word=account.name, verb="forget")
    if typed.is_valid():
        try:
            account_changes.delete_account(public_id, by=frame.caller, now=frame.now)
        except Refused as refused:
            typed.add_error(None, refused.sentence)
        else:
            return done(request, f"Forgot {account.name}.", to=reverse("settings-accounts"))
    return _page(request, frame, account, typed=typed, status=422)


def _page(
    request: HttpRequest,
    frame: Frame,
    account: CloudAccount,
    *,
    form: ChangedAccount | None = None,
    rotation: Rotation | None = None,
    typed: TypedForm | None = None,
    status: int = 200,
) -> HttpResponseBase:
    trials = [_trial(trial) for trial in AccountTrial.objects.filter(account=account).order_by("-id")[:SHOWN_TRIALS]]
    context = {
        "account": _shown(account),
        "form": form or _form_of(account),
        "rotation": rotation or Rotation(),
        "typed": typed or TypedForm(word=account.name, verb="forget"),
        "trials": trials,
        "tried": next((trial for trial in trials if trial["checks"] and trial["of_the_account"]), None),
        "policies": policies(account.provider, account.options, str(installation().uuid)),
        "may_write": frame.caller.may(WRITE, None),
        "paths": {
            verb: reverse(f"settings-account-{verb}", args=[account.public_id])
            for verb in ("verify", "rotate", "delete")
        },
    }
    return render_section(request, "settings/account.html", frame, "accounts", context, status=status)


def _shown(account: CloudAccount) -> dict[str, Any]:
    state = Look("On", "check", "ok") if account.enabled else Look("Off", "hold", "")
    if account.enabled and account.last_error:
        state = Look("Failing", "fail", "bad")
    return {
        "public_id": account.public_id,
        "name": account.name,
        "cloud": account.cloud,
        "provider": account.provider,
        "state": state,
        "last_error": account.last_error,
        "what_to_do": account.last_error_step,
        "last_read_at": account.last_read_at,
        "account_ref": account.expected_account_ref,
        "credential": CREDENTIALS.get(account_changes.kind_of_credential(account), "Sealed here"),
        "live": getattr(account, "live", None),
        "sold": getattr(account, "sold", None),
    }


CREDENTIALS: Mapping[str, str] = {
    "workload identity": "The workers’ own identity",
    "env": "In the environment",
    "file": "In a file",
    SEALED: "Sealed here",
}


def _trial(trial: AccountTrial) -> dict[str, Any]:
    if trial.finished_at is None:
        look = RUNS if trial.begun_at else WAITS
    elif trial.next_reference:
        look = PUT if trial.ok else NOT_PUT
    else:
        look = WELL if trial.ok else NOT_ALL
    return {
        "public_id": trial.public_id,
        "kind": trial.get_kind_display(),
        "by": trial.requested_by,
        "at": trial.requested_at,
        "look": look,
        "problem": trial.problem,
        "checks": trial.checks,
        "of_the_account": not (trial.next_reference and trial.problem),  # else of a credential that was not taken
        "failed": sum(not check["ok"] for check in trial.checks),
    }


def _form_of(account: CloudAccount, typed: Any = None) -> ChangedAccount:
    start = {
        "name": account.name,
        "expected_account_ref": account.expected_account_ref,
        "options": json.dumps(account.options, indent=2),
        "enabled": account.enabled,
        "generation": account.generation,
    }
    return ChangedAccount(typed, initial=start)


def _frame(request: HttpRequest) -> Frame:
    frame = frame_of(request)
    if not frame.caller.may(READ, None):
        raise Http404
    return frame


def _may_write(frame: Frame) -> None:
    if not frame.caller.may(WRITE, None):
        raise Http404


def _found(public_id: str) -> CloudAccount:
    found: CloudAccount = get_object_or_404(CloudAccount, public_id=public_id)
    return found


def _address(public_id: str) -> str:
    return reverse("settings-account", args=[public_id])


urlpatterns = [
    path("settings/accounts", all_accounts, name="settings-accounts"),
    path("settings/accounts/<str:public_id>", one_account, name="settings-account"),
    path("settings/accounts/<str:public_id>/verify", verify, name="settings-account-verify"),
    path("settings/accounts/<str:public_id>/rotate", rotate, name="settings-account-rotate"),
    path("settings/accounts/<str:public_id>/delete", delete, name="settings-account-delete"),
]
