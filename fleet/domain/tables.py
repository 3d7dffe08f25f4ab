"""Reading a table somebody made in a spreadsheet: strict, line by line, with the place of everything that is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.domain.refusals import Refused, did_you_mean
from fleet.domain.text import first_invisible

MOST_BYTES = 1_000_000
MOST_ROWS = 5_000
LONGEST_CELL = 300
FORMULA = ("=", "+", "-", "@", "\t", "\r")
OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}

Reader = Callable[[str], Any]


@dataclass(frozen=True)
class Columns:
    """What a table may have: how each column is read, which it cannot do without, and which tell its rows apart."""

    read: Mapping[str, Reader]
    needed: Sequence[str]
    key: Sequence[str]


@dataclass(frozen=True)
class Fault:
    line: int
    column: str
    sentence: str


@dataclass
class Table:
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_table(data: bytes, columns: Columns) -> Table:
    """The rows with their line numbers. An empty cell is left out, unless its reader makes something of "".

    Raises Refused when the file as a whole cannot be one: too long, not text, other columns, too many rows.
    """
    lines = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    table = Table()
    try:
        header = _header(next(lines, []), columns)
        seen: dict[tuple[Any, ...], int] = {}
        for cells in lines:
            if any(cell.strip() for cell in cells):
                if len(table.rows) + len(table.faults) >= MOST_ROWS:
                    raise Refused(
                        "file-rows", f"More than {MOST_ROWS:,} rows; nothing was read. Cut the file in parts."
                    )
                _read_row(table, seen, lines.line_num, cells, header, columns)
    except csv.Error as error:
        table.faults.append(Fault(lines.line_num, "", f"The line cannot be read: {error}."))
    if not table.rows and not table.faults:
        raise Refused("file-empty", "The file holds no rows below its header.")
    return table


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise Refused(
            "file-long", f"The file is larger than {MOST_BYTES // 1_000_000} MB; nothing was read. Cut it in parts."
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        raise Refused("file-encoding", "This is not CSV in UTF-8. Save it as “CSV UTF-8” and choose it again.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Refused(
            "file-encoding", f"Line {line} is not UTF-8. Save it as “CSV UTF-8” and choose it again."
        ) from None


def _header(cells: list[str], columns: Columns) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if len(names) == 1:
        for delimiter, word in OTHER_DELIMITERS.items():
            if delimiter in names[0]:
                raise Refused("file-delimiter", f"Columns are separated by {word} here. Save it with commas.")
    if not any(names):
        raise Refused("file-empty", f"The first line names the columns: {', '.join(columns.read)}.")
    for name in names:
        if name not in columns.read:
            raise Refused("file-column", f"There is no column {name[:40]!r}.{did_you_mean(name, columns.read)}")
        if names.count(name) > 1:
            raise Refused("file-column", f"The column {name} is there twice.")
    if missing := [name for name in columns.needed if name not in names]:
        raise Refused("file-column", f"The column {missing[0]} is missing.")
    return names


def _read_row(
    table: Table, seen: dict[tuple[Any, ...], int], line: int, cells: list[str], header: list[str], columns: Columns
) -> None:
    if len(cells) != len(header):
        sentence = f"{len(cells)} cells where the header has {len(header)}."
        table.faults.append(Fault(line, "", sentence))
        return
    values: dict[str, Any] = {}
    for name, cell in zip(header, (cell.strip() for cell in cells), strict=True):
        try:
            _check_cell(cell)
            value = columns.read[name](cell)
        except Refused as refused:
            table.faults.append(Fault(line, name, refused.sentence))
            return
        if cell or value is not None or name in columns.needed:
            values[name] = value
    key = tuple(str(values.get(name) or "").lower() for name in columns.key)
    if first := seen.get(key):
        table.faults.append(Fault(line, "", f"Says the same as line {first} is about; keep one of them."))
        return
    seen[key] = line
    table.rows.append((line, values))


def _check_cell(cell: str) -> None:
    if len(cell) > LONGEST_CELL:
        raise Refused("cell", f"Longer than {LONGEST_CELL} characters.")
    if cell.startswith(FORMULA):
        raise Refused(
            "cell", f"Begins with {cell[0]!r}, as a formula or a negative number does; write the value itself."
        )
    if hidden := first_invisible(cell, lines=False):
        raise Refused("cell", f"Holds the invisible character U+{ord(hidden):04X}; take it out.")
