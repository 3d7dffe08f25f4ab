"""Decisions of the autoscaler: what it saw, what it wanted, what it was allowed, and why, also when nothing changed."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.exports import ListQuery, ListView
from fleet.api.fields import Flag, Instant, Word, column_names
from fleet.api.listing import Fields, Ordering, narrowed, paged
from fleet.api.schema import says
from inference.models import Decision, Endpoint
from inference.services.autoscaling import DOWN, HOLD, UP


class OwnDecisionQuery(ListQuery):
    action = serializers.ChoiceField([UP, DOWN, HOLD], required=False)
    applied = Flag(required=False)
    start = Instant(required=False, help_text="Inclusive; decided then or later")
    end = Instant(required=False, help_text="Exclusive")
    ordering = Ordering("at", "last_at", "action")
    fields = Fields(lambda: DecisionOut)  # type: ignore[assignment]  # a name of the base class, unused here


class DecisionQuery(OwnDecisionQuery):
    endpoint = Word(required=False, help_text="Public id")
    project = Word(required=False, help_text="Slug")


class DecisionOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    endpoint = serializers.CharField()
    endpoint_name = serializers.CharField()
    at = serializers.DateTimeField()
    last_at = serializers.DateTimeField(help_text="The last of `repeats` looks with this outcome")
    repeats = serializers.IntegerField()
    policy = serializers.CharField()
    action = serializers.CharField()
    current = serializers.IntegerField()
    wanted = serializers.IntegerField()
    allowed = serializers.IntegerField()
    why = serializers.CharField(allow_blank=True)
    formula = serializers.CharField(allow_blank=True)
    inputs = serializers.DictField()
    alternatives = serializers.ListField(child=serializers.DictField())
    cost_per_hour_before = serializers.CharField(allow_null=True)
    cost_per_hour_after = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    applied = serializers.BooleanField()


class ExplainedOut(DecisionOut):
    sentences = serializers.ListField(child=serializers.CharField(), help_text="The same for people, in order")


DecisionPage = paged(DecisionOut)
COLUMNS = column_names(DecisionOut, without={"id", "endpoint", "endpoint_name"})


def rows(decisions: QuerySet[Decision]) -> QuerySet[Decision, dict[str, Any]]:
    return decisions.values(
        "public_id", *COLUMNS, of_endpoint=F("endpoint__public_id"), endpoint_name=F("endpoint__name")
    )


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"], shown["endpoint"] = shown.pop("public_id"), shown.pop("of_endpoint")
    return shown


def sentences(row: dict[str, Any]) -> list[str]:
    """What was seen, wanted, allowed, weighed and paid, as people say it."""
    seen = row["inputs"]
    told = [
        f"Seen at {row['at']:%Y-%m-%d %H:%M:%S} UTC: {row['current']} replicas desired, "
        f"{seen.get('ready_replicas', 'an unknown number')} ready"
        + (f", {seen['in_flight']} requests in flight." if seen.get("in_flight") is not None else ".")
    ]
    told.append(f"{row['policy']} wanted {row['wanted']}" + (f": {row['formula']}." if row["formula"] else "."))
    if row["allowed"] == row["wanted"]:
        told.append(f"The guard let it through. {row['why']}".strip())
    else:
        told.append(f"The guard allowed {row['allowed']}. {row['why']}".strip())
    told += [f"Not {other['replicas']}: {other['why_not']}" for other in row["alternatives"] if "why_not" in other]
    before, after = row["cost_per_hour_before"], row["cost_per_hour_after"]
    if before is not None and after is not None:
        told.append(f"It cost {before:f} {row['currency']}/h and costs {after:f} {row['currency']}/h from then on.")
    if row["repeats"] > 1:
        told.append(f"{row['repeats']} looks in a row came to this, the last at {row['last_at']:%H:%M:%S} UTC.")
    return told


class AllDecisions(ListView):
    resource = "inference"

    @says(DecisionPage, query=DecisionQuery, csv=True, summary="Decisions over all your endpoints, newest first")
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        found = self.visible(Decision.objects.all(), project="endpoint__project_id")
        return _listed(self, found, self.query(DecisionQuery))


class Decisions(ListView):
    resource = "inference"

    @says(
        DecisionPage,
        query=OwnDecisionQuery,
        path_id="ep",
        csv=True,
        summary="What the autoscaler saw, wanted and did",
    )
    def get(self, request: Request, public_id: str) -> Response | StreamingHttpResponse:
        query = self.query(OwnDecisionQuery)
        endpoint = self.one(Endpoint.objects.all(), public_id)
        return _listed(self, Decision.objects.filter(endpoint=endpoint), query)


class OneDecision(ApiView):
    resource = "inference"

    @says(ExplainedOut, path_id="dec", summary="One decision, explained")
    def get(self, request: Request, public_id: str) -> Response:
        visible = self.visible(Decision.objects.all(), project="endpoint__project_id")
        row = rows(visible.filter(public_id=public_id)).first()
        if row is None:
            raise Http404
        return self.shown({**as_json(row), "sentences": sentences(row)}, "decided")


def _listed(view: ListView, found: QuerySet[Decision], query: dict[str, Any]) -> Response | StreamingHttpResponse:
    found = narrowed(
        found,
        query,
        action="action",
        applied="applied",
        start="at__gte",
        end="at__lt",
        endpoint="endpoint__public_id",
        project="endpoint__project__slug",
    )
    return view.listed(rows(found), query, key="public_id", row=as_json, shape=DecisionOut, name="decisions")
