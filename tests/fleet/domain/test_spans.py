"""Durations are read as people write them and written so that they read the same."""

from datetime import timedelta

import pytest

from fleet.domain.spans import read_span, write_span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 min", 5400), ("24h", 86_400), ("7d", 604_800), ("1d 12h", 129_600), ("1.5 hours", 5400),
        ("2 weeks", 1_209_600), (" 45 S ", 45), ("1h, 30min", 5400),
    ],
)  # fmt: skip
def test_a_duration_is_read(text, seconds):
    assert read_span(text) == timedelta(seconds=seconds)
    assert read_span(write_span(read_span(text))) == read_span(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "such as"), ("24", "the unit too"), ("1 fortnight", "no unit"), ("-1h", "such as"), ("h", "such as"),
        ("1h?", "such as"),
    ],
)  # fmt: skip
def test_what_is_no_duration_is_told_how_one_is_written(text, said):
    with pytest.raises(ValueError, match=said):
        read_span(text)
