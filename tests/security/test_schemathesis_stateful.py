"""The schema against the API, in chains: what one call answers is what the next one asks about.

schemathesis follows the links of the schema (fleet/api/links.py) and those it infers itself, from the rows of an
estate and the rows it makes. Every check runs on every call, but that of authentication, which is one of an operation
alone; and what is gone stays gone.
PURSER_SCHEMA_CHAINS sets how many chains each caller gets.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import rule
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.state_machine import StepInput
from schemathesis.openapi.checks import UseAfterFree
from schemathesis.specs.openapi.checks import ignored_auth

from fleet.domain import rights
from fleet.services import tokens
from tests import factories
from tests.security.estate import Estate
from tests.security.schema import read_schema, row_like, without_waiting

CHAINS = int(os.environ.get("PURSER_SCHEMA_CHAINS", "30"))
STEPS = 60
NEVER_DONE: dict[str, str] = {}
"""Operations that no chain brings to a 2xx, and why."""

_ID = re.compile("[a-z]+_[0-9a-f]{32}")

pytestmark = pytest.mark.skipif(
    "PURSER_SCHEMA_CHAINS" not in os.environ,
    reason="not settled yet, see docs/progress.md",
)
schema = read_schema()
Reached = dict[str, Counter[int]]


def test_no_chain_of_calls_breaks_the_schema_or_the_server(estate: Estate, one_connection: None) -> None:
    reached: Reached = defaultdict(Counter)
    root = factories.user(is_superuser=True)
    _, superusers = tokens.issue_token(
        project=None, issuer=root, name="root", now=timezone.now(), scopes=sorted(rights.SCOPES)
    )
    for token in (estate.admins_token, superusers):
        machine = _machine(token, estate, reached)
        machine.run(
            settings=settings(
                max_examples=CHAINS,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
        )
    every = {operation.ok().label for operation in schema.get_all_operations()}
    print(_told(every, reached))
    assert every == set(reached), "never called"
    undone = {label for label in every if not any(200 <= status < 300 for status in reached[label])}
    assert undone <= set(NEVER_DONE), _told(undone, reached)


def _machine(token: str, estate: Estate, reached: Reached) -> Any:
    """The state machine of the whole schema, asked with this token; each chain begins with the estate as it was."""
    made = schema.as_state_machine()
    linked = made._transitions.operations
    alone = [one.ok() for one in schema.get_all_operations()]
    alone = [
        one
        for one in alone
        if one.label not in made._root_labels and not (linked.get(one.label) and linked[one.label].incoming)
    ]

    class Chain(made):  # type: ignore[misc]
        def setup(self) -> None:
            self.start = transaction.savepoint()
            self.calls: Counter[str] = Counter()
            self.seen: set[str] = set()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.start)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {token}"}}

        def before_call(self, case: Any) -> None:
            without_waiting(case)
            label = case.operation.label
            self.calls[label] += 1
            if self.calls[label] % 3 and case.meta.generation.mode is GenerationMode.POSITIVE:
                _aim(case, estate, self.calls[label], self.seen)

        def after_call(self, response: Any, case: Any) -> None:
            super().after_call(response, case)
            reached[case.operation.label][response.status_code] += 1
            self.seen.update(_ID.findall(response.text))

        def validate_response(self, response: Any, case: Any, *args: Any, **kwargs: Any) -> None:
            try:
                case.validate_response(
                    response, excluded_checks=[ignored_auth], transport_kwargs=kwargs, recorder=self.recorder
                )
            except FailureGroup as group:
                if left := [failure for failure in group.exceptions if not self._is_on_its_way(failure)]:
                    raise FailureGroup(left, str(group)) from None

        def _is_on_its_way(self, failure: Any) -> bool:
            """204 says that it is gone; 202 and 200 that it goes, or that somebody else has to agree."""
            if not isinstance(failure, UseAfterFree):
                return False
            answer = self.recorder.find_response(case_id=failure.deleted_case_id)
            return answer is not None and answer.status_code != 204

    for number, operation in enumerate(alone):
        setattr(Chain, f"alone_{number}", _alone(operation, number))
    return Chain


def _alone(operation: Any, number: int) -> Any:
    """A step to an operation that no answer leads to."""

    def step(self: Any, case: Any) -> None:
        self.recorder.record_case(case=case)
        self.step(StepInput.initial(case))

    step.__name__ = f"alone_{number}"
    return rule(case=operation.as_strategy())(step)


def _aim(case: Any, estate: Estate, turn: int, seen: set[str]) -> None:
    """Ask as somebody would: with the example that the schema shows, of rows that are there, and of all of them."""
    wanted = (case.path_parameters or {}).get("public_id", "")
    if wanted and wanted not in seen:
        case.path_parameters["public_id"] = row_like(wanted, estate)
    case.query = {}
    if "If-Match" in (case.headers or {}) and turn % 2:
        case.headers["If-Match"] = "*"
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    shown = (
        [content["example"]] if "example" in content else [one["value"] for one in content.get("examples", {}).values()]
    )
    if shown:
        case.body = _of_the_estate(shown[0], estate, "")


def _of_the_estate(value: Any, estate: Estate, name: str) -> Any:
    names: dict[str, Any] = {
        "project": estate.mine.slug,
        "account": estate.account.name,
        "model": estate.model.name,
        "serving_config": estate.serving_config.name,
        "user": estate.stranger.username,
        "accepted_at": (timezone.now() - timedelta(seconds=60)).isoformat(),
        "finished_at": (timezone.now() - timedelta(seconds=58)).isoformat(),
        "expires_at": (timezone.now() + timedelta(days=7)).isoformat(),
    }
    if isinstance(value, dict):
        return {key: _of_the_estate(one, estate, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_of_the_estate(one, estate, name) for one in value]
    if isinstance(value, str) and _ID.fullmatch(value):
        return row_like(value, estate)
    return names.get(name, value) if isinstance(value, str) else value


def _told(labels: set[str], reached: Reached) -> str:
    calls = sum(sum(found.values()) for found in reached.values())
    lines = [f"{label}: {dict(sorted(reached[label].items()))}" for label in sorted(labels)]
    return "\n".join([f"{len(labels)} operations, {calls} calls", *lines])
