"""Reservations and capacity blocks: what is paid for whether it is used or not."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Q

from fleet.models import PaidCapacity
from fleet.queries.rows import Rows, plain

SHOWN = 20


def paid_rows(projects: Sequence[int] | None) -> Rows:
    """Those the clouds still tell of, with how many machines went in: what takes machines now first, then by its end.

    What nobody's project keeps is for everybody.
    """
    found = PaidCapacity.objects.with_room().filter(listed=True, account__enabled=True)
    if projects is not None:
        found = found.filter(Q(project__in=projects) | Q(project=None))
    return plain(
        found.order_by("-usable", F("ends_at").asc(nulls_last=True), "id").values(
            "ref", "kind", "instance_type", "region", "zone", "machines", "used_by_others", "taken", "state", "usable",
            "starts_at", "ends_at", "machines_until", "fee", "price_per_hour", "currency",
            cloud=F("account__cloud"), account_name=F("account__name"), keeper=F("project__name"),
        )[:SHOWN]
    )  # fmt: skip
