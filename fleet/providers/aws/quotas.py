"""EC2's limits of vCPUs, read out of their names: which families a bucket covers is written nowhere else.

Names rather than codes, because the buckets of new families are not told apart anywhere: where no name speaks of a
family, its limit is not known, and a launch finds out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fleet.domain.outcomes import CloudQuota, QuotaUnit

ON_DEMAND = re.compile(r"Running On-Demand (?P<families>.+) instances")
SPOT = re.compile(r"All (?P<families>.+) Spot Instance Requests")
_IN_BRACKETS = re.compile(r"\((?P<families>[^)]*)\)")
_FAMILY = re.compile(r"(?P<letters>[a-z]+)(?P<generation>\d*)")


def quota_of(row: Mapping[str, Any], *, region: str, known: Iterable[str]) -> CloudQuota | None:
    """One row of ListServiceQuotas; None unless it limits the vCPUs of some of the known instance types."""
    name = str(row["QuotaName"])
    for pattern, market in ((ON_DEMAND, "on-demand"), (SPOT, "spot")):
        if told := pattern.fullmatch(name):
            covered = tuple(sorted(kind for kind in known if _covers(told["families"], kind)))
            if not covered:
                return None
            return CloudQuota(region, name, QuotaUnit.VCPUS, int(row["Value"]), None, covered, (market,))
    return None


def _covers(families: str, instance_type: str) -> bool:
    """`P4, P3 and P2` covers p4d.24xlarge; `Standard (A, C, D)` covers c7i.large; `P` covers every generation."""
    own = _FAMILY.match(instance_type)
    if own is None:
        return False
    bracketed = _IN_BRACKETS.search(families)
    said = re.split(r",\s*|\s+and\s+", bracketed["families"] if bracketed else families)
    parts = (_FAMILY.fullmatch(family.strip().lower()) for family in said)
    return any(
        part is not None and part["letters"] == own["letters"] and part["generation"] in ("", own["generation"])
        for part in parts
    )
