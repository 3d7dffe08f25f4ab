"""Where bodies are sent, and the answers judged."""

from __future__ import annotations

import json
import logging
from typing import Any

from fleet.domain import rights
from fleet.services.installation import installation
from tests import factories
from tests.api_client import fresh_client
from tests.security import bad_values
from tests.security.bad_values import Rows
from tests.security.broken import Broken
from tests.security.estate import Estate
from tests.security.routes import ID, address
from tests.security.test_audit import Change
from tests.security.test_matrix import taken_back

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
        self.strangers = strangers_of(estate)
        installation()  # its row is made at the first use

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


def strangers_of(estate: Estate) -> dict[str, str]:
    """Rows of the other project, by the beginning of their ids, and its slug."""
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
