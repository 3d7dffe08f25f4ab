"""A vendor's error code -> our class, by one table kept as data (outcomes.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from fleet.domain.outcomes import ErrorClass, Refusal, Scope

TABLE = Path(__file__).with_name("outcomes.toml")
ZERO_LIMIT = timedelta(hours=1)
"""A quota of nothing at all is not full: somebody has to raise it, so it is left alone for longer."""


@dataclass(frozen=True)
class Row:
    match: tuple[str, ...]
    text: str
    error_class: ErrorClass
    scope: Scope
    retry_after: timedelta | None
    then: str
    zero: str = ""
    market: str = ""  # the capacity type that it is said of; empty: of any
    lacks: bool = False

    def asked_again_after(self, message: str, told: timedelta | None) -> timedelta | None:
        """The earliest the same is worth asking again; None: whenever. `told`: what the cloud said of that."""
        if self.zero and self.zero in message.lower():
            return max(told or ZERO_LIMIT, ZERO_LIMIT)
        return told or self.retry_after

    def covers(self, code: str, message: str, market: str = "") -> bool:
        """Whether this row speaks of the code (exact, or by prefix) and its text occurs in the message.

        `market`: the capacity type that was asked for, empty when it is not known.
        """
        named = any(code.startswith(m[:-1]) if m.endswith("*") else code == m for m in self.match)
        return named and self.text in message.lower() and self.market in ("", market)


@cache
def table() -> dict[str, tuple[Row, ...]]:
    """Rows by cloud, in order. Raises ValueError for a class or scope that does not exist."""
    with TABLE.open("rb") as file:
        clouds = tomllib.load(file)
    return {cloud: tuple(_row(values) for values in rows) for cloud, rows in clouds.items()}


def _row(values: dict[str, object]) -> Row:
    seconds = values.get("retry_after_seconds")
    matches = values["match"]
    assert isinstance(matches, list)
    return Row(
        match=tuple(str(m) for m in matches),
        text=str(values.get("text", "")),
        error_class=ErrorClass(str(values["class"])),
        scope=Scope(str(values["scope"])),
        retry_after=timedelta(seconds=float(str(seconds))) if seconds is not None else None,
        then=str(values.get("then", "")),
        zero=str(values.get("zero", "")),
        market=str(values.get("market", "")),
        lacks=values.get("lacks") is True,
    )


def next_step(cloud: str, code: str, message: str, *, market: str = "") -> str:
    """What is done after such an answer, and what a person can do; empty for a code nobody has classified."""
    return next((row.then for row in table().get(cloud, ()) if row.covers(code, message, market)), "")


def classify(cloud: str, code: str, message: str, *, retry_after: timedelta | None = None, market: str = "") -> Refusal:
    """The refusal a code means. One nobody has classified is UNKNOWN: the call may have had its effect."""
    for row in table().get(cloud, ()):
        if row.covers(code, message, market):
            after = row.asked_again_after(message, retry_after)
            return Refusal(row.error_class, code, message, row.scope, after, lacks=row.lacks)
    return Refusal(ErrorClass.UNKNOWN, code, message, Scope.REQUEST, retry_after, classified=False)
