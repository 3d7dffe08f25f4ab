"""Reservations of Google Cloud, and those that begin later, as capacity that is paid for.

A future reservation makes ordinary ones when its time comes; from then on these are shown, and it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from fleet.domain.outcomes import PaidCapacity, PaidKind
from fleet.providers.gcp import names
from fleet.providers.gcp.machines import instant

READY, CALENDAR = "READY", "CALENDAR"
# Asked for, or promised. What was declined, cancelled or only drafted is not paid for.
COMING = (
    "PENDING_APPROVAL",
    "APPROVED",
    "COMMITTED",
    "PROCURING",
    "PROVISIONING",
    "FULFILLED",
    "PENDING_AMENDMENT_APPROVAL",
    "FAILED_PARTIALLY_FULFILLED",
)


def paid_capacity(reservations: Iterable[Any], coming: Iterable[Any], regions: Iterable[str]) -> list[PaidCapacity]:
    """Those of whole machines in these regions. Raises ValueError for what makes no sense."""
    planned = list(coming)
    calendar = {
        _place(link)
        for one in planned
        if one.reservation_mode == CALENDAR
        for link in one.status.auto_created_reservations
    }
    found = [one for one in reservations if one.specific_reservation.count]
    shown = {_place(one.self_link) for one in found}
    paid = [_reservation(one, bound=_place(one.self_link) in calendar) for one in found]
    paid += [
        _future(one)
        for one in planned
        if one.status.procurement_status in COMING
        and one.specific_sku_properties.total_count
        and not shown & {_place(link) for link in one.status.auto_created_reservations}
    ]
    here = set(regions)
    return sorted((one for one in paid if one.region in here), key=lambda one: one.ref)


def _reservation(found: Any, *, bound: bool) -> PaidCapacity:
    """One that takes any machine that fits is used up without being named, and cannot be named: see `usable`."""
    zone, specific = names.last_part(found.zone), found.specific_reservation
    named = bool(found.specific_reservation_required)
    count, used = int(specific.count), int(specific.in_use_count)
    return PaidCapacity(
        ref=names.reservation_ref(zone, str(found.name), bound=bound),
        kind=PaidKind.BLOCK if bound else PaidKind.RESERVATION,
        instance_type=str(specific.instance_properties.machine_type),
        region=names.region_of(zone),
        zone=zone,
        machines=count,
        available=max(count - used, 0),
        state=str(found.status) if named else f"{found.status}, taken by any machine that fits",
        usable=found.status == READY and named,
        starts_at=instant(found.creation_timestamp),
        ends_at=instant(found.delete_at_time) if found.delete_at_time else None,
    )


def _future(found: Any) -> PaidCapacity:
    zone, window = names.last_part(found.zone), found.time_window
    starts_at = instant(window.start_time)
    ends_at = instant(window.end_time) if window.end_time else None
    if ends_at is None and window.duration.seconds:
        ends_at = starts_at + timedelta(seconds=int(window.duration.seconds))
    return PaidCapacity(
        ref=names.reservation_ref(zone, str(found.name), bound=False),
        kind=PaidKind.FUTURE,
        instance_type=str(found.specific_sku_properties.instance_properties.machine_type),
        region=names.region_of(zone),
        zone=zone,
        machines=int(found.specific_sku_properties.total_count),
        available=None,
        state=str(found.status.procurement_status),
        usable=False,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def _place(link: str) -> tuple[str, str]:
    """Zone and name of a link such as …/zones/us-central1-a/reservations/week."""
    zone, _, name = str(link).rpartition("/zones/")[2].partition("/reservations/")
    return zone, name
