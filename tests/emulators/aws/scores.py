"""GetSpotPlacementScores: from 1 to 10, how likely a spot request of this size succeeds; here by what is in stock."""

from __future__ import annotations

from typing import Any

from tests.emulators.aws import catalogue
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.paging import page
from tests.emulators.aws.world import World


def placement_scores(ask: Ask) -> dict[str, Any]:
    """The answer, best first. Raises Refused."""
    params = ask.params
    wanted, types = int(params["TargetCapacity"]), list(params.get("InstanceTypes") or [])
    rows: list[dict[str, Any]] = []
    for region in params.get("RegionNames") or catalogue.REGIONS:
        zones = sorted({zone for name in types for zone in catalogue.zones(region).get(name, ())})
        scores = {zone: _score(ask.world, types, zone, wanted) for zone in zones}
        if params.get("SingleAvailabilityZone"):
            ids = _zone_ids(ask, region)
            rows += [
                {"Region": region, "AvailabilityZoneId": ids[zone], "Score": score} for zone, score in scores.items()
            ]
        elif scores:
            rows.append({"Region": region, "Score": max(scores.values())})
    rows.sort(key=lambda row: -row["Score"])
    got, following = page(rows, params, least=10, most=1000)
    return {"SpotPlacementScores": list(got), **({"NextToken": following} if following else {})}


def _zone_ids(ask: Ask, region: str) -> dict[str, str]:
    form = {"Action": "DescribeAvailabilityZones", "Version": "2016-11-15"}
    zones = ask.moto.ec2(ask.account, region, form)["AvailabilityZones"]
    return {zone["ZoneName"]: zone["ZoneId"] for zone in zones}


def _score(world: World, types: list[str], zone: str, wanted: int) -> int:
    region = catalogue.region_of(zone)
    best = 1
    for name in (name for name in types if zone in catalogue.zones(region).get(name, ())):
        left = world.left(name, zone, "spot")
        best = max(best, 9 if left is None else 1 + 8 * min(left, wanted) // wanted)
    return best
