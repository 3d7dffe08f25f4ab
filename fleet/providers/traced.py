"""A span around every call of a cloud: which cloud, which verb, and the class of what came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet import tracing
from fleet.domain.outcomes import Inventory, Refusal, Unclear
from fleet.providers.base import Account, CloudProvider, ReadFailed


class Traced:
    """Stands before an adapter and answers as it does."""

    def __init__(self, cloud: CloudProvider, account: Account, provider: str) -> None:
        self._cloud = cloud
        self._known = {"cloud": account.cloud, "account": account.name, "provider": provider}

    def __getattr__(self, verb: str) -> Any:
        call: Callable[..., Any] = getattr(self._cloud, verb)
        if verb.startswith("_") or not callable(call):
            return call

        def traced(*arguments: Any, **named: Any) -> Any:
            with tracing.span(f"cloud {verb}", verb=verb, **self._known) as told:
                try:
                    answer = call(*arguments, **named)
                except ReadFailed:
                    told.say(outcome="read-failed")
                    raise
                told.say(outcome=outcome_class(answer))
                return answer

        return traced


def outcome_class(answer: Any) -> str:
    """One word for what a cloud answered: `ok`, the class of its refusal, `unknown` or `incomplete`."""
    if isinstance(answer, Refusal):
        return answer.error_class.value
    if isinstance(answer, Unclear):
        return "unknown"
    if isinstance(answer, Inventory) and not answer.complete:
        return "incomplete"
    return "ok"
