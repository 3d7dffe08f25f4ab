"""DescribeInstanceTypes and DescribeInstanceTypeOfferings, with pages and wildcards."""

from __future__ import annotations

from typing import Any

from tests.emulators.aws import catalogue
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.paging import filters, matching, page
from tests.emulators.aws.wire import Refused


def describe_types(ask: Ask) -> dict[str, Any]:
    """The shapes that the region sells. Raises Refused."""
    params = ask.params
    names = list(params.get("InstanceTypes") or [])
    sold = [catalogue.shapes()[name] for name in catalogue.zones(ask.region)]
    if names and params.get("MaxResults"):
        told = "The parameter instanceTypes cannot be used with the parameter maxResults"
        raise Refused("InvalidParameterCombination", told)
    if unknown := sorted(set(names) - {shape.name for shape in sold}):
        told = f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
        raise Refused("InvalidInstanceType", told)
    asked = filters(params, ["instance-type", "supported-usage-class", "current-generation", "bare-metal"])
    rows = [shape for shape in sold if not names or shape.name in names]
    got, following = page(matching(rows, asked, _of_shape), params, least=5, most=100)
    return _paged("InstanceTypes", [shape.facts for shape in got], following)


def describe_offerings(ask: Ask) -> dict[str, Any]:
    """Where in the region each instance type is sold. Raises Refused."""
    params = ask.params
    by = params.get("LocationType") or "region"
    if by not in ("region", "availability-zone"):
        raise Refused("InvalidParameterValue", f"Invalid value ({by}) for LocationType.")
    rows = [
        {"InstanceType": name, "LocationType": by, "Location": where}
        for name, zones in catalogue.zones(ask.region).items()
        for where in (zones if by == "availability-zone" else (ask.region,))
    ]
    rows = matching(rows, filters(params, ["instance-type", "location"]), _of_offering)
    got, following = page(rows, params, least=5, most=1000)
    return _paged("InstanceTypeOfferings", list(got), following)


def _paged(name: str, rows: list[Any], following: str | None) -> dict[str, Any]:
    return {name: rows, **({"NextToken": following} if following else {})}


def _of_shape(shape: catalogue.Shape, name: str) -> list[str]:
    match name:
        case "instance-type":
            return [shape.name]
        case "supported-usage-class":
            return list(shape.markets)
        case "current-generation":
            return [str(shape.facts["CurrentGeneration"]).lower()]
        case "bare-metal":
            return [str(shape.facts["BareMetal"]).lower()]
    return []


def _of_offering(row: dict[str, str], name: str) -> list[str]:
    return [row["InstanceType" if name == "instance-type" else "Location"]]
