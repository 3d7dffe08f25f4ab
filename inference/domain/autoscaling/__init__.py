"""Autoscaling: observation -> policy -> guard. A new policy is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inference.domain.autoscaling.guard import guard
from inference.domain.autoscaling.target_tracking import TargetTracking
from inference.domain.autoscaling.types import Alternative, Guardrails, Load, Observation, Policy, Recommendation

POLICIES: dict[str, Callable[..., Policy]] = {
    "target-tracking": TargetTracking,
}

__all__ = [
    "POLICIES",
    "Alternative",
    "Guardrails",
    "Load",
    "Observation",
    "Policy",
    "Recommendation",
    "guard",
    "policy",
]


def policy(name: str, params: Mapping[str, Any]) -> Policy:
    """The policy of that name. Raises ValueError with a sentence for an unknown name, parameter or value."""
    if name not in POLICIES:
        raise ValueError(f"There is no autoscaling policy {name!r}. There are: {', '.join(POLICIES)}.")
    bad = [key for key, value in params.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    if bad:
        raise ValueError(f"{', '.join(bad)} must be a number.")
    try:
        return POLICIES[name](**params)
    except TypeError as error:
        known = ", ".join(getattr(POLICIES[name], "__dataclass_fields__", {}))
        raise ValueError(f"{name} does not take {', '.join(params)}. It takes: {known}.") from error
