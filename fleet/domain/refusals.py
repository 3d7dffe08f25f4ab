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


class Changed(Refused):
    """Somebody changed the row after the asker read it: nothing of theirs is overwritten."""

    def __init__(self) -> None:
        super().__init__("changed", "It has changed since you read it; read it again and repeat.")


def check_generation(now: int, read: int | None) -> None:
    """Raise Changed unless the row still has the generation that was read. None: it does not matter."""
    if read is not None and read != now:
        raise Changed


class NotAllowed(Refused):
    """Who asks may read this and may not do it."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__("not-allowed", sentence, field=field)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean H100?`, or the known words when there are few, or nothing."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word.lower(), [name.lower() for name in names], n=2, cutoff=0.5)
    if close:
        originals = [name for name in names if name.lower() in close]
        return f" Did you mean {' or '.join(originals)}?"
    return f" Known: {', '.join(names)}." if 0 < len(names) <= 30 else ""
