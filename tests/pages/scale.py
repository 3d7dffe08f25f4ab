"""Installations far larger than those other tests build: thousands of allocations, hundreds of endpoints, weeks.

Rows are made in bulk or by the database itself, so that ten thousand take seconds. Drawn from the installation's seed.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import connection

from fleet.models import Allocation, Instance, LaunchAttempt, Slot
from fleet.models.fields import public_id
from inference.models import Endpoint
from inference.services import standing
from tests.pages import serving
from tests.pages.rows import HOUR, MINUTE, POOLS, Installation

STATES = ("active", "active", "active", "provisioning", "degraded", "released")
HOLDS_A_MACHINE = {"active", "degraded"}


def many_allocations(made: Installation, count: int) -> None:
    """`count` allocations, most of them with a machine."""
    allocations = Allocation.objects.bulk_create([_allocation(made, k) for k in range(count)], batch_size=2_000)
    held = [one for one in allocations if one.state in HOLDS_A_MACHINE]
    slots = Slot.objects.bulk_create([_slot(made, one) for one in held], batch_size=2_000)
    attempts = LaunchAttempt.objects.bulk_create([_attempt(made, slot) for slot in slots], batch_size=2_000)
    Instance.objects.bulk_create(
        [_machine(made, slot, attempt) for slot, attempt in zip(slots, attempts, strict=True)], batch_size=2_000
    )
    _analyse()


def many_endpoints(made: Installation, count: int, *, days: int) -> list[Endpoint]:
    """`count` endpoints of two replicas with `days` of hours, the last three hours of minutes, and their bills."""
    for k in range(count):
        serving.endpoint(made, f"model-{k:03}", POOLS[k % 2], 2, 0.1 + k % 9 / 10, hours=1, minutes=1)
    found = made.endpoints[-count:]
    for statement in (_HOURS, _MINUTES, _TOKEN_COSTS, _SHARES, _SPEND):
        with connection.cursor() as cursor:
            cursor.execute(
                statement, {"ids": [one.pk for one in found], "hours": days * 24, "now": made.now, "minutes": 180}
            )
    standing.refresh(made.now)
    _analyse()
    return found


def _allocation(made: Installation, k: int) -> Allocation:
    state = made.draw.choice(STATES)
    pool = POOLS[made.draw.randrange(len(POOLS))]
    return Allocation(
        project=made.mine,
        name=f"job-{k:05}",
        accelerator=pool[4],
        accelerator_count=pool[5],
        state=state,
        reason="all-ready" if state == "active" else "stock-out",
        since=made.now - k % 97 * MINUTE,
        created_at=made.now - k * MINUTE,
        released_at=made.now if state == "released" else None,
        requested_by=made.draw.choice(["ada", "vic", "token:ci"]),
        expires_at=made.now + timedelta(hours=k % 48 + 1) if k % 3 else None,
    )


def _slot(made: Installation, one: Allocation) -> Slot:
    cloud, region, zone, kind, chip, count, price = next(pool for pool in POOLS if pool[4] == one.accelerator)
    return Slot(
        allocation=one, ordinal=1, accelerator_count=count, account=made.accounts[cloud], accelerator=chip,
        price_per_hour=Decimal(price), state="ready", reason="running", since=made.now - HOUR,
        created_at=made.now - HOUR, region=region, zone=zone, instance_type=kind, capacity_type="on-demand",
    )  # fmt: skip


def _attempt(made: Installation, slot: Slot) -> LaunchAttempt:
    number = made.number()
    return LaunchAttempt(
        slot=slot, n=1, account=slot.account, frozen_params={}, params_hash=str(number), state="launched",
        client_token=public_id("scale"), sequence=number, provider_id=f"i-scale-{number:06}",
        created_at=made.now - HOUR, region=slot.region, zone=slot.zone, instance_type=slot.instance_type,
        capacity_type=slot.capacity_type,
    )  # fmt: skip


def _machine(made: Installation, slot: Slot, attempt: LaunchAttempt) -> Instance:
    return Instance(
        slot=slot, attempt=attempt, project=made.mine, account=slot.account, cloud=slot.account.cloud,
        provider_id=attempt.provider_id, accelerator=slot.accelerator, accelerator_count=slot.accelerator_count,
        price_per_hour=slot.price_per_hour, launched_at=made.now - HOUR, ready_at=made.now - HOUR,
        last_observed_at=made.now, region=slot.region, zone=slot.zone, instance_type=slot.instance_type,
        capacity_type=slot.capacity_type,
    )  # fmt: skip


def _analyse() -> None:
    """What autovacuum does of itself in an installation that lives."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


