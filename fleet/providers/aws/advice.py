"""Spot placement scores: from 1 to 10, how likely EC2 gives a machine of some types in a zone.

EC2 scores one or two types always low, whatever it has of them. So all types of a chip that are asked about go into one
question, and its answer is taken for each of them; of a chip with fewer types in a region nothing is claimed. AWS
allows few different questions a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fleet.domain.capacity import SPOT
from fleet.domain.outcomes import Advice, AdviceAsk
from fleet.providers.aws.clients import NOT_GRANTED

FEWEST_TYPES = 3
BEST = 10
NO_ANSWER = (*NOT_GRANTED, "MaxConfigLimitExceeded")


def questions(asks: Iterable[AdviceAsk]) -> list[tuple[tuple[str, int], list[AdviceAsk]]]:
    """(region, machines) with the pools that go into one question."""
    groups: dict[tuple[str, int, str], list[AdviceAsk]] = {}
    for ask in asks:
        if ask.capacity_type == SPOT:
            groups.setdefault((ask.region, ask.machines, ask.accelerator), []).append(ask)
    return [
        ((region, machines), group)
        for (region, machines, _), group in sorted(groups.items())
        if len({ask.instance_type for ask in group}) >= FEWEST_TYPES
    ]


def question(region: str, instance_types: Sequence[str], machines: int = 1) -> dict[str, Any]:
    """What the call says."""
    return {
        "InstanceTypes": list(instance_types),
        "TargetCapacity": machines,
        "TargetCapacityUnitType": "units",
        "SingleAvailabilityZone": True,
        "RegionNames": [region],
    }


def advice_of(group: Iterable[AdviceAsk], rows: Iterable[Mapping[str, Any]], ids: Mapping[str, str]) -> list[Advice]:
    """Of every pool whose zone has a score. `ids`: zone -> the id that is the same in every account."""
    scores = {str(row["AvailabilityZoneId"]): int(row["Score"]) for row in rows}
    if strange := [score for score in scores.values() if not 1 <= score <= BEST]:
        raise ValueError(f"a score is from 1 to {BEST}, not {strange[0]}")
    return [Advice(ask, scores[ids[ask.zone]] / BEST) for ask in group if ids.get(ask.zone) in scores]
