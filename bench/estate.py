"""Rows for the benchmarks of pages and lists: many endpoints with a month of history, or many allocations.

Made through the models; what there are hundreds of thousands of, PostgreSQL multiplies (`bench/multiplied.py`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from bench import market, multiplied
from billing.models import CostedHour, MeterState
from fleet.models import (
    Allocation,
    Budget,
    CapacityMemory,
    CloudAccount,
    Event,
    Instance,
    InstanceType,
    LaunchAttempt,
    Membership,
    Offering,
    Project,
    Slot,
    Sweep,
)
from fleet.services.chips import accelerators
from fleet.services.clock import business_now
from fleet.services.tokens import issue_token
from inference.models import (
    Decision,
    Endpoint,
    Model,
    Replica,
    ReplicaPeriod,
    ServingConfig,
)
from inference.services import standing

SEED = 3
Kind = tuple[str, str, str, str, str, int, Decimal]
KINDS: list[Kind] = [
    ("aws", "us-east-1", "us-east-1a", "g6.xlarge", "L4", 1, Decimal("0.804800")),
    ("gcp", "us-central1", "us-central1-a", "g2-standard-4", "L4", 1, Decimal("0.706800")),
    ("azure", "eastus2", "eastus2-1", "Standard_NC40ads_H100_v5", "H100", 1, Decimal("6.980000")),
]
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}


def session_of(user: User) -> dict[str, str]:
    """The headers of a logged-in browser."""
    client = Client()
    client.force_login(user)
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


def token_of(user: User, project: Project) -> dict[str, str]:
    """The headers of a script."""
    _, plain = issue_token(project=project, issuer=user, name="bench", scopes=["read"], now=timezone.now())
    return {"Authorization": f"Bearer {plain}"}


def people() -> tuple[User, Project]:
    """A superuser, and the project everything is in."""
    project = Project.objects.create(slug="bench", name="Bench")
    user = User.objects.create_superuser("bench", password=None)
    Membership.objects.create(project=project, user=user, role="admin")
    return user, project


def allocations(project: Project, count: int) -> None:
    """So many allocations whose JSON is about a kilobyte each."""
    now = business_now()
    Allocation.objects.bulk_create(
        Allocation(
            project=project,
            name=f"train-{k:05}",
            requested_by="bench",
            accelerator="H100",
            accelerator_count=8,
            clouds=["aws", "gcp", "azure"],
            regions=["us-east-1", "us-central1", "eastus2"],
            capacity_types=["on-demand", "spot"],
            labels={f"label-{n}": f"value-{k:05}-{n}" for n in range(9)},
            state="active" if k % 3 else "released",
            reason="all-ready",
            detail="8 of 8 machines are ready; the newest was launched in us-east-1b after a stock-out in us-east-1a.",
            since=now - k * timedelta(minutes=1),
            created_at=now - k * timedelta(minutes=7),
            next_at=None,
        )
        for k in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does a minute later


def catalogue(*, asked: int) -> None:
    """The 90,000 offerings of `bench.market`, and what asking so many of them taught."""
    now = business_now()
    pools = market.sold(set(accelerators()))
    accounts = {
        cloud: CloudAccount.objects.create(cloud=cloud, provider="sandbox", name=f"bench-{cloud}")
        for cloud in sorted({pool.cloud for pool in pools})
    }
    shapes = {(pool.cloud, pool.instance_type): (pool.chip, pool.count) for pool in pools}
    InstanceType.objects.bulk_create(
        InstanceType(cloud=cloud, name=name, accelerator=chip, accelerator_count=count, vcpus=24 * count)
        for (cloud, name), (chip, count) in shapes.items()
    )
    kinds = {(row.cloud, row.name): row.pk for row in InstanceType.objects.all()}
    Offering.objects.bulk_create(
        [
            Offering(
                account=accounts[pool.cloud],
                instance_type_id=kinds[pool.cloud, pool.instance_type],
                region=pool.region,
                zone=pool.zone,
                capacity_type=pool.capacity_type,
                price_per_hour=pool.price,
                observed_at=now,
            )
            for pool in pools
        ],
        batch_size=5_000,
    )
    CapacityMemory.objects.bulk_create(
        CapacityMemory(
            account=accounts[one.of.cloud],
            region=one.of.region,
            zone=one.of.zone,
            instance_type=one.of.instance_type,
            capacity_type=one.of.capacity_type,
            attempts=one.attempts,
            refusals=one.refusals,
            recent_attempts=one.attempts,
            recent_refusals=one.refusals,
            counted_at=now,
            cooldown_until=one.cooldown_until,
            last_refusal_at=now,
            last_refusal_class="stock-out",
            last_refusal_code="InsufficientInstanceCapacity",
        )
        for one in market.asked(pools, count=asked, now=now)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def serving(project: Project, *, endpoints: int, replicas: int, days: int, minutes: int) -> None:
    """Endpoints with their machines, `days` of hours and the last `minutes` of minutes of everything measured."""
    draw = random.Random(SEED)
    now = business_now()
    accounts = _market(now)
    made = _endpoints(project, accounts, endpoints, replicas, now)
    Budget.objects.create(project=project, cap_per_month=Decimal(2_000_000), cap_per_hour=Decimal(5_000))
    hour = now.replace(minute=0, second=0, microsecond=0)
    multiplied.history(project, now, days=days, minutes=minutes, draw=draw)
    CostedHour.objects.create(hour=hour, until=now, rebuilt_at=now)
    standing.refresh(now)
    _news(project, made, now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _market(now: Any) -> dict[str, CloudAccount]:
    accounts = {}
    for cloud, region, zone, kind, chip, count, price in KINDS:
        account = accounts[cloud] = CloudAccount.objects.create(cloud=cloud, provider="sandbox", name=f"bench-{cloud}")
        shape = InstanceType.objects.create(cloud=cloud, name=kind, accelerator=chip, accelerator_count=count)
        Offering.objects.create(
            account=account,
            instance_type=shape,
            region=region,
            zone=zone,
            capacity_type="on-demand",
            price_per_hour=price,
            observed_at=now,
        )
        Sweep.objects.create(account=account, started_at=now, finished_at=now, business_at=now, complete=True)
    return accounts


@dataclass(frozen=True)
class _Place:
    """Where one replica's machine stands."""

    endpoint: Endpoint
    kind: Kind
    ordinal: int
    where: dict[str, Any]


