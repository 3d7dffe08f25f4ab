"""Service accounts: who automation is."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Flag, Strict, Word
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.api.shapes import shape
from fleet.models import Role, ServiceAccount
from fleet.services import service_accounts
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer

NAME = shape(
    f"^{service_accounts.NAME.pattern}$",
    "Write 1 to 100 small letters, digits and . _ -, beginning and ending with a letter or digit.",
)


class ServiceAccountIn(Strict):
    project = Word(required=False, help_text="Slug or id; needed when you may act in several")
    name = serializers.RegexField(NAME)
    description = Word(required=False, max_length=service_accounts.DESCRIPTION_LENGTH, allow_blank=True)
    role = serializers.ChoiceField(Role.values, default=Role.VIEWER)


class ServiceAccountChange(Strict):
    name = serializers.RegexField(NAME, required=False)
    description = Word(required=False, max_length=service_accounts.DESCRIPTION_LENGTH, allow_blank=True)
    role = serializers.ChoiceField(Role.values, required=False)
    disabled = Flag(required=False, help_text="true: none of its tokens opens anything until it is false again")


class ServiceAccountOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    project = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(Role.values)
    disabled = serializers.BooleanField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    tokens = serializers.IntegerField(help_text="Not revoked")
    last_used_at = serializers.DateTimeField(allow_null=True)


class ServiceAccountQuery(PageQuery):
    project = Word(required=False, help_text="Slug")


class ServiceAccounts(ApiView):
    resource = "access"
    sensitive = True

    @says(paged(ServiceAccountOut), query=ServiceAccountQuery, summary="Service accounts of your projects")
    def get(self, request: Request) -> Response:
        query = self.query(ServiceAccountQuery)
        found = self.visible(ServiceAccount.objects.all())
        if "project" in query:
            found = found.filter(project__slug=query["project"])
        return Response(page(request._request, _rows(found), query, key="public_id", row=_row))

    @says(
        ServiceAccountOut,
        status=201,
        body=ServiceAccountIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Make a service account",
        takes={"name": "deploy-bot", "role": "operator", "description": "Rolls out endpoints"},
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(ServiceAccountIn)
        project = self.project_named(wanted.pop("project", None))

        def run() -> Answer:
            made = service_accounts.create_service_account(
                project=project, **wanted, by=self.caller, now=business_now()
            )
            return Answer(201, as_json(made), f"/api/v1/service-accounts/{made.public_id}")

        return self.once(run, spends=False)


class OneServiceAccount(ApiView):
    resource = "access"
    sensitive = True

    @says(ServiceAccountOut, path_id="svc", summary="One service account")
    def get(self, request: Request, public_id: str) -> Response:
        account = self.one(ServiceAccount.objects.all(), public_id)
        return self.shown(as_json(account), account.generation)

    @says(
        ServiceAccountOut,
        path_id="svc",
        body=ServiceAccountChange,
        refuses=(409,),
        summary="Change its name or role, or switch it off and on",
    )
    def patch(self, request: Request, public_id: str) -> Response:
        changes = self.body(ServiceAccountChange)
        account = self.one(ServiceAccount.objects.all(), public_id)
        changed = service_accounts.change_service_account(
            account,
            changes=changes,
            by=self.caller,
            now=business_now(),
            generation=self.unchanged(account.generation),
        )
        return self.shown(as_json(changed), changed.generation)

    @says(None, status=204, path_id="svc", refuses=(422,), summary="Delete it, if it never acted")
    def delete(self, request: Request, public_id: str) -> Response:
        account = self.one(ServiceAccount.objects.all(), public_id)
        service_accounts.delete_service_account(
            account, by=self.caller, now=business_now(), generation=self.unchanged(account.generation)
        )
        return Response(status=204)


def as_json(account: ServiceAccount) -> dict[str, Any]:
    return _row(_rows(ServiceAccount.objects.filter(pk=account.pk)).get())


def _rows(found: QuerySet[ServiceAccount]) -> QuerySet[ServiceAccount, Any]:
    return found.values(
        "public_id", "name", "description", "role", "created_by", "created_at", "disabled_at",
        of_project=F("project__slug"),
        living=Count("tokens", filter=Q(tokens__revoked_at=None)),
        last_used_at=Max("tokens__last_used_at"),
    )  # fmt: skip


def _row(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["project"] = shown.pop("of_project")
    shown["tokens"] = shown.pop("living")
    shown["disabled"] = shown.pop("disabled_at") is not None
    return shown
