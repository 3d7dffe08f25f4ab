"""One fake cloud: its machines, its stock and quotas, and the token rules of its launches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.catalog import SPOT, CloudCatalog, Pool, QuotaRule
from sandbox.clock import Clock, iso
from sandbox.draws import Draws
from sandbox.launch_order import LaunchOrder
from sandbox.ledger import Ledger
from sandbox.machine import Machine
from sandbox.market import Market
from sandbox.vendors import Kind, VendorError, refusal

CALM_STOCK = 1000


class Cloud:
    """The state of one cloud. Every change is in the ledger before the method returns."""

    def __init__(
        self, catalog: CloudCatalog, market: Market, clock: Clock, draws: Draws, ledger: Ledger, *, calm: bool
    ) -> None:
        self.name = catalog.name
        self.catalog = catalog
        self.market = market
        self.calm = calm
        self.machines: dict[str, Machine] = {}
        self.live: dict[str, Machine] = {}
        self._by_token: dict[tuple[str, str], list[Machine]] = {}
        self._clock, self._draws, self._ledger = clock, draws, ledger
        self._stock_set: dict[Pool, int] = {
            Pool(*pool): count for pool, count in json.loads(ledger.get_meta(f"stock {self.name}") or "[]")
        }
        self._limits_set: dict[str, int] = json.loads(ledger.get_meta(f"quotas {self.name}") or "{}")

    # -- machines

    def restore(self, machines: Iterable[Machine]) -> None:
        """Take back what the ledger holds."""
        for machine in machines:
            self._keep(machine)

    def add_all(self, machines: Sequence[Machine]) -> None:
        """New machines, in the ledger in one transaction before anybody hears of them."""
        rows = [machine.as_row() for machine in machines]
        if rows:
            self._ledger.insert_all("machines", rows)
        for machine in machines:
            self._keep(machine)

    def save(self, machine: Machine) -> None:
        """Write what has happened to a machine since its launch."""
        row = machine.as_row()
        changing = ("running_at", "notice_at", "terminates_at", "terminated_at", "terminated_at_real", "reason")
        self._ledger.write_durably(
            "UPDATE machines SET running_at = ?, notice_at = ?, terminates_at = ?, terminated_at = ?,"
            " terminated_at_real = ?, reason = ? WHERE id = ?",
            [(*(row[name] for name in changing), machine.id)],
        )
        if not machine.live:
            self.live.pop(machine.id, None)

    def of_token(self, account_id: str, token: str) -> list[Machine]:
        """What a launch token made."""
        return self._by_token.get((account_id, token), [])

    # -- launching

    def launch(
        self, order: LaunchOrder, account_id: str, now: datetime
    ) -> tuple[list[Machine], list[VendorError], bool]:
        """Launch, or replay. Gives the machines, what is missing of them, and whether they were there before.

        Raises VendorError when fewer than `min_count` can be had, or when the token was used otherwise.
        """
        if earlier := self.of_token(account_id, order.token):
            return self._replayed(order, earlier), [], True
        possible, shortage = self._possible(order, account_id, now)
        if shortage is not None and possible < order.min_count:
            raise shortage
        machines = [self._new_machine(order, account_id, index, now) for index in range(possible)]
        self.add_all(machines)
        self._take_stock(order.pool, len(machines))
        return machines, [shortage] * (order.count - possible) if shortage else [], False

    def _replayed(self, order: LaunchOrder, earlier: list[Machine]) -> list[Machine]:
        if earlier[0].params_hash != order.params_hash:
            text = f"The token {order.token} was used before with other parameters."
            raise refusal(self.name, "token-mismatch", text, terminated=not any(machine.live for machine in earlier))
        if not any(machine.live for machine in earlier):
            text = f"The instance that token {order.token} launched has been terminated."
            raise refusal(self.name, "token-ended", text, terminated=True, ids=[machine.id for machine in earlier])
        return earlier

    def _possible(self, order: LaunchOrder, account_id: str, now: datetime) -> tuple[int, VendorError | None]:
        """How many of the wanted machines can be had, and what stands against the rest."""
        left = self._quota_left(order, account_id)
        free = self.available(order.pool, now)
        possible = min(order.count, left, free)
        if possible == order.count:
            return possible, None
        return max(possible, 0), self._over_quota(order) if left <= free else self._out_of_stock(order, now)

    def _new_machine(self, order: LaunchOrder, account_id: str, index: int, now: datetime) -> Machine:
        shape = self.catalog.types[order.pool.instance_type]
        return Machine(
            id=self._new_id(account_id, order.token, index),
            cloud=self.name,
            account_id=account_id,
            instance_type=shape.name,
            accelerator=shape.accelerator,
            accelerator_count=shape.accelerator_count,
            region=order.region,
            zone=order.pool.zone,
            capacity_type=order.pool.capacity_type,
            launched_at=now,
            launched_at_real=self._clock.real(),
            on_demand_price=self.catalog.list_price(shape.name, order.region),
            price_at_launch=self.market.price(order.pool, self._clock.since_epoch(now)),
            token=order.token,
            params=order.params,
            params_hash=order.params_hash,
            tags=dict(order.params["tags"]),
        )

    def _new_id(self, *key: object) -> str:
        digits = self._draws.hexadecimal(17, "machine", self.name, *key)
        if self.name == "aws":
            return f"i-{digits}"
        return str(10**18 + int(digits, 16) % 10**18) if self.name == "gcp" else f"vm-{digits[:12]}"

    def _keep(self, machine: Machine) -> None:
        self.machines[machine.id] = machine
        if machine.live:
            self.live[machine.id] = machine
        if machine.token is not None:
            self._by_token.setdefault((machine.account_id, machine.token), []).append(machine)

    # -- stock

    def available(self, pool: Pool, now: datetime) -> int:
        """Machines that could be launched in a pool at this moment."""
        if pool in self._stock_set:
            return self._stock_set[pool]
        if self.calm:
            return CALM_STOCK
        held = sum(self._holds(machine, pool) for machine in self.live.values())
        return max(0, self.market.level(pool, self._clock.since_epoch(now)) - held)

    def set_stock(self, pool: Pool, available: int | None) -> None:
        """Free machines by decree, counted down by launches; None goes back to the market."""
        if available is None:
            self._stock_set.pop(pool, None)
        else:
            self._stock_set[pool] = available
        self._ledger.set_meta(**{f"stock {self.name}": json.dumps(list(self._stock_set.items()))})

    def _take_stock(self, pool: Pool, count: int) -> None:
        if pool in self._stock_set:
            self.set_stock(pool, self._stock_set[pool] - count)

    @staticmethod
    def _holds(machine: Machine, pool: Pool) -> bool:
        place = (machine.cloud, machine.zone, machine.instance_type, machine.capacity_type)
        return machine.foreign_owner is None and place == tuple(pool)

    def _out_of_stock(self, order: LaunchOrder, now: datetime) -> VendorError:
        pool = order.pool
        kind: Kind = "spot-stock-out" if pool.capacity_type == SPOT else "stock-out"
        text = (
            f"There is not enough {pool.capacity_type} capacity of {pool.instance_type} in {pool.zone} at the moment."
        )
        if self.name != "gcp":
            return refusal(self.name, kind, text)
        others = [zone for zone in self.catalog.regions[order.region].zones if zone != pool.zone]
        open_zones = [zone for zone in others if self._has(pool._replace(zone=zone), now)]
        return refusal(self.name, "stock-out", f"{text} (state:STOCKOUT)", zonesAvailable=",".join(open_zones))

    def _has(self, pool: Pool, now: datetime) -> bool:
        return pool in self.catalog.pool_set and self.available(pool, now) > 0

    # -- quotas

    def quotas(self, account_id: str) -> list[dict[str, Any]]:
        """What the quota list shows: unlisted buckets are missing, and aws tells limits without their use."""
        return [
            {
                "bucket": bucket_name(rule),
                "scope": "region",
                "region": region,
                "limit_accelerators": self._limit(rule, region),
                "used_accelerators": None if self.name == "aws" else self._used(rule, region, account_id),
                "capacity_type": rule.capacity_type,
                "instance_types": [shape.name for shape in self.catalog.types.values() if shape.quota == rule.bucket],
            }
            for rule in self.catalog.quotas
            if rule.listed
            for region in self.catalog.regions
        ]

    def set_limit(self, bucket: str, region: str, limit: int | None) -> None:
        """Change a limit; None goes back to the catalogue's. Raises ValueError for an unknown bucket or region."""
        names = [bucket_name(rule) for rule in self.catalog.quotas]
        if bucket not in names:
            raise ValueError(f"{self.name} has no quota bucket {bucket!r}; it has {', '.join(names)}.")
        if region not in self.catalog.regions:
            raise ValueError(f"{self.name} has no region {region!r}; it has {', '.join(self.catalog.regions)}.")
        key = f"{bucket} {region}"
        if limit is None:
            self._limits_set.pop(key, None)
        else:
            self._limits_set[key] = limit
        self._ledger.set_meta(**{f"quotas {self.name}": json.dumps(self._limits_set)})

    def _limit(self, rule: QuotaRule, region: str) -> int:
        return self._limits_set.get(f"{bucket_name(rule)} {region}", rule.limit_accelerators)

    def _used(self, rule: QuotaRule, region: str, account_id: str) -> int:
        return sum(
            machine.accelerator_count
            for machine in self.live.values()
            if machine.region == region
            and machine.account_id == account_id
            and machine.capacity_type == rule.capacity_type
            and self.catalog.types[machine.instance_type].quota == rule.bucket
        )

    def _rule(self, pool: Pool) -> QuotaRule:
        bucket = self.catalog.types[pool.instance_type].quota
        [rule] = [r for r in self.catalog.quotas if (r.bucket, r.capacity_type) == (bucket, pool.capacity_type)]
        return rule

    def _quota_left(self, order: LaunchOrder, account_id: str) -> int:
        """Machines of this shape that the quota still allows."""
        rule = self._rule(order.pool)
        left = self._limit(rule, order.region) - self._used(rule, order.region, account_id)
        return max(left, 0) // self.catalog.types[order.pool.instance_type].accelerator_count

    def _over_quota(self, order: LaunchOrder) -> VendorError:
        rule = self._rule(order.pool)
        limit = self._limit(rule, order.region)
        texts = {
            "aws": f"You have requested more vCPU capacity than your limit for {bucket_name(rule)} in {order.region}.",
            "gcp": f"Quota '{rule.bucket}_GPUS' exceeded. Limit: {limit}.0 in region {order.region}.",
            "azure": f"Operation results in exceeding approved {rule.bucket} Cores quota. Location: {order.region},"
            f" Current Limit: {limit}.",
        }
        return refusal(self.name, "quota", texts[self.name], bucket=bucket_name(rule), limit_accelerators=limit)

    # -- ending

    def end(self, machine: Machine, at: datetime, reason: str) -> None:
        """The machine's bill stops at this moment."""
        machine.terminated_at = max(at, machine.launched_at)
        machine.terminated_at_real = self._clock.real()
        machine.reason = reason
        self.save(machine)

    def give_notice(self, machine: Machine, at: datetime, notice: timedelta) -> None:
        """Tell that the machine will be taken back. A second notice changes nothing."""
        if machine.notice_at is not None:
            return
        machine.notice_at, machine.terminates_at = at, at + notice
        self.save(machine)
        row = {"cloud": self.name, "instance_id": machine.id, "noticed_at": iso(at), "terminates_at": iso(at + notice)}
        self._ledger.insert("notices", row, durable=True)

    # -- answers

    def describe(self, machine: Machine, now: datetime) -> dict[str, Any]:
        """The Instance of docs/sandbox.md."""
        address = int(self._draws.hexadecimal(6, "address", machine.id), 16)
        moments = {name: getattr(machine, name) for name in ("launched_at", "running_at", "terminated_at")}
        return {
            "id": machine.id,
            "cloud": machine.cloud,
            "account_id": machine.account_id,
            "instance_type": machine.instance_type,
            "accelerator": machine.accelerator,
            "accelerator_count": machine.accelerator_count,
            "region": machine.region,
            "zone": machine.zone,
            "capacity_type": machine.capacity_type,
            "state": machine.state(now),
            "reason": machine.reason,
            **{name: iso(moment) if moment else None for name, moment in moments.items()},
            "price_per_hour": str(self._price(machine, now)),
            "private_ip": f"10.{address >> 16 & 255}.{address >> 8 & 255}.{1 + address % 254}",
            "public_ip": f"203.0.113.{1 + (address >> 4) % 254}",
            "endpoints": dict(machine.endpoints) if machine.live else {},
            "tags": machine.tags,
            "token": machine.token,
        }

    def _price(self, machine: Machine, now: datetime) -> Any:
        if machine.history or machine.capacity_type != SPOT or self.name != "aws":
            return machine.price_at_launch
        pool = Pool(self.name, machine.zone, machine.instance_type, machine.capacity_type)
        return self.market.price(pool, self._clock.since_epoch(machine.terminated_at or now))

    def visible(self, machines: Sequence[Machine], account_id: str, lag_seconds_real: float) -> list[Machine]:
        """The account's machines that a describe sees: one launched here shows only after the lag."""
        newest = self._clock.real() - lag_seconds_real
        return [
            machine
            for machine in machines
            if machine.account_id == account_id
            and (machine.history or machine.foreign_owner or machine.launched_at_real <= newest)
        ]


def bucket_name(rule: QuotaRule) -> str:
    """One name for bucket and capacity type, as in 'spot P'."""
    return f"{rule.capacity_type} {rule.bucket}"
