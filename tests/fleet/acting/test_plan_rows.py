"""What the plan dialog says of each placement: its quotas, its risks, how long it takes, what is paid already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from fleet.acting.plan_rows import Around, candidate_rows, loser_rows, of_several, time_to_fill
from fleet.domain.capacity import FLEX_START, RESERVED, SPOT, Memory, Offering
from fleet.domain.demand import Demand
from fleet.domain.memories import Memories
from fleet.domain.outcomes import QuotaUnit
from fleet.domain.placement import Plan, plan_by_rules
from fleet.domain.room import CloudLimit, CloudLimits, Room
from tests.fleet.domain.test_placement import NOON, offering

H100 = Demand(8, "H100", run_for=timedelta(hours=24))
DAY = timedelta(days=1)


def pool(name: str, **changes: Any) -> Offering:
    return offering(name, **{"accelerator": "H100", "count": 8, "price": "55.04", "vcpus": 192} | changes)


def limit(most: int | None, left: int | None, **changes: Any) -> CloudLimit:
    return CloudLimit(1, "us-east-1", "P instances", QuotaUnit.VCPUS, left, most=most, **changes)


def planned(*offerings: Offering, limits: tuple[CloudLimit, ...] = (), memory: Memory | None = None) -> Plan:
    known = {} if memory is None else dict.fromkeys([one.pool for one in offerings], memory)
    kept = CloudLimits(limits)
    return plan_by_rules(H100, offerings, Memories.of_pools(known, NOON), Room(), now=NOON, limits=kept)


def around(*limits: CloudLimit, quotas: list[dict[str, Any]] | None = None) -> Around:
    return Around(True, quotas or [], CloudLimits(limits), DAY, NOON)


def test_the_quota_is_said_as_the_cloud_keeps_it():
    [row] = candidate_rows(planned(pool("p5")), around(limit(384, 192)))
    assert row["quota"] == "192 of 384 vCPU used"


def test_of_several_quotas_the_one_that_leaves_fewest_machines_is_said():
    whole = CloudLimit(1, "us-east-1", "GPUs", QuotaUnit.ACCELERATORS, 8, most=16)
    [row] = candidate_rows(planned(pool("p5")), around(limit(5760, 5760), whole))
    assert row["quota"] == "8 of 16 accelerators used"


def test_a_quota_of_which_the_cloud_says_nothing_is_not_known():
    for limits in ((), (limit(None, None),)):
        [row] = candidate_rows(planned(pool("p5")), around(*limits))
        assert row["quota"] == "Not known"


def test_where_the_cloud_does_not_count_what_is_used_only_ours_is_claimed():
    [row] = candidate_rows(planned(pool("p5")), around(limit(384, 192, counted=False)))
    assert row["quota"] == "192 of 384 vCPU ours"


def test_our_own_quota_stands_beside_it():
    quotas = [{"cloud": "", "accelerator": "", "held": 4, "most": 64}]
    [row] = candidate_rows(planned(pool("p5")), around(quotas=quotas))
    assert row["own_quota"] == "ours: 4 of 64 held"


def test_what_is_paid_for_is_said_to_be_and_is_expected_to_cost_nothing_more():
    block = pool("p5", capacity_type=RESERVED, ends_at=NOON + DAY, left=1)
    first, second = candidate_rows(planned(pool("p5"), block), around())
    assert (first["capacity"], first["capacity_line"]) == ("Reserved", "paid already, until Nov\u00a024 12:00")
    assert (first["chosen"], first["expected"], first["why"]) == (
        True, Decimal(0), "Paid for already: using it costs nothing more.",
    )  # fmt: skip
    assert second["why"] == "Would do by itself."


def test_flex_start_is_said_to_be_a_queue():
    [row] = candidate_rows(planned(pool("a3", capacity_type=FLEX_START)), around())
    assert (row["capacity"], row["capacity_line"]) == ("Flex-start", "queued, then kept")


def test_how_long_it_took_is_said_for_half_and_for_nine_of_ten():
    seen = Memory(attempts=10, fill_seconds=tuple(60.0 * n for n in range(1, 11)))
    [row] = candidate_rows(planned(pool("p5"), memory=seen), around())
    assert (row["fill"], row["slow_fill"]) == ("5 min", "9 min")
    assert time_to_fill([seen, Memory(fill_seconds=(30.0,))]) == "p50 5 min, p90 9 min"
    assert time_to_fill([Memory()]) == ""


def test_a_loser_has_its_risks_and_its_reason_too():
    refused = Memory(
        attempts=6, refusals=6, cooldown_until=NOON + DAY, last_refusal_class="stock-out", last_refusal_code="NoRoom",
        fill_seconds=(120.0,),
    )  # fmt: skip
    [row] = loser_rows(planned(pool("p5", capacity_type=SPOT), memory=refused), around(limit(384, 192)))
    assert (row["stockout"], row["stockout_basis"]) == ("High, 89%", "6 of 6 refused")
    assert (row["fill"], row["quota"]) == ("2 min", "192 of 384 vCPU used")
    assert row["why"].startswith("Stock-out at earlier (NoRoom)")


def test_as_many_accelerators_in_more_machines_are_not_more_than_is_asked_for():
    rows = candidate_rows(
        planned(pool("p5"), pool("one", count=1, price="6.88"), pool("big", count=16, price="90")), around()
    )
    whys = {row["shape"]: row["why"] for row in rows}
    assert [row["shape"] for row in rows if row["chosen"]] == ["p5"]
    assert whys["8 × one"] == "Would do at the same expected cost."
    assert whys["big"] == "Less per accelerator, but it brings more than is asked for."


def test_what_gives_only_a_part_is_said_to():
    rows = candidate_rows(planned(pool("p5"), pool("one", count=1, price="6", left=2)), around())
    assert {row["shape"]: row["why"] for row in rows}["8 × one"] == "Would do for a part: 2 of 8 machines at most."


def test_a_loser_is_priced_for_all_that_is_asked_for_as_the_others_are():
    refused = Memory(cooldown_until=NOON + DAY, last_refusal_class="stock-out", last_refusal_code="NoRoom")
    [row] = loser_rows(planned(pool("one", count=1, price="6"), memory=refused), around())
    assert (row["shape"], row["price"]) == ("8 × one", Decimal(48))


def test_the_account_is_named_where_a_cloud_is_bought_from_through_several():
    plan = planned(pool("p5", account="east"), pool("p5e", price="60", account="west"))
    both = replace(around(), of_several=of_several(plan))
    assert [row["account"] for row in candidate_rows(plan, both)] == ["east", "west"]
    one = planned(pool("p5", account="east"), pool("a3", cloud="gcp", account="west"))
    assert of_several(one) == frozenset()
    assert [row["account"] for row in candidate_rows(one, around())] == ["", ""]


def test_which_accelerator_it_has_is_said_where_none_was_named():
    plan = planned(pool("p5"))
    assert candidate_rows(plan, around())[0]["chips"] == ""
    assert candidate_rows(plan, replace(around(), named=False))[0]["chips"] == "8 × H100"
