"""What serves on allocations and machines: who would notice if they went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from inference.domain.lifecycle import ReplicaState
from inference.models import Endpoint, Replica, Window, WindowSource
from inference.models.standing import LATELY


def serving_on(public_id: str, now: datetime) -> list[str]:
    """A sentence for each endpoint with replicas on this allocation or machine, with the requests in flight there."""
    where = Q(slot__public_id=public_id) if public_id.startswith("slot_") else Q(slot__allocation__public_id=public_id)
    open_ones = Replica.objects.open().filter(where)
    rows = open_ones.values("endpoint_id", "endpoint__name").annotate(
        here=Count("id"), ready=Count("id", filter=Q(state=ReplicaState.READY))
    )
    return [
        _sentence(row, open_ones.filter(endpoint_id=row["endpoint_id"]), now) for row in rows.order_by("endpoint__name")
    ]


def _sentence(row: Mapping[str, Any], replicas: QuerySet[Replica], now: datetime) -> str:
    endpoint = Endpoint.objects.get(pk=row["endpoint_id"])
    everywhere = Replica.objects.ready().filter(endpoint=endpoint).count()
    flight = _in_flight(replicas, now)
    said = f"Endpoint {row['endpoint__name']} loses {row['ready']} of {everywhere} ready replicas"
    if flight is None:
        return f"{said}; how many requests run there was not measured of late."
    running = "1 request runs" if round(flight) == 1 else f"{flight:.0f} requests run"
    return f"{said}; about {running} there now and may end first."


def _in_flight(replicas: QuerySet[Replica], now: datetime) -> float | None:
    """Requests running and waiting, of each replica in its newest minute of late; None: none was measured."""
    windows = Window.objects.filter(
        replica__in=replicas, source=WindowSource.SCRAPE, scrapes__gt=0, start__gte=now - LATELY
    )
    newest = windows.order_by("replica_id", "-start").distinct("replica_id")
    seen = list(newest.values_list("running_mean", "waiting_mean"))
    return sum((running or 0) + (waiting or 0) for running, waiting in seen) if seen else None
