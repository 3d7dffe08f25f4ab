"""How far an hour is billed: tokens may only be set against cost up to there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, Q

from billing.domain.metering import HOUR
from billing.models import MeterState


@dataclass(frozen=True)
class Reach:
    """Instants up to which an hour is billed, each on a minute so that whole windows fit.

    An endpoint waits for the slowest of its own machines and for nobody else's.
    """

    end: datetime
    everything: datetime
    by_endpoint: Mapping[str, datetime]

    def of(self, endpoint_ref: str) -> datetime:
        return self.by_endpoint.get(endpoint_ref, self.end)

    def rows(self, time_field: str) -> Q:
        """Rows with an `endpoint` whose `time_field` lies before its endpoint's instant."""
        within = Q(**{f"{time_field}__lt": self.end}) & ~Q(endpoint__public_id__in=list(self.by_endpoint))
        for endpoint, until in self.by_endpoint.items():
            within |= Q(endpoint__public_id=endpoint, **{f"{time_field}__lt": until})
        return within


def reach_of(hour: datetime, now: datetime) -> Reach:
    """How far machines that lived in `hour` are billed by `now`."""
    behind = (
        MeterState.objects.filter(closed=False, instance__launched_at__lt=hour + HOUR)
        .order_by()
        .values_list("instance__slot__allocation__endpoint_ref")
        .annotate(first=Min("metered_until"), unmetered=Min("instance__launched_at", filter=Q(metered_until=None)))
    )
    end = min(now, hour + HOUR)
    waits = {
        endpoint or "": min(until for until in (first, unmetered, end) if until is not None)
        for endpoint, first, unmetered in behind
    }
    return Reach(
        end=_minute(end, hour),
        everything=_minute(min([*waits.values(), end]), hour),
        by_endpoint={endpoint: _minute(until, hour) for endpoint, until in waits.items() if endpoint},
    )


def _minute(instant: datetime, hour: datetime) -> datetime:
    return max(instant.replace(second=0, microsecond=0), hour)
