"""Traffic files: reading and checking them. `python -m sandbox.traffic FILE --format azure --json` prints the totals.

azure  TIMESTAMP,ContextTokens,GeneratedTokens   one request a row, in order of time
rate   seconds,work_per_second                   straight lines between rows; work = one mean request a second
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

TraceFormat = Literal["azure", "rate"]
FORMATS: tuple[TraceFormat, ...] = ("azure", "rate")
HEADERS: dict[str, list[str]] = {
    "azure": ["TIMESTAMP", "ContextTokens", "GeneratedTokens"],
    "rate": ["seconds", "work_per_second"],
}
MOST_TOKENS = 10_000_000
SHOWN_PROBLEMS = 5


class MalformedTrace(ValueError):
    """The file cannot be replayed; the message names the lines and what is wrong with them."""


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """One recorded request; `at` in seconds after the first row."""

    at: float
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class RatePoint:
    """The rate of arriving work at one moment; `at` in seconds after the first row."""

    at: float
    work_per_second: float


@dataclass(frozen=True, slots=True)
class Trace:
    """A checked file: `requests` for azure, `rates` for rate."""

    format: TraceFormat
    requests: tuple[TraceRequest, ...] = ()
    rates: tuple[RatePoint, ...] = ()

    @property
    def duration_seconds(self) -> float:
        rows = self.requests or self.rates
        return rows[-1].at if rows else 0.0

    def totals(self) -> dict[str, float | str]:
        if self.format == "rate":
            work = sum(_work_between(a, b) for a, b in zip(self.rates, self.rates[1:], strict=False))
            return {**self._head(), "work": round(work, 6), "peak_work_per_second": self.peak_work_per_second}
        return {
            **self._head(),
            "input_tokens": sum(row.input_tokens for row in self.requests),
            "output_tokens": sum(row.output_tokens for row in self.requests),
        }

    @property
    def peak_work_per_second(self) -> float:
        return max((point.work_per_second for point in self.rates), default=0.0)

    def _head(self) -> dict[str, float | str]:
        counted = "requests" if self.format == "azure" else "rows"
        rows = len(self.requests or self.rates)
        return {"format": self.format, counted: rows, "duration_seconds": round(self.duration_seconds, 6)}


def read_trace(path: str | Path, format: str) -> Trace:
    """Read and check a whole traffic file. Raises MalformedTrace with line numbers; then nothing was replayed."""
    name = Path(path).name
    if format not in HEADERS:
        raise MalformedTrace(f"The traffic format {format!r} is unknown; use one of {', '.join(FORMATS)}.")
    try:
        with Path(path).open(newline="", encoding="utf-8-sig", errors="replace") as stream:
            rows = list(_lines(stream, name))
    except OSError as error:
        raise MalformedTrace(f"The traffic file {name} cannot be read: {error.strerror}.") from error
    if not rows or rows[0][1] != HEADERS[format]:
        raise MalformedTrace(f"{name}: line 1 must be {','.join(HEADERS[format])} for the format {format}.")
    if format == "azure":
        return Trace("azure", requests=tuple(_checked(rows[1:], name, _azure_row, _azure_order)))
    return Trace("rate", rates=tuple(_checked(rows[1:], name, _rate_row, _rate_order)))


Raw = TypeVar("Raw")
Row = TypeVar("Row", TraceRequest, RatePoint)
AzureRaw = tuple[datetime, int, int]
RateRaw = tuple[float, float]


def _lines(stream: Iterator[str], name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(stream)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise MalformedTrace(f"{name}: line {reader.line_num}: {error}.") from error


def _checked(
    rows: list[tuple[int, list[str]]],
    name: str,
    parse: Callable[[list[str]], Raw],
    relative: Callable[[Raw, Raw, Raw], Row],
) -> list[Row]:
    """Every row parsed and in order, or one refusal that names the bad lines."""
    if not rows:
        raise MalformedTrace(f"{name} has a header but no rows, so there is nothing to replay.")
    problems: list[str] = []
    good: list[Row] = []
    first: Raw | None = None
    last: Raw | None = None
    for line, cells in rows:
        try:
            raw = parse(cells)
            first = raw if first is None else first
            good.append(relative(raw, first, raw if last is None else last))
            last = raw
        except ValueError as error:
            problems.append(f"line {line}: {error}")
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        raise MalformedTrace(
            f"{name}: {'; '.join(problems[:SHOWN_PROBLEMS])}" + (f"; and {more} more" if more > 0 else "")
        )
    return good


def _azure_row(cells: list[str]) -> AzureRaw:
    timestamp, context, generated = _cells(cells, 3)
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise ValueError(f"TIMESTAMP is {timestamp!r}, not a date and time") from None
    return at, _tokens("ContextTokens", context), _tokens("GeneratedTokens", generated)


def _azure_order(raw: AzureRaw, first: AzureRaw, last: AzureRaw) -> TraceRequest:
    if (raw[0].tzinfo is None) != (first[0].tzinfo is None):
        raise ValueError("TIMESTAMP has a time zone on some rows and none on others")
    if raw[0] < last[0]:
        raise ValueError("TIMESTAMP is earlier than the row before")
    return TraceRequest((raw[0] - first[0]).total_seconds(), raw[1], raw[2])


def _rate_row(cells: list[str]) -> RateRaw:
    seconds, work = _cells(cells, 2)
    return _number("seconds", seconds), _number("work_per_second", work)


def _rate_order(raw: RateRaw, first: RateRaw, last: RateRaw) -> RatePoint:
    if raw[0] < last[0]:
        raise ValueError("seconds is less than on the row before")
    return RatePoint(raw[0] - first[0], raw[1])


def _cells(cells: list[str], wanted: int) -> list[str]:
    if len(cells) != wanted:
        raise ValueError(f"has {len(cells)} columns instead of {wanted}")
    return cells


def _tokens(column: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{column} is {text!r}, not a whole number of at least 0")
    if len(text) > len(str(MOST_TOKENS)) or int(text) > MOST_TOKENS:
        raise ValueError(f"{column} is more than {MOST_TOKENS}")
    return int(text)


def _number(column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{column} is {text!r}, not a number of at least 0")
    return value


def _work_between(a: RatePoint, b: RatePoint) -> float:
    return (a.work_per_second + b.work_per_second) / 2 * (b.at - a.at)


def main(argv: list[str] | None = None) -> int:
    """Exit 0 with the totals, 2 with a sentence on stderr when the file cannot be replayed."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.traffic", description="Check a traffic file.")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    try:
        totals = read_trace(options.file, options.format).totals()
    except MalformedTrace as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(totals) if options.json else "\n".join(f"{key}: {value}" for key, value in totals.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
