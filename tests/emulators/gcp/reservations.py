"""reservations.aggregatedList and futureReservations.aggregatedList: what a test has made them."""

from __future__ import annotations

from typing import Any

from tests.emulators.gcp import listing
from tests.emulators.gcp.machines import API
from tests.emulators.gcp.wire import Call
from tests.emulators.gcp.world import World


def made(world: World, call: Call) -> dict[str, Any]:
    at = world.tick()
    rows = []
    for row in world.reservations.get(call.project, []):
        used = world.used_of_reservation(call.project, row["zone"], row["name"], at)
        specific = {**row["specificReservation"], "inUseCount": str(used)}
        rows.append({**_placed(call, row, "reservations"), "specificReservation": specific})
    return listing.aggregated(call, "reservation", "reservations", rows, "Reservation")


def coming(world: World, call: Call) -> dict[str, Any]:
    rows = [_placed(call, row, "futureReservations") for row in world.future_reservations.get(call.project, [])]
    told = listing.aggregated(call, "futureReservation", "futureReservations", rows, "FutureReservation")
    return {**told, "kind": "compute#futureReservationsAggregatedListResponse"}


def _placed(call: Call, row: dict[str, Any], kind: str) -> dict[str, Any]:
    zone = f"{API}/projects/{call.project}/zones/{row['zone']}"
    return {
        "creationTimestamp": "2026-11-01T08:00:00.000-07:00",
        **row,
        "zone": zone,
        "selfLink": f"{zone}/{kind}/{row['name']}",
    }
