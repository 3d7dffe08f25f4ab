"""Projects: made and renamed by superusers, deleted only while nothing ever happened in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ManyToOneRel

from fleet.domain.refusals import Changed, Refused
from fleet.models import Membership, Project
from fleet.services import events
from fleet.services.access import Caller

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NAME_LENGTH = 200


def create_project(*, slug: str, name: str, by: Caller, now: datetime) -> Project:
    """A tenant without members, quotas and budgets. Raises Refused with the field and what to do."""
    _check(slug, name, by)
    try:
        with transaction.atomic():
            made = Project.objects.create(slug=slug, name=name)
            _record("project.created", made, by, now, after=shown(made))
    except IntegrityError as error:
        raise _taken(slug) from error
    return made


def change_project(
    project: Project,
    *,
    changes: Mapping[str, str],
    by: Caller,
    now: datetime,
    read: Mapping[str, str] | None = None,
) -> Project:
    """Another name or slug; ids stay. `read` is what the asker saw: Changed when it is not so any more."""
    try:
        with transaction.atomic():
            row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            before = shown(row)
            if read is not None and read != before:
                raise Changed
            after = {**before, **changes}
            _check(after["slug"], after["name"], by)
            if after != before:
                row.slug, row.name = after["slug"], after["name"]
                row.save(update_fields=["slug", "name"])
                _record("project.changed", row, by, now, before=before, after=after)
    except IntegrityError as error:
        raise _taken(str(changes.get("slug", ""))) from error
    return row


def delete_project(project: Project, *, by: Caller, now: datetime) -> None:
    """Only an empty one: what was done in a project, and what it cost, is never thrown away."""
    by.require("installation:write", None)
    with transaction.atomic():
        row = Project.objects.select_for_update().get(pk=project.pk)
        held = what_it_holds(row)
        if held:
            sentence = (
                f"{row.slug} holds {', '.join(held)}, and history is kept. Remove its members and tokens instead."
            )
            raise Refused("project-in-use", sentence)
        _record("project.deleted", row, by, now, before=shown(row))
        row.delete()


def what_it_holds(project: Project) -> list[str]:
    """Names of what belongs to a project, such as `allocations`; members do not count."""
    found = []
    for relation in Project._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ManyToOneRel) or relation.related_model is Membership:
            continue
        model: Any = relation.related_model
        if model._default_manager.filter(**{relation.field.name: project}).exists():
            found.append(str(model._meta.verbose_name_plural))
    return sorted(found)


def shown(row: Project) -> dict[str, str]:
    return {"slug": row.slug, "name": row.name}


def _check(slug: str, name: str, by: Caller) -> None:
    by.require("installation:write", None)
    if not SLUG.fullmatch(slug):
        raise Refused("slug", "Small letters, digits and hyphens between them, at most 63.", field="slug")
    if not name.strip() or len(name) > NAME_LENGTH:
        raise Refused("name", f"A name of 1 to {NAME_LENGTH} characters is needed.", field="name")


def _taken(slug: str) -> Refused:
    return Refused("name-taken", f"There is a project called {slug} already.", field="slug")


def _record(topic: str, row: Project, by: Caller, now: datetime, **sides: Mapping[str, str]) -> None:
    """Of the installation, not of the project: a project in which nothing happened has no events."""
    events.record(topic, subject=row.public_id, actor=by.name, now=now, data={"slug": row.slug, **sides})
