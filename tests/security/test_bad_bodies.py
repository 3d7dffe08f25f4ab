"""Every field of every body, broken in every way: a sentence about that field, and nothing done.

The bodies are those that tests/security/test_audit.py sees accepted, and larger ones of FULL, so that every field of
the schema is broken at least once. Where what looks broken is taken, pages show it as text.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from fleet.domain import rights
from tests import factories
from tests.api_client import fresh_client
from tests.security import bad_values
from tests.security.bad_values import ABSURDLY_LONG, HUGE, IMAGE_TAG, INVISIBLE, LONGER_THAN_ANY_NUMBER, Rows
from tests.security.estate import Estate
from tests.security.routes import ID, PAGE_RULES, PAGES, address
from tests.security.test_audit import CHANGES, LLAMA, Change, says
from tests.security.test_matrix import taken_back

pytestmark = pytest.mark.skipif("PURSER_BAD_INPUT" not in os.environ, reason="not settled yet, see docs/progress.md")

Path = tuple[str | int, ...]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk1zvq0fT0dJ4cM2b9y3v7 ada"
ROW = re.compile(r"[a-z]+_[0-9a-f]{32}")
JUDGED_ALONE = frozenset(
    {
        "api/v1/allocations/bulk",
        "api/v1/allocations/bulk-release",
        "api/v1/instances/bulk",
        "api/v1/endpoints/bulk",
        "api/v1/usage-events",
    }
)
"""Answer 200 and say of each item what is wrong with it."""
WHOLE_BODY = frozenset({"broken-json", "which-project", "no-offering", "not-found"})
"""Refusals that are about no one field."""


def _usage(estate: Estate) -> Any:
    from fleet.services.clock import business_now

    now = business_now().isoformat()
    event = {
        "id": "request-1",
        "endpoint": estate.endpoint.public_id,
        "replica": estate.replica.public_id,
        "project": "mine",
        "model": "org/m",
        "accepted_at": now,
        "first_token_at": now,
        "finished_at": now,
        "input_tokens": 10,
        "cached_input_tokens": 1,
        "output_tokens": 5,
        "ttft_ms": 20.5,
        "itl_mean_ms": 5.5,
        "e2e_ms": 100.5,
        "outcome": "ok",
    }
    return {"events": [event]}


ALLOCATION = {
    "project": "mine",
    "name": "full",
    "accelerator": "H100",
    "accelerator_count": 8,
    "accelerators_per_slot": 8,
    "gang": True,
    "clouds": ["aws"],
    "regions": ["us-east-1"],
    "capacity_types": ["on-demand"],
    "max_price_per_hour": "60.00",
    "image": "ubuntu:24.04",
    "startup_script": "#!/bin/sh\necho ready\n",
    "ssh_keys": [KEY],
    "disk_gib": 200,
    "ports": [8000],
    "labels": {"team": "research"},
    "ttl_seconds": 86_400,
    "idle_release_seconds": 3_600,
    "deadline_seconds": 600,
}
SLO = {
    "slo_quantile": 0.95,
    "slo_ttft_ms": 500,
    "slo_itl_ms": 50,
    "slo_e2e_ms": 5_000,
    "policy": "target-tracking",
    "policy_params": {"target_in_flight": 16.0},
    "min_replicas": 1,
    "max_replicas": 3,
    "drain_seconds": 60,
}
SERVED = {
    "name": "full",
    "engine": "vllm",
    "quantization": "fp8",
    "dtype": "bfloat16",
    "kv_dtype": "fp8",
    "tensor_parallel": 1,
    "pipeline_parallel": 1,
    "max_model_len": 8192,
    "max_num_seqs": 64,
    "max_num_batched_tokens": 8192,
    "gpu_memory_utilization": 0.9,
    "prefix_caching": True,
    "chunked_prefill": True,
}
TOKEN_LIMITS = {"cidrs": ["10.0.0.0/8"], "requests_per_minute": 60, "spend_cap_per_hour": "250.00"}
BUDGET = {"cap_per_hour": "5", "cap_per_month": "500", "currency": "USD", "action": "warn", "warn_ratio": "0.8"}
FULL: dict[tuple[str, str], Change] = {
    ("post", "api/v1/allocations"): Change((), says(**ALLOCATION)),
    ("post", "api/v1/allocations/bulk"): Change((), says(items=[ALLOCATION])),
    ("patch", f"api/v1/allocations/{ID}"): Change(
        (), says(name="full", labels={"team": "research"}, accelerator_count=16, idle_release_seconds=3600),
        about=lambda estate: factories.allocation(estate.mine, name="grows"),
    ),
    ("post", "api/v1/instances/bulk"): Change(
        (), lambda estate: {"action": "terminate", "ids": [estate.instance.public_id], "replace": True,
                            "reason": "It is broken."}
    ),
    ("post", "api/v1/accounts"): Change(
        (), says(name="full", cloud="aws", provider="sandbox", credentials_ref="env:PATH", enabled=True,
                 expected_account_ref="123", options={"url": "http://127.0.0.1:1"}), root=True,
    ),
    ("patch", f"api/v1/accounts/{ID}"): Change(
        (), says(name="full", credentials_ref="env:PATH", enabled=True, expected_account_ref="123",
                 options={"url": "http://127.0.0.1:1"}), root=True,
    ),
    ("patch", "api/v1/installation"): Change(
        (), says(launches_paused=True, destructive_frozen=True, reason="Only to try it."), root=True
    ),
    ("patch", f"api/v1/projects/{ID}"): Change((), says(slug="renamed", name="Renamed"), root=True),
    ("post", "api/v1/service-accounts"): Change(
        (), says(project="mine", name="full-bot", description="Rolls out", role="viewer")
    ),
    ("patch", f"api/v1/service-accounts/{ID}"): Change(
        (), says(name="full-bot", description="Rolls out", role="viewer", disabled=True)
    ),
    ("post", "api/v1/tokens"): Change(
        (), lambda estate: {"name": "full", "project": "mine", "installation": False, "scopes": ["read"],
                            "service_account": estate.service_account.public_id,
                            "expires_at": _soon(), **TOKEN_LIMITS}
    ),
    ("patch", f"api/v1/tokens/{ID}"): Change((), says(name="full", **TOKEN_LIMITS)),
    ("post", f"api/v1/tokens/{ID}/rotate"): Change((), says(overlap_seconds=60)),
    ("post", "api/v1/quotas"): Change(
        (), says(project="mine", cloud="aws", accelerator="L4", max_accelerators=4)
    ),
    ("post", "api/v1/quotas/bulk"): Change(
        (), says(items=[{"project": "mine", "cloud": "aws", "accelerator": "L4", "max_accelerators": 4}])
    ),
    ("patch", f"api/v1/quotas/{ID}"): Change((), says(max_accelerators=5, why="The run grew.")),
    ("post", "api/v1/budgets"): Change((), says(project="mine", cloud="aws", **BUDGET)),
    ("post", "api/v1/budgets/bulk"): Change((), says(items=[{"project": "mine", "cloud": "aws", **BUDGET}])),
    ("patch", f"api/v1/budgets/{ID}"): Change((), says(why="The run grew.", **BUDGET)),
    ("post", f"api/v1/change-requests/{ID}/approve"): Change((), says(why="The run grew.")),
    ("post", f"api/v1/change-requests/{ID}/refuse"): Change((), says(why="The run is over.")),
    ("post", "api/v1/webhooks"): Change(
        (), says(project="mine", installation=False, name="full", url="https://ops.example.com/full",
                 topics=["allocation.*"])
    ),
    ("patch", f"api/v1/webhooks/{ID}"): Change(
        (), says(name="full", url="https://ops.example.com/full", topics=["allocation.*"], enabled=True)
    ),
    ("post", f"api/v1/webhooks/{ID}/rotate"): Change((), says(overlap_seconds=60)),
    ("post", "api/v1/endpoints"): Change(
        (), lambda estate: {
            "project": "mine", "name": "full", "model": estate.model.public_id,
            "serving_config": estate.serving_config.public_id, "accelerators": ["H100"], "clouds": ["aws"],
            "regions": ["us-east-1"], "capacity_types": ["on-demand"], "initial_replicas": 1, "runner": "sandbox",
            "labels": {"team": "research"}, **SLO,
        },
        prepare=CHANGES["post", "api/v1/endpoints"].prepare,
    ),
    ("post", "api/v1/endpoints/bulk"): Change(
        (), lambda estate: {"items": [{"id": estate.endpoint.public_id, "if_match": "*", "changes": SLO}]}
    ),
    ("patch", f"api/v1/endpoints/{ID}"): Change((), says(**SLO)),
    ("post", "api/v1/models"): Change((), says(project="mine", name="org/full", config=LLAMA)),
    ("patch", f"api/v1/models/{ID}"): Change(
        (), says(name="org/full", config=LLAMA), about=CHANGES["patch", f"api/v1/models/{ID}"].about
    ),
    ("post", "api/v1/serving-configs"): Change(
        (), lambda estate: {"model": estate.model.public_id, **SERVED}
    ),
    ("patch", f"api/v1/serving-configs/{ID}"): Change(
        (), says(**SERVED), about=CHANGES["patch", f"api/v1/serving-configs/{ID}"].about
    ),
    ("post", "api/v1/usage-events"): Change((), _usage),
}  # fmt: skip
NEEDS = {"name": "needs", "need": {"memory_gib": 40.0, "fp8": True, "interconnect": "nvlink"}, "accelerator_count": 8}


def _soon() -> str:
    from datetime import timedelta

    from django.utils import timezone

    return (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Broken:
    """One field of a body with something else in it. `refused`: nobody may take it."""

    path: Path
    value: Any
    refused: bool
    named: bool = True  # the refusal names the field

    def of(self, body: Any) -> Any:
        changed = copy.deepcopy(body)
        holder = changed
        for step in self.path[:-1]:
            holder = holder[step]
        holder[self.path[-1]] = self.value
        return changed

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))} = {ascii(self.value)[:60]}"


def leaves(body: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field, those that hold others as well."""
    if path:
        yield path, body
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for step, value in inner:
        yield from leaves(value, (*path, step))


