"""Text as people see it: what looks like one name has to be one name."""

from __future__ import annotations

import unicodedata

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters nobody sees: control, zero-width, direction, half a surrogate pair, unassigned."""
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters to Unicode, nothing to the eye."""
LAYOUT = frozenset("\n\r\t")


def first_invisible(text: str, *, lines: bool = True) -> str | None:
    """The first character nobody would see. Line breaks and tabs are fine where a text may have `lines`."""
    if text.isascii() and text.isprintable():
        return None
    allowed = LAYOUT if lines else frozenset[str]()
    return next((c for c in text if _is_invisible(c) and c not in allowed), None)


def invisible_sentence(character: str) -> str:
    """What to do about it."""
    if character in LAYOUT:
        return "Write it on one line: take out the line breaks and tabs."
    return f"Take out the invisible character U+{ord(character):04X}."


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in INVISIBLE or character in BLANK_LETTERS
