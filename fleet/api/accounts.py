"""Cloud accounts: who buys. Their credentials are references that are written and never shown."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
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
from fleet.models import CloudAccount
from fleet.services import account_changes
from fleet.services.account_changes import AccountSpec
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer

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


class AccountOut(serializers.Serializer[Any]):
    """A cloud account. Where its credential lies is nobody's business here."""

    id = serializers.CharField()
    cloud = serializers.CharField()
    provider = serializers.CharField()
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    last_read_at = serializers.DateTimeField(allow_null=True)
    healthy = serializers.BooleanField(help_text="The last read succeeded")
    credentials = serializers.BooleanField(help_text="Whether it has a reference to one")
    expected_account_ref = serializers.CharField(allow_blank=True, help_text="The cloud's own id of the account")


class AccountChangesIn(Strict):
    name = serializers.RegexField(ACCOUNT_NAME, required=False)
    credentials_ref = serializers.RegexField(
        REFERENCE, required=False, allow_blank=True, max_length=300, help_text="env:NAME or file:/path; never shown"
    )
    options = Document(required=False, help_text="Settings of the adapter, such as its endpoint")
    expected_account_ref = serializers.CharField(required=False, allow_blank=True, max_length=120)
    enabled = Flag(required=False, help_text="false: nothing is bought from it; its machines live on until they end")


class AccountIn(AccountChangesIn):
    name = serializers.RegexField(ACCOUNT_NAME)
    cloud = serializers.RegexField(WORD)
    provider = serializers.RegexField(WORD, help_text="Which adapter speaks to it")


COLUMNS = ("cloud", "provider", "name", "enabled", "last_read_at", "expected_account_ref")
EXAMPLE = {
    "name": "aws-research",
    "cloud": "aws",
    "provider": "sandbox",
    "credentials_ref": "env:AWS_RESEARCH",
    "options": {"url": "http://127.0.0.1:9090"},
}


def rows(found: QuerySet[CloudAccount]) -> QuerySet[CloudAccount, dict[str, Any]]:
    return found.values("public_id", *COLUMNS, "last_error", "credentials_ref")


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """The text of an error may quote what was sent to the cloud, so only its absence is told."""
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["healthy"] = not shown.pop("last_error")
    shown["credentials"] = bool(shown.pop("credentials_ref"))
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


def found_by(public_id: str) -> CloudAccount:
    row = CloudAccount.objects.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def shown(row: CloudAccount) -> dict[str, Any]:
    return as_json(rows(CloudAccount.objects.filter(pk=row.pk)).get())
