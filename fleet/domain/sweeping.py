"""What a look at a whole account may conclude, and when it must conclude nothing.

Absence of evidence is not evidence: an error, a missing page, an empty list or a changed credential never means
that a machine is gone. Destructive steps fail closed; their limits are in one place here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_ORPHANS = 3
ORPHAN_SHARE = 0.10
MISSING_SHARE = 0.20
FEWEST_MISSING = 3
TWICE_APART = timedelta(seconds=60)
SETTLED_AFTER_LAUNCH = timedelta(minutes=2)


@dataclass(frozen=True)
class Look:
    """The figures of one sweep. Sequences are our launch counter: in the cloud's tags, and in our database.

    `elsewhere`: machines that were bought through another account of this installation, and `elsewhere_name` which.
    """

    complete: bool
    problem: str
    account_ref: str
    expected_account_ref: str
    listed: int
    expected_live: int
    orphans: int
    missing: int
    highest_sequence_seen: int
    highest_sequence_known: int
    elsewhere: int = 0
    elsewhere_name: str = ""


def broken_circuit(look: Look) -> str:
    """Why this sweep may end nothing and declare nothing missing; empty when it may."""
    if not look.complete:
        return f"The list is not complete: {(look.problem or 'a page failed').rstrip('.')}."
    if look.expected_account_ref and look.account_ref != look.expected_account_ref:
        return (
            f"The credential now belongs to account {look.account_ref or 'unknown'}, not {look.expected_account_ref}."
        )
    if look.elsewhere:
        return (
            f"{look.elsewhere} of its machines were bought through the account {look.elsewhere_name}: the same account"
            " of the cloud is connected twice. Switch one of the two off."
        )
    if look.highest_sequence_seen > look.highest_sequence_known:
        return (
            f"A machine carries launch number {look.highest_sequence_seen}, this database knows only "
            f"{look.highest_sequence_known}: it may be an old backup."
        )
    if look.listed == 0 and look.expected_live > 0:
        return f"The list is empty while {look.expected_live} machines should be live."
    if look.orphans > max(MOST_ORPHANS, ORPHAN_SHARE * look.listed):
        return f"{look.orphans} of {look.listed} machines would be ended as orphans; more than is believable."
    if look.missing > max(FEWEST_MISSING, MISSING_SHARE * look.expected_live):
        return f"{look.missing} of {look.expected_live} machines are missing; more than is believable."
    return ""


def is_orphan(*, age_real: timedelta, grace: timedelta, tombstone: bool) -> bool:
    """Whether a proven machine of ours that no row answers for is to be ended now.

    A launch that was given up (tombstone) is ended at once; anything else may still be somebody's call in flight.
    """
    return tombstone or age_real > grace


def is_missing(*, first_missed_at: datetime | None, now_real: datetime, launched_ago_real: timedelta) -> bool:
    """Missing means two complete sweeps at least a minute apart, well after its launch."""
    if first_missed_at is None or launched_ago_real < SETTLED_AFTER_LAUNCH:
        return False
    return now_real - first_missed_at >= TWICE_APART


def sweep_due(last_started: list[datetime], now_real: datetime) -> bool:
    """Every 10 s for the first twenty looks of an hour, then every 2 minutes (Karpenter's cadence)."""
    recent = [started for started in last_started if now_real - started < timedelta(hours=1)]
    if not recent:
        return True
    wait = timedelta(seconds=10) if len(recent) < 20 else timedelta(minutes=2)
    return now_real - max(recent) >= wait - timedelta(seconds=1)
