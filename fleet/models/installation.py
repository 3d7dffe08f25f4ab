"""The one row that is this installation, and the one row that is its business clock."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Installation(models.Model):
    """Who we are to the clouds, and the two switches that stop everything."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    launch_sequence = models.BigIntegerField(
        default=0, help_text="Counts launches; a cloud tag above it means this database is an old backup"
    )
    launches_paused = models.BooleanField(default=False)
    pause_reason = models.TextField(blank=True, default="")
    destructive_frozen = models.BooleanField(default=False, help_text="The sweeper ends nothing while this is set")
    frozen_reason = models.TextField(blank=True, default="")
    restored_at = models.DateTimeField(
        null=True, blank=True, help_text="Real time. This is a restored backup nobody has confirmed: nothing acts"
    )
    two_pairs_of_eyes = models.BooleanField(
        default=False, help_text="Raising a cap or a quota needs a second person who may do so"
    )
    buy_at_stale_prices = models.BooleanField(
        default=False, db_default=False, help_text="Off: nothing is bought at a price that was not seen lately"
    )
    buy_at_imported_prices = models.BooleanField(
        default=False, db_default=False, help_text="Off: prices read in from a file are shown, and nothing is bought"
    )
    operations_settled_until = models.BigIntegerField(
        default=0, db_default=0, editable=False, help_text="The operation after which the next look begins"
    )
    created_at = models.DateTimeField(db_default=Now())
    generation = models.BigIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="installation_is_one_row")]

    def __str__(self) -> str:
        return str(self.uuid)


class BusinessClock(models.Model):
    """Business time = epoch + factor × (database clock − anchored_at). Factor 1 outside demos."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.DateTimeField()
    anchored_at = models.DateTimeField()
    factor = models.FloatField(default=1.0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="business_clock_is_one_row"),
            models.CheckConstraint(condition=models.Q(factor__gt=0), name="business_clock_runs_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.epoch:%Y-%m-%dT%H:%M:%SZ} ×{self.factor:g}"


class Periodic(models.Model):
    """One line of the schedule. Every scheduler claims due lines with SKIP LOCKED; missed ticks coalesce."""

    name = models.CharField(max_length=100, unique=True, help_text="Celery task name")
    every_seconds = models.FloatField(help_text="Real seconds")
    next_run_at = models.DateTimeField(db_default=Now())
    last_sent_at = models.DateTimeField(null=True, blank=True)
    last_finished_at = models.DateTimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "periodic work"

    def __str__(self) -> str:
        return f"{self.name} every {self.every_seconds:g} s"


class Progress(models.Model):
    """How far a long piece of work is, for the pages to show."""

    name = models.CharField(max_length=64, unique=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    detail = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.done} of {self.total}"
