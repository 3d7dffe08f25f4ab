"""Many changes as one: tried row by row, shown before they are made, and then made together or not at all.

A preview is the change itself, taken back: what it shows is what the services would do, their refusals included.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from fleet.domain.refusals import Refused
from fleet.services.events import plain

REFUSED, WAITING, UNCHANGED = "refused", "waiting", "unchanged"


@dataclass(frozen=True)
class Done:
    """What a step did: `created`, `changed`, `deleted`, `unchanged`, or `waiting` for another person."""

    effect: str
    subject: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    note: str = ""


@dataclass(frozen=True)
class Step:
    """One change of many. `place` says where it was asked for: a line of a file, an index of a list."""

    label: str
    act: Callable[[], Done]
    place: int = 0


@dataclass(frozen=True)
class Line:
    """What became of a step, or would."""

    place: int
    label: str
    done: Done
    refusal: Refused | None = None

    @property
    def effect(self) -> str:
        return self.done.effect


def run(steps: Iterable[Step], *, dry_run: bool, together: bool = True) -> list[Line]:
    """Take the steps in order. With `together` one refusal leaves everything as it was; so does `dry_run`."""
    with transaction.atomic():
        lines = [_take(step) for step in steps]
        if dry_run or (together and any(line.refusal for line in lines)):
            transaction.set_rollback(True)
    return lines


def applied(lines: Iterable[Line], *, together: bool = True) -> bool:
    """Whether a run that was no dry one left something behind."""
    rows = list(lines)
    return not (together and any(line.refusal for line in rows))


def fingerprint(lines: Iterable[Line]) -> str:
    """Names exactly what a run did or would do: only what somebody saw is done."""
    told = [(line.place, line.label, line.effect, plain(line.done.before), plain(line.done.after)) for line in lines]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def run_as_seen(steps: Iterable[Step], *, seen: str) -> list[Line]:
    """Do what a preview showed, all of it. Raises Refused when it would be something else by now, or one is refused."""
    with transaction.atomic():
        lines = run(steps, dry_run=False, together=False)
        if fingerprint(lines) != seen or any(line.refusal for line in lines):
            raise Refused("changed", "Nothing was changed: something was changed since this was shown. Look again.")
    return lines


def _take(step: Step) -> Line:
    try:
        with transaction.atomic():
            return Line(step.place, step.label, step.act())
    except Refused as refused:
        return Line(step.place, step.label, Done(REFUSED, note=refused.sentence), refused)