def broken(body: Any, strangers: dict[str, str]) -> Iterator[Broken]:
    first = True
    for path, value in leaves(body):
        if isinstance(value, dict | list):
            wrong: list[Any] = [5, "text", True, *([{"a": {"b": 1}}] if isinstance(value, list) else [["text"]])]
        elif isinstance(value, bool):
            wrong = ["true", 1, [], {"a": 1}]
        elif isinstance(value, int | float):
            wrong = [str(value), "24h", "NaN", True, -1 - 10**7, HUGE, LONGER_THAN_ANY_NUMBER, [value], {"a": 1}]
            wrong += [value + 0.5] if isinstance(value, int) else []
        else:
            wrong = [5, True, [value], {"a": 1}, *INVISIBLE, ABSURDLY_LONG]
            if ROW.fullmatch(value) and path[-1] != "replica":  # a replica that is gone is no reason not to count
                wrong += [strangers[value.partition("_")[0]], value[:-1], value + "0"]
            if path[-1] == "project":
                wrong += [strangers["slug"], strangers["proj"]]
        if "config" in path[:-1]:
            wrong = [one for one in wrong if one in INVISIBLE]  # somebody else's document: its shape is theirs
        for one in wrong:
            yield Broken(path, one, refused=True)
        for one in (None, "", IMAGE_TAG, "0") if "config" not in path[:-1] else (IMAGE_TAG,):
            yield Broken(path, one, refused=False)
        if first and isinstance(value, str):
            first = False
            for one in ("a\x00b", "\ud800"):
                yield Broken(path, one, refused=True, named=False)
    yield Broken(("surprise",), 1, refused=True)
    yield Broken((IMAGE_TAG,), IMAGE_TAG, refused=True)


