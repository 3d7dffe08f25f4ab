"""The limits the clouds keep on our accounts: read with the catalogue, so that plans need not find out by a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from fleet.domain import outcomes
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount, CloudQuota
from fleet.providers.base import ReadFailed
from fleet.services import account_troubles
from fleet.services.accounts import adapter

FIELDS = ("unit", "most", "used", "instance_types", "capacity_types", "observed_at")


def sync(account: CloudAccount, *, now: datetime) -> bool:
    """Read them anew. False: the cloud did not answer, and what was known stays. None at all is a good answer."""
    try:
        told = adapter(account).quotas()
    except (ReadFailed, Refused) as error:
        account_troubles.note_failure(account, error, now=now, about="Its quotas could not be read: ")
        return False
    store(account, told, now=now)
    return True


def store(account: CloudAccount, told: Sequence[outcomes.CloudQuota], *, now: datetime) -> None:
    """What the cloud told, instead of what was known before."""
    found = {(quota.region, quota.zone, quota.name): quota for quota in told}
    with transaction.atomic():
        known = CloudQuota.objects.filter(account=account).values_list("id", "region", "zone", "name")
        gone = [key for key, *name in known if tuple(name) not in found]
        if gone:
            CloudQuota.objects.filter(pk__in=gone).delete()
        CloudQuota.objects.bulk_create(
            [
                CloudQuota(
                    account=account,
                    region=quota.region,
                    zone=quota.zone,
                    name=quota.name,
                    unit=quota.unit,
                    most=quota.most,
                    used=quota.used,
                    instance_types=list(quota.instance_types),
                    capacity_types=list(quota.capacity_types),
                    observed_at=now,
                )
                for quota in found.values()
            ],
            update_conflicts=True,
            unique_fields=["account", "region", "zone", "name"],
            update_fields=FIELDS,
        )
