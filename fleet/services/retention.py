"""What may be forgotten: answers to idempotency keys after two days, sweeps after a week, messages of webhooks after a
month, questions for capacity blocks after a day, sessions when they are over. Events and facts stay.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models.functions import Now

from fleet.models import BlockQuestion, IdempotencyRecord, Sweep, WebhookMessage
from fleet.services import sessions

KEYS_KEPT = timedelta(days=2)
QUESTIONS_KEPT = timedelta(days=1)
"""Their offers ran out long before."""
SWEEPS_KEPT = timedelta(days=7)
MESSAGES_KEPT = timedelta(days=30)


def forget() -> None:
    """Delete rows nobody may ask for any more."""
    IdempotencyRecord.objects.filter(created_at__lt=Now() - KEYS_KEPT).delete()
    BlockQuestion.objects.filter(asked_at__lt=Now() - QUESTIONS_KEPT).delete()
    Sweep.objects.filter(started_at__lt=Now() - SWEEPS_KEPT).delete()
    sessions.forget_ended(now=datetime.now(UTC))
    WebhookMessage.objects.filter(ended_at__lt=Now() - MESSAGES_KEPT).delete()
