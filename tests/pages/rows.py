"""An installation as its pages would find it: two projects, endpoints that serve, machines in trouble, a week of bills.

Everything is drawn from a seed, at `now`. Sizes are arguments, so that a test can ask for twice as much.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from billing.models import AllocatedCost, CostedHour, CostPerToken
from fleet.models import (
    Allocation, Budget, CapacityMemory, CloudAccount, Event, Hold, Incident, Instance, InstanceType, LaunchAttempt,
    Membership, Offering, Project, Slot, Sweep,
)  # fmt: skip
from inference.domain import sketch
from inference.models import (
    Decision, Endpoint, HourWindow, MachineHourWindow, MachineWindow, Model, Replica, ReplicaPeriod, ServingConfig,
    TelemetryGap, Window,
)  # fmt: skip

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LLAMA_8B = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256,
    "max_position_embeddings": 131072, "torch_dtype": "bfloat16", "tie_word_embeddings": False,
}  # fmt: skip
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


def build(now: datetime, *, replicas: int = 4, allocations: int = 3, hours: int = 48, minutes: int = 180) -> Installation:
    made = Installation(
        now.replace(second=0, microsecond=0),
        Project.objects.create(slug="assistants", name="Assistants"),
        Project.objects.create(slug="secret-lab", name="Secret lab"),
    )
    _catalogue(made)
    for name, pool, cost in (("assist-8b", 0, 0.104), ("chat-70b", 2, 1.04), ("translate-9b", 1, 0.51)):
        _endpoint(made, name, POOLS[pool], replicas, cost, hours=hours, minutes=minutes)
    for k in range(allocations):
        _bare_allocation(made, f"notebook-{k + 1}", k)
    _money(made, hours)
    _news(made)
    return made


def _catalogue(made: Installation) -> None:
    for cloud in ("aws", "gcp", "azure"):
        made.accounts[cloud] = CloudAccount.objects.create(cloud=cloud, provider="sandbox", name=f"sandbox-{cloud}")
        Sweep.objects.create(
            account=made.accounts[cloud], started_at=made.now, finished_at=made.now, business_at=made.now, complete=True,
            listed=9, owned=7, foreign=2,
        )  # fmt: skip
    for cloud, region, zone, kind, chip, count, price in POOLS:
        shape, _ = InstanceType.objects.get_or_create(
            cloud=cloud, name=kind, defaults={"accelerator": chip, "accelerator_count": count}
        )
        for capacity in ("on-demand", "spot"):
            Offering.objects.create(
                account=made.accounts[cloud], instance_type=shape, region=region, zone=zone, capacity_type=capacity,
                price_per_hour=Decimal(price), observed_at=made.now,
            )  # fmt: skip
        CapacityMemory.objects.create(
            account=made.accounts[cloud], region=region, zone=zone, instance_type=kind, capacity_type="on-demand",
            attempts=9, refusals=made.draw.choice([0, 1, 5]), fill_seconds=[120, 240, 410],
        )  # fmt: skip


def _allocation(made: Installation, name: str, **changes: Any) -> Allocation:
    values = {
        "project": made.mine, "name": name, "accelerator": "L4", "accelerator_count": 4, "state": "active",
        "reason": "all-ready", "since": made.now - HOUR, "created_at": made.now - timedelta(hours=57),
        "requested_by": "ada", "plan": _plan(made.now),
        "planned_at": made.now - HOUR,
    }  # fmt: skip
    allocation = Allocation.objects.create(**values | changes)
    made.allocations.append(allocation)
    return allocation


def machine(made: Installation, on: Allocation, pool: tuple[Any, ...], **changes: Any) -> Instance:
    """A machine on a slot of its own, launched and, unless said otherwise, ready."""
    cloud, region, zone, kind, chip, count, price = pool
    number = made.number()
    place = {"region": region, "zone": zone, "instance_type": kind, "capacity_type": changes.pop("capacity", "on-demand")}
    slot = Slot.objects.create(
        allocation=on, ordinal=number, accelerator_count=count, account=made.accounts[cloud], accelerator=chip,
        price_per_hour=Decimal(price), state=changes.pop("state", "ready"), reason="running", since=made.now - HOUR,
        created_at=made.now - HOUR, **place,
    )  # fmt: skip
    attempt = LaunchAttempt.objects.create(
        slot=slot, n=1, account=made.accounts[cloud], frozen_params={}, params_hash=str(number), state="launched",
        client_token=f"token-{number}", sequence=number, provider_id=f"i-{number:06}", created_at=made.now - HOUR, **place,
    )  # fmt: skip
    Hold.objects.create(
        attempt=attempt, project=on.project, cloud=cloud, endpoint_ref=on.endpoint_ref, accelerator=chip,
        accelerator_count=count, price_per_hour=Decimal(price), amount=Decimal(price) * 2, created_at=made.now - HOUR,
    )  # fmt: skip
    values = {
        "slot": slot, "attempt": attempt, "project": on.project, "account": made.accounts[cloud], "cloud": cloud,
        "provider_id": f"i-{number:06}", "accelerator": chip, "accelerator_count": count,
        "price_per_hour": Decimal(price), "launched_at": made.now - HOUR, "ready_at": made.now - HOUR + 4 * MINUTE,
        "last_observed_at": made.now, "private_ip": f"10.0.0.{number % 250}", "public_ip": f"203.0.113.{number % 250}",
        **place,
    }  # fmt: skip
    return Instance.objects.create(**values | changes)


def _bare_allocation(made: Installation, name: str, k: int) -> None:
    if k % 3 == 0:
        allocation = _allocation(made, name, accelerator="H100", accelerator_count=2, idle_since=made.now - 3 * HOUR,
                                 next_action="Release (idle)", next_action_at=made.now + 19 * MINUTE)  # fmt: skip
        machine(made, allocation, POOLS[3])
    elif k % 3 == 1:
        allocation = _allocation(made, name, state="provisioning", reason="stock-out", accelerator="H100", accelerator_count=8,
                                 detail="p5.48xlarge stocked out in us-east-2a; asked again from 15:04.", next_action="Retry in us-west-2c",
                                 next_action_at=made.now + 42 * MINUTE / 60)  # fmt: skip
        slot = Slot.objects.create(allocation=allocation, ordinal=made.number(), accelerator_count=8, since=made.now,
                                   created_at=made.now, state="wanted", reason="stock-out")  # fmt: skip
        LaunchAttempt.objects.create(
            slot=slot, n=1, account=made.accounts["aws"], region="us-east-2", zone="us-east-2a", instance_type="p5.48xlarge",
            capacity_type="on-demand", frozen_params={}, params_hash="x", client_token=f"token-{made.number()}", sequence=1,
            state="refused", error_class="stock-out", error_code="InsufficientInstanceCapacity", calls=1,
            error_message="We currently do not have sufficient p5.48xlarge capacity in us-east-2a.", created_at=made.now,
        )  # fmt: skip
    else:
        allocation = _allocation(made, name, state="degraded", reason="interruption-notice",
                                 detail="1 of 2 machines is taken back at 15:10; a replacement is booting.")  # fmt: skip
        machine(made, allocation, POOLS[0], capacity="spot", interruption_at=made.now + 2 * MINUTE)
        machine(made, allocation, POOLS[1], state="booting")


def _endpoint(
    made: Installation, name: str, pool: tuple[Any, ...], replicas: int, cost: float, *, hours: int, minutes: int
) -> None:
    model = Model.objects.create(
        name=f"meta-llama/{name}", config=LLAMA_8B, architecture="llama", parameters=8_030_000_000,
        active_parameters=8_030_000_000, layers=32, hidden_size=4096, heads=32, kv_heads=8, head_dim=128, context_length=131072,
    )  # fmt: skip
    config = ServingConfig.objects.create(model=model, name="fp8", quantization="fp8", max_model_len=8192, max_num_seqs=32)
    endpoint = Endpoint.objects.create(
        project=made.mine, name=name, model=model, serving_config=config, accelerators=[pool[4]], slo_ttft_ms=1500,
        slo_itl_ms=80, min_replicas=2, max_replicas=16, desired_replicas=replicas, state="serving", reason="all-ready",
        since=made.now - HOUR, created_at=made.now - timedelta(days=17),
    )  # fmt: skip
    endpoint.allocation = _allocation(made, name, accelerator=pool[4], accelerator_count=replicas * pool[5],
                                      endpoint_ref=endpoint.public_id)  # fmt: skip
    endpoint.save()
    made.endpoints.append(endpoint)
    machines = [machine(made, endpoint.allocation, pool) for _ in range(replicas)]
    rows = [_replica(made, endpoint, on, k) for k, on in enumerate(machines, 1)]
    _windows(made, endpoint, rows, machines, minutes=minutes, hours=hours)
    _decisions(made, endpoint, replicas)
    TelemetryGap.objects.create(endpoint=endpoint, replica=rows[0], kind="unreachable", detail="Timed out after 2 s.",
                                started_at=made.now - 70 * MINUTE, ended_at=made.now - 64 * MINUTE)  # fmt: skip
    CostPerToken.objects.bulk_create(
        CostPerToken(
            hour=hour, endpoint_ref=endpoint.public_id, project=made.mine, amount=Decimal("12.5"), currency="USD",
            input_tokens=int(12.5 / price * 800_000), cached_input_tokens=int(12.5 / price * 100_000),
            output_tokens=int(12.5 / price * 100_000), cost_per_million=Decimal(f"{price:.6f}"), method="events",
            completeness=1.0, until=hour + HOUR, closed=True,
        )
        for hour in _hours(made.now, hours)
        for price in [cost * (1 + 0.15 * math.sin(hour.timestamp() / 13_000) + made.draw.uniform(-0.03, 0.03))]
    )  # fmt: skip


def _replica(made: Installation, endpoint: Endpoint, on: Instance, k: int) -> Replica:
    late = k % 4 == 0
    started = made.now - (20 * MINUTE if late else 5 * HOUR)
    replica = Replica.objects.create(
        endpoint=endpoint, serving_config=endpoint.serving_config, slot=on.slot, ordinal=k, state="ready", reason="serving",
        since=started + 8 * MINUTE, weight=100, requested_at=started, ready_at=started + 8 * MINUTE,
        last_scraped_at=made.now,
    )  # fmt: skip
    ReplicaPeriod.objects.bulk_create([
        ReplicaPeriod(replica=replica, state="pending", started_at=started, ended_at=started + 2 * MINUTE),
        ReplicaPeriod(replica=replica, state="loading", started_at=started + 2 * MINUTE, ended_at=started + 8 * MINUTE),
        ReplicaPeriod(replica=replica, state="ready", started_at=started + 8 * MINUTE),
    ])  # fmt: skip
    return replica


def _windows(
    made: Installation, endpoint: Endpoint, replicas: list[Replica], machines: list[Instance], *, minutes: int, hours: int
) -> None:
    draw = made.draw
    events, scrapes, uses = [], [], []
    for k in range(minutes):
        start = made.now - (minutes - k) * MINUTE
        if 110 <= k < 116:
            continue  # the scraper was down: a gap in every line
        load = 1 + 0.5 * (k / minutes) ** 3
        ttft = [draw.lognormvariate(-0.6, 0.45) * 1000 * load for _ in range(60)]
        events.append(Window(
            endpoint=endpoint, source="events", start=start, requests=60, input_tokens=52_000, output_tokens=7_800,
            cached_input_tokens=21_000, ttft_sketch=sketch.build(ttft), requests_error=int(k % 50 == 0),
            itl_sketch=sketch.build([draw.uniform(30, 70) for _ in range(60)]),
            e2e_sketch=sketch.build([value + draw.uniform(8_000, 20_000) for value in ttft]),
        ))  # fmt: skip
        for replica in replicas:
            scrapes.append(Window(
                endpoint=endpoint, replica=replica, source="scrape", start=start, requests=15, running_mean=20 * load,
                waiting_mean=max(0.0, 8 * (load - 1.2)), kv_usage_mean=0.4 * load, kv_usage_max=0.55 * load, scrapes=30,
                running_max=30, waiting_max=4,
            ))  # fmt: skip
        for on in machines:
            uses.append(MachineWindow(instance=on, start=start, samples=30, busy_ratio=0.55 * load, tensor_ratio=0.28 * load,
                                      memory_ratio=0.88))  # fmt: skip
    Window.objects.bulk_create(events + scrapes)
    MachineWindow.objects.bulk_create(uses)
    HourWindow.objects.bulk_create(
        HourWindow(
            endpoint=endpoint, source="events", start=hour, requests=3600, input_tokens=3_100_000, output_tokens=460_000,
            ttft_sketch=sketch.build([draw.lognormvariate(-0.6, 0.4) * 1000 for _ in range(200)]),
            itl_sketch=sketch.build([draw.uniform(30, 75) for _ in range(100)]),
            e2e_sketch=sketch.build([draw.uniform(8_000, 20_000) for _ in range(100)]), minutes=60,
        )
        for hour in _hours(made.now, hours)
    )  # fmt: skip
    MachineHourWindow.objects.bulk_create(
        MachineHourWindow(instance=machines[0], start=hour, samples=60, busy_ratio=0.6) for hour in _hours(made.now, hours)
    )


def _decisions(made: Installation, endpoint: Endpoint, replicas: int) -> None:
    seen = {"desired_replicas": replicas, "ready_replicas": replicas - 1, "in_flight": 96.4, "samples": 15}
    for k, (action, before, wanted, allowed, why) in enumerate((
        ("scale-up", replicas - 1, replicas + 1, replicas, "96.4 in flight on 3 replicas is above the target of 19.2 each. At most 1 at a time."),
        ("hold", replicas, replicas, replicas, "Within 10% of the target."),
        ("scale-down", replicas + 1, replicas, replicas, "The busiest minute of the last 5 had 70 in flight; 4 replicas hold 76."),
    )):  # fmt: skip
        Decision.objects.create(
            endpoint=endpoint, at=made.now - (k * 26 + 4) * MINUTE, last_at=made.now - (k * 26) * MINUTE, policy="target-tracking",
            inputs=seen, current=before, wanted=wanted, allowed=allowed, action=action, why=why, applied=action != "hold",
            formula=f"ceil(96.4 / 19.2) = {wanted}", alternatives=[{"replicas": before + 2, "why_not": "Costs $0.80/h more for the same SLO."}],
            cost_per_hour_before=Decimal("3.21") * before, cost_per_hour_after=Decimal("3.21") * allowed, repeats=12 if action == "hold" else 1,
        )  # fmt: skip


def _money(made: Installation, hours: int) -> None:
    kinds = (("serving", "6.1"), ("idle", "2.2"), ("startup", "0.4"))
    AllocatedCost.objects.bulk_create(
        AllocatedCost(
            hour=hour, project=made.mine, allocation=made.allocations[k], cloud=cloud, kind=kind, currency="USD",
            amount=Decimal(amount) * (k + 1), seconds=3600, accelerator_seconds=3600, method="busy-ratio", completeness=1.0,
        )
        for hour in _hours(made.now, hours)
        for k, cloud in enumerate(("aws", "gcp", "azure"))
        for kind, amount in kinds
    )  # fmt: skip
    CostedHour.objects.create(hour=_hours(made.now, 1)[0], until=made.now)
    month = made.now.date().replace(day=1)
    Budget.objects.create(cap_per_month=Decimal(180_000), spent_month=month, spent_amount=Decimal(104_112))
    Budget.objects.create(project=made.mine, cap_per_hour=Decimal(400), cap_per_month=Decimal(90_000), spent_month=month,
                          spent_amount=Decimal(77_000), action="warn")  # fmt: skip


def _news(made: Installation) -> None:
    endpoint = made.endpoints[0]
    Incident.objects.create(
        project=made.mine, kind="slo", subject=endpoint.allocation.public_id, opened_at=made.now - 9 * MINUTE,
        detail="assist-8b: TTFT p95 1.9 s, limit 1.5 s", doing="Two replicas start on GCP; nothing for you to do.",
    )  # fmt: skip
    trail = (
        ("endpoint.scaled", endpoint.public_id, {"before": 3, "after": 4, "why": "96.4 in flight"}),
        ("launch.refused", made.allocations[0].public_id,
         {"class": "stock-out", "code": "InsufficientInstanceCapacity", "pool": "aws us-east-1b g6.xlarge on-demand"}),
        ("instance.preempted", made.allocations[-1].public_id, {"machine": "i-000042", "reason": "preempted"}),
        ("launch.adopted", made.allocations[0].public_id, {"pool": "gcp us-central1-a g2-standard-4 on-demand", "price_per_hour": "0.7068"}),
        ("allocation.planned", made.allocations[0].public_id, {"price_per_hour": "3.2192", "rejected_by_reason": {"stock-out": 3, "price": 2},
         "chosen": [{"machines": 4, "instance_type": "g6.xlarge", "capacity_type": "on-demand", "cloud": "aws", "zone": "us-east-1b"}]}),
    )  # fmt: skip
    for k, (topic, subject, data) in enumerate(trail * 3):
        Event.objects.create(topic=topic, subject=subject, project=made.mine, data=data, occurred_at=made.now - k * 3 * HOUR)


def _hours(now: datetime, count: int) -> list[datetime]:
    """The hour that runs and those before it."""
    hour = now.replace(minute=0)
    return [hour - k * HOUR for k in range(count)]


def _plan(now: datetime) -> dict[str, Any]:
    def pool(k: int, capacity: str, **more: Any) -> dict[str, Any]:
        cloud, region, zone, kind, chip, count, price = POOLS[k]
        return {"cloud": cloud, "region": region, "zone": zone, "instance_type": kind, "capacity_type": capacity,
                "accelerator": chip, "accelerator_count": count, "price_per_hour": price, **more}  # fmt: skip

    weighed = {"stockout_probability": 0.12, "interruptions_per_hour": 0.0, "machines_for_all": 4}
    best, second = (pool(0, "on-demand", expected_per_hour="0.829", **weighed), pool(1, "on-demand", expected_per_hour="0.861", **weighed))
    reason = "Skipped. stock-out at 14:23 (InsufficientInstanceCapacity); asked again from 14:41:00 UTC."
    return {
        "planned_at": now.isoformat(), "price_per_hour": "3.2192", "expected_per_hour": "3.316", "currency": "USD", "note": "",
        "chosen": [best | {"machines": 4}], "candidates": [best, second],
        "rejected": [pool(0, "spot", code="stock-out", reason=reason),
                     pool(2, "on-demand", code="price", reason="Skipped. $55.04/h is over the limit of $2.00/h a machine."),
                     pool(3, "on-demand", code="price", reason="Skipped. $13.96/h is over the limit of $2.00/h a machine.")],
        "rejected_by_reason": {"stock-out": 1, "price": 2},
    }  # fmt: skip
