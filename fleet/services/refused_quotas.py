"""How far a refusal reaches, by the quotas that were read of its account and what the account sells."""

from __future__ import annotations

from fleet.domain import outcomes
from fleet.domain.capacity import Pool, remembered_scope
from fleet.domain.outcomes import ErrorClass, Refusal
from fleet.domain.refused_quotas import Reach, Sold, reach_of
from fleet.models import CloudQuota, Offering
from fleet.services.chips import accelerators


def reach_of_refusal(pool: Pool, refusal: Refusal) -> Reach:
    """Under what it is remembered, by what is known of the quotas of its account."""
    if refusal.error_class != ErrorClass.QUOTA:
        return Reach((remembered_scope(pool, refusal.scope),))
    known = CloudQuota.objects.filter(account=pool.account_id, region__in=["", pool.region]).order_by("id")
    quotas = (
        outcomes.CloudQuota(
            row.region, row.name, outcomes.QuotaUnit(row.unit), row.most, row.used,
            tuple(row.instance_types), tuple(row.capacity_types), row.zone,
        )
        for row in known
    )  # fmt: skip
    return reach_of(pool, refusal, quotas, lambda: _sold(pool.account_id))


def _sold(account_id: int) -> list[Sold]:
    """Every machine on sale in an account. What runs on TPUs counts against no quota of GPUs."""
    chips = accelerators()
    sold = Offering.objects.filter(account=account_id, offered=True).order_by().distinct()
    return [
        Sold(region, name, counted=chip not in chips or chips[chip].runtime != "tpu")
        for region, name, chip in sold.values_list("region", "instance_type__name", "instance_type__accelerator")
    ]
