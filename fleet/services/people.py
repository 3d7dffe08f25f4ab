"""People who log in: who they are is made here, by an administrator's hand; what they may do is in `access`."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from fleet.domain.refusals import Refused
from fleet.services import events, sessions
from fleet.services.access import Caller
from fleet.services.clock import business_converter

WRITE = "installation:write"


def invite(username: str, *, by: Caller, now: datetime, superuser: bool = False) -> User:
    """A new person without a password: `password_link` is how they choose one. Raises Refused."""
    by.require(WRITE, None)
    user = User(username=username, is_superuser=superuser, is_staff=superuser)
    user.set_unusable_password()
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise Refused("user-name", " ".join(error.messages), field="username") from error
    with transaction.atomic():
        user.save()
        _record("user.invited", user, by=by, now=now, superuser=superuser)
    return user


def password_link(user: User, *, by: Caller, now: datetime) -> str:
    """The path of a page where this person, and whoever holds the path, sets a password: once, within a day."""
    by.require(WRITE, None)
    with transaction.atomic():
        _record("password-link.made", user, by=by, now=now)
    arguments = [urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)]
    return reverse("invited", args=arguments)


def check_password(user: User, password: str) -> None:
    """Raises Refused when this may not be their password, with every reason."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("password", " ".join(error.messages), field="password") from error


def set_password(user: User, password: str, *, by: Caller, now: datetime) -> None:
    """A new password; every session ends with the old one (fleet/signin/signals.py). Raises Refused, in sentences.

    One sets one's own; whoever came by a `password_link` is taken for the person it was made for.
    """
    if by.principal != f"user:{user.pk}":
        by.require(WRITE, None)
    check_password(user, password)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        _record("password.changed", user, by=by, now=now)


TOLD = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser")


def save_person(user: User, *, by: Caller, now: datetime) -> User:
    """Keep a person as they are now, new or changed; of a password only that it was replaced is told.

    Raises Refused when nobody would be left who may change the installation.
    """
    by.require(WRITE, None)
    with transaction.atomic():
        earlier = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first() if user.pk else None
        if earlier is not None and earlier.is_superuser and earlier.is_active:
            _keep_a_superuser(user)
        user.save()
        before, after = _told(earlier), _told(user)
        if earlier is None:
            _record("user.added", user, by=by, now=now, before=None, after=after)
        elif earlier.password != user.password:
            _record("password.changed", user, by=by, now=now)
        elif before != after:
            _record("user.changed", user, by=by, now=now, before=before, after=after)
    return user


def _keep_a_superuser(user: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if not (user.is_superuser and user.is_active) and not others.exists():
        raise Refused("last-superuser", "This is the last superuser who may log in. Make somebody else one first.")


def _told(user: User | None) -> dict[str, object] | None:
    return None if user is None else {name: getattr(user, name) for name in TOLD}


def _record(topic: str, user: User, *, by: Caller, now: datetime, **data: object) -> None:
    events.record(
        topic,
        subject=sessions.subject_of(user),
        actor=by.name,
        now=business_converter()(now),
        data={"name": user.get_username(), **data},
    )
