"""One figure over time, of an endpoint or of one replica; what nobody watched is null."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.fields import Instant, Strict, Whole
from fleet.api.problems import Problem
from fleet.api.schema import says
from fleet.services.clock import business_now
from inference.api.replicas import one_replica
from inference.models import Endpoint
from inference.series import METRICS, Point, endpoint_series, replica_series

MOST_STEPS = 1_500
USUAL_SPAN = timedelta(hours=1)
LONGEST_SPAN = timedelta(days=400)


class StepsQuery(Strict):
    """A stretch of time and how it is cut."""

    start = Instant(required=False, help_text="Inclusive; default: an hour before the end")
    end = Instant(required=False, help_text="Exclusive; default: now")
    step = Whole(
        min_value=60, max_value=86_400, default=300, help_text="Seconds, whole minutes; whole hours are read from hours"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        end: datetime = attrs.setdefault("end", business_now())
        start: datetime = attrs.setdefault("start", end - USUAL_SPAN)
        if not start < end:
            raise Problem(422, "range", "It must lie after start.", field="end")
        if end - start > min(LONGEST_SPAN, attrs["step"] * MOST_STEPS * timedelta(seconds=1)):
            raise Problem(422, "range", f"At most {MOST_STEPS} steps at once; make the step longer.", field="step")
        if attrs["step"] % 60:
            raise Problem(422, "step", "Windows are a minute long, so a step is whole minutes.", field="step")
        return attrs


class SeriesQuery(StepsQuery):
    metric = serializers.ChoiceField(list(METRICS), default="requests_per_second")


class PointOut(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    value = serializers.FloatField(allow_null=True, help_text="Null: nobody watched; never a zero that was not seen")
    method = serializers.CharField(
        allow_blank=True,
        help_text="events: request records; counters, gauges: the engines' metrics; device-metrics: the machines'; "
        "state-periods: the replicas' states; empty: nothing",
    )
    completeness = serializers.FloatField(help_text="Ratio of the step that was watched, or of the requests covered")


class SeriesOut(serializers.Serializer[Any]):
    subject = serializers.CharField(help_text="Id of the endpoint or the replica")
    metric = serializers.CharField()
    unit = serializers.CharField()
    about = serializers.CharField(allow_blank=True)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    step_seconds = serializers.IntegerField()
    items = PointOut(many=True)


class EndpointSeries(ApiView):
    resource = "inference"

    @says(SeriesOut, query=SeriesQuery, path_id="ep", summary="One figure of an endpoint by time step")
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(SeriesQuery)
        endpoint = self.one(Endpoint.objects.all(), public_id)
        return Response(_answer(public_id, query, endpoint_series(endpoint, **_span(query))))


class ReplicaSeries(ApiView):
    resource = "inference"

    @says(SeriesOut, query=SeriesQuery, path_id="rep", summary="One figure of a replica by time step")
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(SeriesQuery)
        replica = one_replica(self, public_id)
        return Response(_answer(public_id, query, replica_series(replica, **_span(query))))


def _span(query: dict[str, Any]) -> dict[str, Any]:
    return {name: query[name] for name in ("metric", "start", "end")} | {"step": timedelta(seconds=query["step"])}


def _answer(subject: str, query: dict[str, Any], points: list[Point]) -> dict[str, Any]:
    metric = METRICS[query["metric"]]
    return {
        "subject": subject,
        "metric": query["metric"],
        "unit": metric.unit,
        "about": metric.about,
        "start": query["start"],
        "end": query["end"],
        "step_seconds": query["step"],
        "items": [point.as_json() for point in points],
    }
