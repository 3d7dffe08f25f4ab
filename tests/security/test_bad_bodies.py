"""Every field of every body, broken in every way: a sentence about that field, and nothing done.

The bodies are those that tests/security/test_audit.py sees accepted, and the fuller ones of full_bodies.py, so that
every field of the schema is broken at least once. Where what looks broken is taken, pages show it as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.api_client import fresh_client
from tests.security import bad_values
from tests.security.bad_values import IMAGE_TAG
from tests.security.bench import Bench, problem_in
from tests.security.broken import Broken, broken, leaves
from tests.security.estate import Estate
from tests.security.full_bodies import bodies
from tests.security.routes import PAGE_RULES, PAGES, address
from tests.security.test_audit import CHANGES
from tests.security.test_matrix import taken_back


@pytest.fixture
def bench(estate: Estate) -> Bench:
    return Bench(estate)


def test_every_field_of_every_body_is_broken_here(bench: Bench) -> None:
    document = SchemaGenerator().get_schema(public=True)
    known: dict[tuple[str, str], set[str]] = {}
    for method, route, change in bodies():
        names = {
            ".".join(str(step) for step in path if not isinstance(step, int))
            for path, _ in leaves(change.body(bench.estate))
        }
        known.setdefault((method, re.sub(r"<\w+:(\w+)>", r"{\1}", route)), set()).update(names)
    missing = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            shape = content.get("application/json", {}).get("schema", {})
            for name in fields_of(shape, document):
                if name not in known.get((method, path.strip("/")), set()):
                    missing.append(f"{method} {path}: {name}")
    assert not missing, "\n".join(missing)


def fields_of(shape: dict[str, Any], document: Any, prefix: str = "") -> Iterator[str]:
    while "$ref" in shape or len(shape.get("allOf", [])) == 1:
        if "$ref" in shape:
            shape = document["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
        else:
            shape = shape["allOf"][0]
    if shape.get("type") == "array":
        yield from fields_of(shape["items"], document, prefix)
    for name, inner in shape.get("properties", {}).items():
        yield prefix + name
        yield from fields_of(inner, document, f"{prefix}{name}.")


def test_every_full_body_is_taken(bench: Bench) -> None:
    refused = []
    for method, route, change in bodies():
        with taken_back():
            change.prepare(bench.estate)
            path = bench.path(route, change)
            answer = bench.send(method, path, change, change.body(bench.estate))
            problem = problem_in(answer, route)
            if problem is not None:
                refused.append(f"{method} {route}: {problem['detail']} {problem['errors']}")
    assert not refused, "\n".join(refused)


def test_every_broken_field_is_refused_with_a_sentence_about_it_and_nothing_is_done(bench: Bench) -> None:
    wrong = []
    for method, route, change in bodies():
        with taken_back():
            change.prepare(bench.estate)
            path, body = bench.path(route, change), change.body(bench.estate)
            before = bench.rows.digest()
            for case in broken(body, bench.strangers):
                found = bench.judge(method, route, change, path, case.of(body), before, case)
                if found:
                    wrong.append(f"{method} {route} {case}: {found}")
    print(f"{bench.cases} bodies")
    assert bench.cases > 3_000
    assert not wrong, f"{len(wrong)} of {bench.cases}\n" + "\n".join(dict.fromkeys(wrong))


def test_what_is_no_body_at_all_is_refused_with_a_sentence(bench: Bench) -> None:
    wrong = []
    no_bodies: list[str | bytes] = ["[]", '"text"', "5", "{", '{"a": NaN}', b"\xff\xfe", "[" * 5_000, "9" * 5_000]
    for method, route, change in bodies():
        with taken_back():
            change.prepare(bench.estate)
            path, body = bench.path(route, change), change.body(bench.estate)
            before = bench.rows.digest()
            twice = json.dumps(body)[:-1] + ("," if body else "") + '"twice": 1, "twice": 2}'
            for data in [*no_bodies, twice]:
                found = bench.judge(method, route, change, path, data, before, None)
                if found:
                    wrong.append(f"{method} {route} {data[:40]!r}: {found}")
    assert not wrong, "\n".join(wrong)


def test_a_body_past_a_megabyte_and_one_that_is_no_json_are_refused(bench: Bench) -> None:
    wrong = []
    for method, route, change in bodies():
        path = bench.path(route, change)
        long = bench.send(method, path, change, b'{"a": "' + b"x" * 1_000_000 + b'"}')
        form = getattr(fresh_client(), method)(
            path, "a=1", content_type="application/x-www-form-urlencoded",
            headers={"Authorization": f"Bearer {bench.token}", "Idempotency-Key": "k", "If-Match": "*"},
        )  # fmt: skip
        wrong += _unless(long, 413, "too-long", f"{method} {route} of a megabyte")
        wrong += _unless(form, 403 if form.status_code == 403 else 415, None, f"{method} {route} as a form")
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_a_list_of_a_hundred_thousand_is_refused_with_its_limit(bench: Bench) -> None:
    """However little each row says, and before any of them is looked at."""
    wrong, seen = [], 0
    for method, route, change in bodies():
        with taken_back():
            change.prepare(bench.estate)
            path, body = bench.path(route, change), change.body(bench.estate)
            for name in [name for name, value in body.items() if isinstance(value, list)]:
                answer = bench.send(method, path, change, {**body, name: [0] * 100_000})
                wrong += _unless(answer, 400, None, f"{method} {route} {name}")
                told = answer.json().get("errors") or []
                if [error["field"] for error in told] != [name]:
                    wrong.append(f"{method} {route} {name}: says {len(told)} things, first {told[:1]}")
                elif "no more than" not in told[0]["detail"]:
                    wrong.append(f"{method} {route} {name}: says {told[0]}")
                seen += 1
    assert not wrong, "\n".join(dict.fromkeys(wrong))
    assert seen > 10


def test_a_stale_version_is_refused_on_every_row_that_has_one(bench: Bench) -> None:
    wrong, seen = [], 0
    for (method, route), change in CHANGES.items():
        if method == "post":
            continue
        with taken_back():
            change.prepare(bench.estate)
            path, body = bench.path(route, change), change.body(bench.estate)
            before = bench.rows.digest()
            stale = bench.send(method, path, change, body, **{"If-Match": '"99"'})
            missing = bench.send(method, path, change, body, **{"If-Match": ""})
            wrong += _unless(stale, 412, "changed", f"{method} {route} with a stale version")
            wrong += _unless(missing, 428, None, f"{method} {route} without a version")
            wrong += [f"{method} {route}: {name} changed" for name in bench.rows.changed(before)]
            seen += 1
    assert not wrong, "\n".join(wrong)
    assert seen > 20


def test_a_replayed_key_with_another_body_is_refused(bench: Bench) -> None:
    wrong, seen = [], 0
    for (method, route), change in CHANGES.items():
        if method != "post":
            continue
        with taken_back():
            change.prepare(bench.estate)
            path, body = bench.path(route, change), change.body(bench.estate)
            first = bench.send(method, path, change, body)
            before = bench.rows.digest()
            again = bench.send(method, path, change, json.dumps(body) + " ")
            if first.status_code >= 300:
                wrong.append(f"{route} is refused: {first.content!r}")
            wrong += _unless(again, 422, "idempotency-mismatch", route)
            wrong += [f"{route}: {name} changed" for name in bench.rows.changed(before)]
            seen += 1
    assert not wrong, "\n".join(wrong)
    assert seen > 30


def _unless(answer: Any, status: int, code: str | None, what: str) -> list[str]:
    """What is wrong with a refusal that is to have this status and code, and a sentence."""
    said = answer.json() if answer.content else {"code": ""}
    if answer.status_code != status or (code and said["code"] != code):
        return [f"{what}: {answer.status_code} {answer.content[:300]!r}"]
    return [] if bad_values.is_a_sentence(said["detail"]) else [f"{what}: says {said['detail']!r}"]


def test_what_is_taken_with_html_in_it_is_shown_as_text(bench: Bench) -> None:
    estate, taken = bench.estate, []
    with taken_back():
        for method, route, change in bodies():
            change.prepare(estate)
            path, body = bench.path(route, change), change.body(estate)
            for field, value in leaves(body):
                if isinstance(value, str):
                    case = Broken(field, IMAGE_TAG, refused=False)
                    key = f"html-{len(taken)}"
                    answer = bench.send(method, path, change, case.of(body), **{"Idempotency-Key": key})
                    if problem_in(answer, route) is None:
                        taken.append(f"{method} {route} {case}")
        assert len(taken) >= 8, taken
        pages = [page for page in PAGES if PAGE_RULES[page].get]
        shown = 0
        for page in pages:
            html = b"".join(bench.root.get(address(page, estate) + PAGE_RULES[page].query)).decode()
            assert IMAGE_TAG not in html, f"/{page} shows it as HTML"
            shown += "&lt;img src=x onerror=" in html
        assert shown >= 3, "no page shows what was taken: this test looks at nothing"
