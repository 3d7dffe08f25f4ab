"""Which paid capacity a machine goes into: room, time, and whose it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet.domain.paid import Space, Waiting, best, left_after, may_use

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINE, YOURS = 1, 2
SOON, LATE = NOON + timedelta(hours=3), NOON + timedelta(hours=20)


@pytest.mark.parametrize(("kept_for", "mine", "yours"), [(None, True, True), (MINE, True, False), (YOURS, False, True)])
def test_what_is_kept_for_a_project_is_used_by_no_other(kept_for, mine, yours):
    assert (may_use(MINE, kept_for), may_use(YOURS, kept_for)) == (mine, yours)
    found = best([Space(7, 1, LATE, kept_for)], Waiting(MINE, SOON), NOON)
    assert (found is not None) == mine


@pytest.mark.parametrize(
    ("until", "goes_into"), [(SOON, "soon"), (SOON + timedelta(hours=1), "late"), (LATE, "late"), (None, "open")]
)
def test_a_machine_goes_where_its_time_fits_best(until, goes_into):
    spaces = [Space(1, 1, SOON), Space(2, 1, LATE), Space(3, 1, None), Space(4, 0, SOON)]
    found = best(spaces, Waiting(MINE, until), NOON)
    assert found is not None
    assert {1: "soon", 2: "late", 3: "open"}[found.key] == goes_into


def test_whoever_waits_takes_a_place_only_where_it_may_go():
    spaces = [Space(1, 2, SOON, kept_for=MINE), Space(2, 2, LATE)]
    assert left_after(spaces, [Waiting(YOURS, SOON)], NOON) == {1: 2, 2: 1}
    assert left_after(spaces, [Waiting(MINE, SOON)], NOON) == {1: 1, 2: 2}
    assert left_after(spaces, [Waiting(YOURS, SOON)] * 3, NOON) == {1: 2, 2: 0}
