"""What each pool costs: the price book first, then what its cloud says, then whoever sells what is under it.

Prices are written here and nowhere else but by hand (`fleet.services.prices`); history is appended, and only on change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db.models import F, Q

from fleet.domain.capacity import SPOT, Pool
from fleet.domain.outcomes import OfferedPool, PriceChange, Underlying
from fleet.domain.owned import SMALLEST, read_cost
from fleet.domain.pricebook import Book, Price, PriceRule, RuleKind, Step, used_of, walk
from fleet.models import CloudAccount, Instance, Offering, PricePoint, ReferencePrice
from fleet.models import PriceRule as RuleRow
from fleet.services.prices import BY_HAND

BATCH = 5_000
NOBODY_SAYS = "Its cloud says no price, no rule of the price book covers it, and nobody known sells what is under it."

PoolKey = tuple[str, str, str]  # instance type, zone, capacity type


def the_book() -> Book:
    """Every rule there is, ended ones too: what a machine cost at its launch is asked for later."""
    rows = RuleRow.objects.order_by("id").values()
    return Book(tuple(rule_of(row) for row in rows))


def rule_of(row: Mapping[str, Any]) -> PriceRule:
    """A row's columns as the rule they are."""
    return PriceRule(
        key=row["public_id"],
        name=row["name"],
        kind=RuleKind(row["kind"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        account_id=row["account_id"],
        cloud=row["cloud"],
        instance_type=row["instance_type"],
        region=row["region"],
        capacity_type=row["capacity_type"],
        percent_off=row["percent_off"],
        price_per_hour=row["price_per_hour"],
        cost=None if row["cost"] is None else read_cost(row["cost"]),
        committed_per_hour=row["committed_per_hour"],
        used_up=row["used_up"],
        currency=row["currency"],
    )


def follows_market(account: CloudAccount, capacity_type: str) -> bool:
    """Whether the bill of such machines follows the market: then the history of its prices is the cloud's to tell."""
    return capacity_type == SPOT and account.options.get("spot_price_rule") == "market"


@dataclass(frozen=True)
class Resolved:
    """One pool of a cloud's list with what it costs; `price` None: nobody says, for the `problem`."""

    pool: OfferedPool
    price: Price | None
    listed: Decimal | None
    list_source: str
    row: str
    observed_at: datetime
    imported: bool = False
    problem: str = ""

    @property
    def source(self) -> str:
        return source_of(self.price, self.list_source) if self.price else ""

    @property
    def key(self) -> PoolKey:
        return self.pool.instance_type, self.pool.zone, self.pool.capacity_type

    @property
    def rule(self) -> str:
        return self.price.rule.key if self.price and self.price.rule else ""


def resolve(account: CloudAccount, pools: Sequence[OfferedPool], book: Book, *, now: datetime) -> list[Resolved]:
    """The price of each pool an account was just offered, without a query a pool."""
    silent = [pool for pool in pools if pool.price_per_hour is None]
    elsewhere = _Elsewhere(account, silent) if silent else None
    return [_resolve(account, pool, book, elsewhere, now) for pool in pools]


def _resolve(
    account: CloudAccount, offered: OfferedPool, book: Book, elsewhere: _Elsewhere | None, now: datetime
) -> Resolved:
    pool = Pool(account.pk, account.cloud, offered.region, offered.zone, offered.instance_type, offered.capacity_type)
    said = _Said(offered.price_per_hour, offered.currency, offered.price_source, offered.price_row, now)
    if offered.price_per_hour is None and elsewhere is not None:
        said = elsewhere.price(offered) or said
    price = book.price(pool, said.listed, said.currency, now)
    if price is None and elsewhere is not None and (read_in := elsewhere.imported(offered)) is not None:
        said, price = read_in, book.price(pool, read_in.listed, read_in.currency, now)
    if price is None:
        problem = offered.price_problem or NOBODY_SAYS
        return Resolved(offered, None, None, said.source, said.row, now, problem=problem)
    decided_alone = price.rule is not None and price.rule.kind in (RuleKind.FIXED, RuleKind.OWNED)
    return Resolved(
        offered,
        price,
        said.listed,
        said.source,
        said.row,
        now if decided_alone else said.observed_at,
        said.imported,
    )


def source_of(price: Price, listed_by: str) -> str:
    """How a price is accounted for in one line."""
    if price.rule is None:
        return listed_by[:200]
    rule = price.rule
    if rule.percent_off is None:
        return f"price book: {rule.name}"[:200]
    return f"price book: {rule.name}, {rule.percent_off.normalize():f} % off {listed_by or 'the list'}"[:200]


@dataclass(frozen=True)
class _Said:
    listed: Decimal | None
    currency: str
    source: str
    row: str
    observed_at: datetime
    imported: bool = False


@dataclass
class _Elsewhere:
    """Who else says what a pool costs that its own cloud says nothing of. Read once for all of them."""

    account: CloudAccount
    silent: Sequence[OfferedPool]
    sold: dict[tuple[str, str, str, str], list[Offering]] = field(default_factory=lambda: defaultdict(list))
    by_hand: dict[PoolKey, Offering] = field(default_factory=dict)
    read_in: dict[tuple[str, str, str, str, str], ReferencePrice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = {pool.instance_type for pool in self.silent}
        under = [pool.underlying for pool in self.silent if pool.underlying]
        names = kinds | {machine.instance_type for machine in under}
        for row in Offering.objects.filter(
            offered=True, imported=False, account__cloud__in={machine.cloud for machine in under},
            instance_type__name__in={machine.instance_type for machine in under},
        ).exclude(account=self.account).select_related("account", "instance_type"):  # fmt: skip
            self.sold[row.account.cloud, row.instance_type.name, row.region, row.capacity_type].append(row)
        for row in Offering.objects.filter(
            account=self.account, list_source=BY_HAND, instance_type__name__in=kinds
        ).select_related("instance_type"):
            self.by_hand[row.instance_type.name, row.zone, row.capacity_type] = row
        for price in ReferencePrice.objects.filter(instance_type__in=names):
            place = (price.cloud, price.instance_type, price.region, price.zone, price.capacity_type)
            self.read_in[place] = price

    def price(self, pool: OfferedPool) -> _Said | None:
        """As somebody set it by hand; else as the cloud under it sells the machine: the dearest, where it has several.

        The dearest, because which account pays for a cluster's nodes is not known, and a bill may not surprise.
        """
        hand = self.by_hand.get((pool.instance_type, pool.zone, pool.capacity_type))
        if hand is not None:
            return _Said(hand.list_price_per_hour, hand.currency, BY_HAND, "", hand.observed_at)
        under = pool.underlying
        if under is None:
            return None
        rows = self.sold.get((under.cloud, under.instance_type, under.region, pool.capacity_type), [])
        rows = [row for row in rows if row.zone == under.zone] or rows
        if not rows or len({row.currency for row in rows}) > 1:
            return None
        row = max(rows, key=lambda row: row.price_per_hour)
        source = f"{row.account.name}: {under.instance_type} in {row.zone}"
        return _Said(_share(row.price_per_hour, under), row.currency, source, row.price_row, row.observed_at)

    def imported(self, pool: OfferedPool) -> _Said | None:
        machine = pool.underlying
        cloud, kind, region, zone = (
            (machine.cloud, machine.instance_type, machine.region, machine.zone)
            if machine
            else (self.account.cloud, pool.instance_type, pool.region, pool.zone)
        )
        for place in (zone, "") if zone else ("",):
            row = self.read_in.get((cloud, kind, region, place, pool.capacity_type))
            if row is not None:
                source = f"imported: {row.file_name}, {row.imported_at:%Y-%m-%d}"
                line = f"sha256:{row.file_sha256} line {row.line}"
                listed = _share(row.price_per_hour, machine) if machine else row.price_per_hour
                return _Said(listed, row.currency, source, line, row.imported_at, imported=True)
        return None


def _share(price: Decimal, of: Underlying) -> Decimal:
    return (price * of.share).quantize(SMALLEST, rounding=ROUND_HALF_EVEN)


def apply_changes(
    account: CloudAccount, changes: Sequence[PriceChange], book: Book, *, complete_until: datetime, now: datetime,
    anew: bool = False,
) -> None:  # fmt: skip
    """Add what changed in the cloud's prices and what turned in the book, and bring each offering's price up to it.

    Where the bill follows the market the book turns only up to where the cloud's history is complete: later changes of
    the list may still come. `anew`: look at every offering, also when no rule turned.
    """
    since = account.priced_until or complete_until
    by_pool: dict[PoolKey, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for change in changes:
        key = (change.instance_type, change.zone, change.capacity_type)
        by_pool[key].append((change.effective_from, change.price_per_hour))
    rows = Offering.objects.filter(account=account).select_related("instance_type")
    if not (anew or book.turned(since, now)):
        if not by_pool:
            return
        rows = rows.filter(instance_type__name__in={key[0] for key in by_pool})
    points: list[PricePoint] = []
    moved: list[Offering] = []
    for row in rows:
        told = by_pool.get((row.instance_type.name, row.zone, row.capacity_type), [])
        until = complete_until if follows_market(account, row.capacity_type) else now
        points += _walked(account, row, told, book, since, until, anew, moved)
    PricePoint.objects.bulk_create(points, ignore_conflicts=True, batch_size=BATCH)
    rewrite(
        moved,
        [
            "price_per_hour", "list_price_per_hour", "currency", "price_rule", "price_source", "list_source",
            "observed_at", "offered",
        ],
    )  # fmt: skip


def rewrite(rows: Sequence[Offering], columns: Sequence[str]) -> None:
    """Write these columns of offerings that are there: as an upsert, which takes thousands where an update crawls."""
    Offering.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=columns, batch_size=BATCH
    )


def _walked(
    account: CloudAccount, row: Offering, told: list[tuple[datetime, Decimal]], book: Book, since: datetime,
    until: datetime, anew: bool, moved: list[Offering],
) -> list[PricePoint]:  # fmt: skip
    """The points one offering gets. What becomes of the offering itself is put into `moved`."""
    pool = Pool(account.pk, account.cloud, row.region, row.zone, row.instance_type.name, row.capacity_type)
    turns = [turn for turn in book.turns(pool) if since < turn <= until]
    if anew and until not in turns:
        turns.append(until)
    if not told and not turns:
        return []
    steps = walk(book, pool, row.currency, _listed(row), told, turns)
    points, before = [], row.price_per_hour
    instants = {instant for instant, _ in told}
    for step in steps:
        if step.price is not None and (step.since in instants or step.price.per_hour != before):
            points.append(_point(row, step))
            before = step.price.per_hour
    _bring_up(row, pool, told, book, until, moved)
    return points


def _bring_up(
    row: Offering, pool: Pool, told: list[tuple[datetime, Decimal]], book: Book, until: datetime, moved: list[Offering]
) -> None:
    was = (row.price_per_hour, row.list_price_per_hour, row.price_rule, row.observed_at, row.offered)
    listed = _listed(row)
    latest = max(told, default=None)
    if latest is not None and latest[0] >= row.observed_at:
        row.observed_at, listed = latest
    price = book.price(pool, listed, row.currency, max(until, row.observed_at))
    if price is None:
        row.offered = False  # a rule ended that was all that priced it
    else:
        rule = price.rule.key if price.rule else ""
        if rule != row.price_rule:
            row.list_source = row.list_source or ("" if row.price_rule else row.price_source)
            row.price_source = source_of(price, row.list_source)
        row.price_per_hour, row.currency, row.price_rule = price.per_hour, price.currency, rule
        row.list_price_per_hour = listed
    if was != (row.price_per_hour, row.list_price_per_hour, row.price_rule, row.observed_at, row.offered):
        moved.append(row)


def _listed(row: Offering) -> Decimal | None:
    """The list price; a price that no rule made is one, also where an older version wrote it down."""
    return row.list_price_per_hour if row.price_rule else (row.list_price_per_hour or row.price_per_hour)


def _point(row: Offering, step: Step) -> PricePoint:
    assert step.price is not None
    return PricePoint(
        offering=row,
        effective_from=step.since,
        price_per_hour=step.price.per_hour,
        list_price_per_hour=step.listed,
        price_rule=step.price.rule.key if step.price.rule else "",
    )


def reprice(*, now: datetime) -> None:
    """Let a change of the book show at once, where the list is not the market's to change meanwhile."""
    book = the_book()
    for account in CloudAccount.objects.order_by("id"):
        if account.priced_until is not None:
            apply_changes(account, (), book, complete_until=account.priced_until, now=now)


def count_commitments(*, now: datetime) -> bool:
    """Note which commitments the running machines use up. Whether any changed: then prices are to be looked at anew."""
    changed = False
    rules = RuleRow.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), kind=RuleKind.COMMITMENT, starts_at__lte=now)
    machines = None
    for row in rules.values():
        machines = _running() if machines is None else machines
        rule = rule_of(row)
        full = used_of(rule, machines) >= (rule.committed_per_hour or 0)
        if full != rule.used_up:
            RuleRow.objects.filter(pk=row["id"]).update(used_up=full)
            changed = True
    return changed


def used_per_hour(rows: Iterable[RuleRow]) -> dict[int, Decimal]:
    """How much an hour of each commitment is used by the machines that run."""
    commitments = [row for row in rows if row.kind == str(RuleKind.COMMITMENT)]
    machines = _running() if commitments else []
    return {row.pk: used_of(rule_of(vars(row)), machines) for row in commitments}


def _running() -> list[tuple[Pool, Decimal]]:
    """The pools of live machines, each with the list price of today."""
    machines = Instance.objects.filter(terminated_at=None).values_list(
        "account_id", "cloud", "region", "zone", "instance_type", "capacity_type", "price_per_hour"
    )
    listed = {
        tuple(key): price
        for *key, price in Offering.objects.filter(account__in={machine[0] for machine in machines})
        .exclude(list_price_per_hour=None)
        .values_list("account_id", "zone", "capacity_type", F("instance_type__name"), "list_price_per_hour")
    }
    return [
        (Pool(account, cloud, region, zone, kind, capacity), listed.get((account, zone, capacity, kind), price))
        for account, cloud, region, zone, kind, capacity, price in machines
    ]
