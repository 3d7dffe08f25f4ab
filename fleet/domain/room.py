"""What limits still leave: our own quotas and budgets, and the quotas the clouds keep on an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from operator import itemgetter

from fleet.domain.capacity import Offering, Pool
from fleet.domain.outcomes import QuotaUnit

_UNITS = {QuotaUnit.VCPUS: "vCPUs", QuotaUnit.ACCELERATORS: "accelerators", QuotaUnit.MACHINES: "machines"}


@dataclass(frozen=True)
class Cap:
    """A limit of money that covers a launch: in which cloud (empty: any), in which currency, and what it is called."""

    cloud: str
    currency: str
    name: str


@dataclass(frozen=True)
class Room:
    """What quota and budgets still allow: accelerators, and money per hour. None: no such limit.

    `caps` are all that cover the launch: an offering that is priced in another currency than one of them is not
    bought, since nothing would count it.
    """

    accelerators: int | None = None
    accelerators_of: Mapping[tuple[str, str], tuple[int, str]] = field(default_factory=dict)  # (cloud, accelerator)
    price_per_hour: Decimal | None = None
    quota_name: str = ""
    budget_name: str = ""
    budget_code: str = "budget"  # which kind of limit the money comes from: a budget, or a token's cap
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True)
class CloudLimit:
    """A quota of a cloud on one account, with what it leaves now. `left` or `most` None: the cloud does not say.

    It covers the named instance types (none named: all) bought in the named capacity types (none named: any).
    """

    account_id: int
    region: str  # empty: all regions together
    name: str
    unit: QuotaUnit
    left: int | None
    instance_types: frozenset[str] = frozenset()
    capacity_types: frozenset[str] = frozenset()
    zone: str = ""  # empty: the whole region
    most: int | None = None
    counted: bool = True  # the cloud tells what is used of it; otherwise only our own machines are counted

    def covers(self, pool: Pool) -> bool:
        return (
            pool.account_id == self.account_id
            and self.region in ("", pool.region)
            and self.zone in ("", pool.zone)
            and (not self.instance_types or pool.instance_type in self.instance_types)
            and (not self.capacity_types or pool.capacity_type in self.capacity_types)
        )

    def needs(self, offering: Offering) -> int:
        """Of its unit, for one machine; 0 where the catalogue does not know."""
        if self.unit == QuotaUnit.VCPUS:
            return offering.vcpus
        return offering.accelerator_count if self.unit == QuotaUnit.ACCELERATORS else 1

    def machines(self, offering: Offering) -> int | None:
        """How many more of these fit; None: not known."""
        each = self.needs(offering)
        return None if self.left is None or not each else max(self.left, 0) // each

    @property
    def used(self) -> int | None:
        """What is taken of it; None: not known."""
        return None if self.left is None or self.most is None else max(self.most - self.left, 0)

    def sentence(self, machines: int, offering: Offering) -> str:
        """What so many machines would need against what is left."""
        needed = machines * self.needs(offering)
        of = f" for {machines} machines" if machines > 1 else ""
        return (
            f"Needs {needed} {_UNITS[self.unit]}{of}; the cloud's quota {self.named} leaves {max(self.left or 0, 0)}."
        )

    @property
    def named(self) -> str:
        """Its name, and where it counts."""
        return f"{self.name} in {self.region or 'all regions'}"


@dataclass(frozen=True)
class CloudLimits:
    """All of them, found by account and region."""

    rows: tuple[CloudLimit, ...] = ()

    def over(self, pool: Pool) -> list[tuple[int, CloudLimit]]:
        """Those that cover a pool, each with its place among all."""
        if not self.rows:
            return []
        near = [
            *self._by_region.get((pool.account_id, pool.region), ()),
            *self._by_region.get((pool.account_id, ""), ()),
        ]
        return sorted(((k, limit) for k, limit in near if limit.covers(pool)), key=itemgetter(0))

    @cached_property
    def _by_region(self) -> dict[tuple[int, str], list[tuple[int, CloudLimit]]]:
        found: dict[tuple[int, str], list[tuple[int, CloudLimit]]] = {}
        for k, limit in enumerate(self.rows):
            found.setdefault((limit.account_id, limit.region), []).append((k, limit))
        return found
