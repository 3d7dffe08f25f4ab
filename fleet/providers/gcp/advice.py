"""What Google's capacity advisor is asked about one pool, and what its answer says of it.

One pool a question: a question about several zones or types is answered with the best of them only. It advises on spot
machines, and not on slices of TPUs.
"""

from __future__ import annotations

import math
from typing import Any

from fleet.domain.capacity import SPOT
from fleet.domain.outcomes import Advice, AdviceAsk
from fleet.providers.gcp.tpus import is_slice

SELECTION = "asked"


def answers(ask: AdviceAsk) -> bool:
    """Whether Google has any advice on such a pool."""
    return ask.capacity_type == SPOT and not is_slice(ask.instance_type)


def question(ask: AdviceAsk) -> dict[str, Any]:
    """The body of the call."""
    return {
        "size": ask.machines,
        "distribution_policy": {"target_shape": "ANY_SINGLE_ZONE", "zones": [{"zone": f"zones/{ask.zone}"}]},
        "instance_flexibility_policy": {"instance_selections": {SELECTION: {"machine_types": [ask.instance_type]}}},
        "instance_properties": {"scheduling": {"provisioning_model": "SPOT"}},
    }


def advice_of(ask: AdviceAsk, answer: Any) -> Advice | None:
    """None where Google recommends nothing, or something else than was asked. Raises ValueError for no number."""
    for said in answer.recommendations:
        elsewhere = any(
            shard.machine_type.rpartition("/")[2] != ask.instance_type or shard.zone.rpartition("/")[2] != ask.zone
            for shard in said.shards
        )
        if elsewhere or "obtainability" not in said.scores:
            continue
        likely = float(said.scores.obtainability)
        if not 0 <= likely <= 1:
            raise ValueError("an obtainability is from 0 to 1")
        return Advice(ask, likely, _seconds(str(said.scores.estimated_uptime)))
    return None


def _seconds(duration: str) -> int | None:
    """Of `3600s`; None where it is not said."""
    if not duration:
        return None
    seconds = float(duration.removesuffix("s"))
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError("a time to run is a number of seconds")
    return int(seconds)
