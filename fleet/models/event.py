"""Event: audit log, outbox and live feed in one row. And what makes a repeated POST harmless."""

from __future__ import annotations

from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from fleet.models.access import Project


class Event(models.Model):
    """Something that became true, recorded in the transaction that made it so.

    `tx` is the writing transaction's id: a reader who only takes rows of transactions older than every
    running one, ordered by (tx, id), can never miss a row that commits late.
    """

    tx = models.BigIntegerField(db_default=RawSQL("purser_tx(pg_current_xact_id())", []), editable=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Real time")
    occurred_at = models.DateTimeField(help_text="Business time")
    topic = models.CharField(max_length=64)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    subject = models.CharField(max_length=64, db_index=True, help_text="Public id of what it is about")
    actor = models.CharField(max_length=200, default="purser")
    principal = models.CharField(
        max_length=120,
        blank=True,
        default="",
        db_default="",
        help_text="Who that was: user:…, token:…; empty: Purser itself",
    )
    request_id = models.CharField(max_length=64, blank=True, default="")
    address = models.GenericIPAddressField(null=True, blank=True, help_text="Where the request came from")
    traceparent = models.CharField(
        max_length=55, blank=True, default="", db_default="", editable=False, help_text="The span that recorded it"
    )
    data = models.JSONField(default=dict)
    relayed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["tx", "id"], name="event_feed"),
            models.Index(fields=["project", "tx", "id"], name="event_feed_of_project"),
            models.Index(fields=["id"], condition=models.Q(relayed_at=None), name="event_unrelayed"),
            models.Index(fields=["-occurred_at", "-id"], name="event_newest"),
            models.Index(fields=["topic", "-id"], name="event_newest_of_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject}"


class IdempotencyRecord(models.Model):
    """The answer already given to a key, kept at least a day, written in the transaction it speaks of."""

    principal = models.CharField(max_length=120)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    location = models.CharField(max_length=300, blank=True, default="")
    headers = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"
