"""Cloud accounts: who buys. Their credentials are references that are written and never shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import tag_of
from fleet.api.fields import Document, Flag, Strict, Word
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.api.shapes import shape
from fleet.models import AccountTrial, CloudAccount, TrialKind
from fleet.providers.policies import policies
from fleet.services import account_changes, account_trials
from fleet.services.account_changes import AccountSpec
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer
from fleet.services.installation import installation

ACCOUNT_NAME = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$",
    "Write 1 to 100 letters, digits, blanks and . _ / -, beginning with a letter or digit.",
)
WORD = shape(
    r"^[a-z0-9][a-z0-9-]{0,31}$",
    "Write 1 to 32 small letters, digits and -, beginning with a letter or digit.",
)
REFERENCE = shape(
    f"^{account_changes.REFERENCE.pattern}$",
    "Write env:NAME or file:/path: where the credential lies, never the credential.",
)
WRITE = {"POST": "installation:write", "PATCH": "installation:write", "DELETE": "installation:write"}


class AccountQuery(PageQuery):
    cloud = Word(required=False)
    provider = Word(required=False)
    name = Word(required=False)
    enabled = Flag(required=False)
    ordering = Ordering("name", "cloud", "last_read_at")
    fields = Fields(lambda: AccountOut)  # type: ignore[assignment]  # a name of the base class, unused here


TRIAL_COLUMNS = (
    "kind", "requested_by", "requested_at", "begun_at", "finished_at", "ok", "problem", "checks", "despite_missing",
)  # fmt: skip


class AccountOut(serializers.Serializer[Any]):
    """A cloud account. Where its credential lies is nobody's business here."""

    id = serializers.CharField()
    cloud = serializers.CharField()
    provider = serializers.CharField()
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    last_read_at = serializers.DateTimeField(allow_null=True)
    healthy = serializers.BooleanField(help_text="The last read succeeded")
    problem_code = serializers.CharField(
        allow_null=True, help_text="What the last read was refused with, in the cloud's own code; null: nothing"
    )
    what_to_do = serializers.CharField(allow_null=True, help_text="What a person can do about it; null: nothing")
    credentials = serializers.BooleanField(help_text="Whether it has one of its own")
    credential_kind = serializers.CharField(help_text="workload identity, env, file or sealed: how it is kept")
    expected_account_ref = serializers.CharField(allow_blank=True, help_text="The cloud's own id of the account")


class AccountChangesIn(Strict):
    name = serializers.RegexField(ACCOUNT_NAME, required=False)
    credentials_ref = serializers.RegexField(
        REFERENCE, required=False, allow_blank=True, max_length=300, help_text="env:NAME or file:/path; never shown"
    )
    credential = serializers.CharField(
        required=False,
        write_only=True,
        max_length=account_changes.MOST_CHARACTERS,
        help_text="The credential itself, sealed at once and never shown; not beside credentials_ref",
    )
    options = Document(required=False, help_text="Settings of the adapter, such as its endpoint")
    expected_account_ref = serializers.CharField(required=False, allow_blank=True, max_length=120)
    enabled = Flag(required=False, help_text="false: nothing is bought from it; its machines live on until they end")


class AccountIn(AccountChangesIn):
    name = serializers.RegexField(ACCOUNT_NAME)
    cloud = serializers.RegexField(WORD)
    provider = serializers.RegexField(WORD, help_text="Which adapter speaks to it")


TROUBLE = ("last_error", "last_error_code", "last_error_step")
COLUMNS = ("cloud", "provider", "name", "enabled", "last_read_at", "expected_account_ref")
EXAMPLE = {
    "name": "aws-research",
    "cloud": "aws",
    "provider": "sandbox",
    "credentials_ref": "env:AWS_RESEARCH",
    "options": {"url": "http://127.0.0.1:9090"},
}


