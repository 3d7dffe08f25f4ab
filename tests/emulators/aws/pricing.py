"""Pricing's GetProducts: the list prices, among rows that only the right filters leave out."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from tests.emulators.aws import catalogue
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.paging import page
from tests.emulators.aws.wire import Refused

AT = ("us-east-1", "eu-central-1", "ap-south-1")
LOCATIONS = {"us-east-1": "US East (N. Virginia)", "us-east-2": "US East (Ohio)"}
# What makes a row dearer or cheaper than Linux on shared hardware in use.
SYSTEMS = {"Linux": Decimal(1), "Windows": Decimal("1.6"), "RHEL": Decimal("1.2")}
TENANCIES = {"Shared": Decimal(1), "Dedicated": Decimal("1.1"), "Host": Decimal(0)}
CAPACITY = {"Used": Decimal(1), "UnusedCapacityReservation": Decimal(1), "AllocatedCapacityReservation": Decimal(0)}


def get_products(ask: Ask) -> dict[str, Any]:
    """The answer to GetProducts. Raises Refused."""
    if ask.region not in AT:
        raise Refused("InvalidSignatureException", "Credential should be scoped to a valid region.", 403)
    params = ask.params
    if params.get("ServiceCode") != "AmazonEC2":
        raise Refused("InvalidParameterException", f"Invalid ServiceCode: {params.get('ServiceCode')}")
    rows = [row for row in _rows() if all(_fits(row, asked) for asked in params.get("Filters") or [])]
    got, following = page(rows, params, least=1, most=100, default=100)
    told = {"FormatVersion": "aws_v1", "PriceList": [json.dumps(row) for row in got]}
    return {**told, **({"NextToken": following} if following else {})}


def _fits(row: dict[str, Any], asked: dict[str, str]) -> bool:
    has = str(row["product"]["attributes"].get(asked["Field"], ""))
    match asked.get("Type"):
        case "TERM_MATCH" | "EQUALS":
            return has.lower() == asked["Value"].lower()
        case "CONTAINS":
            return asked["Value"].lower() in has.lower()
        case "ANY_OF":
            return has in asked["Value"].split(",")
        case "NONE_OF":
            return has not in asked["Value"].split(",")
    raise Refused("InvalidParameterException", f"Invalid filter type: {asked.get('Type')}")


@cache
def _rows() -> list[dict[str, Any]]:
    return sorted(_products(), key=lambda row: str(row["product"]["sku"]))


def _products() -> Iterator[dict[str, Any]]:
    for region in catalogue.REGIONS:
        for name in catalogue.zones(region):
            for system, tenancy, capacity in itertools.product(SYSTEMS, TENANCIES, CAPACITY):
                price = catalogue.shapes()[name].price * SYSTEMS[system] * TENANCIES[tenancy] * CAPACITY[capacity]
                yield _row(region, name, price, system, tenancy, capacity)
            if "capacity-block" in catalogue.shapes()[name].markets:
                yield _row(region, name, Decimal(0), "Linux", "Shared", "Used", market="CapacityBlock")
        yield _row(region, "m7i.large", Decimal("0.5808"), "Linux", "Shared", "Used", software="SQL Web")


def _row(
    region: str,
    name: str,
    price: Decimal,
    system: str,
    tenancy: str,
    capacity: str,
    software: str = "NA",
    market: str = "OnDemand",
) -> dict[str, Any]:
    shape = catalogue.shapes()[name]
    usage = {"Used": "BoxUsage", "UnusedCapacityReservation": "UnusedBox"}.get(capacity, "Reservation")
    attributes = {
        "servicecode": "AmazonEC2",
        "servicename": "Amazon Elastic Compute Cloud",
        "instanceType": name,
        "regionCode": region,
        "location": LOCATIONS[region],
        "locationType": "AWS Region",
        "operatingSystem": system,
        "licenseModel": "No License required",
        "tenancy": tenancy,
        "preInstalledSw": software,
        "capacitystatus": capacity,
        "marketoption": market,
        "usagetype": f"{usage}:{name}" if region == "us-east-1" else f"USE2-{usage}:{name}",
        "operation": "RunInstances",
        "vcpu": str(shape.vcpus),
        "memory": f"{shape.memory_gib} GiB",
        "currentGeneration": "Yes",
    }
    sku = hashlib.sha256(json.dumps(attributes).encode()).hexdigest()[:16].upper()
    term, rate = f"{sku}.JRTCKXETXF", f"{sku}.JRTCKXETXF.6YS6EN2CT7"
    dimension = {
        "unit": "Hrs",
        "beginRange": "0",
        "endRange": "Inf",
        "description": f"${price:f} per On Demand {system} {name} Instance Hour",
        "appliesTo": [],
        "rateCode": rate,
        "pricePerUnit": {"USD": f"{price:.10f}"},
    }
    offer = {
        "sku": sku,
        "offerTermCode": "JRTCKXETXF",
        "effectiveDate": "2026-11-01T00:00:00Z",
        "priceDimensions": {rate: dimension},
        "termAttributes": {},
    }
    return {
        "product": {"productFamily": "Compute Instance", "attributes": attributes, "sku": sku},
        "serviceCode": "AmazonEC2",
        "terms": {"OnDemand": {term: offer}},
        "version": "20261120000000",
        "publicationDate": "2026-11-20T00:00:00Z",
    }
