"""Which characters nobody sees, and what is said about them."""

from __future__ import annotations

import pytest

from fleet.domain.text import first_invisible, invisible_sentence


@pytest.mark.parametrize("hidden", "\u202e\u200b\ufeff\u2028\u2029\u00ad\u3164\u2800\x00\x1b\x7f\ue000\ud800\U000e0041")
def test_what_one_cannot_see_is_found(hidden: str) -> None:
    assert first_invisible(f"tra{hidden}in") == hidden
    assert f"U+{ord(hidden):04X}" in invisible_sentence(hidden)


@pytest.mark.parametrize("text", ["train", "Zürich", "日本語", "مرحبا", "e\u0301", "naïve — yes", "🙂", ""])
def test_what_people_write_is_left_alone(text: str) -> None:
    assert first_invisible(text, lines=False) is None


def test_line_breaks_are_for_texts_that_may_have_lines() -> None:
    assert first_invisible("#!/bin/sh\n\techo\r\n") is None
    assert first_invisible("two\nlines", lines=False) == "\n"
    assert invisible_sentence("\n") == "Write it on one line: take out the line breaks and tabs."
