"""RunInstances, with what moto leaves out: tokens, stock, quotas, zones, markets and reservations."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.emulators.aws import catalogue
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.machines import Machine, now
from tests.emulators.aws.wire import Refused, parsed
from tests.emulators.aws.world import World

ENOUGH = 10_000
SSM_IMAGE = "resolve:ssm:"
NEURON = ("inf", "trn")
IMAGES = {False: "ami-0a1b2c3d4e5f60001", True: "ami-0a1b2c3d4e5f60002"}


@dataclass(frozen=True)
class Order:
    """What one RunInstances call wants, read out of its parameters."""

    account: str
    region: str
    zone: str
    instance_type: str
    market: str
    max_price: str
    reservation: str
    least: int
    most: int


def run_instances(ask: Ask) -> dict[str, Any]:
    """The answer to RunInstances. Raises Refused."""
    world, params = ask.world, ask.params
    token = params.get("ClientToken") or ""
    zone = _zone_asked(ask, params)
    # AWS keeps tokens by region, or by zone when the request names one.
    key = ("run", ask.account, ask.region, zone, token)
    if token and (made := world.answered(key, params)) is not None:
        return _replayed(ask, made)
    order = _order(ask, zone, params)
    if params.get("DryRun"):
        raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    count, zone = _allowed(world, order)
    result = _made(ask, order, zone, count, token, ask.call.form)
    if token:
        world.remember(key, params, [instance["InstanceId"] for instance in result["Instances"]])
    return result


def launched(ask: Ask, form: dict[str, str]) -> dict[str, Any]:
    """Machines launched by AWS itself (CreateFleet), from RunInstances' flat parameters. Raises Refused."""
    params = parsed("RunInstances", form)
    order = _order(ask, _zone_asked(ask, params), params)
    count, zone = _allowed(ask.world, order)
    return _made(ask, order, zone, count, "", form)


def _zone_asked(ask: Ask, params: dict[str, Any]) -> str:
    interfaces = params.get("NetworkInterfaces") or [{}]
    subnet = params.get("SubnetId") or interfaces[0].get("SubnetId")
    if subnet:
        return str(ask.plain("DescribeSubnets", **{"SubnetId.1": subnet})["Subnets"][0]["AvailabilityZone"])
    return str((params.get("Placement") or {}).get("AvailabilityZone") or "")


def _order(ask: Ask, zone: str, params: dict[str, Any]) -> Order:
    """Raises Refused for what AWS does not sell, or not there."""
    name = str(params.get("InstanceType") or "m1.small")
    if name not in catalogue.shapes():
        raise Refused("InvalidParameterValue", f"Invalid value '{name}' for InstanceType.")
    sold = catalogue.zones(ask.region).get(name, ())
    if zone and not zone.startswith(ask.region):
        raise Refused("InvalidParameterValue", f"Invalid availability zone: [{zone}]")
    if zone not in ("", *sold) or not sold:
        told = f"Your requested instance type ({name}) is not supported in your requested Availability Zone ({zone})."
        elsewhere = f"Please retry your request by not specifying an Availability Zone or choosing {', '.join(sold)}."
        raise Refused("Unsupported", f"{told} {elsewhere}" if sold else told)
    options = params.get("InstanceMarketOptions") or {}
    market = options.get("MarketType") or "on-demand"
    target = (params.get("CapacityReservationSpecification") or {}).get("CapacityReservationTarget") or {}
    order = Order(
        account=ask.account,
        region=ask.region,
        zone=zone,
        instance_type=name,
        market=market,
        max_price=(options.get("SpotOptions") or {}).get("MaxPrice") or "",
        reservation=target.get("CapacityReservationId") or "",
        least=int(params.get("MinCount") or 1),
        most=int(params.get("MaxCount") or 1),
    )
    if market not in ("on-demand", "spot", "capacity-block"):
        raise Refused("InvalidParameterValue", f"Value ({market}) for parameter MarketType is invalid.")
    if market == "capacity-block" and not order.reservation:
        told = "You must specify a Capacity Reservation ID when the market type is capacity-block."
        raise Refused("InvalidParameterCombination", told)
    if not 1 <= order.least <= order.most:
        raise Refused("InvalidParameterValue", "Invalid value for MaxCount. It must be at least MinCount.")
    return order


def _allowed(world: World, order: Order) -> tuple[int, str]:
    """How many machines there may be, and in which zone. Raises Refused when it is fewer than asked for."""
    if order.reservation:
        return _allowed_by_reservation(world, order)
    room = _room_in_quota(world, order)
    _check_price(world, order)
    zones = (order.zone,) if order.zone else catalogue.zones(order.region)[order.instance_type]
    for zone in zones:
        left = world.left(order.instance_type, zone, order.market)
        count = min(order.most, room, ENOUGH if left is None else left)
        if count >= order.least:
            return count, zone
    name, where = order.instance_type, ", ".join(zones)
    told = "There is no Spot capacity available that matches your request."
    if order.market == "on-demand":
        told = (
            f"We currently do not have sufficient {name} capacity in the Availability Zone you requested ({where}). "
            "Our system will be working on provisioning additional capacity."
        )
    raise Refused("InsufficientInstanceCapacity", told, 500)


