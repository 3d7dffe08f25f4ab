"""Which prices nothing is bought at: those not seen lately, and those out of a file; unless the policy allows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from fleet.domain.refusals import Refused, check_generation
from fleet.domain.rules import Risk
from fleet.models import Installation, Offering
from fleet.services import events
from fleet.services.access import Caller
from fleet.services.installation import installation, subject_of
from fleet.services.moment import Moment, read_moment
from fleet.services.switches import check_reason

POLICIES = ("buy_at_stale_prices", "buy_at_imported_prices")


def stale_after() -> timedelta:
    """How long after it was last seen a price is stale."""
    return timedelta(hours=settings.PRICES_STALE_AFTER_HOURS)


def is_stale(*, observed_at: datetime, imported: bool, now: datetime) -> bool:
    """Whether a price is to be shown as one that may no longer hold. One out of a file always is."""
    return imported or now - observed_at > stale_after()


def risk(moment: Moment | None = None) -> Risk:
    """What planning has to know of it, as the policies stand."""
    policies = moment or read_moment()
    return Risk(stale_after=stale_after(), **{policy: getattr(policies, policy) for policy in POLICIES})


def why_not_bought_at(offering: Offering, *, now: datetime) -> str:
    """Why an offering's price may not be bought at, at this moment; empty when it may."""
    policies = installation()
    if offering.imported:
        return "" if policies.buy_at_imported_prices else "its price is from a file, and such prices are not bought at"
    if policies.buy_at_stale_prices or not is_stale(observed_at=offering.observed_at, imported=False, now=now):
        return ""
    return f"its price was last seen {offering.observed_at:%Y-%m-%d %H:%M} UTC, and stale prices are not bought at"


def set_policy(
    policy: str, *, allowed: bool, reason: str, by: Caller, now: datetime, generation: int | None = None
) -> Installation:
    """Let the installation buy at such prices, or no longer. The reason is kept in the event."""
    by.require("installation:write", None)
    if policy not in POLICIES:
        raise Refused("policy", f"Known: {', '.join(POLICIES)}.", field="policy")
    check_reason(reason)
    installation()
    with transaction.atomic():
        row = Installation.objects.select_for_update(no_key=True).get(pk=1)
        check_generation(row.generation, generation)
        before = getattr(row, policy)
        if before == allowed:
            return row
        setattr(row, policy, allowed)
        row.generation += 1
        row.save(update_fields=[policy, "generation"])
        data = {"before": {policy: before}, "after": {policy: allowed}, "reason": reason}
        events.record("price-policy.changed", subject=subject_of(row), actor=by.name, now=now, data=data)
    return row
