"""An installation as its pages would find it: two projects, endpoints that serve, machines in trouble, a week of bills.

Everything is drawn from a seed, at `now`. Sizes are arguments, so that a test can ask for twice as much.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from billing.models import AllocatedCost, CostedHour, HourlySpend
from fleet.models import (
    Allocation,
    Budget,
    CapacityMemory,
    CloudAccount,
    Event,
    Hold,
    Incident,
    Instance,
    InstanceType,
    LaunchAttempt,
    Membership,
    Offering,
    Project,
    Slot,
    Sweep,
)
from inference.models import Endpoint
from inference.services import standing

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POOLS = [
    ("aws", "us-east-1", "us-east-1b", "g6.xlarge", "L4", 1, "0.8048"),
    ("gcp", "us-central1", "us-central1-a", "g2-standard-4", "L4", 1, "0.7068"),
    ("aws", "us-east-2", "us-east-2a", "p5.48xlarge", "H100", 8, "55.04"),
    ("azure", "eastus2", "2", "NC80adis_H100_v5", "H100", 2, "13.96"),
]


@dataclass
class Installation:
    """What the tests then speak of."""

    now: datetime
    mine: Project
    other: Project
    endpoints: list[Endpoint] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    accounts: dict[str, CloudAccount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw = random.Random(7)
        self.counter = 0

    def number(self) -> int:
        self.counter += 1
        return self.counter


def people() -> dict[str, User]:
    """An admin who sees everything, and a viewer who sees one project (`see` gives them it)."""
    return {
        "admin": User.objects.create_superuser("ada", password="correct horse battery"),
        "viewer": User.objects.create_user("vic", password="correct horse battery"),
    }


def see(user: User, project: Project) -> None:
    Membership.objects.create(user=user, project=project, role="viewer")


def build(now: datetime, *, replicas: int = 4, allocations: int = 3, hours: int = 6, minutes: int = 40) -> Installation:
    made = Installation(
        now.replace(second=0, microsecond=0),
        Project.objects.create(slug="assistants", name="Assistants"),
        Project.objects.create(slug="secret-lab", name="Secret lab"),
    )
    from tests.pages import serving

    _catalogue(made)
    for name, pool, cost in (("assist-8b", 0, 0.104), ("chat-70b", 2, 1.04), ("translate-9b", 1, 0.51)):
        serving.endpoint(made, name, POOLS[pool], replicas, cost, hours=hours, minutes=minutes)
    for k in range(allocations):
        bare_allocation(made, f"notebook-{k + 1}", k)
    standing.refresh(made.now)
    _money(made, hours)
    _news(made)
    return made


def _catalogue(made: Installation) -> None:
    for cloud in ("aws", "gcp", "azure"):
        made.accounts[cloud] = CloudAccount.objects.create(cloud=cloud, provider="sandbox", name=f"sandbox-{cloud}")
        Sweep.objects.create(
            account=made.accounts[cloud],
            started_at=made.now,
            finished_at=made.now,
            business_at=made.now,
            complete=True,
            listed=9,
            owned=7,
            foreign=2,
        )
    for cloud, region, zone, kind, chip, count, price in POOLS:
        shape, _ = InstanceType.objects.get_or_create(
            cloud=cloud, name=kind, defaults={"accelerator": chip, "accelerator_count": count}
        )
        for capacity in ("on-demand", "spot"):
            Offering.objects.create(
                account=made.accounts[cloud],
                instance_type=shape,
                region=region,
                zone=zone,
                capacity_type=capacity,
                price_per_hour=Decimal(price),
                observed_at=made.now,
            )
        CapacityMemory.objects.create(
            account=made.accounts[cloud],
            region=region,
            zone=zone,
            instance_type=kind,
            capacity_type="on-demand",
            attempts=9,
            refusals=made.draw.choice([0, 1, 5]),
            fill_seconds=[120, 240, 410],
        )


def allocation(made: Installation, name: str, **changes: Any) -> Allocation:
    values = {
        "project": made.mine,
        "name": name,
        "accelerator": "L4",
        "accelerator_count": 4,
        "state": "active",
        "reason": "all-ready",
        "since": made.now - HOUR,
        "created_at": made.now - timedelta(hours=57),
        "requested_by": "ada",
        "plan": _plan(made.now),
        "planned_at": made.now - HOUR,
    }
    allocation = Allocation.objects.create(**values | changes)
    made.allocations.append(allocation)
    return allocation


def machine(made: Installation, on: Allocation, pool: tuple[Any, ...], **changes: Any) -> Instance:
    """A machine on a slot of its own, launched and, unless said otherwise, ready."""
    cloud, region, zone, kind, chip, count, price = pool
    number = made.number()
    place = {
        "region": region,
        "zone": zone,
        "instance_type": kind,
        "capacity_type": changes.pop("capacity", "on-demand"),
    }
    slot = Slot.objects.create(
        allocation=on,
        ordinal=number,
        accelerator_count=count,
        account=made.accounts[cloud],
        accelerator=chip,
        price_per_hour=Decimal(price),
        state=changes.pop("state", "ready"),
        reason="running",
        since=made.now - HOUR,
        created_at=made.now - HOUR,
        **place,
    )
    attempt = LaunchAttempt.objects.create(
        slot=slot,
        n=1,
        account=made.accounts[cloud],
        frozen_params={},
        params_hash=str(number),
        state="launched",
        client_token=f"asked-{number}",
        sequence=number,
        provider_id=f"i-{number:06}",
        created_at=made.now - HOUR,
        **place,
    )
    Hold.objects.create(
        attempt=attempt,
        project=on.project,
        cloud=cloud,
        endpoint_ref=on.endpoint_ref,
        accelerator=chip,
        accelerator_count=count,
        price_per_hour=Decimal(price),
        amount=Decimal(price) * 2,
        created_at=made.now - HOUR,
    )
    values = {
        "slot": slot,
        "attempt": attempt,
        "project": on.project,
        "account": made.accounts[cloud],
        "cloud": cloud,
        "provider_id": f"i-{number:06}",
        "accelerator": chip,
        "accelerator_count": count,
        "price_per_hour": Decimal(price),
        "launched_at": made.now - HOUR,
        "ready_at": made.now - HOUR + 4 * MINUTE,
        "last_observed_at": made.now,
        "private_ip": f"10.0.0.{number % 250}",
        "public_ip": f"203.0.113.{number % 250}",
        **place,
    }
    return Instance.objects.create(**values | changes)


def bare_allocation(made: Installation, name: str, k: int) -> None:
    if k % 3 == 0:
        made_of = allocation(
            made,
            name,
            accelerator="H100",
            accelerator_count=2,
            idle_since=made.now - 3 * HOUR,
            next_action="Release (idle)",
            next_action_at=made.now + 19 * MINUTE,
        )
        machine(made, made_of, POOLS[3])
    elif k % 3 == 1:
        made_of = allocation(
            made,
            name,
            state="provisioning",
            reason="stock-out",
            accelerator="H100",
            accelerator_count=8,
            detail="p5.48xlarge stocked out in us-east-2a; asked again from 15:04.",
            next_action="Retry in us-west-2c",
            next_action_at=made.now + 42 * MINUTE / 60,
        )
        slot = Slot.objects.create(
            allocation=made_of,
            ordinal=made.number(),
            accelerator_count=8,
            since=made.now,
            created_at=made.now,
            state="wanted",
            reason="stock-out",
        )
        LaunchAttempt.objects.create(
            slot=slot,
            n=1,
            account=made.accounts["aws"],
            region="us-east-2",
            zone="us-east-2a",
            instance_type="p5.48xlarge",
            capacity_type="on-demand",
            frozen_params={},
            params_hash="x",
            client_token=f"asked-{made.number()}",
            sequence=1,
            state="refused",
            error_class="stock-out",
            error_code="InsufficientInstanceCapacity",
            calls=1,
            error_message="We currently do not have sufficient p5.48xlarge capacity in us-east-2a.",
            created_at=made.now,
        )
    else:
        made_of = allocation(
            made,
            name,
            state="degraded",
            reason="interruption-notice",
            detail="1 of 2 machines is taken back at 15:10; a replacement is booting.",
        )
        machine(made, made_of, POOLS[0], capacity="spot", interruption_at=made.now + 2 * MINUTE)
        machine(made, made_of, POOLS[1], state="booting")


def _money(made: Installation, hours: int) -> None:
    newest = hours_before(made.now, 1)[0]
    part = Decimal((made.now - newest) / HOUR or 0.01)
    kinds = (("serving", "6.1"), ("idle", "2.2"), ("startup", "0.4"))
    spent = [
        (hour, k, cloud, kind, Decimal(amount) * (k + 1) * (part if hour == newest else 1))
        for hour in hours_before(made.now, hours)
        for k, cloud in enumerate(("aws", "gcp", "azure"))
        for kind, amount in kinds
    ]
    HourlySpend.objects.bulk_create(
        HourlySpend(hour=hour, project=made.mine, cloud=cloud, kind=kind, currency="USD", amount=amount)
        for hour, _, cloud, kind, amount in spent
    )
    AllocatedCost.objects.bulk_create(
        AllocatedCost(
            hour=hour,
            project=made.mine,
            allocation=made.allocations[k],
            endpoint_ref=made.endpoints[k].public_id,
            cloud=cloud,
            kind=kind,
            currency="USD",
            amount=amount,
            seconds=3600,
            accelerator_seconds=3600,
            method="busy-ratio",
            completeness=1.0,
        )
        for hour, k, cloud, kind, amount in spent
    )
    CostedHour.objects.create(hour=hours_before(made.now, 1)[0], until=made.now)
    month = made.now.date().replace(day=1)
    Budget.objects.create(cap_per_month=Decimal(180_000), spent_month=month, spent_amount=Decimal(104_112))
    Budget.objects.create(
        project=made.mine,
        cap_per_hour=Decimal(400),
        cap_per_month=Decimal(90_000),
        spent_month=month,
        spent_amount=Decimal(77_000),
        action="warn",
    )


def _news(made: Installation) -> None:
    endpoint = made.endpoints[0]
    Incident.objects.create(
        project=made.mine,
        kind="slo",
        subject=endpoint.allocation.public_id,
        opened_at=made.now - 9 * MINUTE,
        detail="assist-8b: TTFT p95 1.9 s, limit 1.5 s",
        doing="Two replicas start on GCP; nothing for you to do.",
    )
    trail = (
        ("endpoint.scaled", endpoint.public_id, {"before": 3, "after": 4, "why": "96.4 in flight"}),
        (
            "launch.refused",
            made.allocations[0].public_id,
            {
                "class": "stock-out",
                "code": "InsufficientInstanceCapacity",
                "pool": "aws us-east-1b g6.xlarge on-demand",
            },
        ),
        ("instance.preempted", made.allocations[-1].public_id, {"machine": "i-000042", "reason": "preempted"}),
        (
            "launch.adopted",
            made.allocations[0].public_id,
            {"pool": "gcp us-central1-a g2-standard-4 on-demand", "price_per_hour": "0.7068"},
        ),
        (
            "allocation.planned",
            made.allocations[0].public_id,
            {
                "price_per_hour": "3.2192",
                "rejected_by_reason": {"stock-out": 3, "price": 2},
                "chosen": [
                    {
                        "machines": 4,
                        "instance_type": "g6.xlarge",
                        "capacity_type": "on-demand",
                        "cloud": "aws",
                        "zone": "us-east-1b",
                    }
                ],
            },
        ),
    )
    for k, (topic, subject, data) in reversed(list(enumerate(trail * 3))):
        Event.objects.create(
            topic=topic, subject=subject, project=made.mine, data=data, occurred_at=made.now - k * 3 * HOUR
        )


def hours_before(now: datetime, count: int) -> list[datetime]:
    """The hour that runs and those before it."""
    hour = now.replace(minute=0)
    return [hour - k * HOUR for k in range(count)]


def _plan(now: datetime) -> dict[str, Any]:
    def pool(k: int, capacity: str, **more: Any) -> dict[str, Any]:
        cloud, region, zone, kind, chip, count, price = POOLS[k]
        return {
            "cloud": cloud,
            "region": region,
            "zone": zone,
            "instance_type": kind,
            "capacity_type": capacity,
            "accelerator": chip,
            "accelerator_count": count,
            "price_per_hour": price,
            **more,
        }

    weighed = {"stockout_probability": 0.12, "interruptions_per_hour": 0.0, "machines_for_all": 4}
    best, second = (
        pool(0, "on-demand", expected_per_hour="0.829", **weighed),
        pool(1, "on-demand", expected_per_hour="0.861", **weighed),
    )
    dear = "Skipped. ${}/h is over the limit of $2.00/h a machine."
    reason = "Skipped. stock-out at 14:23 (InsufficientInstanceCapacity); asked again from 14:41:00 UTC."
    return {
        "planned_at": now.isoformat(),
        "price_per_hour": "3.2192",
        "expected_per_hour": "3.316",
        "currency": "USD",
        "note": "",
        "chosen": [best | {"machines": 4}],
        "candidates": [best, second],
        "rejected": [
            pool(0, "spot", code="stock-out", reason=reason),
            pool(2, "on-demand", code="price", reason=dear.format("55.04")),
            pool(3, "on-demand", code="price", reason=dear.format("13.96")),
        ],
        "rejected_by_reason": {"stock-out": 1, "price": 2},
    }
