"""What serves on allocations and machines: who would notice if they went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from inference.domain.lifecycle import ReplicaState
from inference.models import Endpoint, Replica, Window, WindowSource


def serving_on(public_id: str) -> list[str]:
    """A sentence for each endpoint with replicas on this allocation or machine, with the requests in flight there."""
    where = Q(slot__public_id=public_id) if public_id.startswith("slot_") else Q(slot__allocation__public_id=public_id)
    open_ones = Replica.objects.open().filter(where)
    rows = open_ones.values("endpoint_id", "endpoint__name").annotate(
        here=Count("id"), ready=Count("id", filter=Q(state=ReplicaState.READY))
    )
    return [_sentence(row, open_ones.filter(endpoint_id=row["endpoint_id"])) for row in rows.order_by("endpoint__name")]


def _sentence(row: Mapping[str, Any], replicas: QuerySet[Replica]) -> str:
    endpoint = Endpoint.objects.get(pk=row["endpoint_id"])
    everywhere = Replica.objects.ready().filter(endpoint=endpoint).count()
    flight = _in_flight(replicas)
    said = f"Endpoint {row['endpoint__name']} loses {row['ready']} of {everywhere} ready replicas"
    if flight is None:
        return f"{said}; how many requests run there was not measured of late."
    return f"{said}; about {flight:.0f} request{'' if round(flight) == 1 else 's'} run there now and may end first."


def _in_flight(replicas: QuerySet[Replica]) -> float | None:
    """Requests running and waiting in the newest minute that was measured."""
    windows = Window.objects.filter(replica__in=replicas, source=WindowSource.SCRAPE, scrapes__gt=0)
    newest = windows.aggregate(at=Max("start"))["at"]
    if newest is None:
        return None
    seen = windows.filter(start=newest).aggregate(running=Sum("running_mean"), waiting=Sum("waiting_mean"))
    return float((seen["running"] or 0) + (seen["waiting"] or 0))
