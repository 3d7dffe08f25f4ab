"""Answers that nobody has classified are counted, whatever call they came to."""

from __future__ import annotations

import pytest

from fleet.domain.lifecycle import Reason
from fleet.models import UnclassifiedSignal
from fleet.queries.signals import unclassified_signals
from fleet.services import allocations

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_code_that_no_rule_covers_is_counted_with_its_text_and_the_launch_goes_on(world):
    for _ in range(2):
        world.fault("launch", "error", code="BrandNewError", status=400)
    allocation = world.until_state(world.ask(1), "active")
    world.fault("terminate", "error", code="BrandNewError", status=400)
    allocations.release(allocation.public_id, now=world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")
    world.until_state(allocation, "released")
    [row] = unclassified_signals()
    assert (row["code"], row["times"]) == ("BrandNewError", 3)
    assert row["message"]
    assert UnclassifiedSignal.objects.get().first_seen_at < row["last_seen_at"]
    assert len(world.machines()) == 1
