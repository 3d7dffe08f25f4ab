"""Which machines go when an allocation is made smaller."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fleet.domain.resizing import Held, leaving, sizes_near


def held(key: int, accelerators: int = 1, *, price: str = "1", firm: bool = True) -> Held:
    return Held(key, accelerators, Decimal(price), busy=False, ready=True, firm=firm)


SPOT = [held(key, price="0.3", firm=False) for key in (1, 2, 3)]
FIRM = [held(key, price="0.8") for key in (4, 5, 6)]


@pytest.mark.parametrize(
    ("floor", "surplus", "gone"),
    [
        pytest.param(0, 3, [6, 5, 4], id="no floor: the dearest"),
        pytest.param(2, 3, [6, 3, 2], id="the dearest above the floor, then spot"),
        pytest.param(3, 3, [3, 2, 1], id="spot alone"),
    ],
)
def test_the_dearest_go_but_those_of_the_floor_stay(floor, surplus, gone):
    assert [machine.key for machine in leaving([*SPOT, *FIRM], surplus, floor)] == gone


def test_sizes_that_would_break_the_floor_are_not_offered():
    machines = [held(1, 4), held(2, 2, firm=False), held(3, 2, firm=False)]
    assert sizes_near(machines, 3) == [2, 4]
    assert sizes_near(machines, 3, floor=3) == [4]
