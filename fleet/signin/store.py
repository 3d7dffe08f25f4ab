"""Django's sessions in PostgreSQL, kept under a hash of their key, and over when they are too old or lie idle.

The cookie holds the key; the row holds its hash, who, since when, and from where. Being too old is counted from the
login, whatever is saved later; being idle from the last time a person (not their page's script) asked for something.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from fleet.models import Session
from fleet.services.sessions import BEGUN, forget_ended, hashed

BEFORE_LOGIN = timedelta(hours=1)  # how long what is remembered of somebody who has not logged in yet lives


class SessionStore(db.SessionStore):
    seen_at: datetime | None = None  # as the row says

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        row = self._row()
        if row is None:
            self._session_key = None
            return {}
        self.seen_at = row.last_seen_at
        return self.decode(row.session_data)

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=hashed(session_key)).exists()

    def still_open(self) -> bool:
        """Whether its row opens anything by now; what was read of it is older."""
        return self._row() is not None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=hashed(key)).delete()

    def cycle_key(self) -> None:
        """Another key for the same row; a row that was ended meanwhile is made anew."""
        self.get(BEGUN)  # all of it is read now, under the old key
        old, new = self.session_key, self._get_new_session_key()  # type: ignore[attr-defined]
        if old and Session.objects.filter(session_key=hashed(old)).update(session_key=hashed(new)):
            self._session_key = new
            self.modified = True
        else:
            self.create()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        begun = data.get(BEGUN) or {}
        now = datetime.now(UTC)
        row = Session(
            session_key=hashed(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=_ends_at(data) or now + BEFORE_LOGIN,
            user_id=data.get(SESSION_KEY),
            started_at=datetime.fromtimestamp(begun.get("at", now.timestamp()), UTC),
            last_seen_at=self.seen_at or now,
            address=begun.get("address"),
            user_agent=begun.get("agent", ""),
        )
        if "id" in begun:
            row.public_id = begun["id"]
        return row

    def get_expiry_age(self, **_: Any) -> int:
        """What is left of it, for the cookie."""
        ends = _ends_at(self)
        return max(0, int((ends - datetime.now(UTC)).total_seconds())) if ends else int(BEFORE_LOGIN.total_seconds())

    @classmethod
    def clear_expired(cls) -> None:
        forget_ended(now=datetime.now(UTC))

    def _row(self) -> Session | None:
        now = datetime.now(UTC)
        idle = now - timedelta(seconds=settings.SESSION_IDLE_S)
        return Session.objects.filter(
            session_key=hashed(self.session_key or ""), expire_date__gt=now, last_seen_at__gt=idle
        ).first()


def _ends_at(data: Mapping[str, Any]) -> datetime | None:
    begun = data.get(BEGUN)
    if not begun:
        return None
    return datetime.fromtimestamp(begun["at"], UTC) + timedelta(seconds=settings.SESSION_COOKIE_AGE)
