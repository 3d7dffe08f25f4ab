"""Prices out of a file, kept as references: each with its file's hash and line. All that make sense, or none."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from fleet.domain.price_files import PriceFile, read_prices
from fleet.models import ReferencePrice
from fleet.services import events
from fleet.services.access import Caller
from fleet.services.chips import accelerators
from fleet.services.known_clouds import check_cloud

BATCH = 5_000


def import_prices(
    data: bytes, *, cloud: str, file_name: str, by: Caller, now: datetime, dry_run: bool = False
) -> tuple[PriceFile, str]:
    """Take over what makes sense, in one transaction, and return it with all that was refused, and the file's hash.

    What an earlier file said of the cloud and this one does not is kept: it says when it was read. Raises Refused.
    """
    by.require("installation:write", None)
    check_cloud(cloud)
    digest = hashlib.sha256(data).hexdigest()
    found = read_prices(data, cloud=cloud)
    if dry_run or not found.prices:
        return found, digest
    chips = accelerators()
    rows = []
    for price in found.prices:
        chip = chips.find(price.accelerator)
        rows.append(
            ReferencePrice(
                cloud=cloud,
                instance_type=price.instance_type,
                region=price.region,
                zone=price.zone,
                capacity_type=price.capacity_type,
                accelerator=(chip.name if chip else price.accelerator)[:64],
                accelerator_count=price.accelerator_count,
                price_per_hour=price.price_per_hour,
                currency="USD",
                file_name=file_name[-200:],
                file_sha256=digest,
                line=price.line,
                imported_at=now,
            )
        )
    with transaction.atomic():
        ReferencePrice.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["cloud", "instance_type", "region", "zone", "capacity_type"],
            update_fields=[
                "accelerator", "accelerator_count", "price_per_hour", "currency", "file_name", "file_sha256", "line",
                "imported_at",
            ],
            batch_size=BATCH,
        )  # fmt: skip
        said = {"cloud": cloud, "file": file_name[-200:], "sha256": digest, "refused": len(found.refused)}
        events.record(
            "prices.imported", subject=digest[:48], actor=by.name, now=now, data={**said, "prices": len(rows)}
        )
    return found, digest
