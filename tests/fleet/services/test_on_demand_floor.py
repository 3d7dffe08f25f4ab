"""An on-demand floor is bought once and kept: spot that is lost comes back as spot, and spot goes first."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from fleet.models import Allocation
from fleet.services import resizing
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
PRICES = {"on-demand": Decimal("0.80"), "spot": Decimal("0.30")}


def markets(world) -> Counter[str]:
    return Counter(machine["capacity_type"] for machine in world.live())


def held(allocation: Allocation) -> Counter[str]:
    return Counter(slot.capacity_type for slot in allocation.slots.open().filter(desired="present"))


def test_spot_that_was_lost_is_replaced_by_spot_where_the_floor_is_held_already(world):
    mix = {"capacity_types": ("on-demand", "spot"), "on_demand_floor": 2}
    allocation = world.until_state(world.ask(4, accelerators_per_slot=1, **mix), "active")
    assert markets(world) == {"on-demand": 2, "spot": 2}
    lost = next(machine for machine in world.live() if machine["capacity_type"] == "spot")
    world.call("POST", f"clouds/{lost['cloud']}/instances/{lost['id']}/kill", {})
    world.until(lambda: allocation.slots.count() > 4, "what was lost is planned anew")
    world.until_state(allocation, "active")
    assert held(allocation) == {"on-demand": 2, "spot": 2}
    assert Counter(machine["capacity_type"] for machine in world.machines()) == {"on-demand": 2, "spot": 3}


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        pytest.param(4, {"on-demand": 2, "spot": 2}, id="above the floor: on-demand, the dearest, goes down to it"),
        pytest.param(3, {"on-demand": 2, "spot": 1}, id="then spot goes"),
        pytest.param(2, {"on-demand": 2}, id="at the floor: no spot is left"),
        pytest.param(1, {"on-demand": 1}, id="below the floor: what is left is of it"),
    ],
)
def test_an_allocation_made_smaller_gives_spot_up_before_its_floor(wanted, left):
    allocation = factories.allocation(factories.project(), accelerator_count=5, on_demand_floor=2, state="active")
    for market in ("on-demand", "on-demand", "on-demand", "spot", "spot"):
        factories.slot(allocation, accelerator_count=1, capacity_type=market, price_per_hour=PRICES[market])
    shown = resizing.preview_resize(allocation, accelerator_count=wanted, now=factories.NOON)
    resizing.resize_to(allocation.public_id, accelerator_count=wanted, now=factories.NOON, actor="ada")
    assert held(allocation) == left
    assert shown.price_change == sum(PRICES[market] * n for market, n in left.items()) - Decimal("3.00")
