"""Chains of calls over the whole schema: a state machine of schemathesis that takes everybody in turn.

schemathesis follows the links of the schema (fleet/api/links.py) and those it infers itself. What it left to chance
is decided here: calls that were made and answered least come first, so a few thousand reach all of them; and a
violation does not end a chain, it is written down, so one run tells all of them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, cast

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Rule, RuleStrategy, rule
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.control import TransitionController
from schemathesis.generation.stateful.state_machine import StepInput, normalize_name
from schemathesis.openapi.checks import UseAfterFree
from schemathesis.specs.openapi.checks import ignored_auth

from fleet.domain.outcomes import BlockOffer
from fleet.models import Token
from fleet.services import block_offers
from tests.security.estate import Estate
from tests.security.schema import row_like, with_key_where_it_spends, without_waiting

STEPS = 25
WORTH_OF_A_SUCCESS = 2
"""Refused calls that count as one that was answered 2xx, when the next one is chosen."""
LINKED = 0.7
"""How often a link is followed where there is one, instead of asking anew."""

_ID = re.compile("[a-z]+_[0-9a-f]{32}")
_CHANGING = re.compile(r"\b[0-9a-f-]{32,36}\b|[a-z]+_[0-9a-f]{32}|\d{4}-\d\d-\d\dT[0-9:.Z+]+")


@dataclass
class Findings:
    """How often each operation was answered with which status, and what broke which check, each with one request."""

    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By operation and token: what this one may not do is soon left to the other."""
    violations: dict[tuple[str, str, str], str] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        return sum(answers.total() for answers in self.answers.values())

    def done(self, label: str) -> int:
        return sum(count for status, count in self.answers[label].items() if 200 <= status < 300)

    def standing(self, label: str, token: str) -> int:
        """Who has less of it comes next."""
        return self.asked[label, token] + WORTH_OF_A_SUCCESS * self.done(label)

    def note(self, failure: Failure, case: Any, response: Any) -> None:
        """The first of its kind: the same check of the same operation, broken in the same words."""
        said = _CHANGING.sub("…", failure.message)
        asked = case.as_curl_command(headers={"Authorization": "Bearer $TOKEN"})
        answered = f"{response.status_code} {response.text[:1000]}"
        self.violations.setdefault(
            (case.operation.label, failure.title, said), f"{failure.title}\n{failure.message}\n{asked}\n{answered}"
        )

    def told(self) -> str:
        """Every violation, in order."""
        return "\n\n".join(f"{label}: {text}" for (label, _, _), text in sorted(self.violations.items()))


def walk(
    schema: Any, estate: Estate, credentials: Sequence[str], *, chains: int, instead: Mapping[str, str]
) -> Findings:
    """So many chains, asked by each of these tokens in turn. The same ones each time.

    `instead`: ids of other rows, for operations that the estate's own row of that noun can only refuse.
    """
    findings = Findings()
    machine = _machine(schema, estate, findings, instead)
    for number in range(chains):
        # A run of its own for each: hypothesis expects of one run that what was drawn before decides what is drawn
        # next, and here the answers do as well. Its name is its seed.
        asking = [*credentials[number % len(credentials) :], *credentials]
        chain = type(f"Chain{number}", (machine,), {"credentials": asking})
        chain.run(
            settings=settings(
                max_examples=1,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
        )
    return findings


class AnythingGoes(TransitionController):
    """The estate has rows of everything, so any call may come first, and as often as its turn comes."""

    def allow_transition(self, source: str, target: str) -> bool:
        return True

    def allow_root_transition(self, source: str, bundles: Any) -> bool:
        return True


class InTurn(RuleStrategy):
    """The next step: to an operation that is behind, by any way there from what was answered in this chain.

    Behind, and not the one furthest behind: those of one noun would follow each other, and all but one come too late.
    """

    def do_draw(self, data: Any) -> tuple[Rule, dict[str, Any]]:
        drawn = data.draw(st.integers(0, 2**64 - 1))
        if drawn == 0:
            data.mark_invalid("the simplest of all chains, which every run would begin with")
        chance, machine = Random(drawn), cast(Any, self.machine)
        ways: dict[str, list[Rule]] = defaultdict(list)
        for one in self.rules:
            if all(machine.bundle(bundle.name) for bundle in one.bundles):
                ways[machine.target_of[one.function.__name__]].append(one)
        standing = {label: machine.findings.standing(label, machine.asking[0]) for label in sorted(ways)}
        least = min(standing.values())
        weights = [1 / (1 + one - least) ** 2 for one in standing.values()]
        there = ways[chance.choices(list(standing), weights)[0]]
        linked = [one for one in there if one.bundles]
        taken = chance.choice(linked if linked and chance.random() < LINKED else there)
        return taken, {name: data.draw(strategy) for name, strategy in taken.arguments_strategies.items()}


def _machine(schema: Any, estate: Estate, findings: Findings, instead: Mapping[str, str]) -> Any:
    """The state machine of the whole schema; each chain begins with the estate as it was."""
    made = schema.as_state_machine()
    linked = made._transitions.operations
    targets = {normalize_name(f"RANDOM -> {label}"): label for label in made._root_labels}
    targets |= {normalize_name(one.full_name): one.target.label for those in linked.values() for one in those.incoming}
    alone = {
        f"alone_{number}": one
        for number, one in enumerate(one.ok() for one in schema.get_all_operations())
        if one.label not in made._root_labels
    }

    class Chain(made):  # type: ignore[misc]
        target_of = targets | {name: one.label for name, one in alone.items()}
        credentials: list[str]

        def __init__(self) -> None:
            super().__init__()
            self.findings = findings
            self._rules_strategy = InTurn(self)
            self.control = AnythingGoes(self._transitions, self._root_labels)

        def setup(self) -> None:
            self.start = transaction.savepoint()
            self.asking = list(self.credentials)
            self.seen: set[str] = set()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.start)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {self.asking[0]}"}}

        def before_call(self, case: Any) -> None:
            turn = findings.answers[case.operation.label].total()
            if case.meta.generation.mode is GenerationMode.POSITIVE:
                _aim_at_rows(case, estate, self.seen, instead)
                if turn % 3 < 2:
                    _ask_as_shown(case, estate, turn)
            without_waiting(case)
            with_key_where_it_spends(case)

        def after_call(self, response: Any, case: Any) -> None:
            super().after_call(response, case)
            findings.answers[case.operation.label][response.status_code] += 1
            findings.asked[case.operation.label, self.asking[0]] += 1
            self.seen.update(_ID.findall(response.text))
            if response.status_code == 401 and len(self.asking) > 1:
                self.asking.pop(0)  # it revoked itself, or left its project

        def validate_response(self, response: Any, case: Any, *args: Any, **kwargs: Any) -> None:
            try:
                case.validate_response(
                    response, excluded_checks=[ignored_auth], transport_kwargs=kwargs, recorder=self.recorder
                )
            except FailureGroup as group:
                for failure in cast("Sequence[Failure]", group.exceptions):
                    if not self._is_on_its_way(failure):
                        findings.note(failure, case, response)

        def _is_on_its_way(self, failure: Failure) -> bool:
            """204 says that it is gone; 202 and 200 that it goes, or that somebody else has to agree."""
            if not isinstance(failure, UseAfterFree):
                return False
            answer = self.recorder.find_response(case_id=failure.deleted_case_id)
            return answer is not None and answer.status_code != 204

    for name, operation in alone.items():
        setattr(Chain, name, _alone(operation, name))
    return Chain


