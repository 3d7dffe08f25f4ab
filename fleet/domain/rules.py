"""Why an offering will not do: every rule by itself, in the order they are asked, and what each says.

This is the definition. `weighing` asks the same of a whole market at once and is held to it by a property test.
The order is that of nearness, too: first the chip, then the place, the shape, the price, and last what is free right
now. An offering that only the last rules refuse is nearly what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fleet.domain.capacity import FLEX_START, SPOT, USD, Memory, Offering
from fleet.domain.demand import Demand
from fleet.domain.residency import Places
from fleet.domain.room import CloudLimits, Room

FLEX_AT_LEAST, FLEX_AT_MOST = timedelta(minutes=10), timedelta(days=7)
"""How long a flex-start machine may run, as Google Cloud has it: it ends them itself after the time that was said."""

UNFIT = frozenset(
    {
        "accelerator", "runner", "cloud", "region", "residency", "capacity-type", "on-demand-floor", "flex-start",
        "ends-too-soon", "size", "fp8", "interconnect", "memory", "currency", "price", "cloud-quota",
    }
)  # fmt: skip
"""Codes of offerings that waiting will not make fit."""


@dataclass(frozen=True)
class Risk:
    """What waiting and restarting cost, in hours of the machine's price; and the priors of an unknown pool.

    `buy_at_…`: policies of the installation; without them such prices are shown, and not bought at.
    """

    delay_hours: float = 0.25
    restart_hours: float = 0.2
    stockout_prior: Mapping[str, float] = field(default_factory=lambda: {SPOT: 0.2})
    interruptions_prior: float = 0.05
    stale_after: timedelta = timedelta(hours=24)
    buy_at_stale_prices: bool = False
    buy_at_imported_prices: bool = False

    def prior(self, capacity_type: str) -> float:
        """P(stock-out) of a pool never asked."""
        return self.stockout_prior.get(capacity_type, 0.05)


@dataclass(frozen=True)
class Question:
    """Everything an offering is asked against. `units`: still to be bought (`placement.units_missing`)."""

    demand: Demand
    units: int
    room: Room
    now: datetime
    limits: CloudLimits = field(default_factory=CloudLimits)
    places: Places = field(default_factory=Places)
    risk: Risk = field(default_factory=Risk)

    def machines_for_all(self, offering: Offering) -> int:
        """Of this offering alone."""
        return -(-self.units // units_of(self.demand, offering))

    def machines_at_once(self, offering: Offering) -> int:
        """How many the pool must be able to give to be of use: all of a gang, else one."""
        return max(self.machines_for_all(offering), 1) if self.demand.gang else 1

    @property
    def spot_is_out(self) -> bool:
        """A gang stands in one pool, so none of it is spot when some of it may not be."""
        demand = self.demand
        return demand.on_demand_floor > 0 and (demand.gang or demand.on_demand_floor >= demand.accelerator_count)

    @property
    def flex_start_is_out(self) -> bool:
        span = self.demand.run_for
        return span is None or not FLEX_AT_LEAST <= span <= FLEX_AT_MOST


@dataclass(frozen=True)
class Verdict:
    """Why not. `stage`: which rule said so, by its place among the rules; `code` groups, `reason` has the numbers."""

    stage: int
    code: str
    reason: str


def units_of(demand: Demand, offering: Offering) -> int:
    """Units one machine of this offering brings: accelerators, or GiB where memory is what is asked for."""
    if demand.need is not None and demand.need.memory_gib:
        return max(int(offering.memory_gib), 1)
    return offering.accelerator_count


def verdict(question: Question, offering: Offering, memory: Memory) -> Verdict | None:
    """The first rule that refuses the offering; None: it will do."""
    for stage in range(len(_IN_ORDER)):
        if said := refusal(stage, question, offering, memory):
            return said
    return None


def refusal(stage: int, question: Question, offering: Offering, memory: Memory) -> Verdict | None:
    """What one rule says, for whoever knows already that the rules before it are silent; None: it is, too."""
    said = _IN_ORDER[stage](question, offering, memory)
    return Verdict(stage, said[0], f"Skipped. {said[1]}") if said else None


def most_machines(question: Question, offering: Offering) -> int | None:
    """How many of its machines fit at most, by what is left of them and by the cloud's quotas; None: not known."""
    known = [offering.machines_left, *(limit.machines(offering) for _, limit in question.limits.over(offering.pool))]
    return min((most for most in known if most is not None), default=None)


def cautions(question: Question, offering: Offering) -> tuple[str, ...]:
    """What whoever takes it should know."""
    said = []
    if offering.ends_at is not None and question.demand.run_for is None:
        said.append(
            f"Its machines are taken back at {offering.ends_at:%Y-%m-%d %H:%M} UTC, and nobody said for how long they "
            "are needed."
        )
    if offering.imported:
        said.append("Its price is from a file; nobody asked the cloud.")
    if _is_stale(question, offering):
        said.append(f"Its price was last seen {offering.observed_at:%Y-%m-%d %H:%M} UTC.")
    limits = question.limits.over(offering.pool)
    if limits and all(limit.machines(offering) is None for _, limit in limits):
        said.append("What the cloud's quota leaves is not known; the launch will tell.")
    return tuple(said)


