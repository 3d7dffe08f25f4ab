"""Asking the clouds, now and then, how likely they give what somebody may buy; the planner begins with their answer.

Only spot pools of types that were asked for lately, or that an open allocation may be filled with: clouds count these
questions, and what nobody buys need not be known.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from fleet.domain.capacity import SPOT
from fleet.domain.outcomes import Advice, AdviceAsk
from fleet.domain.refusals import Refused
from fleet.models import Allocation, CapacityMemory, CloudAccount, Offering
from fleet.providers.base import ReadFailed
from fleet.services import signals
from fleet.services.accounts import adapter

log = logging.getLogger(__name__)

LATELY = timedelta(days=7)
AT_MOST_EVERY = timedelta(minutes=25)
"""Less than its line of the schedule, so that a tick that is a little early is none too many after a restart."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
MOST_POOLS = 100
"""Of an account at once, those asked about longest ago first."""


def ask(account: CloudAccount, *, now: datetime) -> int:
    """Ask one account about its pools that are due, and keep the answers. How many there were.

    A cloud that cannot be asked now is no trouble of the account's: the planner does without.
    """
    asks = pools_due(account, now=now)
    if not asks:
        return 0
    try:
        told = adapter(account).advice(asks)
    except (ReadFailed, Refused) as error:
        log.info("no advice: %s", error)
        signals.count_unclassified(account.cloud, getattr(error, "meaning", None), now=now)
        return 0
    keep(account, [one for one in told if one.ask in asks], now=now)
    return len(told)


def pools_due(account: CloudAccount, *, now: datetime) -> list[AdviceAsk]:
    """Spot pools on sale that somebody may buy; none while the account's last answers are fresh.

    All of them or none: AWS allows few different questions a day, and takes the same one as often as it comes.
    """
    remembered = CapacityMemory.objects.filter(account=account)
    advised = {
        (region, zone, kind): at
        for region, zone, kind, at in remembered.filter(capacity_type=SPOT)
        .exclude(advised_at=None)
        .values_list("region", "zone", "instance_type", "advised_at")
    }
    if any(at is not None and at > now - AT_MOST_EVERY for at in advised.values()):
        return []
    asked_for = remembered.filter(Q(counted_at__gt=now - LATELY) | Q(last_refusal_at__gt=now - LATELY))
    wanted = Allocation.objects.living().exclude(accelerator="").values("accelerator")
    kinds = asked_for.exclude(instance_type="").values("instance_type")
    sold = (
        Offering.objects.filter(account=account, offered=True, capacity_type=SPOT)
        .filter(Q(instance_type__name__in=kinds) | Q(instance_type__accelerator__in=wanted))
        .order_by("region", "instance_type__name", "zone")
        .values_list("region", "zone", "instance_type__name", "instance_type__accelerator")
    )
    due = [AdviceAsk(region, zone, kind, SPOT, chip) for region, zone, kind, chip in sold]
    due.sort(key=lambda one: advised.get((one.region, one.zone, one.instance_type)) or LONG_AGO)
    return due[:MOST_POOLS]


def keep(account: CloudAccount, told: list[Advice], *, now: datetime) -> None:
    """Beside what our own launches have taught of each pool; an earlier word of the cloud is replaced."""
    rows = {
        (one.ask.region, one.ask.zone, one.ask.instance_type): CapacityMemory(
            account=account,
            region=one.ask.region,
            zone=one.ask.zone,
            instance_type=one.ask.instance_type,
            capacity_type=one.ask.capacity_type,
            obtainability=one.obtainability,
            advised_uptime_seconds=one.uptime_seconds,
            advised_machines=one.ask.machines,
            advised_at=now,
        )
        for one in told
    }
    CapacityMemory.objects.bulk_create(
        [rows[key] for key in sorted(rows)],
        update_conflicts=True,
        unique_fields=["account", "region", "zone", "instance_type", "capacity_type"],
        update_fields=["obtainability", "advised_uptime_seconds", "advised_machines", "advised_at"],
    )
