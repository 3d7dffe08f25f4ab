"""A past for the demo: recorded by the sandbox, read back through the clouds' adapters, and stored like anything else.

Newest first; one endpoint's machines of a few days are one transaction, because the event feed waits for long ones.
They are metered in the transaction that makes them: an hour is never costed while a machine's bill is missing.
"""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.models import CostedHour
from billing.services import allocation_of_cost, metering
from fleet.models import BusinessClock, CapacityType, CloudAccount, Instance, Offering, PricePoint
from fleet.services import history as machines_past
from fleet.services import progress
from fleet.services.chips import accelerators
from fleet.services.clock import business_now
from fleet.services.history import PastAllocation, PastMachine
from fleet.services.installation import installation
from inference.models import Endpoint
from inference.services import history as serving_past
from inference.services.history import PastReplica
from inference.services.rollup import BATCH, roll_up
from purser.demo import past
from purser.demo.past import HOUR, MINUTE, Incidents, Life, Served, Span
from purser.demo.sandbox_client import SandboxClient
from purser.demo.seed import WORLD
from sandbox.arrivals import rhythm_from

PROGRESS = "backfill"
IN_MINUTES = timedelta(hours=6)
"""The last hours before the epoch have minute windows too."""
SAMPLES_AN_HOUR = 240
REBUILT_AT_ONCE = 96
CENTS = Decimal("0.000001")


@dataclass(frozen=True)
class Story:
    """One endpoint's past: its machines by life, in order of launch."""

    endpoint: Endpoint
    served: Served
    held: PastAllocation
    machines: Mapping[Life, PastMachine]

    def serving(self, at: datetime) -> int:
        """How many replicas served then."""
        return max(1, sum(life.ready_at <= at < life.terminated_at for life in self.machines))


@dataclass(frozen=True)
class Backfill:
    """All that is to be imported."""

    stories: Sequence[Story]
    shifts: Sequence[Span]
    incidents: Incidents
    epoch: datetime
    seed: int

    @property
    def start(self) -> datetime:
        return self.shifts[-1].start

    @property
    def minutes_from(self) -> datetime:
        """From here on telemetry is in minutes; before, in hours."""
        return max(past.hour_of(self.epoch) - IN_MINUTES, self.start)


