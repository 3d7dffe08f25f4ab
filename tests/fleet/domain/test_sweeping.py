"""When a sweep may act, and when it must conclude nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fleet.domain.sweeping import Look, broken_circuit, is_missing, is_orphan, sweep_due

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FINE = Look(
    complete=True,
    problem="",
    account_ref="123",
    expected_account_ref="123",
    listed=20,
    expected_live=20,
    orphans=1,
    missing=1,
    highest_sequence_seen=40,
    highest_sequence_known=41,
)


def test_a_believable_sweep_may_act():
    assert broken_circuit(FINE) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"complete": False, "problem": "timed out"}, "not complete: timed out"),
        ({"account_ref": "999"}, "belongs to account 999, not 123"),
        ({"highest_sequence_seen": 42}, "old backup"),
        ({"listed": 0, "orphans": 0}, "empty while 20"),
        ({"orphans": 4}, "4 of 20 machines would be ended"),
        ({"missing": 5}, "5 of 20 machines are missing"),
        (
            {"orphans": 0, "elsewhere": 2, "elsewhere_name": "prod"},
            "were bought through the account prod",
        ),
    ],
)
def test_an_unbelievable_sweep_ends_nothing(change, says):
    assert says in broken_circuit(replace(FINE, **change))


def test_a_few_orphans_in_a_small_fleet_are_believable():
    assert broken_circuit(replace(FINE, listed=3, expected_live=0, orphans=3, missing=0)) == ""


@pytest.mark.parametrize(
    ("age_s", "tombstone", "orphan"),
    [(299, False, False), (301, False, True), (1, True, True)],
)
def test_a_young_machine_may_still_be_a_call_in_flight_unless_it_was_given_up(age_s, tombstone, orphan):
    assert is_orphan(age_real=timedelta(seconds=age_s), grace=timedelta(seconds=300), tombstone=tombstone) is orphan


@pytest.mark.parametrize(
    ("missed_s_ago", "launched_s_ago", "missing"),
    [(None, 9999, False), (30, 9999, False), (61, 9999, True), (61, 100, False)],
)
def test_missing_takes_two_sweeps_a_minute_apart_and_a_settled_launch(missed_s_ago, launched_s_ago, missing):
    first = None if missed_s_ago is None else NOON - timedelta(seconds=missed_s_ago)
    ago = timedelta(seconds=launched_s_ago)
    assert is_missing(first_missed_at=first, now_real=NOON, launched_ago_real=ago) is missing


def test_sweeps_come_fast_at_first_and_then_every_two_minutes():
    early = [NOON - timedelta(seconds=10)]
    many = [NOON - timedelta(seconds=10 * n) for n in range(1, 21)]
    assert sweep_due([], NOON)
    assert sweep_due(early, NOON)
    assert not sweep_due([NOON - timedelta(seconds=3)], NOON)
    assert not sweep_due(many, NOON)
    assert sweep_due(many, NOON + timedelta(seconds=115))
