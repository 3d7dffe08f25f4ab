"""Files of limits and prices that are none: each is refused whole, with a sentence that says what is wrong with it."""

from __future__ import annotations

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.security.bad_values import Rows
from tests.security.estate import Estate

HEAD = b"project,accelerator,max_accelerators\n"
PRICES = b"account,instance_type,zone,capacity_type,price_per_hour\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"x\n" * 100_000, "no column"),
        (b"".join(b"p%d,,\n" % n for n in range(100_000)), "no column"),
        (b"x" * 1_000_001, "larger than 1 MB"),
        (b"a;b;c\n1;2;3\n", "separated by semicolons"),
        (b"a\tb\n1\t2\n", "separated by tabs"),
        ("max_accelerators\n1".encode("utf-16"), "CSV UTF-8"),
        (b"", "Choose"),
        (b"\xff\x00", "CSV UTF-8"),
    ],
    ids=["rows", "more rows", "long", "semicolons", "tabs", "utf-16", "empty", "binary"],
)
def test_a_file_that_is_none_is_refused_with_a_sentence(estate: Estate, root: Client, data: bytes, words: str) -> None:
    rows = Rows()
    before = rows.digest()
    for path in ("/settings/limits/file/quota", "/settings/limits/file/budget", "/admin/fleet/offering/import/"):
        page = root.post(path, {"file": SimpleUploadedFile("table.csv", data)})
        assert page.status_code in (200, 422), f"{path}: {page.status_code}"
        shown = html.unescape(page.content.decode())
        if data:
            assert words in shown, f"{path} does not say {words!r}"
        assert 'name="seen"' not in shown, path
    assert not rows.changed(before)


def test_rows_past_the_limit_formulas_and_repeats_are_refused_whole(estate: Estate, root: Client) -> None:
    rows = Rows()
    before = rows.digest()
    many = b"mine,,1\n" * 100_000
    bad_row = b"mine,L4,1\n"
    for data, words in [
        (HEAD + many, "More than 5,000 rows"),
        (HEAD + bad_row + b"=1+1,L4,1\n", "formula"),
        (HEAD + bad_row + "mi\u200bne,A10,1\n".encode(), "U+200B"),
        (HEAD + bad_row + bad_row, "keep one of them"),
        (HEAD + bad_row + b"other-than-any,L4,1\n", "no project"),
    ]:
        page = html.unescape(
            root.post("/settings/limits/file/quota", {"file": SimpleUploadedFile("q.csv", data)}).content.decode()
        )
        assert words in page, words
        assert 'name="seen"' not in page
    assert not rows.changed(before)


def test_a_byte_order_mark_and_old_line_ends_are_read(estate: Estate, root: Client) -> None:
    for data in (b"\xef\xbb\xbf" + HEAD + b"mine,L4,1\n", HEAD.replace(b"\n", b"\r") + b"mine,L4,1\r"):
        page = root.post("/settings/limits/file/quota", {"file": SimpleUploadedFile("q.csv", data)}).content.decode()
        assert 'name="seen"' in page
