"""The price list: parts, not machines. Among them some whose names begin like others', and some for other contracts."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from tests.emulators.gcp import catalogue
from tests.emulators.gcp.wire import Call, Refused
from tests.emulators.gcp.world import World

SERVICE = "6F81-5844-456A"
MOST = 5000
# Part -> US dollars, on demand and spot, in thousandths of a cent an hour.
_PARTS = {
    ("G2 Instance Core", "CPU"): (2_499, 1_000),
    ("G2 Instance Ram", "RAM"): (293, 117),
    ("Nvidia L4 GPU", "GPU"): (56_004, 22_402),
    ("A2 Instance Core", "CPU"): (3_161, 1_265),
    ("A2 Instance Ram", "RAM"): (424, 170),
    ("Nvidia Tesla A100 GPU", "GPU"): (293_391, 117_356),
    ("Nvidia Tesla A100 80GB GPU", "GPU"): (393_000, 157_200),
    ("A3 Instance Core", "CPU"): (2_931, 1_172),
    ("A3 Instance Ram", "RAM"): (255, 102),
    ("Nvidia H100 80GB GPU", "GPU"): (979_655, 391_862),
    ("Nvidia H100 Mega 80GB GPU", "GPU"): (990_000, 396_000),
    ("E2 Instance Core", "CPU"): (2_181, 872),
    ("E2 Instance Ram", "RAM"): (292, 117),
}


def list_skus(world: World, call: Call) -> dict[str, Any]:
    if call.path["servicesId"] != SERVICE:
        raise Refused("notFound", "Requested entity was not found.")
    most = call.most(MOST, MOST)
    token = call.query.get("pageToken", "")
    start = int(base64.urlsafe_b64decode(token.encode()).decode()) if token else 0
    end = start + most
    more = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(_skus()) else ""
    return {"skus": _skus()[start:end], "nextPageToken": more}


@cache
def _skus() -> list[dict[str, Any]]:
    rows = []
    for number, (region, place) in enumerate(catalogue.PLACES.items()):
        for (part, group), prices in _PARTS.items():
            # The second region is a tenth dearer.
            listed, spot = (price * (10 + number) // 10 for price in prices)
            on_spot = f"{part} attached to Spot Preemptible VMs" if group == "GPU" else f"Spot Preemptible {part}"
            rows += [
                _sku(f"{part} running in {place}", group, "OnDemand", region, listed),
                _sku(f"{on_spot} running in {place}", group, "Preemptible", region, spot),
                _sku(f"Commitment v1: {part} in {place} for 1 Year", group, "Commit1Yr", region, listed * 6 // 10),
                _sku(f"DWS Defined Duration {part} running in {place}", group, "OnDemand", region, listed // 2),
            ]
    return rows


def _sku(description: str, group: str, usage: str, region: str, thousandths_of_a_cent: int) -> dict[str, Any]:
    digest = hashlib.sha256(description.encode()).hexdigest().upper()
    name = f"{digest[:4]}-{digest[4:8]}-{digest[8:12]}"
    units, nanos = divmod(thousandths_of_a_cent * 10_000, 1_000_000_000)
    unit = "GiBy.h" if group == "RAM" else "h"
    return {
        "name": f"services/{SERVICE}/skus/{name}",
        "skuId": name,
        "description": description,
        "category": {
            "serviceDisplayName": "Compute Engine",
            "resourceFamily": "Compute",
            "resourceGroup": group,
            "usageType": usage,
        },
        "serviceRegions": [region],
        "serviceProviderName": "Google",
        "pricingInfo": [
            {
                "effectiveTime": "2026-11-01T00:00:00Z",
                "summary": "",
                "currencyConversionRate": 1,
                "pricingExpression": {
                    "usageUnit": unit,
                    "usageUnitDescription": "gibibyte hour" if group == "RAM" else "hour",
                    "displayQuantity": 1,
                    "tieredRates": [
                        {
                            "startUsageAmount": 0,
                            "unitPrice": {"currencyCode": "USD", "units": str(units), "nanos": nanos},
                        }
                    ],
                },
            }
        ],
    }
