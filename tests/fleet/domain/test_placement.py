"""Placement: the whole demand at least expected cost, and a reason for every loser."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.capacity import Memory, Offering, Pool, remembered_scope
from fleet.domain.demand import Demand, Need
from fleet.domain.market import Market
from fleet.domain.memories import Memories
from fleet.domain.outcomes import QuotaUnit, Scope
from fleet.domain.placement import Plan, plan_by_rules, refuse_hopeless, stockout_basis
from fleet.domain.refusals import Refused
from fleet.domain.residency import Places
from fleet.domain.room import Cap, CloudLimit, CloudLimits, Room
from fleet.domain.weighing import plan

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANY_ROOM = Room()
HOUR = timedelta(hours=1)
PLACES = Places({("aws", "us-east-1"): frozenset({"us"}), ("aws", "eu-central-1"): frozenset({"de", "eu", "eea"})})


def offering(name="g6.xlarge", **changes) -> Offering:
    values = {
        "cloud": "aws",
        "region": "us-east-1",
        "zone": "us-east-1a",
        "capacity_type": "on-demand",
        "accelerator": "L4",
        "count": 1,
        "memory": 24.0,
        "fp8": True,
        "interconnect": "",
        "price": "0.80",
        "currency": "USD",
        "observed_at": NOON,
        "vcpus": 0,
        "left": None,
        "ends_at": None,
        "provider": "sandbox",
        "account": "",
    } | changes
    pool = Pool(1, values["cloud"], values["region"], values["zone"], name, values["capacity_type"])
    return Offering(
        pool,
        values["accelerator"],
        values["count"],
        values["memory"],
        values["fp8"],
        values["interconnect"],
        Decimal(values["price"]),
        values["currency"],
        values["observed_at"],
        values["vcpus"],
        values["left"],
        values["ends_at"],
        provider=values["provider"],
        account=values["account"],
    )


def planned(
    demand: Demand, *offerings: Offering, memory=None, memories=None, room=ANY_ROOM, limits=(), **asked
) -> Plan:
    """By the rules and from the market: every test here is one of both."""
    memories, limits = memories or Memories.of_pools(memory or {}, NOON), CloudLimits(tuple(limits))
    market = Market.of(offerings, limits=limits, places=PLACES)
    result = plan(demand, market, memories, room, now=NOON, **asked)
    assert result == plan_by_rules(demand, offerings, memories, room, now=NOON, limits=limits, places=PLACES, **asked)
    return result


def bought(result: Plan) -> dict[str, int]:
    return {choice.candidate.offering.pool.instance_type: choice.machines for choice in result.chosen}


def reasons(result: Plan) -> dict[str, str]:
    return {r.offering.pool.instance_type: r.code for r in result.rejected}


P5 = offering("p5.48xlarge", accelerator="H100", count=8, memory=80.0, price="55.04", interconnect="nvlink")
P5_SMALL = offering("p5.4xlarge", accelerator="H100", count=1, memory=80.0, price="6.88")
A3 = offering(
    "a3-highgpu-8g", cloud="gcp", zone="us-central1-a", region="us-central1",
    accelerator="H100", count=8, memory=80.0, price="87.83", interconnect="nvlink",
)  # fmt: skip


def test_the_cheapest_pool_that_fits_is_chosen():
    assert bought(planned(Demand(8, "H100"), P5, A3)) == {"p5.48xlarge": 1}


def test_sizes_are_mixed_when_that_is_cheaper_for_the_whole_demand():
    assert bought(planned(Demand(10, "H100"), P5, P5_SMALL)) == {"p5.48xlarge": 1, "p5.4xlarge": 2}


def test_count_means_accelerators():
    assert bought(planned(Demand(200, "H100", gang=True), P5, A3)) == {"p5.48xlarge": 25}


def test_a_gang_is_bought_in_one_pool():
    result = planned(Demand(10, "H100", gang=True), P5, P5_SMALL)
    assert bought(result) == {"p5.4xlarge": 10}


def test_what_is_held_already_is_not_bought_again():
    assert bought(planned(Demand(16, "H100"), P5, held_units=8)) == {"p5.48xlarge": 1}
    assert bought(planned(Demand(8, "H100"), P5, held_units=8)) == {}


def test_a_stocked_out_pool_is_skipped_until_its_cool_down_ends():
    cooling = Memory(
        attempts=1,
        refusals=1,
        cooldown_until=NOON + timedelta(minutes=5),
        last_refusal_class="stock-out",
        last_refusal_code="InsufficientInstanceCapacity",
        last_refusal_at=NOON - timedelta(minutes=1),
    )
    result = planned(Demand(8, "H100"), P5, A3, memory={P5.pool: cooling})
    assert bought(result) == {"a3-highgpu-8g": 1}
    [loser] = result.rejected
    assert loser.code == "stock-out"
    assert "11:59" in loser.reason
    assert "12:05" in loser.reason


def test_risk_is_priced_so_a_flaky_cheap_pool_loses_to_a_sure_one():
    flaky = offering("spot", capacity_type="spot", price="0.78")
    often = Memory(attempts=20, refusals=18, interruptions=30, held_hours=20)
    result = planned(Demand(1, "L4"), flaky, offering("sure"), memory={flaky.pool: often})
    assert bought(result) == {"sure": 1}
    assert [c.offering.pool.instance_type for c in result.candidates] == ["sure", "spot"]


@pytest.mark.parametrize(
    ("demand", "loser", "code"),
    [
        (Demand(1, "H100"), offering("x"), "accelerator"),
        (Demand(1, "L4", clouds=("gcp",)), offering("x"), "cloud"),
        (Demand(1, "L4", regions=("eu-west-1",)), offering("x"), "region"),
        (Demand(1, "L4", capacity_types=("spot",)), offering("x"), "capacity-type"),
        (Demand(4, "L4", accelerators_per_slot=4), offering("x"), "size"),
        (Demand(1, "L4", max_price_per_hour=Decimal("0.5")), offering("x"), "price"),
        (Demand(1, need=Need(fp8=True)), offering("x", fp8=False), "fp8"),
        (Demand(1, need=Need(interconnect="nvlink")), offering("x"), "interconnect"),
        (Demand(1, "L4"), offering("x", observed_at=NOON - timedelta(days=2)), "stale-price"),
    ],
)
def test_every_loser_keeps_its_reason(demand, loser, code):
    result = planned(demand, loser)
    assert result.chosen == ()
    assert reasons(result) == {"x": code}
    assert result.note == result.rejected[0].reason


def test_a_need_for_memory_is_met_by_enough_machines():
    need = Demand(1, need=Need(memory_gib=640, fp8=True, interconnect="nvlink"))
    assert bought(planned(need, P5, P5_SMALL, offering("g6"))) == {"p5.48xlarge": 1}
    spread = Demand(1, need=Need(memory_gib=40))
    assert bought(planned(spread, offering("g6"))) == {"g6": 2}


def test_interconnected_memory_must_lie_in_one_machine():
    need = Demand(1, need=Need(memory_gib=1000, interconnect="nvlink"))
    assert reasons(planned(need, P5)) == {"p5.48xlarge": "memory"}


def test_a_plan_over_quota_or_budget_buys_nothing_and_says_the_numbers():
    tight = Room(accelerators=8, quota_name="the quota (research)")
    assert planned(Demand(16, "H100"), P5, room=tight).note == "Needs 16 accelerators; the quota (research) leaves 8."
    poor = Room(price_per_hour=Decimal("60"), budget_name="the budget (research)")
    result = planned(Demand(8, "H100"), P5, A3, room=poor)
    assert bought(result) == {"p5.48xlarge": 1}
    assert reasons(result) == {"a3-highgpu-8g": "budget"}


EUR = offering("g6-eu", price="0.10", currency="EUR")


@pytest.mark.parametrize(
    ("demand", "cap"),
    [
        (Demand(1, "L4"), Cap("", "USD", "the budget (research)")),
        (Demand(1, "L4"), Cap("aws", "USD", "the budget (aws)")),
        (Demand(1, "L4", max_price_per_hour=Decimal(5)), Cap("gcp", "USD", "the budget (gcp)")),
    ],
)
def test_what_a_cap_covers_is_bought_in_the_caps_currency_only(demand, cap):
    result = planned(demand, offering("g6"), EUR, room=Room(caps=(cap,)))
    assert (bought(result), reasons(result)) == ({"g6": 1}, {"g6-eu": "currency"})
    alone = planned(demand, EUR, room=Room(caps=(cap,)))
    name = cap.name if cap.cloud != "gcp" else "the limit of price a machine"
    assert bought(alone) == {}
    assert alone.note == f"Skipped. Priced in EUR; {name} is kept in USD, and nothing is converted."


def test_a_cap_of_another_cloud_does_not_say_in_which_currency_to_buy():
    elsewhere = Room(caps=(Cap("gcp", "USD", "the budget (gcp)"),))
    assert bought(planned(Demand(1, "L4"), EUR, room=elsewhere)) == {"g6-eu": 1}


def test_prices_in_two_currencies_are_never_compared_nor_added():
    small, large = offering("g6"), offering("g6-four", count=4, price="1", currency="EUR")
    result = planned(Demand(5, "L4"), small, large)
    assert (bought(result), reasons(result), result.currency) == ({"g6": 5}, {"g6-four": "currency"}, "USD")
    other = planned(Demand(1, "L4"), EUR, offering("g6-uk", price="0.05", currency="GBP"))
    assert (bought(other), other.as_json()["currency"]) == ({"g6-eu": 1}, "EUR")
    assert other.rejected[0].reason.startswith("Skipped. Priced in GBP; there are others in EUR")


def test_without_any_offering_the_note_says_what_to_do():
    assert "add an account" in planned(Demand(1, "L4")).note


TIGHT = Room(accelerators=8, quota_name="the quota (the budget of spring)")
POOR = Room(price_per_hour=Decimal(1), budget_name="the budget (research)")
CAPPED = Room(price_per_hour=Decimal(1), budget_name="the spend cap of the token ci", budget_code="token-cap")
REFUSED_JUST_NOW = Memory(cooldown_until=NOON + timedelta(minutes=5), last_refusal_class="stock-out")


@pytest.mark.parametrize(
    ("demand", "room", "code", "says"),
    [
        (Demand(1, "H100"), ANY_ROOM, "no-offering", "Has L4, not H100"),
        (Demand(16, "L4"), TIGHT, "quota", "Needs 16 accelerators"),
        (Demand(1, "L4"), Room(accelerators=0, quota_name="the quota (research)"), "quota", "leaves 0"),
        (Demand(2, "L4"), POOR, "budget", "Costs $1.60/h; the budget (research)"),
        (Demand(1, "L4"), Room(price_per_hour=Decimal("0.5"), budget_name="the budget"), "budget", "over the $0.50/h"),
        (Demand(2, "L4"), CAPPED, "token-cap", "the spend cap of the token ci leaves $1.00/h"),
    ],
)
def test_what_no_waiting_helps_is_refused_with_the_code_of_the_reason_it_gives(demand, room, code, says):
    result = planned(demand, offering("g6"), room=room)
    with pytest.raises(Refused, match=re.escape(says)) as refused:
        refuse_hopeless(result)
    assert refused.value.code == code


def test_code_and_reason_are_of_the_same_rule_when_several_say_no():
    both = Room(accelerators=4, quota_name="the quota (research)", price_per_hour=Decimal(1), budget_name="the budget")
    result = planned(Demand(8, "L4"), offering("g6"), offering("g6x8", count=8, price="6.40"), room=both)
    assert (result.hopeless.code, result.hopeless.sentence) == (result.code, result.note)
    assert (result.code, "quota" in result.note) == ("quota", True)


def test_nothing_on_sale_at_all_is_hopeless_and_a_stock_out_passes():
    assert planned(Demand(1, "L4")).hopeless.code == "no-offering"
    dear, gone = offering("dear", price="9"), offering("gone")
    result = planned(Demand(1, "L4"), dear, gone, room=POOR, memory={gone.pool: REFUSED_JUST_NOW})
    assert result.chosen == ()
    assert result.hopeless is None
    assert planned(Demand(1, "L4"), offering()).hopeless is None


prices = st.decimals(min_value="0.1", max_value="100", places=2)


@given(
    wanted=st.integers(1, 60),
    shapes=st.lists(st.tuples(st.sampled_from([1, 2, 4, 8]), prices), min_size=1, max_size=6),
)
def test_a_plan_always_covers_the_demand_and_no_single_pool_alone_is_cheaper(wanted, shapes):
    offerings = [
        offering(f"t{i}", count=count, price=str(price), zone=f"z{i}") for i, (count, price) in enumerate(shapes)
    ]
    result = planned(Demand(wanted, "L4"), *offerings)
    assert sum(c.machines * c.candidate.offering.accelerator_count for c in result.chosen) >= wanted
    for candidate in result.candidates:
        assert result.expected_per_hour <= candidate.expected_per_hour * candidate.machines_for_all


@given(st.permutations([P5, P5_SMALL, A3]))
def test_the_order_offerings_come_in_does_not_matter(offerings):
    assert bought(planned(Demand(10, "H100"), *offerings)) == {"p5.48xlarge": 1, "p5.4xlarge": 2}


# --- Paid capacity, flex-start, the floor under spot, residency ---

BLOCK = offering(
    "p5.48xlarge", capacity_type="reserved", accelerator="H100", count=8, price="80", left=2,
    ends_at=NOON + 24 * HOUR,
)  # fmt: skip


def test_what_is_paid_for_is_taken_first_and_its_price_is_still_told():
    result = planned(Demand(8, "H100", run_for=HOUR), P5, BLOCK)
    [choice] = result.chosen
    assert choice.candidate.offering.pool.capacity_type == "reserved"
    assert (result.expected_per_hour, result.price_per_hour) == (0, Decimal(80))


@pytest.mark.parametrize(
    ("left", "taken"), [(2, {"reserved": 2}), (1, {"reserved": 1, "on-demand": 1}), (0, {"on-demand": 2})]
)
def test_what_is_left_by_now_counts_not_what_was_left_when_the_market_was_made(left, taken):
    market = Market.of([P5, BLOCK], places=PLACES)
    asked = {"now": NOON, "candidates": 5, "losers": 5}
    for accelerator in ("H100", ""):
        need = None if accelerator else Need(fp8=True)
        demand = Demand(16, accelerator, need=need, run_for=HOUR)
        found = plan(demand, market, Memories({}, NOON), ANY_ROOM, left={1: left}, **asked)
        assert {c.candidate.offering.pool.capacity_type: c.machines for c in found.chosen} == taken
        shown = {one.offering.machines_left for one in found.candidates if one.offering.paid}
        assert shown == ({left} if left else set())
        assert found.rejected_by_reason == ({} if left else {"machines-left": 1})


def test_it_needs_no_room_in_a_budget_and_its_price_does_not_grow_old():
    seen_long_ago = replace(BLOCK, observed_at=NOON - 90 * HOUR, currency="EUR")
    room = Room(price_per_hour=Decimal(1), caps=(Cap("", "USD", "the budget"),))
    result = planned(Demand(8, "H100", run_for=HOUR), P5, seen_long_ago, room=room)
    assert bought(result) == {"p5.48xlarge": 1}
    assert (result.price_per_hour, result.currency) == (80, "EUR")


def test_a_zone_that_is_sold_out_still_has_what_is_kept_for_who_paid():
    pool = P5.pool
    key = (pool.account_id, pool.region, pool.zone, pool.instance_type, "")
    cooling = Memory(cooldown_until=NOON + HOUR, last_refusal_class="stock-out")
    result = planned(Demand(8, "H100", run_for=HOUR), P5, BLOCK, memories=Memories({key: cooling}, NOON))
    assert [choice.candidate.offering.pool.capacity_type for choice in result.chosen] == ["reserved"]
    assert result.rejected_by_reason == {"stock-out": 1}
    refused = remembered_scope(BLOCK.pool, Scope.ZONE)
    assert refused == (pool.region, pool.zone, pool.instance_type, "reserved"), "and says nothing of the zone"


def test_no_more_is_taken_of_it_than_is_left_and_the_rest_is_bought():
    result = planned(Demand(32, "H100", run_for=HOUR), P5, BLOCK)
    taken = {choice.candidate.offering.pool.capacity_type: choice.machines for choice in result.chosen}
    assert taken == {"reserved": 2, "on-demand": 2}


def test_a_gang_is_not_put_where_too_few_machines_are_left():
    result = planned(Demand(32, "H100", gang=True, run_for=HOUR), P5, BLOCK)
    assert [choice.candidate.offering.pool.capacity_type for choice in result.chosen] == ["on-demand"]
    [loser] = result.rejected
    assert (loser.code, loser.reason) == ("machines-left", "Skipped. 2 machines are left; 4 are needed in one pool.")


def test_nothing_is_put_where_it_would_be_taken_back_too_soon():
    result = planned(Demand(8, "H100", run_for=48 * HOUR), BLOCK)
    assert (bought(result), result.code, result.hopeless.code) == ({}, "ends-too-soon", "no-offering")
    assert result.note == (
        "Skipped. Its machines are taken back in 24 h, at 2026-11-24 12:00 UTC; they are needed for 2 d."
    )
    assert bought(planned(Demand(8, "H100", run_for=24 * HOUR), BLOCK)) == {"p5.48xlarge": 1}
    assert bought(planned(Demand(8, "H100"), offering("over", accelerator="H100", ends_at=NOON))) == {}


def test_who_does_not_say_for_how_long_is_told_when_it_ends():
    [choice] = planned(Demand(8, "H100"), BLOCK).chosen
    assert "taken back at 2026-11-24 12:00 UTC" in choice.candidate.cautions[0]


@pytest.mark.parametrize(
    ("run_for", "fits"),
    [(None, False), (HOUR / 12, False), (HOUR / 6, True), (168 * HOUR, True), (169 * HOUR, False)],
)
def test_flex_start_needs_a_time_of_ten_minutes_to_seven_days(run_for, fits):
    flexible = offering("a3", capacity_type="flex-start")
    result = planned(Demand(1, "L4", run_for=run_for), flexible)
    assert (bool(result.chosen), result.code) == ((True, "") if fits else (False, "flex-start"))


SPOT_L4, FIRM_L4 = offering("spot", capacity_type="spot", price="0.20"), offering("firm", price="0.80")


@pytest.mark.parametrize(("floor", "taken"), [(0, {"spot": 8}), (3, {"firm": 3, "spot": 5}), (8, {"firm": 8})])
def test_so_many_are_not_spot_and_the_rest_is_what_is_cheapest(floor, taken):
    assert bought(planned(Demand(8, "L4", on_demand_floor=floor), SPOT_L4, FIRM_L4)) == taken


def test_what_is_held_and_not_spot_counts_towards_the_floor():
    result = planned(Demand(8, "L4", on_demand_floor=3), SPOT_L4, FIRM_L4, held_units=4, held_firm=2)
    assert bought(result) == {"firm": 1, "spot": 3}


@pytest.mark.parametrize(
    ("wanted", "floor", "held", "firm", "taken"),
    [
        pytest.param(8, 2, 8, 0, {"firm": 2}, id="spot covers it all, and the floor is gone"),
        pytest.param(8, 2, 7, 0, {"firm": 2}, id="one is missing, and two of the floor"),
        pytest.param(8, 2, 5, 2, {"spot": 3}, id="the floor stands, and spot is missing"),
        pytest.param(2, 3, 2, 2, {}, id="fewer are wanted by now than the floor was"),
    ],
)
def test_a_floor_that_is_lost_is_bought_again_and_one_that_stands_is_not(wanted, floor, held, firm, taken):
    demand = Demand(wanted, "L4", on_demand_floor=floor)
    assert bought(planned(demand, SPOT_L4, FIRM_L4, held_units=held, held_firm=firm)) == taken


def test_a_floor_that_only_spot_could_meet_buys_nothing_and_says_so():
    result = planned(Demand(8, "L4", on_demand_floor=3), SPOT_L4)
    assert (bought(result), result.code) == ({}, "on-demand-floor")
    assert "0 of 3 accelerators that are not spot" in result.note


def test_a_gang_with_a_floor_has_nothing_on_spot():
    result = planned(Demand(8, "L4", on_demand_floor=1, gang=True), SPOT_L4, FIRM_L4)
    assert (bought(result), reasons(result)) == ({"firm": 8}, {"spot": "on-demand-floor"})


def test_residency_leaves_out_other_countries_and_places_nobody_knows():
    german = offering("german", region="eu-central-1", zone="eu-central-1a", price="9")
    unknown = offering("unknown", region="moon-1", zone="moon-1a")
    result = planned(Demand(1, "L4", residency="eu"), offering("american"), german, unknown)
    assert (bought(result), reasons(result)) == ({"german": 1}, {"american": "residency", "unknown": "residency"})
    told = {r.offering.pool.instance_type: r.reason for r in result.rejected}
    assert told["american"] == "Skipped. us-east-1 lies in us; only eu was asked for."
    assert told["unknown"].startswith("Skipped. Nobody wrote down in which country moon-1 lies")


def test_an_endpoint_uses_only_machines_on_which_its_runner_starts_engines():
    owned = offering("owned", provider="local", price="9")
    result = planned(Demand(1, "L4", providers=("local",)), offering("fake"), owned)
    assert (bought(result), reasons(result)) == ({"owned": 1}, {"fake": "runner"})
    assert "starts engines on machines of local" in result.rejected[0].reason


# --- What the clouds' own quotas leave ---


def vcpus(left: int | None, **changes) -> CloudLimit:
    return CloudLimit(1, "us-east-1", "P instances", QuotaUnit.VCPUS, left, **changes)


BIG = offering("p5.48xlarge", accelerator="H100", count=8, price="55", vcpus=192)


def test_a_pool_whose_quota_leaves_too_little_is_refused_with_the_numbers():
    result = planned(Demand(8, "H100"), BIG, A3, limits=[vcpus(191)])
    assert bought(result) == {"a3-highgpu-8g": 1}
    [loser] = result.rejected
    assert loser.code == "cloud-quota"
    assert loser.reason == "Skipped. Needs 192 vCPUs; the cloud's quota P instances in us-east-1 leaves 191."


def test_one_machine_fits_and_25_do_not_so_the_rest_comes_from_elsewhere():
    result = planned(Demand(200, "H100"), BIG, A3, limits=[vcpus(192 * 10)])
    assert bought(result) == {"p5.48xlarge": 10, "a3-highgpu-8g": 15}
    alone = planned(Demand(200, "H100"), BIG, limits=[vcpus(192 * 10)])
    assert (bought(alone), alone.code) == ({}, "cloud-quota")
    assert alone.note == (
        "Only 80 of 200 accelerators can be had at once: of the cloud's quotas P instances in us-east-1 leaves 1920."
    )


def test_two_pools_under_one_quota_do_not_get_it_twice():
    other = offering("p5e.48xlarge", accelerator="H100", count=8, price="56", vcpus=192)
    result = planned(Demand(32, "H100"), BIG, other, A3, limits=[vcpus(192 * 3)])
    assert bought(result) == {"p5.48xlarge": 3, "a3-highgpu-8g": 1}


def test_a_gang_needs_room_for_all_of_it():
    result = planned(Demand(200, "H100", gang=True), BIG, A3, limits=[vcpus(192 * 24)])
    assert bought(result) == {"a3-highgpu-8g": 25}
    assert "Needs 4800 vCPUs for 25 machines" in result.rejected[0].reason


def test_a_quota_that_the_cloud_does_not_tell_refuses_nothing_and_is_told():
    [choice] = planned(Demand(8, "H100"), BIG, limits=[vcpus(None)]).chosen
    assert choice.candidate.cautions == ("What the cloud's quota leaves is not known; the launch will tell.",)


def test_a_quota_of_spot_says_nothing_of_on_demand():
    limits = [vcpus(0, capacity_types=frozenset({"spot"})), vcpus(0, instance_types=frozenset({"g6.xlarge"}))]
    assert bought(planned(Demand(8, "H100"), BIG, limits=limits)) == {"p5.48xlarge": 1}


# --- Nearness ---


def test_the_nearest_losers_come_first():
    gone, dear = offering("gone"), offering("dear", price="9")
    far, other = offering("far", cloud="gcp"), offering("other", accelerator="T4", price="0.01")
    demand = Demand(1, "L4", clouds=("aws",), max_price_per_hour=Decimal(2))
    result = planned(demand, other, far, dear, gone, memory={gone.pool: REFUSED_JUST_NOW})
    assert [r.offering.pool.instance_type for r in result.rejected] == ["gone", "dear", "far", "other"]
    assert result.note == result.rejected[0].reason


# --- Zones that a cloud names --------------------------------------------------------------------------------------

IN_A = offering("g2-standard-4", cloud="gcp", region="us-central1", zone="us-central1-a", price="1.000")
IN_B = offering("g2-standard-4", cloud="gcp", region="us-central1", zone="us-central1-b", price="1.003")


@pytest.mark.parametrize(
    ("minutes", "zone", "basis"),
    [
        (0, "b", "Google named it as having room, 0 min ago"),
        (9, "b", "Google named it as having room, 9 min ago"),
        (15, "b", "Google named it as having room, 15 min ago"),  # half as much is still enough
        (25, "a", "never asked"),
        (31, "a", "never asked"),
    ],
)
def test_a_zone_that_its_cloud_has_just_named_is_worth_a_little_more_for_a_while(minutes, zone, basis):
    named = Memory(named_at=NOON - timedelta(minutes=minutes))
    result = planned(Demand(1, "L4"), IN_A, IN_B, memory={IN_B.pool: named})
    [choice] = result.chosen
    assert choice.candidate.offering.pool.zone == f"us-central1-{zone}"
    assert stockout_basis("gcp", choice.candidate.memory, NOON) == basis


def test_our_own_refusals_there_outweigh_that_it_was_named():
    named = Memory(attempts=4, refusals=4, named_at=NOON)
    [choice] = planned(Demand(1, "L4"), IN_A, IN_B, memory={IN_B.pool: named}).chosen
    assert choice.candidate.offering.pool.zone == "us-central1-a"
