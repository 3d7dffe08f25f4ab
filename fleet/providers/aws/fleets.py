"""CreateFleet, of the kind that answers at once: several machines of one type in one zone, for one token.

A fleet is launched from a launch template, which is made for it, named after its token, and taken away again once the
fleet has its answer. EC2 says that a pool has no more inside an answer of success.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fleet.domain.capacity import ON_DEMAND, SPOT
from fleet.domain.outcomes import (
    ErrorClass,
    FleetMade,
    FleetRequest,
    Machine,
    MachineState,
    Refusal,
    Scope,
)
from fleet.providers.aws import order
from fleet.providers.aws.clients import CLOUD
from fleet.providers.classify import classify

IS_THERE = "InvalidLaunchTemplateName.AlreadyExistsException"
IS_NOT_THERE = "InvalidLaunchTemplateName.NotFoundException"
OF_THE_CALL = ("ClientToken", "MinCount", "MaxCount", "Placement", "SubnetId", "InstanceType", "InstanceMarketOptions")
MARKETS = (ON_DEMAND, SPOT)
"""Anything else would be bought on demand, beside what is paid for already."""
SETTLES = (ErrorClass.STOCK_OUT, ErrorClass.QUOTA, ErrorClass.AUTH, ErrorClass.BAD_REQUEST)
Words = dict[str, Any]


def template_name(request: FleetRequest) -> str:
    """Of a token nobody else can make, so that what is found under the name is ours."""
    return f"purser-{request.machine.token}"


def create_template(request: FleetRequest, options: Mapping[str, Any]) -> Words:
    """The parameters of CreateLaunchTemplate. Raises ValueError, with a sentence, for what EC2 cannot do."""
    if request.machine.capacity_type not in MARKETS or request.machine.reservation:
        raise ValueError("Fleets are bought on demand or as spot; paid capacity is launched into one by one.")
    said = order.run_instances(request.machine, options)
    data = {name: value for name, value in said.items() if name not in (*OF_THE_CALL, "TagSpecifications")}
    data["TagSpecifications"] = [row for row in said["TagSpecifications"] if row["ResourceType"] != "instance"]
    if "UserData" in data:  # the SDK encodes it in a launch, and not in a template
        data["UserData"] = base64.b64encode(data["UserData"].encode()).decode()
    return {
        "LaunchTemplateName": template_name(request),
        "LaunchTemplateData": data,
        "TagSpecifications": [{"ResourceType": "launch-template", "Tags": _tags(request)}],
    }


def create_fleet(request: FleetRequest, options: Mapping[str, Any]) -> Words:
    """The parameters of CreateFleet. The same request gives the same words, or EC2 takes it for another one."""
    machine = request.machine
    subnet = (options.get("subnets") or {}).get(machine.zone)
    where = {"SubnetId": subnet} if subnet else {"AvailabilityZone": machine.zone}
    how: Words = {"SingleInstanceType": True, "SingleAvailabilityZone": True}
    if request.whole:
        how["MinTargetCapacity"] = request.size
    if machine.capacity_type == "spot":
        market = {
            "SpotOptions": {
                **how,
                "AllocationStrategy": "price-capacity-optimized",
                "InstanceInterruptionBehavior": "terminate",
            }
        }
    else:
        market = {"OnDemandOptions": {**how, "AllocationStrategy": "lowest-price"}}
    return {
        "ClientToken": machine.token,
        "Type": "instant",
        "LaunchTemplateConfigs": [
            {
                "LaunchTemplateSpecification": {"LaunchTemplateName": template_name(request), "Version": "1"},
                "Overrides": [{"InstanceType": machine.instance_type, **where}],
            }
        ],
        "TargetCapacitySpecification": {
            "TotalTargetCapacity": request.size,
            "DefaultTargetCapacityType": "spot" if machine.capacity_type == "spot" else "on-demand",
        },
        **market,
        "TagSpecifications": [{"ResourceType": kind, "Tags": _tags(request)} for kind in ("fleet", "instance")],
    }


def made(answer: Mapping[str, Any], request: FleetRequest, seen: Mapping[str, Machine], at: datetime) -> FleetMade:
    """The answer of CreateFleet. `seen`: what lists show of its machines already; the others were launched now.

    Raises one of `failing.NONSENSE` when it makes no sense.
    """
    if not str(answer["FleetId"]):
        raise ValueError("a fleet without a name")
    ids = ids_in(answer)
    machines = tuple(seen.get(provider_id) or _just_launched(provider_id, request, at) for provider_id in ids)
    return FleetMade(machines, _short(answer, request) if len(ids) < request.size else None)


def ids_in(answer: Mapping[str, Any]) -> list[str]:
    """Ids of its machines, in an order that is the same in every answer."""
    return sorted({str(found) for row in answer.get("Instances") or () for found in row["InstanceIds"]})


def _short(answer: Mapping[str, Any], request: FleetRequest) -> Refusal:
    """Why there are fewer: the first error that says it for good, or that something went wrong here, for now.

    The token is used up: what would be asked again after a while with it cannot be, so it counts as out of stock.
    """
    errors = [(str(row["ErrorCode"]), str(row.get("ErrorMessage") or "")) for row in answer.get("Errors") or ()]
    refusals = [classify(CLOUD, code, message) for code, message in errors]
    if settled := [refusal for refusal in refusals if refusal.error_class in SETTLES]:
        return settled[0]
    if refusals:
        first = refusals[0]
        return Refusal(ErrorClass.STOCK_OUT, first.code, first.message, Scope.POOL, classified=first.classified)
    told = f"EC2 made {len(ids_in(answer))} of {request.size} machines and gave no reason."
    return Refusal(ErrorClass.STOCK_OUT, "UnfulfillableCapacity", told, Scope.POOL)


def _just_launched(provider_id: str, request: FleetRequest, at: datetime) -> Machine:
    """A machine that the lists do not show yet: what is known of it without them."""
    asked = request.machine
    return Machine(
        provider_id=provider_id,
        state=MachineState.PENDING,
        cloud_state="pending",
        region=asked.region,
        zone=asked.zone,
        instance_type=asked.instance_type,
        accelerator="",
        accelerator_count=0,
        capacity_type=asked.capacity_type,
        price_per_hour=None,
        launched_at=at,
        tags=dict(asked.tags),
    )


def _tags(request: FleetRequest) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(request.machine.tags.items())]
