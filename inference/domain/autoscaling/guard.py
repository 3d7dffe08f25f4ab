"""The limits every policy shares, applied once, after any of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inference.domain.autoscaling.types import Guardrails, Observation, Recommendation


def guard(wanted: Recommendation, seen: Observation, rails: Guardrails) -> Recommendation:
    """The recommendation as far as the rails let it through; what held it back is in `why`.

    `desired_replicas` already counts those still coming, so a wait for new ones never asks for them twice.
    """
    current = seen.desired_replicas
    # The floor and the ceiling come before everything: neither a cool-down nor blindness may hold an endpoint
    # outside of its bounds.
    if current < rails.min_replicas:
        return _instead(wanted, rails.min_replicas, f"Below the minimum of {rails.min_replicas}.")
    if current > rails.max_replicas:
        return _instead(wanted, rails.max_replicas, f"Above the maximum of {rails.max_replicas}.")
    blind = _blindness(seen, rails)
    if blind:
        return _instead(wanted, current, blind)
    if wanted.replicas > current:
        return _upwards(wanted, seen, rails)
    if wanted.replicas < current:
        return _downwards(wanted, seen, rails)
    return wanted


def _upwards(wanted: Recommendation, seen: Observation, rails: Guardrails) -> Recommendation:
    current = seen.desired_replicas
    wait = _cooling(seen.now, seen.last_scaled_up_at, None, rails.cooldown_up.total_seconds())
    if wait:
        return _instead(wanted, current, f"Scaled up a moment ago; waits {wait:.0f} s more.")
    limits = [
        (rails.max_replicas, f"The maximum is {rails.max_replicas}."),
        (current + rails.max_step_up, f"At most {rails.max_step_up} at a time."),
    ]
    if rails.affordable_replicas is not None:
        room = max(rails.affordable_replicas, current)
        limits.append((room, f"Quota and budgets leave room for {room}."))
    limit, said = min(limits, key=lambda found: found[0])
    return wanted if wanted.replicas <= limit else _instead(wanted, limit, said)


def _downwards(wanted: Recommendation, seen: Observation, rails: Guardrails) -> Recommendation:
    current = seen.desired_replicas
    cooldown = rails.cooldown_down.total_seconds()
    wait = _cooling(seen.now, seen.last_scaled_down_at, seen.last_scaled_up_at, cooldown)
    if wait:
        return _instead(wanted, current, f"Scaled a moment ago; goes down in {wait:.0f} s at the earliest.")
    limits = [
        (rails.min_replicas, f"The minimum is {rails.min_replicas}."),
        (current - rails.max_step_down, f"At most {rails.max_step_down} fewer at a time."),
    ]
    limit, said = max(limits, key=lambda found: found[0])
    return wanted if wanted.replicas >= limit else _instead(wanted, limit, said)


def _blindness(seen: Observation, rails: Guardrails) -> str:
    if seen.observed_at is None:
        return "Nothing has been measured yet."
    age = seen.now - seen.observed_at
    return f"The last measurement is {age.total_seconds():.0f} s old." if age > rails.stale_after else ""


def _cooling(now: datetime, one: datetime | None, other: datetime | None, cooldown_seconds: float) -> float:
    """Seconds left of a cool-down that began at the later of the two; 0 when it is over."""
    began = max((at for at in (one, other) if at is not None), default=None)
    return 0.0 if began is None else max(cooldown_seconds - (now - began).total_seconds(), 0.0)


def _instead(wanted: Recommendation, replicas: int, why: str) -> Recommendation:
    said = f"{why} The policy wanted {wanted.replicas}: {wanted.why}" if wanted.replicas != replicas else wanted.why
    return replace(wanted, replicas=replicas, why=said)
