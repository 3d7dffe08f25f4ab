"""Target tracking, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from inference.domain.autoscaling import Load, Observation
from inference.domain.autoscaling.target_tracking import TargetTracking

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEN_EACH = TargetTracking(target_in_flight=10)


def seen(desired: int, *loads: tuple[int, float], max_num_seqs: int = 16) -> Observation:
    """Loads as (seconds ago, requests in flight), oldest first."""
    history = tuple(Load(NOON - timedelta(seconds=age), load) for age, load in loads)
    return Observation(NOON, desired, desired, history, max_num_seqs)


@pytest.mark.parametrize(
    ("desired", "loads", "wanted"),
    [
        (4, [(0, 40.0)], 4),
        (4, [(0, 43.0)], 4),  # within the tolerance
        (4, [(0, 45.0)], 5),
        (4, [(0, 400.0)], 40),
        (4, [(0, 31.0)], 4),
        (4, [(0, 30.0)], 3),
        (4, [(200, 40.0), (0, 1.0)], 4),  # a lull after a burst gives nothing away
        (4, [(400, 40.0), (0, 1.0)], 1),  # unless the burst is long over
        (2, [(200, 5.0), (0, 100.0)], 10),  # a burst is answered at once
        (2, [(30, 0.0), (0, 100.0)], 5),  # smoothed over the last minute
        (1, [(0, 0.0)], 0),
        (0, [(0, 3.0)], 1),
    ],
)
def test_replicas_wanted(desired, loads, wanted):
    answer = TEN_EACH.recommend(seen(desired, *loads))
    assert answer.replicas == wanted
    assert answer.why and answer.formula


def test_without_a_target_it_is_a_share_of_what_the_engine_runs_at_once():
    assert TargetTracking(target_ratio=0.5).recommend(seen(1, (0, 64.0), max_num_seqs=32)).replicas == 4


def test_nothing_measured_means_nothing_changes():
    assert TEN_EACH.recommend(seen(3)).replicas == 3


def test_the_losing_counts_keep_their_reasons():
    answer = TEN_EACH.recommend(seen(2, (0, 40.0)))
    assert {other.replicas for other in answer.alternatives} == {2, 3, 5}
    assert all(other.why_not for other in answer.alternatives)
    assert answer.formula == "ceil(40.0 in flight / 10.0 a replica) = 4"


def test_more_load_never_means_fewer_replicas():
    answers = [TEN_EACH.recommend(seen(5, (0, float(load)))).replicas for load in range(0, 300, 3)]
    assert answers == sorted(answers)