def _room_in_quota(world: World, order: Order) -> int:
    shape = catalogue.shapes()[order.instance_type]
    code = shape.quota(order.market)
    limit = world.quota(order.account, order.region, code)
    room = int(limit - world.quota_used(order.account, order.region, code)) // shape.vcpus
    if room >= order.least:
        return room
    if order.market == "spot":
        raise Refused("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
    told = (
        f"You have requested more vCPU capacity than your current vCPU limit of {limit:g} allows for the instance "
        "bucket that the specified instance type belongs to. Please visit "
        "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
    )
    raise Refused("VcpuLimitExceeded", told)


def _check_price(world: World, order: Order) -> None:
    if order.market != "spot" or not order.max_price:
        return
    try:
        bid = Decimal(order.max_price)
    except InvalidOperation as error:
        told = f"Invalid value for MaxPrice: {order.max_price}"
        raise Refused("InvalidParameterValue", told) from error
    zone = order.zone or catalogue.zones(order.region)[order.instance_type][0]
    price = world.prices.current((order.instance_type, zone), now()).price
    if bid < price:
        told = (
            f"Your Spot request price of {bid} is lower than the minimum required Spot request fulfillment price "
            f"of {price}."
        )
        raise Refused("SpotMaxPriceTooLow", told)


def _allowed_by_reservation(world: World, order: Order) -> tuple[int, str]:
    reservation = world.reservations.get(order.reservation)
    if reservation is None or (reservation.account, reservation.region) != (order.account, order.region):
        told = f"The Capacity Reservation ID '{order.reservation}' does not exist"
        raise Refused("InvalidCapacityReservationId.NotFound", told)
    state = reservation.state(now(), world.delays)
    if state != "active":
        told = f"The Capacity Reservation '{order.reservation}' is {state}."
        raise Refused("InvalidCapacityReservationState", told)
    fits = (order.instance_type, order.zone or reservation.zone, order.market == "capacity-block")
    if fits != (reservation.instance_type, reservation.zone, bool(reservation.block)):
        told = "The attributes of the request do not match those of the Capacity Reservation."
        raise Refused("InvalidParameterCombination", told)
    count = min(order.most, reservation.count - world.reserved_used(reservation.id))
    if count < order.least:
        told = "Requested reservation does not have sufficient compatible and available capacity for this request."
        raise Refused("ReservationCapacityExceeded", told)
    return count, reservation.zone


def _made(ask: Ask, order: Order, zone: str, count: int, token: str, form: dict[str, str]) -> dict[str, Any]:
    dropped = (
        "ClientToken", "DryRun", "InstanceMarketOptions.", "CapacityReservationSpecification.", "IamInstanceProfile.",
    )  # fmt: skip
    kept = {name: value for name, value in form.items() if not name.startswith(dropped)}
    image = kept.get("ImageId") or ""
    if image.startswith(SSM_IMAGE):
        kept["ImageId"] = IMAGES[order.instance_type.startswith(NEURON)]
    kept |= {"Action": "RunInstances", "MinCount": str(count), "MaxCount": str(count)}
    if not any("SubnetId" in name for name in kept):
        kept["Placement.AvailabilityZone"] = zone
    plain = ask.moto.ec2(order.account, order.region, kept)
    at = now()
    told = []
    for instance in plain["Instances"]:
        machine = Machine(
            id=instance["InstanceId"],
            account=order.account,
            region=order.region,
            zone=zone,
            instance_type=order.instance_type,
            vcpus=catalogue.shapes()[order.instance_type].vcpus,
            market=order.market,
            token=token,
            launched_at=at,
            reservation=order.reservation,
        )
        ask.world.take(machine)
        told.append(machine.as_told(instance, at, ask.world.delays))
    return {**plain, "Instances": told}


def _replayed(ask: Ask, made: list[str]) -> dict[str, Any]:
    """The same reservation again, as it is by now."""
    world, at = ask.world, now()
    if any(world.machines[made_id].state(at, world.delays) == "terminated" for made_id in made):
        told = "The client token you have provided is associated with an instance that has been terminated."
        raise Refused("IdempotentInstanceTerminated", told)
    form = {f"InstanceId.{number}": made_id for number, made_id in enumerate(made, 1)}
    [reservation] = ask.plain("DescribeInstances", **form)["Reservations"]
    plain = reservation["Instances"]
    instances = [world.machines[item["InstanceId"]].as_told(item, at, world.delays) for item in plain]
    return {**reservation, "Instances": instances}
