"""The engine answers from columns what the rules answer offering by offering, whatever the market and the demand."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.domain.capacity import Memory, Offering, Pool
from fleet.domain.demand import Demand, Need
from fleet.domain.market import Market
from fleet.domain.memories import Memories
from fleet.domain.outcomes import QuotaUnit
from fleet.domain.placement import plan_by_rules
from fleet.domain.residency import Places
from fleet.domain.room import Cap, CloudLimit, CloudLimits, Room
from fleet.domain.rules import Risk
from fleet.domain.weighing import page_of_losers, plan

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLOUDS, REGIONS, ZONES = ["aws", "gcp"], ["us-1", "eu-1"], ["a", "b"]
KINDS, CAPACITY, CHIPS = ["m1", "m2", "m8"], ["on-demand", "spot", "reserved", "flex-start"], ["H100", "L4"]
PLACES = Places({("aws", "us-1"): frozenset({"us"}), ("aws", "eu-1"): frozenset({"de", "eu"})})


def maybe(strategy):
    return st.none() | strategy


some = st.sampled_from
pools = st.builds(
    Pool, st.integers(1, 2), some(CLOUDS), some(REGIONS), some(ZONES), some(KINDS), some(CAPACITY)
)  # fmt: skip
prices = st.decimals("0.000001", "40", places=6) | some([Decimal("1.5"), Decimal(3), Decimal("12")])
moments = st.builds(lambda quarters: NOON + quarters * HOUR / 4, st.integers(-120, 240))
offerings = st.builds(
    Offering,
    pool=pools,
    accelerator=some(CHIPS),
    accelerator_count=some([1, 2, 3, 8]),
    accelerator_memory_gib=some([24.0, 80.0, 22.5]),
    fp8=st.booleans(),
    interconnect=some(["", "nvlink"]),
    price_per_hour=prices,
    currency=some(["USD", "USD", "USD", "EUR", "GBP"]),
    observed_at=some([NOON, NOON - 25 * HOUR]),
    vcpus=some([0, 8, 48]),
    machines_left=maybe(st.integers(0, 6)),
    ends_at=maybe(moments),
    imported=some([False, False, True]),
    provider=some(["", "aws", "sandbox"]),
    account=some(["", "one"]),
)
minutes = st.integers(-90, 90).map(lambda number: number * timedelta(minutes=1))
lefts = st.dictionaries(st.integers(0, 23), st.integers(0, 5), max_size=8)
withholdings = st.just(frozenset()) | st.frozensets(st.integers(0, 23), max_size=12)
markets = st.lists(offerings, max_size=24)
needs = st.builds(Need, maybe(some([20.0, 80.5, 300.0])), st.booleans(), some(["", "nvlink"]))
demands = st.builds(
    Demand,
    accelerator_count=st.integers(1, 40),
    accelerator=some(["H100", "L4", "L4", ""]),
    need=maybe(needs),
    accelerators_per_slot=some([None, None, 8]),
    gang=st.booleans(),
    clouds=some([(), (), ("aws",)]),
    regions=some([(), (), ("us-1",)]),
    capacity_types=some([(), (), ("spot", "on-demand")]),
    max_price_per_hour=maybe(some([Decimal("12"), Decimal("2.345")])),
    on_demand_floor=some([0, 0, 1, 8, 40]),
    residency=some(["", "", "eu", "us"]),
    providers=some([(), (), ("aws",), ("aws", "azure")]),
    run_for=some([None, HOUR / 12, HOUR, 48 * HOUR, 400 * HOUR]),
)
remembered = st.builds(
    Memory,
    attempts=st.floats(0, 20),
    refusals=st.floats(0, 20),
    cooldown_until=maybe(moments),
    last_refusal_class=some(["", "stock-out", "quota"]),
    last_refusal_code=some(["", "ICE"]),
    last_refusal_quota=some(["", "P"]),
    last_refusal_at=maybe(moments),
    fill_seconds=some([(), (30.0, 90.0)]),
    interruptions=st.floats(0, 9),
    held_hours=st.floats(0, 90),
    counted_at=maybe(moments),
    obtainability=maybe(st.floats(0, 1)),
    named_at=maybe(some([NOON, NOON - HOUR / 6, NOON - HOUR / 4, NOON - HOUR / 3, NOON - HOUR / 2, NOON - HOUR])),
    advised_at=maybe(some([NOON - HOUR, NOON - 1.9 * HOUR, NOON - 2 * HOUR, NOON - 2.01 * HOUR])),
)
keys = pools.flatmap(
    lambda p: some(
        [
            (p.account_id, p.region, p.zone, p.instance_type, p.capacity_type),
            (p.account_id, p.region, p.zone, p.instance_type, ""),
            (p.account_id, p.region, "", p.instance_type, p.capacity_type),
            (p.account_id, p.region, "", "", p.capacity_type),
            (p.account_id, "", "", p.instance_type, ""),
            (p.account_id, "", "", "", ""),
        ]
    )
)
memories = st.dictionaries(keys, remembered, max_size=8).map(lambda rows: Memories(rows, NOON))
limits = st.lists(
    st.builds(
        CloudLimit,
        account_id=st.integers(1, 2),
        region=some([*REGIONS, ""]),
        name=some(["P", "G"]),
        unit=some(list(QuotaUnit)),
        left=maybe(st.integers(-1, 200)),
        instance_types=some([frozenset(), frozenset({"m1"}), frozenset({"m2", "m8"})]),
        capacity_types=some([frozenset(), frozenset({"spot"})]),
        zone=some(["", "a"]),
    ),
    max_size=4,
).map(lambda rows: CloudLimits(tuple(rows)))
rooms = st.builds(
    Room,
    accelerators=maybe(st.integers(0, 40)),
    accelerators_of=st.dictionaries(
        some([("", "L4"), ("aws", ""), ("gcp", "H100")]), st.tuples(st.integers(0, 20), st.just("a quota")), max_size=2
    ),
    price_per_hour=maybe(some([Decimal(9), Decimal("60.5"), Decimal(-1)])),
    quota_name=st.just("the quota"),
    budget_name=st.just("the budget"),
    budget_code=some(["budget", "token-cap"]),
    caps=some([(), (), (Cap("aws", "EUR", "a budget"),), (Cap("", "USD", "a budget"),)]),
)
risks = some([None, Risk(buy_at_stale_prices=True), Risk(buy_at_imported_prices=True, delay_hours=3, restart_hours=9)])


def with_left(market, left):
    """As it would be, were it made now."""
    return [replace(one, machines_left=left.get(row, one.machines_left)) for row, one in enumerate(market)]


def without(market, withheld):
    return [one for row, one in enumerate(market) if row not in withheld]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    market=markets, demand=demands, memory=memories, room=rooms, limits=limits, risk=risks,
    held=st.integers(0, 3), firm=st.integers(0, 2), left=lefts, withheld=withholdings, other=minutes,
)  # fmt: skip
def test_the_engine_agrees_with_the_rules(
    market, demand, memory, room, limits, risk, held, firm, left, withheld, other
):  # fmt: skip
    """What is withheld is as if it were not there. What it keeps of one moment misleads at no other."""
    left = {row: n for row, n in left.items() if row < len(market) and market[row].machines_left is not None}
    withheld = frozenset(row for row in withheld if row < len(market))
    by_now = without(with_left(market, left), withheld)
    columns = Market.of(market, limits=limits, places=PLACES)
    for now in (NOON, NOON + other, NOON):
        asked = {"now": now, "held_units": held, "held_firm": firm, "risk": risk}
        seen = Memories(memory.rows, now)
        by_rules = plan_by_rules(demand, by_now, seen, room, limits=limits, places=PLACES, **asked)
        fast = plan(demand, columns, seen, room, left=left, withheld=withheld, candidates=1000, losers=1000, **asked)
        assert fast == by_rules


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(
    market=markets,
    demand=demands,
    memory=memories,
    room=rooms,
    left=lefts,
    withheld=withholdings,
    most=st.integers(1, 5),
)
def test_page_by_page_every_loser_is_told_once(market, demand, memory, room, left, withheld, most):
    left = {row: n for row, n in left.items() if row < len(market) and market[row].machines_left is not None}
    columns, told, after = Market.of(market, places=PLACES), [], 0
    while after is not None:
        page = page_of_losers(
            demand, columns, memory, room, now=NOON, left=left, withheld=withheld, after=after, most=most
        )
        told += page.rejected
        after = page.after
    there = without(with_left(market, left), withheld)
    whole = plan_by_rules(demand, there, memory, room, now=NOON, places=PLACES)
    assert Counter(told) == Counter(whole.rejected)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(market=markets, demand=demands, memory=memories, room=rooms, shown=st.integers(0, 5))
def test_what_is_shown_are_the_first_of_all(market, demand, memory, room, shown):
    columns = Market.of(market)
    some = plan(demand, columns, memory, room, now=NOON, candidates=shown, losers=shown)
    every = plan(demand, columns, memory, room, now=NOON, candidates=1000, losers=1000)
    assert (some.candidates, some.rejected) == (every.candidates[:shown], every.rejected[:shown])
    assert (some.chosen, some.note, some.rejected_by_reason) == (every.chosen, every.note, every.rejected_by_reason)
    assert (some.candidates_total, some.rejected_total) == (len(every.candidates), len(every.rejected))


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(market=markets, demand=demands, limits=limits)
def test_a_plan_never_takes_more_than_there_is(market, demand, limits):
    found = plan(demand, Market.of(market, limits=limits, places=PLACES), Memories({}, NOON), Room(), now=NOON)
    for index, limit in enumerate(limits.rows):
        if limit.left is not None:
            drawn = sum(
                choice.machines * limit.needs(offering)
                for choice in found.chosen
                for offering in [choice.candidate.offering]
                if (index, limit) in limits.over(offering.pool)
            )
            assert drawn <= max(limit.left, 0)
    for choice in found.chosen:
        left = choice.candidate.offering.machines_left
        assert left is None or choice.machines <= left
    if found.chosen and not demand.need:
        firm = [c for c in found.chosen if c.candidate.offering.pool.capacity_type != "spot"]
        brought = sum(c.machines * c.candidate.offering.accelerator_count for c in firm)
        assert brought >= min(demand.on_demand_floor, demand.accelerator_count)


def best(market, rows, now):
    [first, *_] = plan(
        ONE, market, Memories(rows, now), Room(), now=now, risk=Risk(buy_at_stale_prices=True)
    ).candidates
    return first.offering.pool.zone


def sold(zone, price):
    pool = Pool(1, "aws", "us-1", zone, "m1", "on-demand")
    return Offering(pool, "H100", 1, 80.0, True, "", Decimal(price), "USD", NOON)


ONE = Demand(accelerator_count=1, accelerator="H100")
CHEAP, DEAR = sold("a", 10), sold("b", 11)
KEY_OF_CHEAP = (1, "us-1", "a", "m1", "on-demand")


def test_the_order_changes_when_a_full_hour_lets_refusals_fade():
    market = Market.of([CHEAP, DEAR])
    rows = {KEY_OF_CHEAP: Memory(attempts=5, refusals=5, counted_at=NOON)}
    assert [best(market, rows, now) for now in (NOON, NOON + 720 * HOUR, NOON)] == ["b", "a", "b"]


def test_the_order_changes_when_the_cloud_s_advice_is_too_old_though_the_hour_is_the_same():
    market, asked_at = Market.of([CHEAP, DEAR]), NOON - timedelta(minutes=110)
    rows = {KEY_OF_CHEAP: Memory(counted_at=NOON, obtainability=0.0, advised_at=asked_at)}
    assert [best(market, rows, NOON + timedelta(minutes=late)) for late in (0, 10, 11)] == ["b", "b", "a"]


def test_each_row_comes_back_when_its_own_cool_down_ends():
    market, minute = Market.of([CHEAP, DEAR]), timedelta(minutes=1)
    rows = {
        KEY_OF_CHEAP: Memory(cooldown_until=NOON + 9 * minute, last_refusal_class="stock-out", counted_at=NOON),
        (1, "us-1", "b", "m1", ""): Memory(cooldown_until=NOON + 5 * minute, last_refusal_class="quota"),
    }

    def counts(late):
        now = NOON + late * minute
        return plan(ONE, market, Memories(rows, now), Room(), now=now).rejected_by_reason

    assert counts(0) == counts(4) == {"stock-out": 1, "quota": 1}
    assert (counts(5), counts(9), counts(4)) == ({"stock-out": 1}, {}, {"stock-out": 1, "quota": 1})
