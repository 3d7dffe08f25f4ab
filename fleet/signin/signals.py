"""What follows when Django or django-allauth says that somebody came, failed to come or went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core import context
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from fleet.services import second_factor, sessions
from fleet.sudo import note_proof

WORDS = {"password": "password", "mfa": "code", "socialaccount": "OpenID Connect"}


@receiver(user_logged_in, dispatch_uid="purser-logged-in")
def logged_in(request: HttpRequest, user: User, **_: Any) -> None:
    """The session's age begins. Logging in is a proof too, as old as the identity provider says it is."""
    steps = [WORDS.get(record["method"], record["method"]) for record in get_authentication_records(request, user)]
    note_proof(request, at=getattr(request, "proved_at", None))
    if getattr(request, "second_factor_there", False):
        request.session[second_factor.SEEN] = True
    agent = request.headers.get("User-Agent", "")
    sessions.begin(request.session, user, agent=agent, how=" and ".join(steps), now=datetime.now(UTC))


@receiver(user_logged_out, dispatch_uid="purser-logged-out")
def logged_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        sessions.end(request.session, user, now=datetime.now(UTC))


@receiver(user_login_failed, dispatch_uid="purser-login-failed")
def login_failed(credentials: Mapping[str, Any], **_: Any) -> None:
    user = User.objects.filter(username=credentials.get("username") or "").first()
    sessions.note_failed_login(user, how="password", now=datetime.now(UTC))


@receiver(pre_save, sender=User, dispatch_uid="purser-user-saved")
def user_saved(instance: User, update_fields: frozenset[str] | None, **_: Any) -> None:
    """Whoever is switched off or gets another password is logged out everywhere, whichever way it is done."""
    if instance._state.adding or (update_fields is not None and not {"password", "is_active"} & set(update_fields)):
        return
    before = User.objects.filter(pk=instance.pk).values("password", "is_active").first()
    if before is None:
        return
    why = "password changed" if before["password"] != instance.password else ""
    if before["is_active"] and not instance.is_active:
        why = "switched off"
    if why:
        sessions.revoke_all(instance, actor=_actor(), why=why, now=datetime.now(UTC))


def _actor() -> str:
    """Whose request changes it; a command's change is Purser's own."""
    user = getattr(context.request, "user", None)
    return user.get_username() if user is not None and user.is_authenticated else "purser"
