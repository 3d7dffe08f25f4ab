"""Reservations and capacity blocks: what is paid for whether it is used or not."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F

from fleet.models import PaidCapacity
from fleet.queries.rows import Rows, plain

SHOWN = 20


def paid_rows(projects: Sequence[int] | None) -> Rows:
    """Those the clouds still tell of, with how many machines went in: what takes machines now first, then by its end.

    Of these projects: what one of them may use.
    """
    found = PaidCapacity.objects.filter(listed=True, account__enabled=True).open_to(projects).with_room()
    return plain(
        found.order_by("-usable", F("ends_at").asc(nulls_last=True), "id").values(
            "public_id", "project_id", "shared", "ref", "kind", "instance_type", "region", "zone", "machines",
            "used_by_others", "taken", "state", "usable", "starts_at", "ends_at", "machines_until", "fee",
            "price_per_hour", "currency",
            cloud=F("account__cloud"), account_name=F("account__name"), keeper=F("project__name"),
        )[:SHOWN]
    )  # fmt: skip
