"""A request Purser will not carry out, said so that the asker knows what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Refused(Exception):
    """Nothing was changed. `code` is stable for programs, `sentence` is for people, `field` points at the input."""

    def __init__(self, code: str, sentence: str, *, field: str = "", retryable: bool = False) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.field = field
        self.retryable = retryable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean H100?`, or the known words when there are few, or nothing."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word.lower(), [name.lower() for name in names], n=2, cutoff=0.5)
    if close:
        originals = [name for name in names if name.lower() in close]
        return f" Did you mean {' or '.join(originals)}?"
    return f" Known: {', '.join(names)}." if 0 < len(names) <= 30 else ""
