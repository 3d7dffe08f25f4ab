"""Who may act in a project, and as what. Nobody gives or takes a role that may do more than they may themselves."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from fleet.domain import rights
from fleet.domain.refusals import NotAllowed, Refused, check_generation, did_you_mean
from fleet.models import Membership, Project, Role
from fleet.services import events
from fleet.services.access import Caller


def add_member(*, project: Project, username: str, role: str, by: Caller, now: datetime) -> Membership:
    """Somebody who can log in already joins a project. Raises Refused with the field and what to do."""
    check_role(role)
    check_may_give(role, project, by)
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        sentence = "Nobody who may log in has this name. A superuser adds people, or single sign-on does."
        raise Refused("unknown-user", sentence, field="user")
    try:
        with transaction.atomic():
            made = Membership.objects.create(project=project, user=user, role=role)
            _record("member.added", made, by, now, after=role)
    except IntegrityError as error:
        raise Refused(
            "name-taken", f"{username} is a member already; change the role instead.", field="user"
        ) from error
    return made


def change_role(
    membership: Membership, *, role: str, by: Caller, now: datetime, generation: int | None = None
) -> Membership:
    """Give a member another role. Raises DoesNotExist, or Refused; `generation` says which version was read."""
    check_role(role)
    with transaction.atomic():
        row = _locked(membership)
        before = row.role
        check_may_give(before, row.project, by)
        check_may_give(role, row.project, by)
        check_generation(row.generation, generation)
        if role != Role.ADMIN:
            _keep_an_admin(row, by)
        if role != before:
            row.role, row.mapped = role, False  # from now on by hand: no group gives the former one back
            row.generation += 1
            row.save(update_fields=["role", "mapped", "generation"])
            _record("member.changed", row, by, now, before=before, after=role)
    return row


def remove_member(membership: Membership, *, by: Caller, now: datetime, generation: int | None = None) -> None:
    """Take somebody out of a project; their own tokens of it open nothing from then on. One may always leave."""
    with transaction.atomic():
        row = _locked(membership)
        if by.principal != f"user:{row.user_id}":
            check_may_take(row.role, row.project, by)
        check_generation(row.generation, generation)
        _keep_an_admin(row, by)
        _record("member.removed", row, by, now, before=row.role)
        row.delete()


def check_role(role: str) -> None:
    if role not in Role.values:
        sentence = f"No role is called {role[:40]!r}.{did_you_mean(role, Role.values)}"
        raise Refused("unknown-role", sentence, field="role")


def check_may_give(role: str, project: Project, by: Caller) -> None:
    """Raise NotAllowed unless the caller may do in the project all that the role may, and change access there."""
    check_may_take(role, project, by)
    if by.limited:
        raise NotAllowed("A token with limits gives nobody rights: use one without, or log in.")


def check_may_take(role: str, project: Project, by: Caller) -> None:
    """As for giving it, but a token with limits may do it too: it takes rights away."""
    by.require("access:write", project.pk)
    if not rights.SCOPES_OF_ROLE[role] <= by.scopes[project.pk]:
        raise NotAllowed(f"The role {role} may do more than you may, so you can neither give nor take it.")


def _keep_an_admin(row: Membership, by: Caller) -> None:
    """A project without an admin is one that nobody can repair; only superusers may leave one behind."""
    if row.role != Role.ADMIN or by.may("installation:write", None):
        return
    others = Membership.objects.filter(project=row.project, role=Role.ADMIN, user__is_active=True).exclude(pk=row.pk)
    if not others.exists():
        raise Refused("last-admin", f"{row.user} is the last admin of {row.project}. Make another member admin first.")


def _locked(membership: Membership) -> Membership:
    """The row, with the project's row locked: two admins cannot remove each other at once. Raises DoesNotExist."""
    Project.objects.select_for_update(no_key=True).get(pk=membership.project_id)
    return Membership.objects.select_related("user", "project").get(pk=membership.pk)


def _record(topic: str, row: Membership, by: Caller, now: datetime, *, before: str = "", after: str = "") -> None:
    sides = {name: {"role": role} for name, role in (("before", before), ("after", after)) if role}
    events.record(
        topic,
        subject=row.project.public_id,
        project=row.project,
        actor=by.name,
        now=now,
        data={"user": row.user.get_username(), **sides},
    )
