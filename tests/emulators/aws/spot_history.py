"""DescribeSpotPriceHistory: pages of change points, newest first."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.emulators.aws import catalogue
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.machines import now
from tests.emulators.aws.paging import filters, matching, page
from tests.emulators.aws.prices import KEPT, Change
from tests.emulators.aws.wire import Refused

# What a machine costs with each product, times the price with Linux.
PRODUCTS = {"Linux/UNIX": Decimal(1), "Windows": Decimal("1.4")}
FIELDS = {
    "availability-zone": "AvailabilityZone",
    "instance-type": "InstanceType",
    "product-description": "ProductDescription",
    "spot-price": "SpotPrice",
}


def describe_history(ask: Ask) -> dict[str, Any]:
    """DescribeSpotPriceHistory: newest first, with the price in effect at StartTime. Raises Refused."""
    prices, params = ask.world.prices, ask.params
    token = params.get("NextToken") or ""
    asked_at = datetime.fromisoformat(token.partition("|")[2]) if "|" in token else now()
    since = max(params.get("StartTime") or asked_at - KEPT, asked_at - KEPT)
    until = min(params.get("EndTime") or asked_at, asked_at)
    if since > until and params.get("EndTime"):
        raise Refused("InvalidParameterValue", "The start time must be before the end time.")
    asked = filters(params, FIELDS)
    types, zone = params.get("InstanceTypes"), params.get("AvailabilityZone")
    unknown = set(types or []) - set(catalogue.shapes())
    if unknown:
        raise Refused("InvalidParameterValue", f"Invalid instance type: {sorted(unknown)}")
    pools = [
        pool
        for pool in prices.pools
        if catalogue.region_of(pool[1]) == ask.region and (not types or pool[0] in types) and zone in (None, pool[1])
    ]
    in_effect = [prices.current(pool, min(since, asked_at)) for pool in pools]
    changes = sorted([*in_effect, *prices.between(since, until, pools)], reverse=True)
    products = [name.replace(" (Amazon VPC)", "") for name in params.get("ProductDescriptions") or PRODUCTS]
    rows = [_row(change, product) for change in changes for product in PRODUCTS if product in products]
    rows = matching(rows, asked, _values)
    got, following = page(rows, {**params, "NextToken": token.partition("|")[0]}, least=1, most=1000, default=1000)
    # The moment of the first page goes along, so that all pages are of one list.
    return {"SpotPriceHistory": list(got), "NextToken": f"{following}|{asked_at.isoformat()}" if following else ""}


def _row(change: Change, product: str) -> dict[str, Any]:
    return {
        "InstanceType": change.instance_type,
        "AvailabilityZone": change.zone,
        "ProductDescription": product,
        "SpotPrice": f"{change.price * PRODUCTS[product]:.6f}",
        "Timestamp": change.at,
    }


def _values(row: dict[str, Any], name: str) -> list[str]:
    return [row[FIELDS[name]]] if name in FIELDS else []
