"""How far a refusal for want of quota reaches: the machines that its quota counts, and nothing beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from fleet.domain.capacity import Pool, remembered_scope
from fleet.domain.families import family_of
from fleet.domain.outcomes import CloudQuota, Refusal, Scope

Where = tuple[str, str, str, str]  # region, zone, instance type, capacity type; empty: any


@dataclass(frozen=True)
class Sold:
    """A machine that an account sells. `counted`: by quotas of all GPUs, as slices of TPUs are not."""

    region: str
    instance_type: str
    counted: bool = True


@dataclass(frozen=True)
class Reach:
    """What is left alone after such a refusal. `quota`: what the cloud calls it, else whose it is; empty: not known."""

    keys: tuple[Where, ...]
    quota: str = ""


def reach_of(pool: Pool, refusal: Refusal, quotas: Iterable[CloudQuota], sold: Callable[[], Iterable[Sold]]) -> Reach:
    """By the quota that the cloud named, or the narrowest that covers the pool; else by the family of the machine.

    `quotas`: those of the account. `sold` is asked only where no quota is known.
    """
    covering = [quota for quota in quotas if covers(quota, pool)]
    found = _named(refusal.message, covering)
    if found is None and refusal.scope == Scope.FAMILY:
        found = _narrowest(covering)
    if found is not None and found.instance_types:
        return Reach(_keys(found, pool), found.name)
    if refusal.scope == Scope.FAMILY:
        family = family_of(pool.instance_type)
        types = {one.instance_type for one in sold() if one.region == pool.region}
        alike = {name for name in types if family_of(name) == family} | {pool.instance_type}
        return Reach(
            tuple((pool.region, "", name, pool.capacity_type) for name in sorted(alike)),
            f"that of {family} ({pool.capacity_type})",
        )
    if refusal.scope == Scope.ACCOUNT:
        counted = {one.instance_type for one in sold() if one.counted} | {pool.instance_type}
        return Reach(tuple(("", "", name, "") for name in sorted(counted)), found.name if found else "")
    return Reach((remembered_scope(pool, refusal.scope),), found.name if found else "")


def covers(quota: CloudQuota, pool: Pool) -> bool:
    """Whether a machine of the pool counts against it."""
    return (
        quota.region in ("", pool.region)
        and quota.zone in ("", pool.zone)
        and (not quota.instance_types or pool.instance_type in quota.instance_types)
        and (not quota.capacity_types or pool.capacity_type in quota.capacity_types)
    )


def _named(message: str, quotas: Sequence[CloudQuota]) -> CloudQuota | None:
    """The one whose name the cloud said; of names inside each other the longest."""
    said = message.lower()
    return max((one for one in quotas if one.name.lower() in said), key=lambda one: len(one.name), default=None)


def _narrowest(quotas: Sequence[CloudQuota]) -> CloudQuota | None:
    """Of those in the region that say which machines they cover, the one that covers fewest."""
    said = [one for one in quotas if one.instance_types and one.region]
    return min(said, key=lambda one: (len(one.instance_types), one.name), default=None)


def _keys(quota: CloudQuota, pool: Pool) -> tuple[Where, ...]:
    types = sorted(quota.instance_types)
    if not quota.region:
        return tuple(("", "", name, "") for name in types)
    markets = sorted(quota.capacity_types) or [pool.capacity_type]
    return tuple((quota.region, quota.zone, name, market) for name, market in product(types, markets))