Said = tuple[str, str] | None


def _chip(question: Question, offering: Offering, memory: Memory) -> Said:
    wanted = question.demand.accelerator
    if wanted and offering.accelerator != wanted:
        return "accelerator", f"Has {offering.accelerator}, not {wanted}."
    return None


def _provider(question: Question, offering: Offering, memory: Memory) -> Said:
    able = question.demand.providers
    if able and offering.provider not in able:
        return (
            "runner",
            f"The endpoint's runner starts engines on machines of {', '.join(able)}, not on this account's.",
        )
    return None


def _cloud(question: Question, offering: Offering, memory: Memory) -> Said:
    clouds = question.demand.clouds
    if clouds and offering.pool.cloud not in clouds:
        return "cloud", f"In {offering.pool.cloud}; only {', '.join(clouds)} was asked for."
    return None


def _region(question: Question, offering: Offering, memory: Memory) -> Said:
    regions = question.demand.regions
    if regions and offering.pool.region not in regions:
        return "region", f"In {offering.pool.region}; only {', '.join(regions)} was asked for."
    return None


def _residency(question: Question, offering: Offering, memory: Memory) -> Said:
    wanted, pool = question.demand.residency, offering.pool
    if not wanted:
        return None
    words = question.places.of(pool.cloud, pool.region)
    if wanted in words:
        return None
    if not words:
        return "residency", f"Nobody wrote down in which country {pool.region} lies; only {wanted} was asked for."
    return "residency", f"{pool.region} lies in {', '.join(sorted(words))}; only {wanted} was asked for."


def _capacity_type(question: Question, offering: Offering, memory: Memory) -> Said:
    allowed = question.demand.capacity_types
    if allowed and offering.pool.capacity_type not in allowed:
        return "capacity-type", f"Is {offering.pool.capacity_type}; only {', '.join(allowed)} may be used."
    return None


def _on_demand_floor(question: Question, offering: Offering, memory: Memory) -> Said:
    if offering.pool.capacity_type != SPOT or not question.spot_is_out:
        return None
    floor, together = question.demand.on_demand_floor, " and all stand in one pool" if question.demand.gang else ""
    return "on-demand-floor", f"Is spot; {floor} accelerators may not be{together}."


def _flex_start(question: Question, offering: Offering, memory: Memory) -> Said:
    if offering.pool.capacity_type != FLEX_START or not question.flex_start_is_out:
        return None
    span = question.demand.run_for
    known = "nobody said how long" if span is None else f"not {_span(span)}"
    return "flex-start", f"Flex-start machines run 10 minutes to 7 days, {known}. Give a time to live within that."


def _ends_too_soon(question: Question, offering: Offering, memory: Memory) -> Said:
    ends_at, span, now = offering.ends_at, question.demand.run_for, question.now
    if ends_at is None or (ends_at > now if span is None else now + span <= ends_at):
        return None
    left = f"in {_span(ends_at - now)}, at" if ends_at > now else "since"
    needed = f"; they are needed for {_span(span)}" if span else ""
    return "ends-too-soon", f"Its machines are taken back {left} {ends_at:%Y-%m-%d %H:%M} UTC{needed}."


def _size(question: Question, offering: Offering, memory: Memory) -> Said:
    size = question.demand.accelerators_per_slot
    if size is not None and offering.accelerator_count != size:
        return "size", f"Has {offering.accelerator_count} accelerators a machine, not {size}."
    return None


def _fp8(question: Question, offering: Offering, memory: Memory) -> Said:
    need = question.demand.need
    if need is not None and need.fp8 and not offering.fp8:
        return "fp8", f"{offering.accelerator} does not compute in FP8."
    return None


def _interconnect(question: Question, offering: Offering, memory: Memory) -> Said:
    need = question.demand.need
    if need is not None and need.interconnect and need.interconnect != offering.interconnect:
        return "interconnect", f"Has {offering.interconnect or 'no interconnect'}, not {need.interconnect}."
    return None


def _memory(question: Question, offering: Offering, memory: Memory) -> Said:
    need = question.demand.need
    if need is not None and need.interconnect and need.memory_gib and offering.memory_gib < need.memory_gib:
        return "memory", f"{offering.memory_gib:g} GiB in one machine is less than {need.memory_gib:g} GiB."
    return None


def _currency(question: Question, offering: Offering, memory: Memory) -> Said:
    """A cap says nothing about a price in another currency, so what one covers is bought in its currency only."""
    for name, currency in caps_over(question, offering.pool.cloud, offering.paid):
        if offering.currency != currency:
            return (
                "currency",
                f"Priced in {offering.currency}; {name} is kept in {currency}, and nothing is converted.",
            )
    return None


def caps_over(question: Question, cloud: str, paid: bool) -> list[tuple[str, str]]:
    """Names and currencies of all caps that cover what is bought in this cloud: budgets do not, what is paid for."""
    caps = [("the limit of price a machine", USD)] if question.demand.max_price_per_hour is not None else []
    return caps if paid else caps + [(cap.name, cap.currency) for cap in question.room.caps if cap.cloud in ("", cloud)]


