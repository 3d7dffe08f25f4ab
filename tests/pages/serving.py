"""The part of a test installation that serves: endpoints, replicas, windows of what was measured, decisions."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from typing import Any

from billing.models import CostPerToken
from fleet.models import Instance
from inference.domain import sketch
from inference.models import (
    Decision,
    Endpoint,
    HourWindow,
    MachineHourWindow,
    MachineWindow,
    Model,
    Replica,
    ReplicaPeriod,
    ServingConfig,
    TelemetryGap,
    Window,
)
from tests.pages.rows import HOUR, MINUTE, Installation, allocation, hours_before, machine

LLAMA_8B = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "torch_dtype": "bfloat16",
    "tie_word_embeddings": False,
}


def endpoint(
    made: Installation, name: str, pool: tuple[Any, ...], replicas: int, cost: float, *, hours: int, minutes: int
) -> None:
    model = Model.objects.create(
        name=f"meta-llama/{name}",
        config=LLAMA_8B,
        architecture="llama",
        parameters=8_030_000_000,
        active_parameters=8_030_000_000,
        layers=32,
        hidden_size=4096,
        heads=32,
        kv_heads=8,
        head_dim=128,
        context_length=131072,
    )
    config = ServingConfig.objects.create(
        model=model, name="fp8", quantization="fp8", max_model_len=8192, max_num_seqs=32
    )
    endpoint = Endpoint.objects.create(
        project=made.mine,
        name=name,
        model=model,
        serving_config=config,
        accelerators=[pool[4]],
        slo_ttft_ms=1500,
        slo_itl_ms=80,
        min_replicas=2,
        max_replicas=16,
        desired_replicas=replicas,
        state="serving",
        reason="all-ready",
        since=made.now - HOUR,
        created_at=made.now - timedelta(days=17),
    )
    endpoint.allocation = allocation(
        made, name, accelerator=pool[4], accelerator_count=replicas * pool[5], endpoint_ref=endpoint.public_id
    )
    endpoint.save()
    made.endpoints.append(endpoint)
    machines = [machine(made, endpoint.allocation, pool) for _ in range(replicas)]
    rows = [_replica(made, endpoint, on, k) for k, on in enumerate(machines, 1)]
    _windows(made, endpoint, rows, machines, minutes=minutes, hours=hours)
    _decisions(made, endpoint, replicas)
    TelemetryGap.objects.create(
        endpoint=endpoint,
        replica=rows[0],
        kind="unreachable",
        detail="Timed out after 2 s.",
        started_at=made.now - 70 * MINUTE,
        ended_at=made.now - 64 * MINUTE,
    )
    CostPerToken.objects.bulk_create(
        CostPerToken(
            hour=hour,
            endpoint_ref=endpoint.public_id,
            project=made.mine,
            amount=Decimal("12.5"),
            currency="USD",
            input_tokens=int(12.5 / price * 800_000),
            cached_input_tokens=int(12.5 / price * 100_000),
            output_tokens=int(12.5 / price * 100_000),
            cost_per_million=Decimal(f"{price:.6f}"),
            method="events",
            completeness=1.0,
            until=hour + HOUR,
            closed=True,
        )
        for hour in hours_before(made.now, hours)
        for price in [cost * (1 + 0.15 * math.sin(hour.timestamp() / 13_000) + made.draw.uniform(-0.03, 0.03))]
    )


def _replica(made: Installation, endpoint: Endpoint, on: Instance, k: int) -> Replica:
    late = k % 4 == 0
    started = made.now - (20 * MINUTE if late else 5 * HOUR)
    replica = Replica.objects.create(
        endpoint=endpoint,
        serving_config=endpoint.serving_config,
        slot=on.slot,
        ordinal=k,
        state="ready",
        reason="serving",
        since=started + 8 * MINUTE,
        weight=100,
        requested_at=started,
        ready_at=started + 8 * MINUTE,
        last_scraped_at=made.now,
    )
    ReplicaPeriod.objects.bulk_create(
        [
            ReplicaPeriod(replica=replica, state="pending", started_at=started, ended_at=started + 2 * MINUTE),
            ReplicaPeriod(
                replica=replica, state="loading", started_at=started + 2 * MINUTE, ended_at=started + 8 * MINUTE
            ),
            ReplicaPeriod(replica=replica, state="ready", started_at=started + 8 * MINUTE),
        ]
    )
    return replica


def _windows(
    made: Installation,
    endpoint: Endpoint,
    replicas: list[Replica],
    machines: list[Instance],
    *,
    minutes: int,
    hours: int,
) -> None:
    draw = made.draw
    events, scrapes, uses = [], [], []
    for k in range(minutes):
        start = made.now - (minutes - k) * MINUTE
        if minutes * 6 <= k * 10 < minutes * 6 + 60:
            continue  # the scraper was down: a gap in every line
        load = 1 + 0.5 * (k / minutes) ** 3
        ttft = [draw.lognormvariate(-0.6, 0.45) * 1000 * load for _ in range(20)]
        events.append(
            Window(
                endpoint=endpoint,
                source="events",
                start=start,
                requests=60,
                input_tokens=52_000,
                output_tokens=7_800,
                cached_input_tokens=21_000,
                ttft_sketch=sketch.build(ttft),
                requests_error=int(k % 50 == 0),
                itl_sketch=sketch.build([draw.uniform(30, 70) for _ in range(20)]),
                e2e_sketch=sketch.build([value + draw.uniform(8_000, 20_000) for value in ttft]),
            )
        )
        for replica in replicas:
            scrapes.append(
                Window(
                    endpoint=endpoint,
                    replica=replica,
                    source="scrape",
                    start=start,
                    requests=15,
                    running_mean=20 * load,
                    waiting_mean=max(0.0, 8 * (load - 1.2)),
                    kv_usage_mean=0.4 * load,
                    kv_usage_max=0.55 * load,
                    scrapes=30,
                    running_max=30,
                    waiting_max=4,
                )
            )
        for on in machines:
            uses.append(
                MachineWindow(
                    instance=on,
                    start=start,
                    samples=30,
                    busy_ratio=0.55 * load,
                    tensor_ratio=0.28 * load,
                    memory_ratio=0.88,
                )
            )
    Window.objects.bulk_create(events + scrapes)
    MachineWindow.objects.bulk_create(uses)
    HourWindow.objects.bulk_create(
        HourWindow(
            endpoint=endpoint,
            source="events",
            start=hour,
            requests=3600,
            input_tokens=3_100_000,
            output_tokens=460_000,
            ttft_sketch=sketch.build([draw.lognormvariate(-0.6, 0.4) * 1000 for _ in range(200)]),
            itl_sketch=sketch.build([draw.uniform(30, 75) for _ in range(100)]),
            e2e_sketch=sketch.build([draw.uniform(8_000, 20_000) for _ in range(100)]),
            minutes=60,
        )
        for hour in hours_before(made.now, hours)
    )
    MachineHourWindow.objects.bulk_create(
        MachineHourWindow(instance=machines[0], start=hour, samples=60, busy_ratio=0.6)
        for hour in hours_before(made.now, hours)
    )


def _decisions(made: Installation, endpoint: Endpoint, replicas: int) -> None:
    seen = {"desired_replicas": replicas, "ready_replicas": replicas - 1, "in_flight": 96.4, "samples": 15}
    for k, (action, before, wanted, allowed, why) in enumerate(
        (
            (
                "scale-up",
                replicas - 1,
                replicas + 1,
                replicas,
                "96.4 in flight on 3 replicas is above 19.2 each. At most 1 at a time.",
            ),
            ("hold", replicas, replicas, replicas, "Within 10% of the target."),
            (
                "scale-down",
                replicas + 1,
                replicas,
                replicas,
                "The busiest of the last 5 minutes had 70 in flight; 4 hold 76.",
            ),
        )
    ):
        Decision.objects.create(
            endpoint=endpoint,
            at=made.now - (k * 26 + 4) * MINUTE,
            last_at=made.now - (k * 26) * MINUTE,
            policy="target-tracking",
            inputs=seen,
            current=before,
            wanted=wanted,
            allowed=allowed,
            action=action,
            why=why,
            applied=action != "hold",
            formula=f"ceil(96.4 / 19.2) = {wanted}",
            alternatives=[{"replicas": before + 2, "why_not": "Costs $0.80/h more for the same SLO."}],
            cost_per_hour_before=Decimal("3.21") * before,
            cost_per_hour_after=Decimal("3.21") * allowed,
            repeats=12 if action == "hold" else 1,
        )