_COPIED = """
    requests, requests_cut, requests_error, input_tokens, cached_input_tokens, output_tokens, request_seconds,
    preemptions, running_mean, running_max, waiting_mean, waiting_max, kv_usage_mean, kv_usage_max, ttft_sketch,
    itl_sketch, e2e_sketch, histograms, scrapes, scrapes_failed, gap_seconds, resets
"""
_HOURS = f"""
    INSERT INTO inference_hourwindow (endpoint_id, replica_id, source, start, minutes, {_COPIED})
    SELECT w.endpoint_id, w.replica_id, w.source, date_trunc('hour', %(now)s::timestamptz) - k * interval '1 hour',
           60, {_COPIED}
    FROM inference_hourwindow w, generate_series(1, %(hours)s) AS k WHERE w.endpoint_id = ANY(%(ids)s)
    ON CONFLICT DO NOTHING
"""
_MINUTES = f"""
    INSERT INTO inference_window (endpoint_id, replica_id, source, start, rolled, {_COPIED})
    SELECT w.endpoint_id, w.replica_id, w.source, w.start - k * interval '1 minute', true, {_COPIED}
    FROM inference_window w, generate_series(1, %(minutes)s) AS k WHERE w.endpoint_id = ANY(%(ids)s)
    ON CONFLICT DO NOTHING
"""
_TOKEN_COSTS = """
    INSERT INTO billing_costpertoken (hour, endpoint_ref, project_id, amount, currency, input_tokens,
        cached_input_tokens, output_tokens, cost_per_million, method, completeness, gap_seconds, reason, until, closed)
    SELECT c.hour - k * interval '1 hour', c.endpoint_ref, c.project_id, c.amount, c.currency, c.input_tokens,
        c.cached_input_tokens, c.output_tokens, c.cost_per_million, c.method, c.completeness, 0, '',
        c.until - k * interval '1 hour', true
    FROM billing_costpertoken c JOIN inference_endpoint e ON e.public_id = c.endpoint_ref,
         generate_series(1, %(hours)s) AS k WHERE e.id = ANY(%(ids)s)
    ON CONFLICT DO NOTHING
"""
_SHARES = """
    INSERT INTO billing_allocatedcost (hour, project_id, allocation_id, endpoint_ref, cloud, kind, amount, currency,
        seconds, accelerator_seconds, method, completeness)
    SELECT date_trunc('hour', %(now)s::timestamptz) - k * interval '1 hour', e.project_id, e.allocation_id,
        e.public_id, 'aws', kind, 0.8, 'USD', 3600, 3600, 'busy-ratio', 1
    FROM inference_endpoint e, generate_series(1, %(hours)s) AS k, unnest(ARRAY['serving', 'idle', 'startup']) AS kind
    WHERE e.id = ANY(%(ids)s)
    ON CONFLICT DO NOTHING
"""
_SPEND = """
    INSERT INTO billing_hourlyspend (hour, project_id, cloud, kind, currency, amount)
    SELECT hour, project_id, cloud, kind, currency, sum(amount) FROM billing_allocatedcost
    GROUP BY hour, project_id, cloud, kind, currency ON CONFLICT DO NOTHING
"""
