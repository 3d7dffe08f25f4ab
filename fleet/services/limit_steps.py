"""Changes of limits as steps of a bulk change: for the API's lists, for files and for the admin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fleet.domain.refusals import Refused, did_you_mean
from fleet.models import Project
from fleet.services import limits
from fleet.services.access import Caller
from fleet.services.bulk import UNCHANGED, WAITING, Done, Step
from fleet.services.limits import Limit, Outcome


def setting(
    noun: str, terms: Mapping[str, Any], *, project: str | None, by: Caller, now: datetime, place: int, why: str = ""
) -> Step:
    """Set the limit of that scope, whether it is there or not. `project` is a slug or id; empty: the installation."""

    def act() -> Done:
        return _done(noun, _named(project, by), terms, by, now, why)

    scope = " ".join(str(terms[name]) for name in limits.SCOPES[noun][1:] if terms.get(name))
    return Step(" ".join(filter(None, [project or "everything", scope])), act, place)


def changing(row: Limit, changes: Mapping[str, Any], *, by: Caller, now: datetime, place: int = 0) -> Step:
    """Change one that is there; one that changed since it was shown is refused."""

    def act() -> Done:
        before = limits.terms_of(row)
        outcome = limits.change_limit(row.public_id, changes=changes, by=by, now=now, generation=row.generation)
        return _told(outcome, before, before | dict(changes), row.public_id)

    return Step(str(row), act, place)


def _done(noun: str, project: Project | None, terms: Mapping[str, Any], by: Caller, now: datetime, why: str) -> Done:
    found = limits.find(noun, project=project, terms=terms)
    outcome = limits.set_limit(noun, project=project, by=by, now=now, why=why, **terms)
    assert outcome.limit is not None
    if found is None:
        return Done("created", outcome.limit.public_id, None, limits.described(outcome.limit), outcome.note)
    before = limits.terms_of(found)
    wanted = {name: value for name, value in terms.items() if name in before}
    return _told(outcome, before, before | wanted, found.public_id)


def _told(outcome: Outcome, before: Mapping[str, Any], after: Mapping[str, Any], subject: str) -> Done:
    effect = WAITING if outcome.waiting else UNCHANGED if after == before else "changed"
    return Done(effect, subject, before, after, outcome.note)


def _named(name: str | None, by: Caller) -> Project | None:
    """The project of that slug or id. Of those they may not see, they are not told that there are any."""
    if not name:
        return None
    mine = Project.objects.all() if by.everything else Project.objects.filter(pk__in=by.projects("limits:read"))
    found = mine.filter(slug=name).first() or mine.filter(public_id=name).first()
    if found is None:
        hint = did_you_mean(name, mine.values_list("slug", flat=True)[:200])
        raise Refused("unknown-project", f"There is no project {name[:63]!r} that you may see.{hint}", field="project")
    return found
