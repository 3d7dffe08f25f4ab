"""Azure's limits on vCPUs: one of each family of sizes, one of all sizes in a region, and one of all spot machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fleet.domain.outcomes import CloudQuota, QuotaUnit

WHOLE_REGION = "cores"
SPOT = "lowPriorityCores"
BOUGHT_ON_DEMAND = ("on-demand",)
"""A machine inside a reservation counts against no quota: the reservation itself did when it was made."""


def quotas(region: str, usages: Iterable[Mapping[str, Any]], skus: Iterable[Mapping[str, Any]]) -> Iterator[CloudQuota]:
    """Those that limit what has accelerators. The families are spelt in more than one way."""
    families: dict[str, set[str]] = defaultdict(set)
    for sku in skus:
        families[str(sku.get("family") or "").lower()].add(str(sku["name"]))
    for usage in usages:
        name = str((usage.get("name") or {})["value"])
        sizes = tuple(sorted(families.get(name.lower(), ())))
        if name.lower() == WHOLE_REGION.lower():
            covered: tuple[tuple[str, ...], tuple[str, ...]] = ((), BOUGHT_ON_DEMAND)
        elif name.lower() == SPOT.lower():
            covered = ((), ("spot",))
        elif sizes:
            covered = (sizes, BOUGHT_ON_DEMAND)
        else:
            continue
        most, used = int(usage["limit"]), int(usage["currentValue"])
        limit = most if most >= 0 else None  # -1 says that there is none
        yield CloudQuota(region, name, QuotaUnit.VCPUS, limit, used, *covered)
