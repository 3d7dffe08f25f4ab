"""Capacity blocks from the offer to the reservation, and on-demand capacity reservations."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.emulators.aws import catalogue
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.machines import now
from tests.emulators.aws.paging import filters, matching, page, tagged
from tests.emulators.aws.wire import Refused
from tests.emulators.aws.world import Reservation, World

OFFER_HOLDS = timedelta(minutes=10)
DISCOUNT = Decimal("0.8")
FILTERS = ("instance-type", "availability-zone", "state", "tag-key")


def describe_offerings(ask: Ask) -> dict[str, Any]:
    """Capacity blocks for sale: one that begins at once and one a day later, in every zone. Raises Refused."""
    world, params = ask.world, ask.params
    name, count, hours = params.get("InstanceType"), params.get("InstanceCount") or 1, params["CapacityDurationHours"]
    shape = catalogue.shapes().get(name or "")
    if shape is None or "capacity-block" not in shape.markets:
        raise Refused("InvalidParameterValue", f"The instance type {name} is not supported for Capacity Blocks.")
    if hours % 24:
        raise Refused("InvalidParameterValue", "The duration must be a multiple of 24 hours.")
    at = now()
    starts = [at.replace(microsecond=0), at.replace(microsecond=0) + timedelta(days=1)]
    first, last = params.get("StartDateRange") or at - timedelta(minutes=1), params.get("EndDateRange")
    offers = [
        _offer(world, shape, zone, count, hours, start, at)
        for start in starts
        for zone in catalogue.zones(ask.region).get(shape.name, ())
        if start >= first.replace(microsecond=0) and (last is None or start + timedelta(hours=hours) <= last)
    ]
    got, following = page(offers, params, least=1, most=1000)
    return {"CapacityBlockOfferings": list(got), **({"NextToken": following} if following else {})}


def purchase_block(ask: Ask) -> dict[str, Any]:
    """The answer to PurchaseCapacityBlock. There is no token: who asks twice pays twice. Raises Refused."""
    world = ask.world
    offer = world.offers.get(ask.params["CapacityBlockOfferingId"])
    at = now()
    if offer is None or at - offer["offered_at"] > OFFER_HOLDS:
        told = "The specified Capacity Block offering does not exist or is no longer available."
        raise Refused("InvalidCapacityBlockOfferingId.NotFound", told)
    if ask.params.get("DryRun"):
        raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    bought = Reservation(
        id=world.new_id("cr"),
        account=ask.account,
        region=ask.region,
        zone=offer["AvailabilityZone"],
        instance_type=offer["InstanceType"],
        count=offer["InstanceCount"],
        made_at=at,
        starts_at=offer["StartDate"],
        ends_at=offer["EndDate"],
        block=world.new_id("cb"),
        fee=offer["UpfrontFee"],
        tags=_tags(ask.params),
    )
    world.reservations[bought.id] = bought
    reservation = _told(world, bought)
    return {"CapacityReservation": reservation, "CapacityReservations": [reservation]}


def create_reservation(ask: Ask) -> dict[str, Any]:
    """The answer to CreateCapacityReservation. Raises Refused."""
    world, params, token = ask.world, ask.params, ask.params.get("ClientToken") or ""
    key = ("reserve", ask.account, ask.region, token)
    known = world.answered(key, params) if token else None
    if known is None:
        name, zone, count = params["InstanceType"], params.get("AvailabilityZone") or "", params["InstanceCount"]
        if zone not in catalogue.zones(ask.region).get(name, ()):
            raise Refused("Unsupported", f"The instance type {name} is not supported in the zone {zone}.")
        left = world.left(name, zone, "on-demand")
        if left is not None and left < count:
            raise Refused("InsufficientInstanceCapacity", "Insufficient capacity.", 500)
        if left is not None:
            world.stock[name, zone, "on-demand"] = left - count
        at = now()
        made_id = world.new_id("cr")
        reserved = (made_id, ask.account, ask.region, zone, name, count)
        world.reservations[made_id] = Reservation(*reserved, at, at, params.get("EndDate"), tags=_tags(params))
        known = made_id
        if token:
            world.remember(key, params, made_id)
    return {"CapacityReservation": _told(world, world.reservations[known])}


def cancel_reservation(ask: Ask) -> dict[str, Any]:
    """The answer to CancelCapacityReservation. Raises Refused."""
    [reservation] = _known(ask, [ask.params["CapacityReservationId"]])
    if reservation.block:
        raise Refused("OperationNotPermitted", "You can't cancel a Capacity Block reservation.")
    reservation.cancelled = True
    return {"Return": True}


def describe_reservations(ask: Ask) -> dict[str, Any]:
    """The answer to DescribeCapacityReservations. Raises Refused."""
    params = ask.params
    rows = _known(ask, params.get("CapacityReservationIds"))
    told = matching([_told(ask.world, row) for row in rows], filters(params, FILTERS), _values)
    got, following = page(told, params, least=1, most=1000)
    return {"CapacityReservations": list(got), **({"NextToken": following} if following else {})}


def _offer(
    world: World, shape: catalogue.Shape, zone: str, count: int, hours: int, start: datetime, at: datetime
) -> dict[str, Any]:
    offer = {
        "CapacityBlockOfferingId": world.new_id("cb"),
        "InstanceType": shape.name,
        "AvailabilityZone": zone,
        "InstanceCount": count,
        "StartDate": start,
        "EndDate": start + timedelta(hours=hours),
        "CapacityBlockDurationHours": hours,
        "CapacityBlockDurationMinutes": hours * 60,
        "UpfrontFee": f"{shape.price * DISCOUNT * count * hours:.4f}",
        "CurrencyCode": "USD",
        "Tenancy": "default",
    }
    world.offers[str(offer["CapacityBlockOfferingId"])] = {**offer, "offered_at": at}
    return offer


def _known(ask: Ask, ids: list[str] | None) -> list[Reservation]:
    own = {
        reservation.id: reservation
        for reservation in ask.world.reservations.values()
        if (reservation.account, reservation.region) == (ask.account, ask.region)
    }
    if missing := [item for item in ids or [] if item not in own]:
        told = f"The Capacity Reservation ID '{missing[0]}' does not exist"
        raise Refused("InvalidCapacityReservationId.NotFound", told)
    return [own[item] for item in ids] if ids else list(own.values())


def _told(world: World, reservation: Reservation) -> dict[str, Any]:
    state = reservation.state(now(), world.delays)
    left = reservation.count - world.reserved_used(reservation.id)
    told = {
        "CapacityReservationId": reservation.id,
        "OwnerId": reservation.account,
        "InstanceType": reservation.instance_type,
        "InstancePlatform": "Linux/UNIX",
        "AvailabilityZone": reservation.zone,
        "Tenancy": "default",
        "TotalInstanceCount": reservation.count,
        "AvailableInstanceCount": left if state == "active" else 0,
        "State": state,
        "StartDate": reservation.starts_at,
        "EndDate": reservation.ends_at,
        "EndDateType": "limited" if reservation.ends_at else "unlimited",
        "InstanceMatchCriteria": "targeted" if reservation.block else "open",
        "CreateDate": reservation.made_at,
        "ReservationType": "capacity-block" if reservation.block else "default",
        "CapacityBlockId": reservation.block or None,
        "Tags": reservation.tags,
    }
    return {name: value for name, value in told.items() if value is not None}


def _tags(params: dict[str, Any]) -> list[dict[str, str]]:
    given = params.get("TagSpecifications") or []
    return [tag for item in given if item.get("ResourceType") == "capacity-reservation" for tag in item["Tags"]]


def _values(row: dict[str, Any], name: str) -> list[str]:
    fields = {"instance-type": "InstanceType", "availability-zone": "AvailabilityZone", "state": "State"}
    return [row[fields[name]]] if name in fields else tagged(row["Tags"], name)
