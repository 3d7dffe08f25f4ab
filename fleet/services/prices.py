"""Prices somebody sets by hand: negotiated, or of a cloud that does not tell. History is added to, never rewritten."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from fleet.domain.limits import check_money
from fleet.domain.refusals import Refused
from fleet.models import Offering, PricePoint
from fleet.services import events
from fleet.services.access import Caller

BY_HAND = "set by hand"


def set_price(offering: Offering, *, price_per_hour: Decimal, by: Caller, now: datetime) -> bool:
    """From now on it costs this. False when it does already. Raises Refused for what is no price.

    What the past cost stays; a cloud that tells its prices replaces this one with its next change.
    """
    by.require("installation:write", None)
    check_money(price_per_hour, field="price_per_hour")
    with transaction.atomic():
        rows = Offering.objects.select_related("account", "instance_type")
        row = rows.select_for_update(no_key=True, of=("self",)).get(pk=offering.pk)
        if row.price_per_hour == price_per_hour:
            return False
        newest = PricePoint.objects.filter(offering=row).order_by("-effective_from").first()
        if newest is not None and newest.effective_from >= now:
            sentence = f"A price from {newest.effective_from:%Y-%m-%d %H:%M} UTC on is known; history is not rewritten."
            raise Refused("price-known", sentence, field="price_per_hour")
        PricePoint.objects.create(
            offering=row, effective_from=now, price_per_hour=price_per_hour, list_price_per_hour=price_per_hour
        )
        before = {"price_per_hour": row.price_per_hour, "price_source": row.price_source}
        Offering.objects.filter(pk=row.pk).update(
            price_per_hour=price_per_hour,
            list_price_per_hour=price_per_hour,
            observed_at=now,
            price_source=BY_HAND,
            list_source=BY_HAND,
            price_row="",
            price_rule="",
            imported=False,
        )
        after = {"price_per_hour": price_per_hour, "price_source": BY_HAND}
        data = {"pool": str(row), "before": events.plain(before), "after": events.plain(after)}
        events.record("price.changed", subject=row.public_id, actor=by.name, now=now, data=data)
    return True
