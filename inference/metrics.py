"""inference's metrics: replicas by state, and how far endpoints are from what they want."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Q
from prometheus_client.core import GaugeMetricFamily, Metric

from inference.domain.lifecycle import ReplicaState
from inference.models import Endpoint, Replica, TelemetryGap


def families(_now: datetime) -> Iterator[Metric]:
    counted = dict(Replica.objects.values_list("state").annotate(count=Count("id")))
    replicas = GaugeMetricFamily("purser_replicas", "Replicas by state", labels=["state"])
    for state in ReplicaState:
        replicas.add_metric([state.value], counted.get(state.value, 0))
    yield replicas
    desired = GaugeMetricFamily("purser_replicas_desired", "Replicas an endpoint wants", labels=["endpoint"])
    ready = GaugeMetricFamily("purser_replicas_ready", "Replicas that serve", labels=["endpoint"])
    rows = Endpoint.objects.living().annotate(ready=Count("replicas", filter=Q(replicas__state=ReplicaState.READY)))
    for public_id, wanted, serving in rows.order_by("id").values_list("public_id", "desired_replicas", "ready"):
        desired.add_metric([public_id], wanted)
        ready.add_metric([public_id], serving)
    yield desired
    yield ready
    gaps = TelemetryGap.objects.filter(ended_at=None).count()
    yield GaugeMetricFamily("purser_telemetry_gaps", "Stretches of telemetry that are missing right now", value=gaps)
