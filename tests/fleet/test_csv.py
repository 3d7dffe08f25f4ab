"""CSV for spreadsheets: numbers are numbers, and nothing somebody typed is calculated."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from fleet.csv import rows_as_csv


def cell(value: Any) -> str:
    text = "".join(rows_as_csv(["a"], [[value]]))
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))[1][0]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://x","y")',
        "+1+1",
        "-2+3",
        "--1",
        "-1/2",
        "-",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "＠SUM",
    ],
)
def test_a_text_that_would_be_calculated_is_only_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_a_header_somebody_named_is_only_text_too() -> None:
    assert next(rows_as_csv(["=cmd", "name"], [])) == "'=cmd,name\r\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-5, "-5"),
        (-1.5, "-1.5"),
        (Decimal("-0.000001"), "-0.000001"),
        (Decimal("1E+3"), "1000"),
        ("-12.50", "-12.50"),
        (float("nan"), ""),
        (None, ""),
        (True, "true"),
        ("", ""),
        ("train 1", "train 1"),
        (datetime(2026, 1, 31, 14, 0, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T12:00:00Z"),
        ({"a": Decimal("1.50"), "at": datetime(2026, 1, 1, tzinfo=UTC)}, '{"a": "1.50", "at": "2026-01-01T00:00:00Z"}'),
        (["x", "y"], '["x", "y"]'),
    ],
)
def test_values_are_written_as_what_they_are(value: Any, written: str) -> None:
    assert cell(value) == written


def test_commas_quotes_and_line_ends_stay_inside_their_cell() -> None:
    assert list(rows_as_csv(["a", "b"], [['say "hi", you', "two\r\nlines"]])) == [
        "a,b\r\n",
        '"say ""hi"", you","two\r\nlines"\r\n',
    ]


def test_rows_are_written_as_they_come() -> None:
    taken: list[int] = []

    def rows() -> Iterator[list[int]]:
        for n in range(3):
            taken.append(n)
            yield [n]

    lines = rows_as_csv(["n"], rows())
    assert (next(lines), next(lines), taken) == ("n\r\n", "0\r\n", [0])