def rows(found: QuerySet[CloudAccount]) -> QuerySet[CloudAccount, dict[str, Any]]:
    return found.values("public_id", *COLUMNS, *TROUBLE, "credentials_ref")


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """The text of an error may quote what was sent to the cloud: only its code is told, and our own step."""
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["healthy"] = not shown.pop("last_error")
    shown["problem_code"] = shown.pop("last_error_code") or None
    shown["what_to_do"] = shown.pop("last_error_step") or None
    reference = shown.pop("credentials_ref")
    shown["credentials"] = bool(reference)
    shown["credential_kind"] = reference.partition(":")[0] or "workload identity"
    return shown


class Accounts(ApiView):
    resource = "fleet"
    scopes = WRITE
    sensitive = True

    @says(paged(AccountOut), query=AccountQuery, summary="Cloud accounts, without their secrets")
    def get(self, request: Request) -> Response:
        query = self.query(AccountQuery)
        found = narrowed(
            CloudAccount.objects.all(), query, cloud="cloud", provider="provider", name="name", enabled="enabled"
        )
        return Response(page(request._request, rows(found), query, key="public_id", row=as_json))

    @says(
        AccountOut,
        status=201,
        body=AccountIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Add an account to buy from",
        takes=EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """The credential stays where it is: only its reference is kept, and read by the workers just before a call."""
        wanted = self.body(AccountIn)
        self.require(None)

        def run() -> Answer:
            made = account_changes.add_account(spec=AccountSpec(**wanted), by=self.caller, now=business_now())
            body = shown(made)
            return Answer(
                201, body, f"/api/v1/accounts/{made.public_id}", headers={"ETag": tag_of(made.generation, body)}
            )

        return self.once(run, spends=False)


class OneAccount(ApiView):
    resource = "fleet"
    scopes = WRITE
    sensitive = True

    @says(AccountOut, path_id="acct", summary="One cloud account")
    def get(self, request: Request, public_id: str) -> Response:
        row = found_by(public_id)
        return self.shown(shown(row), row.generation)

    @says(
        AccountOut,
        path_id="acct",
        body=AccountChangesIn,
        refuses=(409,),
        summary="Change its name, options or credential, or switch it off",
        takes={"enabled": False},
    )
    def patch(self, request: Request, public_id: str) -> Response:
        changes = self.body(AccountChangesIn)
        self.require(None)
        changed = account_changes.change_account(
            public_id,
            changes=changes,
            generation=self.unchanged(found_by(public_id).generation),
            by=self.caller,
            now=business_now(),
        )
        return self.shown(shown(changed), changed.generation)

    @says(None, status=204, path_id="acct", refuses=(409, 422), summary="Forget one that nothing was bought from")
    def delete(self, request: Request, public_id: str) -> Response:
        """Refused while it has live machines or launches without an answer, and when bills name it: switch it off."""
        self.require(None)
        account_changes.delete_account(
            public_id,
            generation=self.unchanged(found_by(public_id).generation),
            by=self.caller,
            now=business_now(),
        )
        return Response(status=204)


class CheckOut(serializers.Serializer[Any]):
    what = serializers.CharField()
    ok = serializers.BooleanField()
    detail = serializers.CharField(allow_blank=True)
    needs = serializers.CharField(allow_blank=True, help_text="The permission to grant, in the cloud's own words")


class TrialOut(serializers.Serializer[Any]):
    """A trial of an account: all that Purser asks of its cloud, tried without buying."""

    id = serializers.CharField()
    account = serializers.CharField(help_text="Id")
    kind = serializers.ChoiceField(choices=TrialKind.choices)
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField(help_text="Real time")
    begun_at = serializers.DateTimeField(allow_null=True, help_text="Real time")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="Real time; empty while it waits or runs")
    ok = serializers.BooleanField(allow_null=True, help_text="Of a rotation: the new credential is in place")
    problem = serializers.CharField(allow_blank=True, help_text="Why the new credential was not put in place")
    checks = CheckOut(many=True)
    despite_missing = serializers.BooleanField()


