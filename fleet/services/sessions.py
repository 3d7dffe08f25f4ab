"""Who is logged in where: sessions begin, are used, are listed and end. All times here are real ones."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import Q, QuerySet

from fleet.models import Session
from fleet.models.session import session_id
from fleet.services import events
from fleet.services.clock import business_converter
from fleet.services.origin import known_as, origin

BEGUN = "session"  # where the session's data keeps what its row says about it
SEEN_AT_MOST_EVERY = timedelta(minutes=1)


def hashed(key: str) -> str:
    """What a row is kept under: 160 bits of SHA-256. A key has as many of its own, so nothing slower is needed."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def subject_of(user: User) -> str:
    """How events name a person."""
    return f"user:{user.pk}"


def begin(session: SessionBase, user: User, *, agent: str, how: str, now: datetime) -> None:
    """Somebody logged in: from here the session's age is counted, and who asks is known."""
    known_as(subject_of(user))
    session[BEGUN] = {"id": session_id(), "at": time.time(), "address": origin().address, "agent": agent[:300]}
    _record("session.started", user, actor=user.get_username(), now=now, session=session[BEGUN]["id"], how=how)


def end(session: SessionBase, user: User, *, now: datetime) -> None:
    """They logged out; whoever calls empties the session."""
    begun = session.get(BEGUN) or {}
    _record("session.ended", user, actor=user.get_username(), now=now, session=begun.get("id", ""))


def used(key: str, seen_at: datetime | None, *, now: datetime) -> datetime:
    """A person asked for something; written at most once a minute. Answers what is written."""
    if seen_at is not None and now - seen_at < SEEN_AT_MOST_EVERY:
        return seen_at
    Session.objects.filter(session_key=hashed(key)).update(last_seen_at=now)
    return now


def live(user: User, *, now: datetime) -> QuerySet[Session]:
    """Sessions of this person that still open something, the latest used first."""
    idle = now - timedelta(seconds=settings.SESSION_IDLE_S)
    return Session.objects.filter(user=user, expire_date__gt=now, last_seen_at__gt=idle).order_by("-last_seen_at", "pk")


def revoke(user: User, public_id: str, *, actor: str, now: datetime) -> bool:
    """End one of this person's sessions; False when they have no such one."""
    with transaction.atomic():
        gone, _ = Session.objects.filter(user=user, public_id=public_id).delete()
        if gone:
            _record("session.revoked", user, actor=actor, now=now, session=public_id)
    return bool(gone)


def revoke_all(user: User, *, actor: str, why: str, now: datetime, keep: str = "") -> int:
    """End every session of this person, but for the one with the key `keep`; how many those were."""
    with transaction.atomic():
        gone, _ = Session.objects.filter(user=user).exclude(session_key=hashed(keep)).delete()
        if gone:
            _record("session.revoked", user, actor=actor, now=now, sessions=gone, why=why)
    return gone


def forget_ended(*, now: datetime) -> None:
    """Rows that open nothing any more."""
    idle = now - timedelta(seconds=settings.SESSION_IDLE_S)
    Session.objects.filter(Q(expire_date__lt=now) | Q(last_seen_at__lt=idle)).delete()


def note_failed_login(user: User | None, *, how: str, now: datetime) -> None:
    """Somebody did not get in. A name nobody has is not kept: people type passwords there."""
    if user is not None:
        _record("login.failed", user, actor="anonymous", now=now, how=how)
    else:
        events.record(
            "login.failed",
            subject="user:unknown",
            actor="anonymous",
            now=business_converter()(now),
            data={"how": how},
        )


def _record(topic: str, user: User, *, actor: str, now: datetime, **data: object) -> None:
    events.record(
        topic,
        subject=subject_of(user),
        actor=actor,
        now=business_converter()(now),
        data={"name": user.get_username(), **data},
    )