def backfill(days: int) -> None:
    """Import so many days before the epoch. Raises Refused or EmbeddedError; run again, it goes on where it was."""
    account = CloudAccount.objects.filter(provider="sandbox").order_by("id")[0]
    sandbox = SandboxClient(str(account.options["url"]))
    whole = plan(days, seed=int(sandbox.call("GET", "clock")["seed"]))
    for story in whole.stories:
        machines_past.check_known(story.held)
    progress.report(PROGRESS, done=0, total=days, detail=f"Day 0 of {days}")
    _recent_traffic(whole)
    for shift in whole.shifts:
        _import_shift(whole, shift, sandbox)
        _settle(shift)
        done = min(days, -(-(past.hour_of(whole.epoch) - shift.start) // timedelta(days=1)))
        progress.report(PROGRESS, done=done, total=days, detail=f"Day {done} of {days}")


def plan(days: int, *, seed: int) -> Backfill:
    """What is to be imported: the same for the same seed, epoch, endpoints and catalogue."""
    epoch = BusinessClock.objects.get(pk=1).epoch
    cut = past.shifts(epoch, days)
    happened = past.incidents(Span(cut[-1].start, epoch), seed)
    with WORLD.open("rb") as file:
        wanted = {item["name"]: item for item in tomllib.load(file)["endpoint"]}
    endpoints = Endpoint.objects.living().filter(name__in=wanted).select_related("project").order_by("id")
    stories = [_story(endpoint, wanted[endpoint.name], cut, happened, seed) for endpoint in endpoints]
    return Backfill(stories, cut, happened, epoch, seed)


def _story(endpoint: Endpoint, wanted: dict[str, Any], cut: Sequence[Span], happened: Incidents, seed: int) -> Story:
    served = Served(
        endpoint.name,
        rhythm_from(wanted["traffic"]),
        endpoint.min_replicas,
        endpoint.slo_ttft_ms or 2000,
        endpoint.slo_itl_ms,
    )
    held = PastAllocation(
        installation=installation().uuid,
        key=f"{endpoint.public_id}/history",
        project=endpoint.project,
        name=endpoint.name,
        endpoint_ref=endpoint.public_id,
        accelerator=endpoint.accelerators[0],
        accelerator_count=endpoint.min_replicas,
        created_at=cut[-1].start,
        released_at=cut[0].end,
    )
    pools = _pools(endpoint)
    lived = past.lives(served, cut, seed)
    return Story(
        endpoint,
        served,
        held,
        {life: _machine(held, life, n, pools[life.place % len(pools)], happened) for n, life in enumerate(lived)},
    )


def _pools(endpoint: Endpoint) -> list[Offering]:
    """One pool on demand and, where the cloud keeps the price of the launch, one of spot; other clouds before AWS."""
    offered = Offering.objects.filter(
        instance_type__accelerator=endpoint.accelerators[0], instance_type__accelerator_count=1, offered=True
    ).select_related("account", "instance_type")
    ordered = sorted(offered, key=lambda row: (row.account.cloud == "aws", row.zone, row.instance_type.name))
    on_demand = [row for row in ordered if row.capacity_type == CapacityType.ON_DEMAND]
    spot = [row for row in ordered if row.capacity_type == CapacityType.SPOT and row.account.cloud != "aws"]
    if CapacityType.SPOT not in (endpoint.capacity_types or [CapacityType.SPOT]):
        spot = []
    return [*on_demand[:1], *spot[:1]]


def _machine(held: PastAllocation, life: Life, ordinal: int, pool: Offering, happened: Incidents) -> PastMachine:
    key = f"{held.endpoint_ref}/{life.place}/{life.launched_at.isoformat()}"
    return PastMachine(
        key=key,
        provider_id=f"past-{uuid.uuid5(held.installation, key).hex[:17]}",
        ordinal=ordinal,
        allocation=held,
        account=pool.account,
        region=pool.region,
        zone=pool.zone,
        instance_type=pool.instance_type.name,
        capacity_type=pool.capacity_type,
        accelerator=pool.instance_type.accelerator,
        accelerator_count=pool.instance_type.accelerator_count,
        price_per_hour=_price(pool, life.launched_at, happened),
        launched_at=life.launched_at,
        ready_at=life.ready_at,
        terminated_at=life.terminated_at,
    )


def _price(pool: Offering, launched_at: datetime, happened: Incidents) -> Decimal:
    """The first price we know of the pool, which stays the same however late this runs; dearer before prices fell."""
    first = PricePoint.objects.filter(offering=pool).order_by("effective_from").first()
    price = pool.price_per_hour if first is None else first.price_per_hour
    if launched_at < happened.prices_fell_at:
        price *= Decimal(str(past.PRICE_BEFORE))
    return price.quantize(CENTS)


def _recent_traffic(whole: Backfill) -> None:
    """The last hours before the epoch, minute by minute, up to the last whole one; then rolled up like any other."""
    until = past.minute_of(whole.epoch)
    for story in whole.stories:
        starts = past.windows(whole.minutes_from, until, MINUTE)
        serving_past.import_minutes(story.endpoint, [_traffic(whole, story, at, MINUTE) for at in starts])
    _roll_up()


def _roll_up() -> None:
    """Until less than a batch was left to take."""
    while roll_up() >= BATCH:
        pass


def _traffic(whole: Backfill, story: Story, start: datetime, length: timedelta) -> serving_past.PastTraffic:
    return past.traffic(
        story.served,
        start,
        length,
        replicas=story.serving(start + length / 2),
        slow=whole.incidents.slow,
        seed=whole.seed,
    )


def _import_shift(whole: Backfill, shift: Span, sandbox: SandboxClient) -> None:
    """Its traffic, then its machines with all that is known of them."""
    for story in whole.stories:
        starts = past.windows(shift.start, min(shift.end, whole.minutes_from), HOUR)
        serving_past.import_hours(story.endpoint, [_traffic(whole, story, at, HOUR) for at in starts])
    for story in whole.stories:
        _import_lives(whole, story, shift, sandbox)
    _roll_up()


def _import_lives(whole: Backfill, story: Story, shift: Span, sandbox: SandboxClient) -> None:
    """The endpoint's machines that ended in the shift. The sandbox is told and asked before the transaction begins."""
    machines = {
        life: machine for life, machine in story.machines.items() if shift.start < life.terminated_at <= shift.end
    }
    fresh = machines_past.unknown(machines.values())
    if fresh:
        sandbox.call("POST", "history", {"machines": [_as_sandbox(machine) for machine in fresh]})
    seen = machines_past.ask_clouds(fresh)
    with transaction.atomic():
        machines_past.import_past(project=story.endpoint.project, pasts=fresh, seen=seen, now=business_now())
        rows = {row.provider_id: row for row in _rows(machines.values())}
        _import_use(whole, story, machines, rows)
        # Only the past is metered here: machines of the present have not begun by the epoch.
        metering.meter(whole.epoch)
        _import_replicas(story, machines, rows)


def _rows(machines: Iterable[PastMachine]) -> Iterable[Instance]:
    ids = [machine.provider_id for machine in machines]
    return Instance.objects.filter(provider_id__in=ids).select_related("slot")


def _import_use(
    whole: Backfill, story: Story, machines: Mapping[Life, PastMachine], rows: Mapping[str, Instance]
) -> None:
    hours, minutes = [], []
    for life, machine in machines.items():
        row = rows[machine.provider_id]
        for start in past.windows(past.hour_of(life.ready_at), min(life.terminated_at, whole.minutes_from), HOUR):
            able = min(HOUR, start + HOUR - life.ready_at) / HOUR
            hours.append(_use(whole, story, row, start, max(1, round(able * SAMPLES_AN_HOUR))))
        from_minute = max(past.minute_of(life.ready_at) + MINUTE, whole.minutes_from)
        for start in past.windows(from_minute, past.minute_of(life.terminated_at), MINUTE):
            minutes.append(_use(whole, story, row, start, SAMPLES_AN_HOUR // 60))
    serving_past.import_machine_hours(hours)
    serving_past.import_machine_minutes(minutes)


def _use(whole: Backfill, story: Story, row: Instance, start: datetime, samples: int) -> serving_past.PastUse:
    watts = accelerators().require(row.accelerator).power_watts or 300.0
    return past.use(
        story.served,
        row.pk,
        start,
        samples=samples,
        replicas=story.serving(start + MINUTE / 2),
        watts=watts * row.accelerator_count,
        seed=whole.seed,
    )


def _import_replicas(story: Story, machines: Mapping[Life, PastMachine], rows: Mapping[str, Instance]) -> None:
    lived = []
    for life, machine in machines.items():
        slot = rows[machine.provider_id].slot
        assert slot is not None
        draining_at = max(life.ready_at, life.terminated_at - past.DRAINING)
        lived.append(PastReplica(slot, life.loading_at, life.ready_at, draining_at, life.terminated_at))
    serving_past.import_replicas(story.endpoint, lived)


def _as_sandbox(machine: PastMachine) -> dict[str, Any]:
    request = machines_past.request_of(machine)
    return {
        "id": machine.provider_id,
        "cloud": machine.account.cloud,
        "account_id": machine.account.expected_account_ref,
        "instance_type": machine.instance_type,
        "zone": machine.zone,
        "capacity_type": machine.capacity_type,
        "launched_at": machine.launched_at.isoformat(),
        "terminated_at": machine.terminated_at.isoformat(),
        "price_per_hour": str(machine.price_per_hour),
        "tags": request.tags,
        "token": request.token,
        "reason": "user",
    }


def _settle(shift: Span) -> None:
    """Cost the shift's hours before the next one; the workers help, each hour is done by one of us."""
    due = CostedHour.objects.filter(dirty=True, hour__gte=shift.start, hour__lt=past.hour_of(shift.end))
    while due.exists() and allocation_of_cost.rebuild(business_now(), limit=REBUILT_AT_ONCE):
        pass
