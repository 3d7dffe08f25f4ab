"""Webhooks out: who hears of events, and every message on its way."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from fleet.models.access import Project
from fleet.models.event import Event
from fleet.models.fields import Leased, public_id


def webhook_id() -> str:
    return public_id("hook")


def message_id() -> str:
    return public_id("msg")


class Webhook(models.Model):
    """An address that is told of a project's events, or without a project of everything.

    Its secrets are sealed (`fleet.services.vault`, purpose `webhook:<public id>`): they sign, so they must be readable.
    """

    public_id = models.CharField(max_length=48, unique=True, default=webhook_id, editable=False)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=500)
    topics = ArrayField(models.CharField(max_length=64), default=list, blank=True, help_text="Empty: every topic")
    enabled = models.BooleanField(default=True)
    off_reason = models.CharField(max_length=200, blank=True, default="", help_text="Why Purser switched it off")
    secret = models.TextField(editable=False)
    former_secret = models.TextField(blank=True, default="", editable=False)
    former_until = models.DateTimeField(null=True, blank=True, help_text="Real time; until then both secrets sign")
    after_tx = models.BigIntegerField(default=0, editable=False, help_text="Events up to here have their messages")
    after_id = models.BigIntegerField(default=0, editable=False)
    generation = models.BigIntegerField(default=1)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())
    last_delivered_at = models.DateTimeField(null=True, blank=True, help_text="Real time")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_webhook_per_name", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.name


class MessageState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given-up", "Given up"


class WebhookMessage(Leased):
    """One event for one webhook: its bytes are frozen, its id stays the same however often it is sent."""

    public_id = models.CharField(max_length=48, unique=True, default=message_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="messages")
    event = models.ForeignKey(Event, null=True, blank=True, on_delete=models.PROTECT, help_text="Empty: a test")
    topic = models.CharField(max_length=64)
    body = models.TextField()
    state = models.CharField(max_length=12, choices=MessageState.choices, default=MessageState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    last_attempt_at = models.DateTimeField(null=True, blank=True, help_text="Real time")
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Real time")

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="message_due"),
            models.Index(fields=["webhook", "-id"], name="message_of_webhook"),
        ]
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="one_message_per_event")]

    def __str__(self) -> str:
        return f"{self.topic} to {self.webhook}"
