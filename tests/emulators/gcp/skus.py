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
    ("A3Plus Instance Core", "CPU"): (2_931, 1_172),
    ("A3Plus Instance Ram", "RAM"): (255, 102),
    ("A3Ultra Instance Core", "CPU"): (2_931, 1_172),
    ("A3Ultra Instance Ram", "RAM"): (255, 102),
    ("H200 141GB GPU", "GPU"): (931_174, 372_470),
    ("G4 Instance Core", "CPU"): (4_891, 1_956),
    ("G4 Instance Ram", "RAM"): (587, 235),
    ("RTX 6000 96GB", "GPU"): (109_565, 43_826),
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
            bare = part.replace(" Instance", "")
            queued = (
                f"{part} attached to DWS Defined Duration VMs" if group == "GPU" else f"DWS Defined Duration {bare}"
            )
            rows += [
                _sku(f"{part} running in {place}", group, "OnDemand", region, listed),
                _sku(f"{on_spot} running in {place}", group, "Preemptible", region, spot),
                _sku(f"Commitment v1: {part} in {place} for 1 Year", group, "Commit1Yr", region, listed * 6 // 10),
                _sku(f"{queued} running in {place}", group, "OnDemand", region, listed // 2),
                _sku(f"Reserved {part} in {place} in Calendar Mode", group, "OnDemand", region, listed // 3),
            ]
        rows += _with_names_of_their_own(region, place, 10 + number)
    return rows


def _with_names_of_their_own(region: str, place: str, tenths: int) -> list[dict[str, Any]]:
    """Where Google has changed its mind, and where a price is of a whole slice."""
    mega = {"": "Nvidia H100 80GB Plus GPU", " attached to Spot Preemptible VMs": "Nvidia H100 80GB Mega GPU"}
    mega[" attached to DWS Defined Duration VMs"] = "Nvidia H100 Mega 80GB GPU"
    rows = [
        _sku(f"{gpu}{how} running in {place}", "GPU", "OnDemand", region, 99_000 * tenths) for how, gpu in mega.items()
    ]
    for before, price in (("", 161_100), ("Spot Preemptible ", 49_542), ("DWS Defined Duration ", 80_550)):
        rows.append(
            _sku(f"{before}A4 Nvidia B200 (1 gpu slice) running in {place}", "GPU", "OnDemand", region, price * tenths)
        )
    for name, price in (("V5e", 12_000), ("V5p", 42_000), ("V6e", 27_000)):
        spot = f"Tpu{name} attached to Spot Preemptible VMs running in {place}"
        rows += [
            _sku(f"Tpu{name} running in {place}", "TPU", "OnDemand", region, price * tenths),
            _sku(spot, "TPU", "Preemptible", region, price * tenths // 2),
            _sku(f"DWS Defined Duration {name} running in {place}", "TPU", "OnDemand", region, price * tenths // 2),
            _sku(f"Capacity Optimized Tpu{name} running in {place}", "TPU", "OnDemand", region, price * tenths * 2),
        ]
    disk = "SSD backed Local Storage"
    listed = disk if tenths == 10 else f"{disk} in {place}"  # the oldest regions have no place
    rows += [
        _sku(listed, "LocalSSD", "OnDemand", region, 8_000),
        _sku(f"{disk} attached to Spot Preemptible VMs in {place}", "LocalSSD", "OnDemand", region, 4_800),
        _sku(f"DWS Defined Duration {disk} running in {place}", "LocalSSD", "OnDemand", region, 8_000),
        _sku(f"Commitment v1: Local SSD in {place} for 1 Year", "LocalSSD", "Commit1Yr", region, 5_000),
    ]
    return rows


def _sku(description: str, group: str, usage: str, region: str, thousandths_of_a_cent: int) -> dict[str, Any]:
    digest = hashlib.sha256(description.encode()).hexdigest().upper()
    name = f"{digest[:4]}-{digest[4:8]}-{digest[8:12]}"
    units, nanos = divmod(thousandths_of_a_cent * 10_000, 1_000_000_000)
    unit = {"RAM": "GiBy.h", "LocalSSD": "GiBy.mo"}.get(group, "h")
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
