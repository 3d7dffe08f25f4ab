"""What an identity provider's groups give a person, applied at each of their logins through it.

Only what came from groups goes with them: a membership somebody gave by hand stays as it is, and stands above a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from fleet.domain.groups import Granted, granted
from fleet.models import Membership, Project, ProviderGrant
from fleet.services import events, sessions
from fleet.services.clock import business_converter


def what_they_give(groups: Sequence[str]) -> Granted:
    """By OIDC_GROUPS, today."""
    return granted(settings.OIDC_GROUPS, groups, list(Project.objects.order_by("slug").values_list("slug", flat=True)))


def apply(user: User, groups: Sequence[str], *, now: datetime) -> Granted:
    """Give and take until the person has what their groups give; one event when anything changed."""
    gives = what_they_give(groups)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        grant, _ = ProviderGrant.objects.get_or_create(user=user)
        before = {"groups": grant.groups, "superuser": grant.superuser, "roles": _mapped(user)}
        _set_roles(user, gives.roles)
        if gives.superuser != user.is_superuser and (gives.superuser or grant.superuser):
            user.is_superuser = user.is_staff = grant.superuser = gives.superuser
            user.save(update_fields=["is_superuser", "is_staff"])
        grant.groups, grant.mapped_at = list(groups), now
        grant.save()
        after = {"groups": grant.groups, "superuser": grant.superuser, "roles": _mapped(user)}
        if before != after:
            events.record(
                "memberships.mapped",
                subject=sessions.subject_of(user),
                now=business_converter()(now),
                data={"name": user.get_username(), "before": before, "after": after},
            )
    return gives


def _set_roles(user: User, roles: dict[str, str]) -> None:
    by_hand = set(user.memberships.filter(mapped=False).values_list("project__slug", flat=True))
    user.memberships.filter(mapped=True).exclude(project__slug__in=roles).delete()
    for project in Project.objects.filter(slug__in=set(roles) - by_hand):
        role = roles[project.slug]
        row, _ = Membership.objects.get_or_create(user=user, project=project, defaults={"role": role, "mapped": True})
        changed = Membership.objects.filter(pk=row.pk, mapped=True).exclude(role=role)
        changed.update(role=role, generation=F("generation") + 1)


def _mapped(user: User) -> dict[str, str]:
    return dict(user.memberships.filter(mapped=True).order_by("pk").values_list("project__slug", "role"))
