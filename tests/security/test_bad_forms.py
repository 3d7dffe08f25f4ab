"""Every field of every form a page draws, filled in badly: a sentence beside it, what was typed kept, nothing done.

The forms are those the pages of the estate draw for a superuser: a new form is found without being listed here.
FILLED says what to write where a form comes empty.
"""

from __future__ import annotations

import html
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import factories
from tests.api_client import fresh_client
from tests.security import bad_values
from tests.security.bad_values import ABSURDLY_LONG, IMAGE_TAG, INVISIBLE, Rows
from tests.security.estate import Estate
from tests.security.routes import PAGE_RULES, PAGES, address
from tests.security.test_matrix import taken_back

pytestmark = pytest.mark.skipif("PURSER_BAD_INPUT" not in os.environ, reason="not settled yet, see docs/progress.md")

BROKEN = (*INVISIBLE, ABSURDLY_LONG, IMAGE_TAG, "a\x00b", "NaN", "-1e400", "9" * 400, "24 parsecs")
NEVER_TAKEN = frozenset({*INVISIBLE, ABSURDLY_LONG, "a\x00b"})
REFUSED = frozenset({400, 403, 404, 409, 422})
NOT_OURS = frozenset({"csrfmiddlewaretoken"})
ABOUT_THE_LOGIN = ("/login", "/logout", "/prove", "/settings/password", "/settings/second-factor", "/settings/sessions")
"""Forms with tests of their own in tests/fleet/signin; they count attempts."""
FILLED = {
    "name": "typed",
    "slug": "typed",
    "url": "https://ops.example.com/typed",
    "max_accelerators": "8",
    "cap_per_hour": "5",
    "max_model_len": "8192",
    "reason": "It is over by now.",
    "scopes": "read",
}


@dataclass
class Form:
    """A form as a browser would send it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)  # fields somebody types into or chooses


class Forms(HTMLParser):
    """The forms of a page that POST."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__()
        self.path, self.found, self.form = path, [], None  # type: tuple[str, list[Form], Form | None]
        self.select = self.textarea = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.form = Form(given.get("action") or self.path)
        if self.form is None:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") != "file":
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self.form.fields.setdefault(name, given.get("value", ""))
            if given.get("type") != "hidden":
                self.form.written.append(name)
        elif tag == "textarea" and name:
            self.textarea = name
            self.form.fields[name] = ""
            self.form.written.append(name)
        elif tag == "select" and name:
            self.select = name
            self.form.written.append(name)
        elif tag == "option" and self.select and ("selected" in given or self.select not in self.form.fields):
            self.form.fields[self.select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self.form is not None and self.textarea:
            self.form.fields[self.textarea] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.textarea = ""
        elif tag == "select":
            self.select = ""
        elif tag == "form" and self.form is not None:
            self.found.append(self.form)
            self.form = None


@pytest.fixture
def root(estate: Estate) -> Client:
    logging.getLogger("django.request").setLevel(logging.ERROR)
    client = fresh_client()
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    return client


def forms(estate: Estate, root: Client) -> Iterator[Form]:
    """Each form once, whichever pages draw it."""
    seen = set()
    for route in PAGES:
        rule = PAGE_RULES[route]
        if not rule.get or route == "feed":
            continue
        path = address(route, estate)
        answer = root.get(path + rule.query)
        if "html" not in answer.get("Content-Type", "") or answer.status_code != 200:
            continue
        for form in Forms(answer.content.decode(), path).found:
            written = [name for name in dict.fromkeys(form.written) if name not in NOT_OURS]
            key = (form.action.partition("?")[0], tuple(sorted(written)))
            if written and key not in seen and not form.action.startswith(ABOUT_THE_LOGIN):
                seen.add(key)
                form.written = written
                for name, value in FILLED.items():
                    if name in written and not form.fields.get(name):
                        form.fields[name] = value
                yield form


def test_every_field_of_every_form_refuses_what_is_bad_and_nothing_is_done(
    estate: Estate, root: Client, valkey: Any
) -> None:
    rows, wrong, cases, fields = Rows(), [], 0, 0
    found = list(forms(estate, root))
    before = rows.digest()
    for form in found:
        for name in form.written:
            fields += 1
            for value in BROKEN:
                cases += 1
                with taken_back(), bad_values.writes() as made:
                    answer = root.post(form.action, {**form.fields, name: value})
                    changed = rows.changed(before) if made else []
                problem = _wrong(answer, name, value, changed)
                if problem:
                    wrong.append(f"{form.action} {name} = {ascii(value)[:40]}: {problem}")
    print(f"{len(found)} forms, {fields} fields, {cases} posts")
    assert len(found) >= 15 and fields >= 60, f"only {len(found)} forms, {fields} fields"
    assert not wrong, f"{len(wrong)} of {cases}\n" + "\n".join(wrong)


def _wrong(answer: Any, name: str, value: str, changed: list[str]) -> str:
    """Empty, or what is wrong with the answer to one bad field."""
    status = answer.status_code
    if status >= 500:
        return str(status)
    if changed and (status in REFUSED or value in NEVER_TAKEN):
        return f"{status}, and yet rows changed in {changed}"
    page = b"".join(answer).decode()
    if IMAGE_TAG in page:
        return "shows HTML as HTML"
    if status != 422:
        return ""
    sentences = [
        html.unescape(re.sub(r"<[^>]+>", "", said)).strip()
        for said in re.findall(r'class="error"[^>]*>(.*?)</p>', page, re.DOTALL)
    ]
    alert = re.search(r'role="alert".*?<p>(.*?)</p>', page, re.DOTALL)
    if not sentences and not alert and 'role="alert"' not in page:
        return "422 without a sentence"
    for sentence in sentences:
        if not bad_values.is_a_sentence(sentence):
            return f"says {sentence[:200]!r}"
    if value == IMAGE_TAG and "&lt;img src=x onerror=" not in page and f'name="{name}"' in page:
        return _lost(page, name)
    return ""


def _lost(page: str, name: str) -> str:
    """What was typed into a field of text is to be there still; a choice that is none cannot be."""
    tag = re.search(rf'<(input|textarea|select)[^>]*name="{re.escape(name)}"[^>]*>', page)
    chosen = tag is None or tag[1] == "select" or re.search(r'type="(checkbox|radio|hidden|password)"', tag[0])
    return "" if chosen else "loses what was typed"


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
    many = b"".join(b"m%d,,1\n" % number for number in range(6_000))
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
