"""The two switches that stop everything: new launches, and everything the sweeper ends. Each with a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fleet.domain.refusals import Refused, check_generation
from fleet.models import Installation
from fleet.services import events
from fleet.services.access import Caller
from fleet.services.installation import installation, subject_of

SHORTEST_REASON, LONGEST_REASON = 8, 500
COLUMNS = {"launches": ("launches_paused", "pause_reason"), "sweeper": ("destructive_frozen", "frozen_reason")}


def switch(
    what: str,
    *,
    stopped: bool,
    reason: str,
    now: datetime,
    by: Caller,
    generation: int | None = None,
) -> Installation:
    """Stop `launches` or the `sweeper`, or let it go on. The reason is kept with the switch and in the event."""
    by.require("installation:write", None)
    reason = reason.strip()
    check_reason(reason)
    flag, why = COLUMNS[what]
    installation()
    with transaction.atomic():
        row = Installation.objects.select_for_update(no_key=True).get(pk=1)
        check_generation(row.generation, generation)
        before = {flag: getattr(row, flag), why: getattr(row, why)}
        after = {flag: stopped, why: reason if stopped else ""}
        if after == before:
            return row
        setattr(row, flag, after[flag])
        setattr(row, why, after[why])
        row.generation += 1
        row.save(update_fields=[flag, why, "generation"])
        events.record(
            f"{what}.stopped" if stopped else f"{what}.resumed",
            subject=subject_of(row),
            actor=by.name,
            now=now,
            data={"before": before, "after": after, "reason": reason},
        )
    return row


def check_reason(reason: str) -> None:
    """Raise Refused unless it says enough for others to read."""
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise Refused(
            "reason",
            f"Say why in {SHORTEST_REASON} to {LONGEST_REASON} characters; others will read it.",
            field="reason",
        )
