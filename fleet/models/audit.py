"""What makes the events of the past impossible to change unseen: their seals, and what the last look at them found."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fleet.models.event import Event


class EventSeal(models.Model):
    """A link of the chain: the digest of the seal before and of everything its event says. Never changed."""

    n = models.BigIntegerField(primary_key=True, help_text="Place in the chain, from 1 without a gap")
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal", db_constraint=False)
    tx = models.BigIntegerField(help_text="The event's place in the feed, beside its id")
    digest = models.CharField(max_length=64, help_text="SHA-256, hexadecimal")
    sealed_at = models.DateTimeField(db_default=Now(), help_text="Real time")

    def __str__(self) -> str:
        return f"{self.n} {self.digest}"


class AuditCheck(models.Model):
    """One look at the whole chain: how far it reached and what it found."""

    started_at = models.DateTimeField(help_text="Real time")
    finished_at = models.DateTimeField(db_default=Now(), help_text="Real time")
    sealed = models.BigIntegerField(help_text="Seals looked at")
    digest = models.CharField(max_length=64, blank=True, default="", help_text="Of the last of them")
    findings = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.sealed} seals, {len(self.findings)} findings"
