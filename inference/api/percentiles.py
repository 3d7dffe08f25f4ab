"""Percentiles of an endpoint's latencies, with the method that found each beside it. Never averaged."""

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
from inference.latency import METRICS, latency_series
from inference.models import Endpoint

MOST_STEPS = 1_500
USUAL_SPAN = timedelta(hours=1)
LONGEST_SPAN = timedelta(days=400)


class PercentileQuery(Strict):
    metric = serializers.ChoiceField(METRICS, default="ttft")
    start = Instant(required=False, help_text="Inclusive; default: an hour before the end")
    end = Instant(required=False, help_text="Exclusive; default: now")
    step = Whole(min_value=60, max_value=86_400, default=300, help_text="Seconds, whole minutes")

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


class PercentileOut(serializers.Serializer[Any]):
    """In milliseconds; the true value lies between the bounds. No high: above the last bucket."""

    value_ms = serializers.FloatField()
    low_ms = serializers.FloatField()
    high_ms = serializers.FloatField(allow_null=True)


class StepOut(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    method = serializers.CharField(
        allow_blank=True, help_text="sketch: from request records; histogram: from the engines' buckets; empty: nothing"
    )
    count = serializers.IntegerField(help_text="Requests it rests on")
    completeness = serializers.FloatField(help_text="Ratio of the time that was watched")
    p50 = PercentileOut(required=False)
    p90 = PercentileOut(required=False)
    p95 = PercentileOut(required=False)
    p99 = PercentileOut(required=False)


class PercentilesOut(serializers.Serializer[Any]):
    endpoint = serializers.CharField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    step_seconds = serializers.IntegerField()
    items = StepOut(many=True)


class Percentiles(ApiView):
    resource = "inference"

    @says(PercentilesOut, query=PercentileQuery, path_id="ep", summary="p50, p90, p95 and p99 by time step")
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(PercentileQuery)
        endpoint = self.one(Endpoint.objects.all(), public_id)
        steps = latency_series(
            endpoint.pk, metric=query["metric"], start=query["start"], end=query["end"], step_seconds=query["step"]
        )
        return Response(
            {
                "endpoint": public_id,
                "metric": query["metric"],
                "unit": "ms",
                "start": query["start"],
                "end": query["end"],
                "step_seconds": query["step"],
                "items": [step.as_json() for step in steps],
            }
        )
