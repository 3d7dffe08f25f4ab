"""A gang is whole or nothing, whichever of its machines fails, and however."""

from __future__ import annotations

import pytest
from django.utils import timezone

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import NO_ROOM, Reason
from fleet.models import Allocation, Hold, Slot
from fleet.services import allocations
from fleet.services.leases import claim
from fleet.services.planning import reconcile_allocation
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def whole_in_one_pool(world, allocation) -> None:
    slots = world.open_slots(allocation)
    assert len({(slot.zone, slot.instance_type, slot.capacity_type) for slot in slots}) == 1
    world.until(lambda: len(world.live()) == len(slots))
    assert Hold.objects.filter(released_at=None).count() == len(slots)


def test_a_gang_whose_unknown_machine_was_bought_and_whose_other_was_refused_gives_the_unknown_one_back(world):
    spec = AllocationSpec("preview", Demand(2, "L4", gang=True))
    plan = allocations.preview(project=world.project, spec=spec, now=world.now())
    pool = plan.chosen[0].candidate.offering.pool
    world.stock(1, cloud=pool.cloud, instance_type=pool.instance_type, zone=pool.zone,
                capacity_type=pool.capacity_type)  # fmt: skip
    world.fault("launch", "lost")
    allocation = world.until_state(world.ask(2, gang=True), "active", seconds=60)
    whole_in_one_pool(world, allocation)


def test_a_gang_that_loses_a_machine_before_it_was_whole_is_bought_anew_in_one_pool(world):
    for cloud in ("aws", "gcp", "azure"):
        world.fault("describe", "error", cloud=cloud, code="InternalError", status=500, times=None)
    allocation = world.ask(2, gang=True, accelerators_per_slot=1)
    world.until(lambda: len(world.live()) == 2)
    first = world.live()[0]
    world.call("POST", f"clouds/{first['cloud']}/instances/{first['id']}/kill", {})
    world.call("DELETE", "faults")
    world.until_state(allocation, "active", seconds=60)
    whole_in_one_pool(world, allocation)
    assert Slot.objects.filter(reason=Reason.GANG_UNWOUND).exists()


@pytest.mark.parametrize("reason", sorted(NO_ROOM))
def test_a_gang_that_a_limit_of_ours_leaves_no_room_for_gives_back_what_it_has(reason):
    account = factories.account()
    allocation = factories.allocation(
        factories.project(), gang=True, accelerator_count=16, state="provisioning", next_at=timezone.now()
    )
    bought = factories.slot(allocation, account=account, ordinal=0, state="booting")
    factories.slot(allocation, account=account, ordinal=1, state="wanted", reason=reason, detail="No room.")
    [lease] = claim(Allocation, limit=1)
    reconcile_allocation(lease, now=factories.NOON)
    bought.refresh_from_db()
    assert (bought.desired, bought.state, bought.reason) == ("absent", "draining", Reason.GANG_UNWOUND)
