"""Quotas that a namespace's keeper set on accelerators, as limits of the account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fleet.domain.outcomes import CloudQuota, QuotaUnit
from fleet.providers.kubernetes.inventory import amount, family_of
from fleet.providers.kubernetes.shapes import Pool, Shape

REQUESTS = "requests."


def of_namespace(limits: Iterable[Mapping[str, Any]], found: Iterable[Pool]) -> list[CloudQuota]:
    """One for each quota, resource and region: a namespace's quota knows no regions, so each is told all of it."""
    pools = list(found)
    told = []
    for limit in limits:
        status = limit.get("status") or {}
        for name, most in sorted((status.get("hard") or {}).items()):
            resource = name.removeprefix(REQUESTS)
            if not name.startswith(REQUESTS) or family_of(resource) is None:
                continue
            used = int(amount((status.get("used") or {}).get(name, 0)))
            for region, shapes in sorted(_by_region(pools, resource).items()):
                told.append(
                    CloudQuota(
                        region=region,
                        name=f"{limit['metadata']['name']}: {resource}",
                        unit=QuotaUnit.ACCELERATORS,
                        most=int(amount(most)),
                        used=used,
                        instance_types=tuple(shape.name for shape in shapes),
                    )
                )
    return told


def _by_region(pools: Iterable[Pool], resource: str) -> dict[str, list[Shape]]:
    found: dict[str, list[Shape]] = {}
    for pool in pools:
        known = found.setdefault(pool.region, [])
        known += [shape for shape in pool.shapes() if shape.resource == resource and shape not in known]
    return {region: shapes for region, shapes in found.items() if shapes}