def _alone(operation: Any, name: str) -> Any:
    """A step to an operation from nowhere: the estate has a row for it."""

    def step(self: Any, case: Any) -> None:
        self.recorder.record_case(case=case)
        self.step(StepInput.initial(case))

    step.__name__ = name
    return rule(case=operation.as_strategy())(step)


def _aim_at_rows(case: Any, estate: Estate, seen: set[str], instead: Mapping[str, str]) -> None:
    """At what is there: random ids would only ever be not found."""
    path = case.path_parameters or {}
    if "public_id" in path and path["public_id"] not in seen:
        path["public_id"] = instead.get(case.operation.label) or row_like(path["public_id"], estate)
    if "username" in path and not User.objects.filter(username=path["username"]).exists():
        path["username"] = estate.viewer.username


def _ask_as_shown(case: Any, estate: Estate, turn: int) -> None:
    """Ask as somebody would: with the example that the schema shows, for all rows, whatever they are by now."""
    case.query = {}
    if "If-Match" in (case.headers or {}) and turn % 2:
        case.headers["If-Match"] = "*"
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    shape = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    properties = case.operation.schema.raw_schema["components"]["schemas"].get(shape, {}).get("properties", {})
    scope = {"project": estate.mine.slug, "cloud": estate.account.cloud}
    shown = [content["example"]] if "example" in content else []
    shown += [one["value"] for one in content.get("examples", {}).values()]
    if shown:
        case.body = _of_the_estate(shown[turn % len(shown)], estate, "")
        if case.method == "POST" and "name" in properties:
            case.body |= {"name": f"made-{turn}"}
        if turn % 2:
            case.body = {name: it for name, it in scope.items() if name in properties} | case.body


def _of_the_estate(value: Any, estate: Estate, name: str) -> Any:
    """The same value with what is named in it being there, and its instants being now."""
    names: dict[str, Any] = {
        "project": estate.mine.slug,
        "account": estate.account.name,
        "model": estate.model.name,
        "serving_config": estate.serving_config.name,
        "user": estate.stranger.username,
        "offer": _offer(estate),
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


def _offer(estate: Estate) -> str:
    """A capacity block for sale, as the estate's account would have named it just now to the admin's token."""
    start = timezone.now() + timedelta(hours=1)
    end = start + timedelta(days=1)
    made = BlockOffer("cb-1", "p5.48xlarge", "us-east-1", "us-east-1a", 1, start, end, Decimal(1), "USD")
    asking = Token.objects.get(key_id=estate.admins_token.split("_")[1])
    return block_offers.name_of(estate.account, made, to=f"token:{asking.public_id}")
