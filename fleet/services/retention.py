"""What may be forgotten: answers to idempotency keys after two days, sweeps after a week. Events and facts stay."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from fleet.models import IdempotencyRecord, Sweep

KEYS_KEPT = timedelta(days=2)
SWEEPS_KEPT = timedelta(days=7)


def forget() -> None:
    """Delete rows nobody may ask for any more."""
    IdempotencyRecord.objects.filter(created_at__lt=Now() - KEYS_KEPT).delete()
    Sweep.objects.filter(started_at__lt=Now() - SWEEPS_KEPT).delete()
