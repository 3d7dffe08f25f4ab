"""Target tracking: as many replicas as keep the requests in flight on each of them near a target.

replicas = ceil(in flight / target). Going up looks at the mean of a short window, going down at the busiest moment of
a longer one, so that a lull between two bursts gives nothing away. Kubernetes' HPA uses the same rule with the same
tolerance (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from inference.domain.autoscaling.types import Alternative, Load, Observation, Recommendation


@dataclass(frozen=True)
class TargetTracking:
    """`target_in_flight` is per replica; 0: `target_ratio` of the engine's max_num_seqs. Windows are seconds."""

    target_in_flight: float = 0.0
    target_ratio: float = 0.6
    tolerance: float = 0.1
    up_window_seconds: float = 60.0
    down_window_seconds: float = 300.0

    def __post_init__(self) -> None:
        if not 0 <= self.target_in_flight <= 100_000:
            raise ValueError("target_in_flight must be between 0 and 100,000 requests a replica; 0: use target_ratio.")
        if not 0 < self.target_ratio <= 1:
            raise ValueError("target_ratio must be above 0 and at most 1.")
        if not 0 <= self.tolerance < 1:
            raise ValueError("tolerance must be at least 0 and below 1.")
        if not 0 < self.up_window_seconds <= self.down_window_seconds <= 86_400:
            raise ValueError(
                "up_window_seconds must be above 0 and at most down_window_seconds, which is at most a day."
            )

    def recommend(self, seen: Observation) -> Recommendation:
        current = seen.desired_replicas
        if seen.observed_at is None:
            return Recommendation(current, "Nothing has been measured yet.")
        target = self.target_in_flight or max(self.target_ratio * seen.max_num_seqs, 1.0)
        lately = _mean(_within(seen, self.up_window_seconds))
        busiest = max(max(load.in_flight for load in _within(seen, self.down_window_seconds)), lately)
        up, down = _needed(lately, target), _needed(busiest, target)
        if lately > current * target * (1 + self.tolerance):
            why = f"{lately:.1f} requests in flight over {self.up_window_seconds:.0f} s need {up} replicas."
            return self._answer(up, why, lately, target, current)
        if down < current and busiest < current * target * (1 - self.tolerance):
            why = f"At most {busiest:.1f} requests in flight in {self.down_window_seconds:.0f} s need only {down}."
            return self._answer(down, why, busiest, target, current)
        why = f"{lately:.1f} requests in flight on {current} replicas are near the target of {target:.1f} each."
        return self._answer(current, why, lately, target, current)

    def _answer(self, replicas: int, why: str, load: float, target: float, current: int) -> Recommendation:
        formula = f"ceil({load:.1f} in flight / {target:.1f} a replica) = {_needed(load, target)}"
        others = sorted({replicas - 1, replicas + 1, current} - {replicas})
        alternatives = tuple(_alternative(n, replicas, load, target) for n in others if n >= 0)
        return Recommendation(replicas, why, formula, alternatives)


def _needed(load: float, target: float) -> int:
    return math.ceil(load / target - 1e-9)


def _within(seen: Observation, seconds: float) -> list[Load]:
    """The loads of the last `seconds` before the newest; never empty where there is one."""
    newest = seen.loads[-1].at
    return [load for load in seen.loads if newest - load.at < timedelta(seconds=seconds)]


def _mean(loads: list[Load]) -> float:
    return sum(load.in_flight for load in loads) / len(loads)


def _alternative(replicas: int, chosen: int, load: float, target: float) -> Alternative:
    if replicas == 0:
        return Alternative(0, f"Nobody would serve the {load:.1f} requests in flight.")
    each = load / replicas
    side = "above" if each > target else "below"
    cost = "it would pay for more than is needed" if replicas > chosen else "requests would wait"
    return Alternative(replicas, f"{each:.1f} requests in flight on each, {side} the target of {target:.1f}: {cost}.")
