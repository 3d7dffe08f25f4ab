"""Tables for people, JSON for programs; nothing a server sends can move the cursor or change a colour."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

NOTHING = "–"
NARROWEST = 60
DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"
CLEAR = "\x1b[H\x1b[2J"


class Output:
    """Where results go. Colours only on a terminal, and not where NO_COLOR is set."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.terminal = sys.stdout.isatty()
        self.colours = self.terminal and not os.environ.get("NO_COLOR")

    def data(self, value: Any) -> None:
        """One JSON document."""
        print(json.dumps(value, ensure_ascii=False, indent=2 if self.terminal else None))

    def line(self, text: str = "") -> None:
        print(printable(text))

    def heading(self, text: str) -> None:
        print(f"{BOLD}{printable(text)}{PLAIN}" if self.colours else printable(text))

    def told(self, text: str) -> None:
        """Progress: on stderr, so that stdout stays what was asked for."""
        print(printable(text), file=sys.stderr, flush=True)

    def table(self, names: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Iterable[str] = ()) -> None:
        """Columns as wide as they need, the last one cut to the terminal; `right` names those of numbers."""
        for number, text in enumerate(table(names, rows, right=right, width=self.width)):
            print(f"{DIM}{text}{PLAIN}" if self.colours and number == 0 else text)

    @property
    def width(self) -> int:
        return max(shutil.get_terminal_size((120, 40)).columns, NARROWEST) if self.terminal else 10_000

    def complain(self, sentence: str, code: int) -> int:
        """What went wrong, as a sentence on stderr; returns the exit code."""
        if self.as_json:
            print(json.dumps({"error": sentence, "exit_code": code}, ensure_ascii=False), file=sys.stderr)
        else:
            print(f"purser: {printable(sentence)}", file=sys.stderr)
        return code

    def close_quietly(self) -> int:
        """The reader of a pipe has left, which is no fault."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def table(names: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Iterable[str] = (), width: int) -> list[str]:
    """The lines of a table, its head first."""
    cells = [[name.upper() for name in names], *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    to_the_right = {names.index(name) for name in right}
    lines = []
    for line in cells:
        parts = [
            text.rjust(widths[column]) if column in to_the_right else text.ljust(widths[column])
            for column, text in enumerate(line)
        ]
        text = "  ".join(parts).rstrip()
        lines.append(text if len(text) <= width else text[: width - 1] + "…")
    return lines


def printable(text: str) -> str:
    """Without what a terminal would obey: control characters, and those that turn the direction of writing."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in str(text))


def usd(value: Any, decimals: int = 2) -> str:
    """`$1,234.50`, from text or number; a dash for nothing."""
    if value is None:
        return NOTHING
    amount = Decimal(str(value))
    sign = "−" if amount < 0 else ""
    return f"{sign}${abs(amount):,.{decimals}f}"


def when(instant: str | None) -> str:
    """`2026-03-02 12:00`, in UTC."""
    return NOTHING if not instant else instant[:16].replace("T", " ")


def _cell(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return printable(", ".join(map(str, value))) or NOTHING
    return printable(str(value)).replace("\n", " ")
