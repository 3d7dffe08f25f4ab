"""Who is logged in where."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now

from fleet.models.fields import public_id


def session_id() -> str:
    return public_id("sess")


class Session(AbstractBaseSession):
    """One browser's session. `session_key` is a hash: what lies here opens nothing when it is put into a cookie."""

    public_id = models.CharField(max_length=48, unique=True, default=session_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="sessions"
    )
    started_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")

    @classmethod
    def get_session_store_class(cls) -> type:
        from fleet.signin.store import SessionStore

        return SessionStore

    def __str__(self) -> str:
        return self.public_id


class ProviderGrant(models.Model):
    """What the groups of the identity provider gave one person when they last logged in through it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="provider_grant")
    groups = models.JSONField(default=list)
    superuser = models.BooleanField(default=False)
    mapped_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.user}: {', '.join(self.groups) or 'no groups'}"
