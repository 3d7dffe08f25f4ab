"""CreateFleet of type instant: one answer, with the machines there are and the errors of the pools that had none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from botocore.serialize import create_serializer

from tests.emulators.aws import catalogue
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.launches import launched
from tests.emulators.aws.machines import now
from tests.emulators.aws.wire import Refused, model
from tests.emulators.aws.world import World

STRATEGIES = {
    "spot": (
        "lowest-price",
        "lowestPrice",
        "diversified",
        "capacity-optimized",
        "capacity-optimized-prioritized",
        "price-capacity-optimized",
    ),
    "on-demand": ("lowest-price", "lowestPrice", "prioritized"),
}
BY_PRIORITY = ("prioritized", "capacity-optimized-prioritized")


@dataclass(frozen=True)
class Candidate:
    """One pool that the fleet may buy from."""

    template: dict[str, Any]
    override: dict[str, Any]
    form: dict[str, str]
    instance_type: str
    zone: str

    def told(self) -> dict[str, Any]:
        return {"LaunchTemplateSpecification": self.template, "Overrides": self.override}


def create_fleet(ask: Ask) -> dict[str, Any]:
    """The answer to CreateFleet. Raises Refused only for a request that makes no sense."""
    world, params, token = ask.world, ask.params, ask.params.get("ClientToken") or ""
    if params.get("DryRun"):
        raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    key = ("fleet", ask.account, ask.region, token)
    if token and (known := world.answered(key, params)) is not None:
        return dict(known)
    if params.get("Type") != "instant":
        raise Refused("InvalidParameterValue", "This emulator makes instant fleets only.")
    result = _instant(ask)
    if token:
        world.remember(key, params, result)
    return result


def template_of(ask: Ask) -> dict[str, Any]:
    """What the first launch template of the call says. Raises Refused when there is none."""
    return _template(ask, dict(ask.params["LaunchTemplateConfigs"][0]["LaunchTemplateSpecification"]))


def _instant(ask: Ask) -> dict[str, Any]:
    world, params = ask.world, ask.params
    fleet: dict[str, Any] = {"FleetId": world.new_id("fleet"), "Errors": [], "Instances": []}
    candidates = _candidates(ask)
    for market, wanted in _wanted(params["TargetCapacitySpecification"]).items():
        options = params.get("SpotOptions" if market == "spot" else "OnDemandOptions") or {}
        strategy = options.get("AllocationStrategy") or "lowest-price"
        if strategy not in STRATEGIES[market]:
            raise Refused("InvalidParameterValue", f"Invalid allocation strategy: {strategy}")
        ordered = sorted(candidates, key=lambda candidate: _rank(world, candidate, market, strategy))
        least = int(options.get("MinTargetCapacity") or 0)
        made, errors = _filled(ask, ordered, market, wanted, least)
        fleet["Instances"] += made
        fleet["Errors"] += errors
    return fleet


def _filled(
    ask: Ask, candidates: list[Candidate], market: str, wanted: int, least: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Pool after pool until there is enough: what was made, and what the pools without machines said."""
    missing = wanted
    made: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for candidate in candidates:
        told = {"LaunchTemplateAndOverrides": candidate.told(), "Lifecycle": market}
        while missing:  # what a pool gives, and why it gives no more
            form = {**candidate.form, "MinCount": "1", "MaxCount": str(missing)}
            if market == "spot":
                form["InstanceMarketOptions.MarketType"] = "spot"
            try:
                ids = [item["InstanceId"] for item in launched(ask, form)["Instances"]]
            except Refused as refused:
                errors.append({**told, "ErrorCode": refused.code, "ErrorMessage": refused.message})
                break
            missing -= len(ids)
            made.append({**told, "InstanceIds": ids, "InstanceType": candidate.instance_type})
    if wanted - missing < least:  # all or nothing
        for machine_id in (machine_id for item in made for machine_id in item["InstanceIds"]):
            ask.world.untake(machine_id)
        made = []
    return made, errors


def _wanted(target: dict[str, Any]) -> dict[str, int]:
    total = int(target["TotalTargetCapacity"])
    spot, on_demand = int(target.get("SpotTargetCapacity") or 0), int(target.get("OnDemandTargetCapacity") or 0)
    rest = max(0, total - spot - on_demand)
    if (target.get("DefaultTargetCapacityType") or "on-demand") == "spot":
        spot += rest
    else:
        on_demand += rest
    return {market: count for market, count in (("on-demand", on_demand), ("spot", spot)) if count}


def _candidates(ask: Ask) -> list[Candidate]:
    params, candidates = ask.params, []
    for config in params["LaunchTemplateConfigs"]:
        template = dict(config["LaunchTemplateSpecification"])
        data = _template(ask, template)
        for override in config.get("Overrides") or [{}]:
            own = {
                name: override[name]
                for name in ("InstanceType", "SubnetId", "ImageId", "KeyName", "Placement")
                if name in override
            }
            if "AvailabilityZone" in override:
                own["Placement"] = {**own.get("Placement", {}), "AvailabilityZone": override["AvailabilityZone"]}
            asked = {**data, **own}
            given = [*(data.get("TagSpecifications") or []), *(params.get("TagSpecifications") or [])]
            asked["TagSpecifications"] = [item for item in given if item["ResourceType"] == "instance"]
            zone = (asked.get("Placement") or {}).get("AvailabilityZone") or ""
            name = str(asked["InstanceType"])
            candidates.append(Candidate(template, dict(override), _flat(asked), name, zone))
    return candidates


def _template(ask: Ask, template: dict[str, Any]) -> dict[str, Any]:
    """What the launch template says. Raises Refused when there is none."""
    form: dict[str, str] = {"LaunchTemplateVersion.1": template.get("Version") or "$Default"}
    form |= {name: template[name] for name in ("LaunchTemplateId", "LaunchTemplateName") if name in template}
    [version] = ask.plain("DescribeLaunchTemplateVersions", **form)["LaunchTemplateVersions"]
    return dict(version["LaunchTemplateData"])


def _flat(params: dict[str, Any]) -> dict[str, str]:
    """RunInstances' parameters as the query has them."""
    operation = model("ec2", "RunInstances")
    known = {name: value for name, value in params.items() if name in operation.input_shape.members}
    body = create_serializer("ec2", include_validation=False).serialize_to_request(known, operation)["body"]
    return {name: str(value) for name, value in body.items()}


def _rank(world: World, candidate: Candidate, market: str, strategy: str) -> tuple[Decimal, str]:
    if strategy in BY_PRIORITY:
        return Decimal(str(candidate.override.get("Priority", 0))), ""
    shape = catalogue.shapes().get(candidate.instance_type)
    if shape is None:
        return Decimal("Infinity"), candidate.instance_type
    pool = (candidate.instance_type, candidate.zone)
    if market == "spot" and pool in world.prices.pools:
        return world.prices.current(pool, now()).price, candidate.zone
    return shape.price, candidate.zone
