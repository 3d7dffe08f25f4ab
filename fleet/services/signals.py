"""Answers of clouds that no row of outcomes.toml covers: counted by code, so that somebody classifies them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from fleet.domain.outcomes import Refusal, Unclear
from fleet.models import UnclassifiedSignal

LONGEST_MESSAGE = 2000


def count_unclassified(cloud: str, outcome: object, *, now: datetime) -> None:
    """Counts an outcome of a call if its code is unclassified; any other changes nothing. `now` is business time."""
    if not isinstance(outcome, Refusal | Unclear) or outcome.classified:
        return
    code, message = outcome.code[:120], outcome.message[:LONGEST_MESSAGE]
    with transaction.atomic():
        row, _ = UnclassifiedSignal.objects.get_or_create(
            cloud=cloud, code=code, defaults={"first_seen_at": now, "last_seen_at": now}
        )
        UnclassifiedSignal.objects.filter(pk=row.pk).update(times=F("times") + 1, message=message, last_seen_at=now)
