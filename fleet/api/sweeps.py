"""Sweeps: each look at everything an account holds, and how to ask for one now."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import version_of
from fleet.api.fields import Flag, Strict, Word, column_names
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.problems import Problem
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.models import CloudAccount, Sweep
from fleet.services import sweeping
from fleet.services.idempotency import Answer


class SweepQuery(PageQuery):
    account = Word(required=False, help_text="Name")
    complete = Flag(required=False)
    ordering = Ordering("started_at", "orphans", "listed")
    fields = Fields(lambda: SweepOut)  # type: ignore[assignment]  # a name of the base class, unused here


class SweepOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    account = serializers.CharField()
    started_at = serializers.DateTimeField(help_text="Real time")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="Real time")
    complete = serializers.BooleanField()
    listed = serializers.IntegerField()
    owned = serializers.IntegerField()
    foreign = serializers.IntegerField()
    orphans = serializers.IntegerField()
    orphans_ended = serializers.IntegerField()
    missing = serializers.IntegerField()
    broken_circuit = serializers.CharField(allow_blank=True, help_text="Why it ended nothing; empty: it could")


class SweepIn(Strict):
    account = Word(help_text="Name or id")


class SweepRequestedOut(serializers.Serializer[Any]):
    account = serializers.CharField()
    requested_at = serializers.DateTimeField(help_text="Real time; a sweep that starts after it answers this")


COLUMNS = column_names(SweepOut, without={"id", "account"})


def rows(found: QuerySet[Sweep]) -> QuerySet[Sweep, dict[str, Any]]:
    return found.values("id", "public_id", *COLUMNS, of_account=F("account__name"))


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"], shown["account"] = shown.pop("public_id"), shown.pop("of_account")
    return shown


class Sweeps(ApiView):
    resource = "installation"

    @says(paged(SweepOut), query=SweepQuery, summary="List sweeps, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(SweepQuery)
        self.require(None)
        found = narrowed(Sweep.objects.all(), query, account="account__name", complete="complete")
        return Response(page(request._request, rows(found), query, key="id", row=as_json))

    @says(
        SweepRequestedOut,
        status=202,
        body=SweepIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Look at one account as soon as possible",
        takes={"account": "aws-research"},
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(SweepIn)["account"]
        self.require(None)
        accounts = CloudAccount.objects.all()
        account = accounts.filter(name=wanted).first() or accounts.filter(public_id=wanted).first()
        if account is None:
            raise Problem(422, "unknown-account", "No account has that name or id.", field="account")

        def run() -> Answer:
            at = sweeping.request_sweep(account, **self.said())
            return Answer(202, {"account": account.name, "requested_at": at}, "/api/v1/sweeps")

        return self.once(run, spends=False)


class OneSweep(ApiView):
    resource = "installation"

    @says(SweepOut, path_id="swp", summary="One sweep")
    def get(self, request: Request, public_id: str) -> Response:
        self.require(None)
        row = rows(Sweep.objects.filter(public_id=public_id)).first()
        if row is None:
            raise Http404
        return self.shown(as_json(row), version_of(public_id))