class TrialQuery(PageQuery):
    kind = Word(required=False)
    fields = Fields(lambda: TrialOut)  # type: ignore[assignment]  # a name of the base class, unused here


class RotationIn(Strict):
    credential = serializers.CharField(
        required=False, write_only=True, max_length=account_changes.MOST_CHARACTERS, help_text="Sealed and never shown"
    )
    credentials_ref = serializers.RegexField(REFERENCE, required=False, max_length=300, help_text="env:NAME or file:/…")
    despite_missing = Flag(default=False, help_text="Put it in place although a permission is missing")


class GrantOut(serializers.Serializer[Any]):
    title = serializers.CharField()
    where = serializers.CharField(help_text="Where to paste it")
    text = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField(help_text="What to know before pasting it")
    scope = serializers.CharField(help_text="Where it grants that, in a cloud that keeps grants apart")


class GrantsOut(serializers.Serializer[Any]):
    items = GrantOut(many=True)


def trial_rows(found: QuerySet[AccountTrial]) -> QuerySet[AccountTrial, dict[str, Any]]:
    return found.values("id", "public_id", *TRIAL_COLUMNS, of_account=F("account__public_id"))


def trial_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"], shown["account"] = shown.pop("public_id"), shown.pop("of_account")
    return shown


class Trials(ApiView):
    resource = "fleet"
    scopes = {"GET": "installation:read", "POST": "installation:write"}

    @says(paged(TrialOut), path_id="acct", query=TrialQuery, summary="The last trials of an account, newest first")
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(TrialQuery)
        self.require(None)
        found = narrowed(AccountTrial.objects.filter(account=found_by(public_id)), query, kind="kind")
        return Response(page(request._request, trial_rows(found), query, key="id", row=trial_json))

    @says(
        TrialOut,
        status=202,
        path_id="acct",
        body=Strict,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        summary="Try everything Purser asks of the account, without buying; what is missing is named",
        takes={},
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.body(Strict)
        self.require(None)
        account = found_by(public_id)

        def run() -> Answer:
            trial = account_trials.request_trial(account, by=self.caller, now=business_now())
            return Answer(202, trial_json(trial_rows(AccountTrial.objects.filter(pk=trial.pk)).get()), _trials(account))

        return self.once(run, spends=False)


class RotateCredential(ApiView):
    resource = "fleet"
    scopes = WRITE
    sensitive = True

    @says(
        TrialOut,
        status=202,
        path_id="acct",
        body=RotationIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409, 422),
        summary="Put another credential in place, once a trial has shown that it will do",
        takes={"credentials_ref": "env:AWS_RESEARCH_2"},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """The old one stays until then: it works, belongs to the same account of the cloud and lacks no permission."""
        wanted = self.body(RotationIn)
        self.require(None)
        account = found_by(public_id)

        def run() -> Answer:
            trial = account_trials.request_rotation(
                account,
                by=self.caller,
                now=business_now(),
                reference=wanted.get("credentials_ref", ""),
                credential=wanted.get("credential", ""),
                despite_missing=wanted["despite_missing"],
            )
            return Answer(202, trial_json(trial_rows(AccountTrial.objects.filter(pk=trial.pk)).get()), _trials(account))

        return self.once(run, spends=False)


class Grants(ApiView):
    resource = "fleet"

    @says(GrantsOut, path_id="acct", summary="What to grant the account in its cloud, to paste there")
    def get(self, request: Request, public_id: str) -> Response:
        account = found_by(public_id)
        texts = policies(account.provider, account.options, str(installation().uuid))
        return self.shown({"items": [asdict(text) for text in texts]}, account.generation)


def _trials(account: CloudAccount) -> str:
    return f"/api/v1/accounts/{account.public_id}/trials"


def found_by(public_id: str) -> CloudAccount:
    row = CloudAccount.objects.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def shown(row: CloudAccount) -> dict[str, Any]:
    return as_json(rows(CloudAccount.objects.filter(pk=row.pk)).get())