def _endpoints(
    project: Project, accounts: dict[str, CloudAccount], count: int, replicas: int, now: Any
) -> list[Endpoint]:
    """The endpoints, each with its allocation and a machine under every replica."""
    config, born = _model(), now - timedelta(days=31)
    made = _served(project, config, count, replicas, born)
    places = [
        _Place(endpoint, KINDS[k % 3], n, _where(accounts, KINDS[k % 3]))
        for k, endpoint in enumerate(made)
        for n in range(1, replicas + 1)
    ]
    slots = _slots(places, born)
    machines = _machines(project, places, slots, born)
    metered = now.replace(second=0, microsecond=0)
    MeterState.objects.bulk_create(
        MeterState(instance=machine, launched_at=born, metered_until=metered) for machine in machines
    )
    _copies(config, places, slots, born)
    return made


def _model() -> ServingConfig:
    model = Model.objects.create(
        name="meta-llama/Llama-3.1-8B-Instruct",
        config=CONFIG,
        architecture="llama",
        parameters=8_030_261_248,
        active_parameters=8_030_261_248,
        layers=32,
        hidden_size=4096,
        heads=32,
        kv_heads=8,
        head_dim=128,
        context_length=131_072,
    )
    return ServingConfig.objects.create(model=model, name="fp8", quantization="fp8", max_model_len=8192)


