"""What the guard lets through, whatever the policy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.domain.autoscaling import POLICIES, Guardrails, Load, Observation, Recommendation, guard, policy

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEEN = Observation(
    now=NOON,
    desired_replicas=4,
    ready_replicas=4,
    loads=(Load(NOON - timedelta(seconds=5), 40.0),),
    max_num_seqs=16,
    last_scaled_up_at=NOON - timedelta(hours=1),
    last_scaled_down_at=NOON - timedelta(hours=1),
)
RAILS = Guardrails(min_replicas=2, max_replicas=10, max_step_up=3, max_step_down=1)


@pytest.mark.parametrize(
    ("seen", "rails", "wanted", "allowed"),
    [
        ({}, {}, 4, 4),
        ({}, {}, 6, 6),
        ({}, {}, 9, 7),  # at most three up
        ({}, {}, 2, 3),  # at most one down
        ({"desired_replicas": 9}, {}, 12, 10),  # the ceiling
        ({"desired_replicas": 2}, {}, 0, 2),  # the floor
        ({"loads": ()}, {}, 9, 4),  # nothing measured: hold
        ({"loads": (Load(NOON - timedelta(minutes=9), 99.0),)}, {}, 9, 4),  # stale: hold
        ({"last_scaled_up_at": NOON - timedelta(seconds=30)}, {}, 6, 4),  # too soon to go up again
        ({"last_scaled_up_at": NOON - timedelta(seconds=90)}, {}, 6, 6),
        ({"last_scaled_up_at": NOON - timedelta(minutes=4)}, {}, 3, 4),  # too soon to go down after going up
        ({"last_scaled_down_at": NOON - timedelta(minutes=4)}, {}, 3, 4),
        ({"last_scaled_down_at": NOON - timedelta(minutes=6)}, {}, 3, 3),
        ({"last_scaled_down_at": NOON}, {}, 6, 6),  # going down does not delay going up
        ({"desired_replicas": 1, "last_scaled_up_at": NOON}, {}, 1, 2),  # the floor beats the cool-down
        ({"desired_replicas": 1, "loads": ()}, {}, 1, 2),  # and blindness
        ({"desired_replicas": 12, "last_scaled_down_at": NOON}, {}, 12, 10),  # so does the ceiling
        ({}, {"affordable_replicas": 5}, 7, 5),  # no more than money allows
        ({}, {"affordable_replicas": 1}, 7, 4),  # but what it has it keeps
        ({"ready_replicas": 1}, {}, 5, 5),  # those still coming count: one more, not four
    ],
)
def test_what_is_allowed(seen, rails, wanted, allowed):
    answer = guard(Recommendation(wanted, "because."), replace(SEEN, **seen), replace(RAILS, **rails))
    assert answer.replicas == allowed
    if allowed != wanted:
        assert f"wanted {wanted}: because." in answer.why


def test_what_held_it_back_is_said():
    stale = replace(SEEN, loads=(Load(NOON - timedelta(minutes=9), 99.0),))
    assert guard(Recommendation(9, "because."), stale, RAILS).why.startswith("The last measurement is 540 s old.")


LOADS = st.lists(st.tuples(st.integers(0, 900), st.floats(0, 1e6)), max_size=20).map(
    lambda found: tuple(Load(NOON - timedelta(seconds=age), load) for age, load in sorted(found, reverse=True))
)
PAST = st.none() | st.integers(0, 7200).map(lambda seconds: NOON - timedelta(seconds=seconds))
OBSERVATIONS = st.builds(
    Observation,
    now=st.just(NOON),
    desired_replicas=st.integers(0, 60),
    ready_replicas=st.integers(0, 60),
    loads=LOADS,
    max_num_seqs=st.integers(1, 1024),
    last_scaled_up_at=PAST,
    last_scaled_down_at=PAST,
)
RAILS_OF_ALL_KINDS = st.builds(
    lambda low, more, up, down, room: Guardrails(
        low, low + more, max_step_up=up, max_step_down=down, affordable_replicas=room
    ),
    st.integers(0, 20),
    st.integers(0, 40),
    st.integers(1, 10),
    st.integers(1, 10),
    st.none() | st.integers(0, 60),
)


@pytest.mark.parametrize("name", POLICIES)
@given(seen=OBSERVATIONS, rails=RAILS_OF_ALL_KINDS)
def test_any_policy_behind_the_guard_stays_inside_the_rails_and_says_why(name, seen, rails):
    chosen = policy(name, {})
    wanted = chosen.recommend(seen)
    allowed = guard(wanted, seen, rails)
    assert wanted == chosen.recommend(seen)
    assert wanted.why and allowed.why
    assert wanted.replicas >= 0
    assert rails.min_replicas <= allowed.replicas <= rails.max_replicas
    if rails.min_replicas <= seen.desired_replicas <= rails.max_replicas:
        step = allowed.replicas - seen.desired_replicas
        assert -rails.max_step_down <= step <= rails.max_step_up
        if rails.affordable_replicas is not None and step > 0:
            assert allowed.replicas <= rails.affordable_replicas


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("no-such-policy", {}, "There are: target-tracking"),
        ("target-tracking", {"targte": 3}, "It takes: target_in_flight"),
        ("target-tracking", {"target_ratio": "many"}, "target_ratio must be a number"),
        ("target-tracking", {"target_ratio": 7}, "at most 1"),
        ("target-tracking", {"up_window_seconds": 900}, "and at most down_window_seconds"),
        ("target-tracking", {"target_in_flight": float("nan")}, "between 0 and 100,000"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_a_sentence(name, params, said):
    with pytest.raises(ValueError, match=said):
        policy(name, params)
