"""Incidents: what needs an eye. Read, acknowledged and closed by whoever may act in their project."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import tag_of
from fleet.api.fields import Flag, NoBody, Strict, Word, column_names
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.models import Incident
from fleet.services import incidents
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer


class IncidentQuery(PageQuery):
    open = Flag(required=False, help_text="true: only those not closed")
    acknowledged = Flag(required=False)
    kind = Word(required=False)
    subject = Word(required=False, help_text="Public id of what it is about")
    project = Word(required=False, help_text="Slug")
    ordering = Ordering("opened_at", "closed_at", "kind")
    fields = Fields(lambda: IncidentOut)  # type: ignore[assignment]  # a name of the base class, unused here


class IncidentOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    project = serializers.CharField(allow_null=True, help_text="Empty: of the whole installation")
    kind = serializers.CharField()
    subject = serializers.CharField(help_text="Public id of what it is about")
    detail = serializers.CharField()
    doing = serializers.CharField(allow_blank=True, help_text="What Purser does about it, and whether you must act")
    opened_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField(allow_blank=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField(allow_blank=True, help_text="Empty: Purser saw that it was over")
    close_reason = serializers.CharField(allow_blank=True)


class CloseIn(Strict):
    reason = serializers.CharField(min_length=8, max_length=300, help_text="Why it is over")


COLUMNS = column_names(IncidentOut, without={"id", "project"})


def rows(found: QuerySet[Incident]) -> QuerySet[Incident, dict[str, Any]]:
    return found.values("public_id", *COLUMNS, of_project=F("project__slug"))


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"], shown["project"] = shown.pop("public_id"), shown.pop("of_project")
    return shown


class Incidents(ApiView):
    resource = "fleet"

    @says(paged(IncidentOut), query=IncidentQuery, summary="List incidents, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(IncidentQuery)
        found = self.visible(Incident.objects.all())
        found = narrowed(found, query, kind="kind", subject="subject", project="project__slug")
        for name, column in (("open", "closed_at"), ("acknowledged", "acknowledged_at")):
            if name in query:
                found = found.filter(**{f"{column}__isnull": query[name] is (name == "open")})
        return Response(page(request._request, rows(found), query, key="public_id", row=as_json))


class OneIncident(ApiView):
    resource = "fleet"

    @says(IncidentOut, path_id="inc", summary="One incident")
    def get(self, request: Request, public_id: str) -> Response:
        row = self.one(Incident.objects.all(), public_id)
        return self.shown(shown(row), row.generation)


class AcknowledgeIncident(ApiView):
    resource = "fleet"

    @says(
        IncidentOut,
        path_id="inc",
        body=NoBody,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Say that you look after it",
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.body(NoBody)
        self.one(Incident.objects.all(), public_id)

        def run() -> Answer:
            row = incidents.acknowledge(public_id, now=business_now(), actor=self.caller.name)
            return answer(row)

        return self.once(run, spends=False)


class CloseIncident(ApiView):
    resource = "fleet"

    @says(
        IncidentOut,
        path_id="inc",
        body=CloseIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Say that it is over",
        takes={"reason": "The account's key was replaced; the last sweep was complete."},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Should its cause still be there, it is opened again as a new one."""
        wanted = self.body(CloseIn)
        self.one(Incident.objects.all(), public_id)

        def run() -> Answer:
            row = incidents.close_by_hand(
                public_id, now=business_now(), actor=self.caller.name, reason=wanted["reason"]
            )
            return answer(row)

        return self.once(run, spends=False)


def answer(row: Incident) -> Answer:
    body = shown(row)
    return Answer(200, body, headers={"ETag": tag_of(row.generation, body)})


def shown(row: Incident) -> dict[str, Any]:
    return as_json(rows(Incident.objects.filter(pk=row.pk)).get())