def _served(project: Project, config: ServingConfig, count: int, replicas: int, born: Any) -> list[Endpoint]:
    """The endpoints and the allocations that hold their machines."""
    common = {"reason": "all-ready", "since": born, "created_at": born, "next_at": None}
    held = Allocation.objects.bulk_create(
        Allocation(
            project=project,
            name=f"serve-{k:03}",
            accelerator=KINDS[k % 3][4],
            accelerator_count=replicas,
            state="active",
            **common,
        )
        for k in range(count)
    )
    made = Endpoint.objects.bulk_create(
        Endpoint(
            project=project,
            name=f"serve-{k:03}",
            model=config.model,
            serving_config=config,
            allocation=held[k],
            accelerators=[KINDS[k % 3][4]],
            slo_ttft_ms=1500,
            slo_itl_ms=80,
            min_replicas=1,
            max_replicas=8,
            desired_replicas=replicas,
            state="serving",
            **common,
        )
        for k in range(count)
    )
    for allocation, endpoint in zip(held, made, strict=True):
        allocation.endpoint_ref = endpoint.public_id
    Allocation.objects.bulk_update(held, ["endpoint_ref"])
    return made


def _where(accounts: dict[str, CloudAccount], kind: Kind) -> dict[str, Any]:
    cloud, region, zone, shape, *_ = kind
    return {
        "account": accounts[cloud],
        "region": region,
        "zone": zone,
        "instance_type": shape,
        "capacity_type": "on-demand",
    }


def _slots(places: list[_Place], born: Any) -> list[Slot]:
    return Slot.objects.bulk_create(
        Slot(
            allocation=place.endpoint.allocation,
            ordinal=place.ordinal,
            accelerator_count=place.kind[5],
            accelerator=place.kind[4],
            price_per_hour=place.kind[6],
            state="ready",
            reason="running",
            since=born,
            created_at=born,
            next_at=None,
            **place.where,
        )
        for place in places
    )


def _machines(project: Project, places: list[_Place], slots: list[Slot], born: Any) -> list[Instance]:
    """A machine on every slot, with the launch that bought it."""
    attempts = LaunchAttempt.objects.bulk_create(
        LaunchAttempt(
            slot=slot,
            n=1,
            frozen_params={},
            params_hash="bench",
            client_token=f"bench-{k}",
            sequence=k,
            state="launched",
            created_at=born,
            **place.where,
        )
        for k, (slot, place) in enumerate(zip(slots, places, strict=True))
    )
    return Instance.objects.bulk_create(
        Instance(
            slot=slot,
            attempt=attempt,
            project=project,
            provider_id=f"i-{k:08}",
            cloud=place.kind[0],
            accelerator=place.kind[4],
            accelerator_count=place.kind[5],
            price_per_hour=place.kind[6],
            launched_at=born,
            ready_at=born,
            **place.where,
        )
        for k, (slot, attempt, place) in enumerate(zip(slots, attempts, places, strict=True))
    )


def _copies(config: ServingConfig, places: list[_Place], slots: list[Slot], born: Any) -> None:
    """A replica on every slot, serving since it was born."""
    copies = Replica.objects.bulk_create(
        Replica(
            endpoint=place.endpoint,
            serving_config=config,
            slot=slot,
            ordinal=place.ordinal,
            state="ready",
            reason="serving",
            since=born,
            weight=100,
            requested_at=born,
            ready_at=born,
            next_at=None,
        )
        for place, slot in zip(places, slots, strict=True)
    )
    ReplicaPeriod.objects.bulk_create(ReplicaPeriod(replica=copy, state="ready", started_at=born) for copy in copies)


def _news(project: Project, made: list[Endpoint], now: Any) -> None:
    Decision.objects.bulk_create(
        Decision(
            endpoint=endpoint,
            at=now - timedelta(hours=3 * k),
            last_at=now - timedelta(hours=3 * k),
            policy="target-tracking",
            inputs={"in_flight": 96.4},
            current=2,
            wanted=2 + k % 2,
            allowed=2 + k % 2,
            action="scale-up" if k % 2 else "hold",
            why="Within 10% of the target.",
            formula="ceil(96.4 / 48) = 3",
            alternatives=[],
            applied=bool(k % 2),
        )
        for endpoint in made
        for k in range(40)
    )
    Event.objects.bulk_create(
        Event(
            topic="endpoint.scaled",
            subject=endpoint.public_id,
            project=project,
            occurred_at=now - timedelta(hours=3 * k),
            data={"before": 2, "after": 3, "why": "busy"},
        )
        for k in range(120)
        for endpoint in made
    )
