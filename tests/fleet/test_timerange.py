"""The page's time range: what its address may say, and how it is zoomed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet import timerange
from fleet.timerange import LONGEST, SHORTEST, TimeRange

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def read(**params: str) -> TimeRange:
    return timerange.read(params, default="24h", now=NOW, minutes_kept=timedelta(days=35))


def test_zooming_in_shows_the_middle_half_and_never_less_than_the_shortest() -> None:
    span = read(**{"from": "2026-11-26T06:00Z", "to": "2026-11-26T10:00Z"})
    assert (span.inward.start, span.inward.end) == (span.start + HOUR, span.end - HOUR)
    for _ in range(12):
        span = span.inward
    assert span.end - span.start == SHORTEST
    assert span.shortest


def test_zooming_out_doubles_and_stays_before_now() -> None:
    span = read(**{"from": "2026-11-26T08:00Z", "to": "2026-11-26T12:00Z"}).outward(NOW)
    assert (span.start, span.end) == (NOW - 8 * HOUR, NOW)
    for _ in range(12):
        span = span.outward(NOW)
    assert span.end - span.start == LONGEST
    assert span.longest


def test_zooming_out_of_the_past_grows_on_both_sides() -> None:
    span = read(**{"from": "2026-11-20T08:00Z", "to": "2026-11-20T12:00Z"}).outward(NOW)
    assert (span.start.hour, span.end.hour) == (6, 14)


def test_a_stretch_whose_minutes_are_forgotten_is_shown_in_hours() -> None:
    span = read(**{"from": "2026-10-01T08:10Z", "to": "2026-10-01T09:20Z"})
    assert not span.fine
    assert span.step == HOUR
    assert span.start.minute == 0
    assert read(**{"from": "2026-11-25T08:10Z", "to": "2026-11-25T09:20Z"}).fine


@pytest.mark.parametrize("text", ["2026-11-26T10:00", "2026-11-26 10:00", "2026-11-26T11:00+01:00"])
def test_what_a_browser_or_a_person_writes_is_read_as_utc(text: str) -> None:
    span = read(**{"from": text, "to": "2026-11-26T12:00Z"})
    assert span.problem == ""
    assert span.start == NOW - 2 * HOUR


def test_a_range_can_be_asked_for_again_by_its_own_words() -> None:
    span = read(**{"from": "2026-11-26T10:03Z", "to": "2026-11-26T10:31Z"})
    again = timerange.read(
        dict(pair.split("=") for pair in span.query.replace("%3A", ":").split("&")), default="24h", now=NOW
    )
    assert (again.start, again.end) == (span.start, span.end)
