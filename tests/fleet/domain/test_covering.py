"""Which machines of which pools: as cheap as trying everything finds, and never more than there is."""

from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.domain.covering import Lot, Shelves, cheapest, reach

lots = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, 8]), st.integers(0, 30), st.none() | st.integers(0, 4)), max_size=4
).map(lambda rows: ranked([Lot(key, units, cost, most) for key, (units, cost, most) in enumerate(rows)]))


def ranked(found: list[Lot]) -> list[Lot]:
    return sorted(found, key=lambda lot: (lot.cost / lot.units, lot.key))


def by_trying(found: list[Lot], units: int) -> int | None:
    counts = [range((-(-units // lot.units) if lot.most is None else lot.most) + 1) for lot in found]
    costs = [
        sum(lot.cost * n for lot, n in zip(found, taken, strict=True))
        for taken in product(*counts)
        if sum(lot.units * n for lot, n in zip(found, taken, strict=True)) >= units
    ]
    return min(costs, default=None)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(found=lots, units=st.integers(1, 12))
def test_nothing_is_cheaper_than_what_is_chosen(found, units):
    taken = cheapest(Shelves.of(found), units, {}, {})
    best = by_trying(found, units)
    costs = {lot.key: lot.cost for lot in found}
    assert (None if taken is None else sum(costs[key] * n for key, n in taken.items())) == best


def test_what_pools_share_goes_to_the_cheaper_one():
    found = [Lot(0, 8, 80, None, ((7, 4),)), Lot(1, 8, 90, None, ((7, 4),)), Lot(2, 8, 99)]
    assert cheapest(Shelves.of(found), 32, {7: 11}, {}) == {0: 2, 2: 2}


def test_what_is_taken_already_is_not_given_again():
    assert cheapest(Shelves.of([Lot(0, 1, 1, 3), Lot(1, 1, 2)]), 4, {}, {0: 2}) == {0: 1, 1: 3}


def test_how_far_all_of_it_reaches_and_what_is_used_up():
    found = [Lot(0, 8, 80, 1), Lot(1, 8, 90, None, ((7, 4),))]
    assert reach(found, {7: 11}) == (24, [7])
    assert cheapest(Shelves.of(found), 25, {7: 11}, {}) is None