class Bench:
    """Sends what is broken, as somebody who may do everything, and says what is wrong with the answers."""

    def __init__(self, estate: Estate) -> None:
        self.estate, self.rows, self.cases = estate, Rows(), 0
        everything = sorted(rights.OF_PROJECT)
        self.token = factories.token(estate.mine, *everything, issuer=factories.member(estate.mine, "admin"))
        self.root = fresh_client()
        self.root.force_login(factories.user(is_superuser=True))
        fresh_client().get("/api/v1/me", headers=factories.bearer(self.token))  # so that its last use is noted already
        logging.getLogger("django.request").setLevel(logging.ERROR)
        self.strangers = _strangers(estate)

    def send(self, method: str, path: str, change: Change, body: Any, **headers: str) -> Any:
        client = self.root if change.root else fresh_client()
        sent = {"Idempotency-Key": "broken-1", "If-Match": "*"} | headers
        if not change.root:
            sent["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        sent = {name: value for name, value in sent.items() if value}
        self.cases += 1
        return getattr(client, method)(path, data, content_type="application/json", headers=sent)

    def path(self, route: str, change: Change) -> str:
        row = change.about(self.estate) if change.about else None
        return "/" + route.replace(ID, row.public_id) if row else address(route, self.estate)

    def judge(
        self, method: str, route: str, change: Change, path: str, body: Any, before: Any, case: Broken | None
    ) -> str:
        """Empty, or what is wrong with the answer to this body."""
        with taken_back(), bad_values.writes() as made:
            answer = self.send(method, path, change, body)
            problem = problem_in(answer, route)
            if problem is None:
                return f"is taken ({answer.status_code})" if case is None or case.refused else ""
            written = self.rows.changed(before) if made else []
        if answer.status_code >= 500:
            return f"{answer.status_code}"
        if answer.status_code == 200:  # every item has its refusal, and a repeat is told the same
            written = [name for name in written if name != "fleet_idempotencyrecord"]
        if written:
            return f"{answer.status_code} and yet rows changed in {written}"
        return wrong_words(problem) or (wrong_field(problem, case) if case and case.named else "")


def problem_in(answer: Any, route: str) -> dict[str, Any] | None:
    """The problem an answer is, or the one it holds about its only item; None: it was done."""
    said: Any = answer.json() if answer.content else {}
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json", answer.content[:200]
        return dict(said)
    if route == "api/v1/usage-events":
        return next(({**one, "errors": None, "code": ""} for one in said["refused"]), None)
    if route in JUDGED_ALONE:
        return next((one["problem"] for one in said["items"] if one["problem"]), None)
    lines = said.get("items", []) if "applied" in said else []
    if refused := [line for line in lines if line["effect"] == "refused"]:
        assert not said["applied"]
        note, field = refused[0]["note"], refused[0]["field"]
        return {"detail": note, "code": refused[0]["code"], "errors": [{"field": field, "detail": note}]}
    return None


def wrong_words(problem: dict[str, Any]) -> str:
    for sentence in [problem["detail"], *[error["detail"] for error in problem["errors"] or []]]:
        if not bad_values.is_a_sentence(sentence):
            return f"says {sentence[:300]!r}"
    return ""


def wrong_field(problem: dict[str, Any], case: Broken) -> str:
    """Whether the refusal says which field it is about: it, or one that holds it."""
    if problem["code"] in WHOLE_BODY:
        return ""
    steps = [str(step) for step in case.path if step not in ("items", "changes", "events") and step != 0]
    if problem["errors"] is None:  # an event's refusal is a sentence that begins with its field
        return "" if not steps or steps[0] in problem["detail"] else f"does not name it: {problem['detail']!r}"
    named = [error["field"] for error in problem["errors"]]
    first = steps[0] if steps else "items"
    if any(first in name.split(".") or first == name for name in named):
        return ""
    return "" if not steps and named else f"names {named} in {problem['code']}: {problem['detail']!r}"


def _strangers(estate: Estate) -> dict[str, str]:
    """Rows of the other project, by the beginning of their ids."""
    other = estate.other
    allocation = factories.allocation(other)
    slot = factories.slot(allocation, account=estate.account)
    endpoint = factories.endpoint(other)
    model = factories.model(other)
    rows = {
        "alloc": allocation,
        "slot": slot,
        "inst": factories.instance(slot, estate.account),
        "ep": endpoint,
        "rep": factories.replica(endpoint, slot),
        "model": model,
        "cfg": factories.serving_config(model),
        "svc": factories.service_account(other),
        "proj": other,
    }
    return {prefix: row.public_id for prefix, row in rows.items()} | {"slug": other.slug}


def bodies() -> Iterator[tuple[str, str, Change]]:
    """Every operation that takes a body with fields, and the fullest body it is known to take."""
    for method, route in dict.fromkeys([*CHANGES, *FULL]):
        if method != "delete":
            yield method, route, FULL.get((method, route)) or CHANGES[method, route]
    yield "post", "api/v1/allocations", Change((), says(**NEEDS))
    yield "patch", f"api/v1/allocations/{ID}", Change((), says(expires_at="2150-01-01T00:00:00Z"))
    yield "post", "api/v1/budgets", Change((), lambda estate: {"endpoint": estate.endpoint.public_id, **BUDGET})
    of_endpoint = Change(
        (), lambda estate: {"items": [{"project": "mine", "endpoint": estate.endpoint.public_id, **BUDGET}]}
    )
    yield "post", "api/v1/budgets/bulk", of_endpoint


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
    assert not wrong, f"{len(wrong)} of {bench.cases}\n" + "\n".join(wrong)


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
    for method, route, change in bodies():
        path = bench.path(route, change)
        long = bench.send(method, path, change, " " * 1_000_001)
        assert (long.status_code, long.json()["code"]) == (413, "too-long"), route
        form = getattr(fresh_client(), method)(
            path, "a=1", content_type="application/x-www-form-urlencoded",
            headers={"Authorization": f"Bearer {bench.token}", "Idempotency-Key": "k", "If-Match": "*"},
        )  # fmt: skip
        assert form.status_code in (403, 415), f"{route}: {form.content}"
        assert bad_values.is_a_sentence(form.json()["detail"]), form.json()


def test_a_stale_version_is_refused_on_every_row_that_has_one(bench: Bench) -> None:
    seen = 0
    for (method, route), change in CHANGES.items():
        if method == "post":
            continue
        with taken_back():
            change.prepare(bench.estate)
            path, body = bench.path(route, change), change.body(bench.estate)
            before = bench.rows.digest()
            stale = bench.send(method, path, change, body, **{"If-Match": '"99"'})
            missing = bench.send(method, path, change, body, **{"If-Match": ""})
            assert (stale.status_code, stale.json()["code"]) == (412, "changed"), f"{method} {route}: {stale.content}"
            assert missing.status_code == 428, f"{method} {route}: {missing.content}"
            assert bad_values.is_a_sentence(stale.json()["detail"]) and bad_values.is_a_sentence(
                missing.json()["detail"]
            )
            assert not bench.rows.changed(before), f"{method} {route}"
            seen += 1
    assert seen > 20


def test_a_replayed_key_with_another_body_is_refused(bench: Bench) -> None:
    seen = []
    for (method, route), change in CHANGES.items():
        if method != "post":
            continue
        with taken_back():
            change.prepare(bench.estate)
            path, body = bench.path(route, change), change.body(bench.estate)
            assert bench.send(method, path, change, body).status_code < 300, route
            before = bench.rows.digest()
            again = bench.send(method, path, change, json.dumps(body) + " ")
            assert (again.status_code, again.json()["code"]) == (422, "idempotency-mismatch"), (
                f"{route}: {again.content}"
            )
            assert bad_values.is_a_sentence(again.json()["detail"])
            assert not bench.rows.changed(before), route
            seen.append(route)
    assert len(seen) > 30


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