def _price(question: Question, offering: Offering, memory: Memory) -> Said:
    cap = question.demand.max_price_per_hour
    if cap is not None and offering.price_per_hour > cap:
        return "price", f"${offering.price_per_hour:.2f}/h is over the limit of ${cap:.2f}/h a machine."
    return None


def _imported_price(question: Question, offering: Offering, memory: Memory) -> Said:
    if offering.imported and not question.risk.buy_at_imported_prices:
        return "imported-price", "Its price is from a file; this installation does not buy at such prices."
    return None


def _stale_price(question: Question, offering: Offering, memory: Memory) -> Said:
    if _is_stale(question, offering) and not question.risk.buy_at_stale_prices:
        return "stale-price", f"Its price was last seen {offering.observed_at:%Y-%m-%d %H:%M} UTC."
    return None


def _is_stale(question: Question, offering: Offering) -> bool:
    if offering.paid:
        return False  # using it costs nothing more, whatever its price was when it was last seen
    return not offering.imported and question.now - offering.observed_at > question.risk.stale_after


def _cool_down(question: Question, offering: Offering, memory: Memory) -> Said:
    if memory.cooldown_until is None or memory.cooldown_until <= question.now:
        return None
    return memory.last_refusal_class or "cool-down", memory.cooling_because


def _machines_left(question: Question, offering: Offering, memory: Memory) -> Said:
    wanted, left = question.machines_at_once(offering), offering.machines_left
    if left is None or wanted <= left:
        return None
    return "machines-left", f"{left} machines are left; {wanted} are needed{' in one pool' if wanted > 1 else ''}."


def _cloud_quota(question: Question, offering: Offering, memory: Memory) -> Said:
    wanted = question.machines_at_once(offering)
    for _, limit in question.limits.over(offering.pool):
        fit = limit.machines(offering)
        if fit is not None and wanted > fit:
            return "cloud-quota", limit.sentence(wanted, offering)
    return None


def _quota(question: Question, offering: Offering, memory: Memory) -> Said:
    room, count = question.room, offering.accelerator_count
    if room.accelerators is not None and count > room.accelerators:
        return "quota", f"Needs {count} accelerators; {room.quota_name} leaves {room.accelerators}."
    for key in (("", offering.accelerator), (offering.pool.cloud, ""), (offering.pool.cloud, offering.accelerator)):
        limit = room.accelerators_of.get(key)
        if limit is not None and count > limit[0]:
            return "quota", f"Needs {count} accelerators; {limit[1]} leaves {limit[0]}."
    return None


def _budget(question: Question, offering: Offering, memory: Memory) -> Said:
    room = question.room
    if room.price_per_hour is not None and not offering.paid and offering.price_per_hour > room.price_per_hour:
        return (
            room.budget_code,
            f"${offering.price_per_hour:.2f}/h is over the ${room.price_per_hour:.2f}/h "
            f"that {room.budget_name} leaves.",
        )
    return None


Rule = Callable[[Question, Offering, Memory], Said]
RULES: dict[str, Rule] = {
    "accelerator": _chip,
    "runner": _provider,
    "cloud": _cloud,
    "region": _region,
    "residency": _residency,
    "capacity-type": _capacity_type,
    "on-demand-floor": _on_demand_floor,
    "flex-start": _flex_start,
    "ends-too-soon": _ends_too_soon,
    "size": _size,
    "fp8": _fp8,
    "interconnect": _interconnect,
    "memory": _memory,
    "currency": _currency,
    "price": _price,
    "imported-price": _imported_price,
    "stale-price": _stale_price,
    "cool-down": _cool_down,  # its code is the class of the refusal, where that is known
    "machines-left": _machines_left,
    "cloud-quota": _cloud_quota,
    "quota": _quota,
    "budget": _budget,  # or the code of whatever else the money comes from
}
STAGES = {code: stage for stage, code in enumerate(RULES)}
_IN_ORDER = tuple(RULES.values())


def _span(span: timedelta) -> str:
    """`24 h`, `90 min`, `7 d`: whole units, rounded down."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds // 60} min"


IN_WORDS = {
    "accelerator": "another accelerator",
    "runner": "where the endpoint's runner starts no engine",
    "cloud": "another cloud",
    "region": "another region",
    "residency": "outside of the residency",
    "capacity-type": "another capacity type",
    "on-demand-floor": "spot, where some may not be",
    "size": "another size of machine",
    "fp8": "no FP8",
    "interconnect": "another interconnect",
    "memory": "too little memory",
    "price": "over the limit of price",
    "cloud-quota": "over the cloud's quota",
    "quota": "over a quota",
    "budget": "over a budget",
    "machines-left": "too few machines left",
    "imported-price": "price from a file",
    "stock-out": "stock-out",
    "flex-start": "flex-start",
}
"""What the offerings of a code are, in a count of them; other codes are words already."""
