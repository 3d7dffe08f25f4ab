"""Percentiles of an endpoint's latencies, with the method that found each beside it. Never averaged."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.schema import says
from inference.api.series import StepsQuery
from inference.latency import METRICS, latency_series
from inference.models import Endpoint


class PercentileQuery(StepsQuery):
    metric = serializers.ChoiceField(METRICS, default="ttft")


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
        metric = query["metric"]
        steps = latency_series(
            endpoint.pk, metrics=[metric], start=query["start"], end=query["end"], step_seconds=query["step"]
        )[metric]
        return Response(
            {
                "endpoint": public_id,
                "metric": metric,
                "unit": "ms",
                "start": query["start"],
                "end": query["end"],
                "step_seconds": query["step"],
                "items": [step.as_json() for step in steps],
            }
        )
