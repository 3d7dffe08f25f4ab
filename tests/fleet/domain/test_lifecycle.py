"""The tables of states: what may follow what."""

import pytest

from fleet.domain.lifecycle import (
    ALLOCATION_MOVES,
    ENDED_ALLOCATION_STATES,
    SLOT_MOVES,
    AllocationState,
    IllegalMove,
    SlotState,
    check_allocation_move,
    check_slot_move,
)


def test_every_state_has_its_line_in_the_table():
    assert set(ALLOCATION_MOVES) == set(AllocationState)
    assert set(SLOT_MOVES) == set(SlotState)


def test_nothing_resurrects_an_ended_allocation_or_a_gone_slot():
    assert all(not ALLOCATION_MOVES[state] for state in ENDED_ALLOCATION_STATES)
    assert not SLOT_MOVES[SlotState.GONE]


def test_a_slot_whose_machine_was_bought_never_goes_back_to_wanted():
    bought = {SlotState.BOOTING, SlotState.READY, SlotState.UNHEALTHY, SlotState.DRAINING, SlotState.TERMINATING}
    assert not [state for state in bought if SlotState.WANTED in SLOT_MOVES[state]]


@pytest.mark.parametrize("state", [s for s in AllocationState if s not in ENDED_ALLOCATION_STATES])
def test_every_living_allocation_can_be_ended(state):
    assert ALLOCATION_MOVES[state] & {AllocationState.DRAINING, AllocationState.RELEASED}


def test_an_illegal_move_says_both_states():
    with pytest.raises(IllegalMove, match="from gone to ready"):
        check_slot_move(SlotState.GONE, SlotState.READY)
    with pytest.raises(IllegalMove, match="from released to active"):
        check_allocation_move(AllocationState.RELEASED, AllocationState.ACTIVE)
