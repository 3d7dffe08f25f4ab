"""What EC2 costs: the price list for on-demand, change points for spot. A price of which there are two is no price."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from fleet.domain.outcomes import PriceChange
from fleet.providers.listed import Listed, only_one

LINUX = "Linux/UNIX"
PRODUCT = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}


def product_filters(region: str) -> list[dict[str, str]]:
    """On-demand Linux machines of a region that are one's own for the time: exactly one product a type."""
    wanted = {"regionCode": region, **PRODUCT}
    return [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]


def list_prices(products: Iterable[str]) -> dict[str, Listed]:
    """Instance type -> US dollars an hour, and the row that says so. Of several rows, or none above zero: no price."""
    found: dict[str, list[tuple[Decimal, str]]] = defaultdict(list)
    for text in products:
        product = json.loads(text)
        found[str(product["product"]["attributes"]["instanceType"])] += [
            (
                Decimal(str(dimension["pricePerUnit"]["USD"])),
                str(dimension.get("rateCode") or product["product"]["sku"]),
            )
            for term in (product["terms"].get("OnDemand") or {}).values()
            for dimension in term["priceDimensions"].values()
            if dimension["unit"] == "Hrs" and "USD" in dimension["pricePerUnit"]
        ]
    return {name: only_one(rows) for name, rows in found.items()}


def spot_change(row: Mapping[str, Any]) -> PriceChange:
    """One change point of DescribeSpotPriceHistory."""
    return PriceChange(
        instance_type=str(row["InstanceType"]),
        zone=str(row["AvailabilityZone"]),
        capacity_type="spot",
        effective_from=row["Timestamp"],
        price_per_hour=Decimal(str(row["SpotPrice"])),
    )
