"""Patterns of texts, each with the sentence for whoever writes something else: a pattern is for programs to read."""

from __future__ import annotations

_SAYS: dict[str, str] = {}


def shape(pattern: str, says: str) -> str:
    """The pattern, remembered with what to write. The same pattern means the same everywhere."""
    if _SAYS.setdefault(pattern, says) != says:
        raise ValueError(f"{pattern} is said in two ways.")
    return pattern


def in_words(pattern: str) -> str:
    """What to write. Raises KeyError for a pattern nobody gave words to."""
    return _SAYS[pattern]
