"""Files people made in a spreadsheet: read whole, or refused with the line and the column that is wrong."""

from __future__ import annotations

import pytest

from fleet.domain.limits import read_count, read_money
from fleet.domain.refusals import Refused
from fleet.domain.tables import MOST_ROWS, Columns, Table, read_table

COLUMNS = Columns(
    {
        "project": lambda cell: cell or None,
        "accelerator": lambda cell: cell or None,
        "max_accelerators": lambda cell: read_count(cell, field="max_accelerators"),
    },
    needed=["max_accelerators"],
    key=["project", "accelerator"],
)
HEAD = b"project,accelerator,max_accelerators\n"


def read(rows: bytes, head: bytes = HEAD) -> Table:
    return read_table(head + rows, COLUMNS)


def test_rows_keep_their_line_numbers_and_empty_cells_are_left_out() -> None:
    table = read(b'assistants,H100,64\n\n,"L4",8\r\n')
    assert table.faults == []
    assert table.rows == [
        (2, {"project": "assistants", "accelerator": "H100", "max_accelerators": 64}),
        (4, {"accelerator": "L4", "max_accelerators": 8}),
    ]


def test_a_byte_order_mark_and_other_orders_of_columns_are_fine() -> None:
    table = read_table(b"\xef\xbb\xbfMax_Accelerators , project\n7,research\n", COLUMNS)
    assert table.rows == [(2, {"project": "research", "max_accelerators": 7})]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The first line names the columns"),
        (HEAD, "no rows below its header"),
        (b"project;accelerator;max_accelerators\na;b;1\n", "separated by semicolons"),
        (b"project\tmax_accelerators\na\t1\n", "separated by tabs"),
        (b"project,max_acelerators\na,1\n", "or max_accelerators"),
        (b"project,accelerator\na,b\n", "max_accelerators is missing"),
        (b"project,project,max_accelerators\na,b,1\n", "project is there twice"),
        ("max_accelerators\n1".encode("utf-16"), "CSV UTF-8"),
        (HEAD + b"a,b,1\nJos\xe9,b,1\n", "Line 3 is not UTF-8"),
        (HEAD + b"a,\x00,1\n", "CSV UTF-8"),
        (HEAD + b"x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_table(data, COLUMNS)


def test_a_file_of_a_hundred_thousand_rows_is_refused_at_once() -> None:
    rows = b"".join(b"p%d,,1\n" % number for number in range(MOST_ROWS + 1))
    with pytest.raises(Refused, match="More than 5,000 rows; nothing was read"):
        read(rows)
    with pytest.raises(Refused, match="nothing was read"):
        read(b"".join(b"p%d,H100,64\n" % number for number in range(100_000)))


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (b"a,b", "", "2 cells where the header has 3"),
        (b"a,b,64 GPUs", "max_accelerators", "write digits only"),
        (b"a,b,-4", "max_accelerators", "formula or a negative number"),
        (b"a,b,6.5", "max_accelerators", "write digits only"),
        (b"a,b,", "max_accelerators", "write digits only"),
        ("a,b,٣".encode(), "max_accelerators", "write digits only"),
        (b"=HYPERLINK(1),b,1", "project", "formula"),
        (b"@x,b,1", "project", "formula"),
        ("a\u200bb,b,1".encode(), "project", "U+200B"),
        ("a\u202eb,b,1".encode(), "project", "U+202E"),
        (b"x" * 301 + b",b,1", "project", "Longer than 300"),
    ],
)
def test_a_row_that_is_wrong_is_named_by_line_and_column(row: bytes, column: str, words: str) -> None:
    table = read(b"fine,L4,1\n" + row + b"\n")
    [fault] = table.faults
    assert (fault.line, fault.column) == (3, column)
    assert words in fault.sentence


def test_a_row_that_says_the_same_twice_names_the_first() -> None:
    table = read(b"a,H100,1\nb,H100,1\nA,h100,2\n")
    assert [(fault.line, fault.sentence) for fault in table.faults] == [
        (4, "Says the same as line 2 is about; keep one of them.")
    ]


def test_a_quote_that_is_never_closed_is_a_fault_and_not_an_error() -> None:
    assert "cannot be read" in read(b'a,"b,1\n').faults[0].sentence


@pytest.mark.parametrize("text", ["$100", "100/h", "1,000", "1e3", "NaN", "100 USD", "１００", ""])
def test_money_is_a_plain_number(text: str) -> None:
    with pytest.raises(Refused, match="digits and a point only"):
        read_money(text, field="cap_per_hour")
