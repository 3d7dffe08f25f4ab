"""Azure's capacity reservations as paid capacity. Each is for one size in one zone, and belongs to a group.

A machine is launched into the group, and finds its reservation by size and zone. A group of the type Block sells days
ahead; into every other one Azure puts more machines than are reserved, at the price on demand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from fleet.domain.outcomes import PaidCapacity, PaidKind
from fleet.providers.azure.shapes import zone_name

BLOCK, OPEN = "Block", "Open"
"""Into an open one Azure puts every machine on demand that fits, by itself, and none that names it."""
DAY_TURNS = time(11, 30, tzinfo=UTC)
"""When a block's days begin and end: a block of today can be bought until then. Azure names the days only. [R]"""
BEGINS_LATER = ("Pending", "Approved", "Committed")
_GROUP = re.compile(r"(/subscriptions/[^/]+/resourceGroups/([^/]+)/.*/capacityReservationGroups/([^/]+))(/.*)?", re.I)
_OF_A_GROUP = "/capacityReservations/"


def group_of(ref: str) -> tuple[str, str, str]:
    """Id, resource group and name of the group that a reservation is in. Raises ValueError for what is no such id."""
    matched = _GROUP.fullmatch(ref)
    if matched is None:
        raise ValueError("A reservation on Azure is given by the id of a capacity reservation.")
    return matched[1], matched[2], matched[3]


def name_of(ref: str) -> str:
    """The reservation's own name; empty when the id is of a whole group."""
    return str(ref.rpartition(_OF_A_GROUP)[2]) if _OF_A_GROUP in ref else ""


def paid_capacity(group: Mapping[str, Any], reservation: Mapping[str, Any], now: datetime) -> PaidCapacity:
    """`group`: with its instance view, which alone says what is in use. `now`: by the cloud's clock."""
    facts, sku = reservation.get("properties") or {}, reservation["sku"]
    region = str(reservation["location"]).replace(" ", "").lower()
    size, machines = str(sku["name"]), int(sku["capacity"])
    view = view_of(group, str(reservation["name"]))
    schedule, said = facts.get("scheduleProfile") or {}, _future_state(view)
    kind = str((group.get("properties") or {}).get("reservationType") or "")
    block = kind == BLOCK
    starts, ends = _day(schedule.get("start")), _day(schedule.get("end"))
    made = str(facts.get("provisioningState") or "")
    paid = PaidCapacity(
        ref=str(reservation["id"]),
        kind=PaidKind.BLOCK if block else PaidKind.RESERVATION,
        instance_type=size,
        region=region,
        zone=zone_name(region, str((reservation.get("zones") or [""])[0])),
        machines=machines,
        available=free_in(view, machines),
        state=said or made,
        usable=made == "Succeeded" and said not in BEGINS_LATER and kind != OPEN,
        starts_at=starts,
        ends_at=ends,
    )
    begun = starts is None or starts <= now
    if not begun and not block:
        paid = replace(paid, kind=PaidKind.FUTURE)
    return paid if begun and (ends is None or now < ends) else replace(paid, usable=False)


def view_of(group: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """What the group's instance view says of a reservation; None when it says nothing."""
    views = ((group.get("properties") or {}).get("instanceView") or {}).get("capacityReservations") or ()
    return next((view for view in views if str(view.get("name")).lower() == name.lower()), None)


def free_in(view: Mapping[str, Any] | None, machines: int) -> int | None:
    """How many of a reservation's machines nobody uses; None when Azure does not say."""
    use = (view or {}).get("utilizationInfo")
    if use is None:
        return None
    had = use.get("currentCapacity")
    return max((machines if had is None else int(had)) - len(use.get("virtualMachinesAllocated") or ()), 0)


def holds(view: Mapping[str, Any] | None, machine: str) -> bool:
    """Whether a machine of that name has its place in the reservation."""
    allocated = ((view or {}).get("utilizationInfo") or {}).get("virtualMachinesAllocated") or ()
    return machine.lower() in {str(one.get("id")).rpartition("/")[2].lower() for one in allocated}


def _future_state(view: Mapping[str, Any] | None) -> str:
    return str(((view or {}).get("reservationStateInfo") or {}).get("reservationState") or "")


def _day(said: Any) -> datetime | None:
    return datetime.combine(date.fromisoformat(str(said)), DAY_TURNS) if said else None
