"""Capacity reservations and capacity blocks of EC2: reading them, and the words of an offer and of a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fleet.domain.outcomes import BlockAsk, BlockOffer, BlockOrder, PaidCapacity, PaidKind

BLOCK = "capacity-block"
TAKEN_BACK_BEFORE = timedelta(minutes=30)
"""EC2 ends the machines of a block so long before the block ends; the fee is for all of it."""
PLATFORM = "Linux/UNIX"


def capacity_of(found: Mapping[str, Any], *, region: str) -> PaidCapacity:
    """One row of DescribeCapacityReservations, or the one that a purchase answers with.

    EC2 tells no price: a block's fee stands in its offer, a reservation costs what on-demand does.
    """
    block = found.get("ReservationType") == BLOCK
    state = str(found["State"])
    ends_at = _time(found.get("EndDate"))
    kind = PaidKind.RESERVATION
    if block:
        kind = PaidKind.BLOCK
    elif state in ("scheduled", "assessing", "delayed"):
        kind = PaidKind.FUTURE
    return PaidCapacity(
        ref=str(found["CapacityReservationId"]),
        kind=kind,
        instance_type=str(found["InstanceType"]),
        region=region,
        zone=str(found["AvailabilityZone"]),
        machines=int(found["TotalInstanceCount"]),
        available=int(found["AvailableInstanceCount"]) if "AvailableInstanceCount" in found else None,
        state=state,
        usable=state == "active",
        starts_at=_time(found.get("StartDate")),
        ends_at=ends_at,
        machines_until=ends_at - TAKEN_BACK_BEFORE if block and ends_at else None,
        made_at=_time(found.get("CreateDate")),
        tags={str(tag["Key"]): str(tag["Value"]) for tag in found.get("Tags") or ()},
    )


def ask(wanted: BlockAsk) -> dict[str, Any]:
    """The parameters of DescribeCapacityBlockOfferings."""
    said: dict[str, Any] = {
        "InstanceType": wanted.instance_type,
        "InstanceCount": wanted.machines,
        "CapacityDurationHours": wanted.hours,
    }
    if wanted.earliest is not None:
        said["StartDateRange"] = wanted.earliest
    if wanted.latest is not None:
        said["EndDateRange"] = wanted.latest
    return said


def offer_of(found: Mapping[str, Any], *, region: str) -> BlockOffer:
    """One row of DescribeCapacityBlockOfferings. Its fee is the total, as a text."""
    starts_at, ends_at = _time(found["StartDate"]), _time(found["EndDate"])
    fee = Decimal(str(found["UpfrontFee"]))
    if starts_at is None or ends_at is None or not fee.is_finite() or fee <= 0:
        raise ValueError("an offer without its times or its fee")
    return BlockOffer(
        ref=str(found["CapacityBlockOfferingId"]),
        instance_type=str(found["InstanceType"]),
        region=region,
        zone=str(found["AvailabilityZone"]),
        machines=int(found["InstanceCount"]),
        starts_at=starts_at,
        ends_at=ends_at,
        fee=fee,
        currency=str(found["CurrencyCode"]),
    )


def purchase(order: BlockOrder) -> dict[str, Any]:
    """The parameters of PurchaseCapacityBlock. It knows no token: the tags are what a lost purchase is found by."""
    tags = [{"Key": key, "Value": value} for key, value in sorted(order.tags.items())]
    return {
        "CapacityBlockOfferingId": order.offer,
        "InstancePlatform": PLATFORM,
        "TagSpecifications": [{"ResourceType": "capacity-reservation", "Tags": tags}],
    }


def _time(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value is not None else None
