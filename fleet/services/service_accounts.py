"""Service accounts: who automation is. Their tokens may do what their role allows, whoever made them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from fleet.domain.refusals import Refused, check_generation
from fleet.models import Project, ServiceAccount, Token
from fleet.services import events
from fleet.services.access import Caller, people_behind
from fleet.services.members import check_may_give, check_may_take, check_role

NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?")
DESCRIPTION_LENGTH = 300


def create_service_account(
    *, project: Project, name: str, role: str, by: Caller, now: datetime, description: str = ""
) -> ServiceAccount:
    """A role in one project that outlives whoever made it. Raises Refused with the field and what to do."""
    check_role(role)
    check_may_give(role, project, by)
    _check_words(name, description)
    with _unique(name):
        made = ServiceAccount.objects.create(
            project=project,
            name=name,
            role=role,
            description=description,
            created_by=by.name,
            made_by_people=people_behind(by),
        )
        _record("service-account.created", made, by, now, after=shown(made))
    return made


def change_service_account(
    account: ServiceAccount, *, changes: Mapping[str, Any], by: Caller, now: datetime, generation: int | None = None
) -> ServiceAccount:
    """Another name, description or role, or on and off (`disabled`). Its tokens follow at their next use."""
    with transaction.atomic():
        row = ServiceAccount.objects.select_for_update(no_key=True).select_related("project").get(pk=account.pk)
        check_generation(row.generation, generation)
        before = shown(row)
        wanted = {**before, **changes}
        check_role(wanted["role"])
        # Switching off is for emergencies: it takes rights away, so it needs fewer than giving them.
        if set(changes) == {"disabled"} and changes["disabled"]:
            by.require("access:write", row.project_id)
        else:
            check_may_give(row.role, row.project, by)
            check_may_give(wanted["role"], row.project, by)
        _check_words(wanted["name"], wanted["description"])
        if wanted == before:
            return row
        with _unique(wanted["name"]):
            ServiceAccount.objects.filter(pk=row.pk).update(
                name=wanted["name"],
                description=wanted["description"],
                role=wanted["role"],
                disabled_at=(row.disabled_at or timezone.now()) if wanted["disabled"] else None,
                generation=F("generation") + 1,
            )
        row.refresh_from_db()
        _record(_topic(before, wanted), row, by, now, before=before, after=shown(row))
    return row


def delete_service_account(
    account: ServiceAccount, *, by: Caller, now: datetime, generation: int | None = None
) -> None:
    """Only one that never acted goes, with its unused tokens: what did something stays readable, so disable it."""
    with transaction.atomic():
        row = ServiceAccount.objects.select_for_update().select_related("project").get(pk=account.pk)
        check_generation(row.generation, generation)
        check_may_take(row.role, row.project, by)
        used = Q(last_used_at__isnull=False) | Q(allocations__isnull=False)
        if Token.objects.filter(used, service_account=row).exists():
            raise Refused("account-acted", f"{row.name} has acted, so it stays in the history. Disable it instead.")
        _record("service-account.deleted", row, by, now, before=shown(row))
        row.delete()


def shown(row: ServiceAccount) -> dict[str, Any]:
    """What may be changed of one, and what an event says of it."""
    return {
        "name": row.name,
        "description": row.description,
        "role": row.role,
        "disabled": row.disabled_at is not None,
    }


def _topic(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if before["disabled"] != after["disabled"]:
        return "service-account.disabled" if after["disabled"] else "service-account.enabled"
    return "service-account.changed"


def _check_words(name: str, description: str) -> None:
    if not NAME.fullmatch(name):
        sentence = "Small letters, digits and . _ - between them, at most 100, such as deploy-bot."
        raise Refused("account-name", sentence, field="name")
    if len(description) > DESCRIPTION_LENGTH:
        raise Refused("too-long-text", f"At most {DESCRIPTION_LENGTH} characters.", field="description")


@contextmanager
def _unique(name: str) -> Iterator[None]:
    """The database's word on names, as a refusal."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "one_service_account_per_name" not in str(error):
            raise
        raise Refused("name-taken", f"There is a service account called {name} already.", field="name") from error


def _record(topic: str, row: ServiceAccount, by: Caller, now: datetime, **sides: dict[str, Any]) -> None:
    events.record(
        topic,
        subject=row.public_id,
        project=row.project,
        actor=by.name,
        now=now,
        data={"name": row.name, **sides},
    )
