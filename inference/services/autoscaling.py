"""Autoscaling: observe, recommend, guard, apply, record. The policy and the guard are pure (domain/autoscaling)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import Avg, Count, Max, Q, Sum
from django.db.models.functions import Now

from fleet.domain.capacity import USD
from fleet.domain.lifecycle import Desired
from fleet.models import Slot
from fleet.services import events
from fleet.services.rooms import room_for
from inference.domain.autoscaling import Guardrails, Load, Observation, Recommendation, guard, policy
from inference.domain.counters import MINUTE
from inference.domain.lifecycle import ReplicaState
from inference.models import Decision, Endpoint, Replica, Window, WindowSource

HISTORY = timedelta(minutes=15)
CENT_OF_A_CENT = Decimal("0.0001")
UP, DOWN, HOLD = "scale-up", "scale-down", "hold"


def autoscale(*, now: datetime) -> int:
    """Look at every endpoint once. Returns how many were scaled."""
    endpoints = list(Endpoint.objects.scaled().select_related("project", "serving_config").order_by("id"))
    seen = observe(endpoints, now=now)
    return sum(_decide(endpoint, seen[endpoint.pk], now) for endpoint in endpoints)


def observe(endpoints: Iterable[Endpoint], *, now: datetime) -> dict[int, Observation]:
    """What each endpoint looks like now: three queries for all of them."""
    found = list(endpoints)
    ready = _ready(found)
    loads = _loads(found, ready, now)
    prices = _prices(found)
    return {
        endpoint.pk: Observation(
            now=now,
            desired_replicas=endpoint.desired_replicas,
            ready_replicas=ready.get(endpoint.pk, (0, None))[0],
            loads=loads.get(endpoint.pk, ()),
            max_num_seqs=endpoint.serving_config.max_num_seqs,
            price_per_replica_hour=prices.get(endpoint.pk),
            last_scaled_up_at=endpoint.last_scaled_up_at,
            last_scaled_down_at=endpoint.last_scaled_down_at,
        )
        for endpoint in found
    }


def _ready(endpoints: list[Endpoint]) -> dict[int, tuple[int, datetime | None]]:
    """How many are ready, and when the newest look at one of them was."""
    serving = Q(state=ReplicaState.READY)
    rows = (
        Replica.objects.filter(endpoint__in=endpoints)
        .filter(serving | Q(state=ReplicaState.DRAINING))
        .values("endpoint")
        .annotate(ready=Count("pk", filter=serving), seen=Max("last_scraped_at"))
        .values_list("endpoint", "ready", "seen")
    )
    return {pk: (ready, seen) for pk, ready, seen in rows}


def _loads(
    endpoints: list[Endpoint], ready: Mapping[int, tuple[int, datetime | None]], now: datetime
) -> dict[int, tuple[Load, ...]]:
    """Requests in flight by minute, all replicas together; the running minute ends at the newest look."""
    rows = (
        Window.objects.filter(
            endpoint__in=endpoints, source=WindowSource.SCRAPE, start__gte=now - HISTORY, scrapes__gt=0
        )
        .values_list("endpoint", "start")
        .annotate(Sum("running_mean"), Sum("waiting_mean"))
        .order_by("start")
    )
    loads: dict[int, list[Load]] = defaultdict(list)
    for pk, start, running, waiting in rows:
        seen = ready.get(pk, (0, None))[1]
        end = start + MINUTE if seen is None else min(start + MINUTE, max(seen, start))
        loads[pk].append(Load(end, (running or 0.0) + (waiting or 0.0)))
    return {pk: tuple(found) for pk, found in loads.items()}


def _prices(endpoints: list[Endpoint]) -> dict[int, Decimal]:
    """Mean price of one replica-hour in USD: a replica has a slot of its own."""
    rows = (
        Slot.objects.open()
        .filter(allocation__endpoint__in=endpoints, desired=Desired.PRESENT, price_per_hour__isnull=False)
        .filter(Q(instance=None) | Q(instance__currency=USD))
        .values_list("allocation__endpoint")
        .annotate(Avg("price_per_hour"))
    )
    return {pk: _tidy(price) for pk, price in rows}


def _decide(endpoint: Endpoint, seen: Observation, now: datetime) -> bool:
    wanted = policy(endpoint.policy, endpoint.policy_params).recommend(seen)
    allowed = guard(wanted, seen, _rails(endpoint, wanted, seen, now))
    if allowed.replicas == seen.desired_replicas:
        _record_hold(endpoint, seen, wanted, allowed, now)
        return False
    return _apply(endpoint, seen, wanted, allowed, now)


def _rails(endpoint: Endpoint, wanted: Recommendation, seen: Observation, now: datetime) -> Guardrails:
    rails = Guardrails(endpoint.min_replicas, endpoint.max_replicas)
    if wanted.replicas <= seen.desired_replicas:
        return rails
    affordable = _affordable(endpoint, seen, now)
    return Guardrails(endpoint.min_replicas, endpoint.max_replicas, affordable_replicas=affordable)


def _affordable(endpoint: Endpoint, seen: Observation, now: datetime) -> int | None:
    """Those there are, and as many more as quotas and budgets leave room for; None: no such limit."""
    asked_with = endpoint.allocation.requested_token_id if endpoint.allocation else None
    room = room_for(endpoint.project, endpoint_ref=endpoint.public_id, token_id=asked_with)
    more = []
    if room.accelerators is not None:
        more.append(room.accelerators // endpoint.serving_config.accelerators_per_replica)
    if room.price_per_hour is not None and seen.price_per_replica_hour:
        more.append(int(room.price_per_hour / seen.price_per_replica_hour))
    return seen.desired_replicas + max(min(more), 0) if more else None


def _apply(
    endpoint: Endpoint, seen: Observation, wanted: Recommendation, allowed: Recommendation, now: datetime
) -> bool:
    """Change the desired size if it still is the one that was observed; somebody faster wins."""
    up = allowed.replicas > seen.desired_replicas
    stamp = {"last_scaled_up_at" if up else "last_scaled_down_at": now}
    with transaction.atomic():
        unchanged = Endpoint.objects.scaled().filter(
            pk=endpoint.pk, desired_replicas=seen.desired_replicas, generation=endpoint.generation
        )
        if unchanged.update(desired_replicas=allowed.replicas, next_at=Now(), **stamp) == 0:
            return False
        decision = _decision(endpoint, seen, wanted, allowed, now)
        decision.action, decision.applied = (UP if up else DOWN), True
        decision.save()
        events.record(
            "endpoint.scaled",
            subject=endpoint.public_id,
            project=endpoint.project,
            now=now,
            data={
                "before": seen.desired_replicas,
                "after": allowed.replicas,
                "why": allowed.why,
                "decision": decision.public_id,
            },
        )
    return True


def _record_hold(
    endpoint: Endpoint, seen: Observation, wanted: Recommendation, allowed: Recommendation, now: datetime
) -> None:
    """A hold that repeats the last one is counted there, not written again."""
    last = Decision.objects.filter(endpoint=endpoint).order_by("-id").first()
    same = (HOLD, seen.desired_replicas, wanted.replicas, allowed.replicas)
    if last is not None and (last.action, last.current, last.wanted, last.allowed) == same:
        Decision.objects.filter(pk=last.pk).update(
            repeats=last.repeats + 1,
            last_at=now,
            why=allowed.why,
            formula=allowed.formula,
            inputs=seen.as_json(),
        )
        return
    _decision(endpoint, seen, wanted, allowed, now).save()


def _decision(
    endpoint: Endpoint, seen: Observation, wanted: Recommendation, allowed: Recommendation, now: datetime
) -> Decision:
    price = seen.price_per_replica_hour
    return Decision(
        endpoint=endpoint,
        at=now,
        last_at=now,
        policy=endpoint.policy,
        inputs=seen.as_json(),
        current=seen.desired_replicas,
        wanted=wanted.replicas,
        allowed=allowed.replicas,
        action=HOLD,
        why=allowed.why,
        formula=wanted.formula,
        alternatives=[other.as_json() for other in wanted.alternatives],
        cost_per_hour_before=None if price is None else _tidy(price * seen.desired_replicas),
        cost_per_hour_after=None if price is None else _tidy(price * allowed.replicas),
    )


def _tidy(price: Decimal) -> Decimal:
    return price.quantize(CENT_OF_A_CENT, ROUND_HALF_UP)
