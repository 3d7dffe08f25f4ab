"""For every operation with a body the fullest one it takes, so that a test can break every field of the schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests import factories
from tests.security.estate import Estate
from tests.security.routes import ID
from tests.security.test_audit import CHANGES, LLAMA, Change, says

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk1zvq0fT0dJ4cM2b9y3v7 ada"


def bodies() -> Iterator[tuple[str, str, Change]]:
    """Every operation that takes a body with fields, and the fullest body it is known to take."""
    for method, route in dict.fromkeys([*CHANGES, *FULL]):
        if method != "delete":
            yield method, route, FULL.get((method, route)) or CHANGES[method, route]
    yield "post", "api/v1/allocations", Change((), says(**NEEDS))
    for route in ("api/v1/plans", "api/v1/plans/rejected"):
        yield "post", route, Change((), says(need=NEEDS["need"]))
    for body in ({"kind": "fixed", "price_per_hour": "88.00", "account": True}, {"kind": "owned", "cost": OWNED}):
        yield "post", "api/v1/price-rules", _priced(body)
    sealed = {"credential": "not-a-real-secret"}
    account = {"name": "full", "cloud": "aws", "provider": "sandbox", "options": {"url": "http://127.0.0.1:1"}}
    yield "post", "api/v1/accounts", Change((), says(**account, **sealed), root=True)
    yield "patch", f"api/v1/accounts/{ID}", Change((), says(**sealed), root=True)
    yield "post", f"api/v1/accounts/{ID}/rotate", Change((), says(**sealed), root=True)
    ends = Change((), says(expires_at="2150-01-01T00:00:00Z"), about=lambda estate: factories.allocation(estate.mine))
    yield "patch", f"api/v1/allocations/{ID}", ends
    chips = says(hours=24, accelerator="H100", accelerator_count=8)
    yield "post", "api/v1/block-offers", Change((), chips)
    yield "post", "api/v1/budgets", Change((), lambda estate: {"endpoint": estate.endpoint.public_id, **BUDGET})
    of_endpoint = Change(
        (), lambda estate: {"items": [{"project": "mine", "endpoint": estate.endpoint.public_id, **BUDGET}]}
    )
    yield "post", "api/v1/budgets/bulk", of_endpoint


def _priced(body: dict[str, Any]) -> Change:
    """A line of the price book; `account`: the estate's own."""

    def whole(estate: Estate) -> Any:
        return PRICED | body | ({"account": estate.account.name} if "account" in body else {})

    return Change((), whole, root=True)


def _usage(estate: Estate) -> Any:
    from fleet.services.clock import business_now

    now = business_now().isoformat()
    event = {
        "id": "request-1",
        "endpoint": estate.endpoint.public_id,
        "replica": estate.replica.public_id,
        "project": "mine",
        "model": "org/m",
        "accepted_at": now,
        "first_token_at": now,
        "finished_at": now,
        "input_tokens": 10,
        "cached_input_tokens": 1,
        "output_tokens": 5,
        "ttft_ms": 20.5,
        "itl_mean_ms": 5.5,
        "e2e_ms": 100.5,
        "outcome": "ok",
    }
    return {"events": [event]}


DEMAND = {
    "project": "mine",
    "accelerator": "H100",
    "accelerator_count": 8,
    "accelerators_per_slot": 8,
    "gang": True,
    "clouds": ["aws"],
    "regions": ["us-east-1"],
    "capacity_types": ["on-demand"],
    "max_price_per_hour": "60.00",
    "on_demand_floor": 8,
    "residency": "us",
    "ttl_seconds": 86_400,
}
ALLOCATION = DEMAND | {
    "name": "full",
    "image": "ubuntu:24.04",
    "startup_script": "#!/bin/sh\necho ready\n",
    "ssh_keys": [KEY],
    "disk_gib": 200,
    "ports": [8000],
    "labels": {"team": "research"},
    "idle_release_seconds": 3_600,
    "deadline_seconds": 600,
}
SLO = {
    "slo_quantile": 0.95,
    "slo_ttft_ms": 500,
    "slo_itl_ms": 50,
    "slo_e2e_ms": 5_000,
    "policy": "target-tracking",
    "policy_params": {"target_in_flight": 16.0},
    "min_replicas": 1,
    "max_replicas": 3,
    "drain_seconds": 60,
}
SERVED = {
    "name": "full",
    "engine": "vllm",
    "quantization": "fp8",
    "dtype": "bfloat16",
    "kv_dtype": "fp8",
    "tensor_parallel": 1,
    "pipeline_parallel": 1,
    "max_model_len": 8192,
    "max_num_seqs": 64,
    "max_num_batched_tokens": 8192,
    "gpu_memory_utilization": 0.9,
    "prefix_caching": True,
    "chunked_prefill": True,
}
TOKEN_LIMITS = {"cidrs": ["10.0.0.0/8"], "requests_per_minute": 60, "spend_cap_per_hour": "250.00"}
BUDGET = {"cap_per_hour": "5", "cap_per_month": "500", "currency": "USD", "action": "warn", "warn_ratio": "0.8"}
PRICED = {
    "name": "full",
    "instance_type": "p4d.*",
    "region": "us-east-1",
    "capacity_type": "on-demand",
    "currency": "USD",
    "starts_at": "2150-01-01T00:00:00Z",
    "ends_at": "2151-01-01T00:00:00Z",
    "note": "Contract 4711.",
}
OWNED = {"purchase": "250000", "life_years": 4, "power_watts": 10_200, "price_per_kwh": "0.12", "currency": "USD"}
FULL: dict[tuple[str, str], Change] = {
    ("post", "api/v1/allocations"): Change((), says(**ALLOCATION)),
    ("post", "api/v1/allocations/bulk"): Change((), says(items=[ALLOCATION])),
    ("patch", f"api/v1/allocations/{ID}"): Change(
        (), says(name="full", labels={"team": "research"}, accelerator_count=16, idle_release_seconds=3600),
        about=lambda estate: factories.allocation(estate.mine, name="grows"),
    ),
    ("post", "api/v1/instances/bulk"): Change(
        (), lambda estate: {"action": "terminate", "ids": [estate.instance.public_id], "replace": True,
                            "reason": "It is broken."}
    ),
    ("post", "api/v1/accounts"): Change(
        (), says(name="full", cloud="aws", provider="sandbox", credentials_ref="env:PATH", enabled=True,
                 expected_account_ref="123", options={"url": "http://127.0.0.1:1"}), root=True,
    ),
    ("patch", f"api/v1/accounts/{ID}"): Change(
        (), says(name="full", credentials_ref="env:PATH", enabled=True, expected_account_ref="123",
                 options={"url": "http://127.0.0.1:1"}), root=True,
    ),
    ("post", f"api/v1/accounts/{ID}/rotate"): Change(
        (), says(credentials_ref="env:NEXT", despite_missing=True), root=True
    ),
    ("patch", "api/v1/installation"): Change(
        (), says(launches_paused=True, destructive_frozen=True, buy_at_stale_prices=True, buy_at_imported_prices=True,
                 reason="Only to try it."), root=True
    ),
    ("post", "api/v1/plans"): Change((), says(**DEMAND)),
    ("post", "api/v1/plans/rejected"): Change((), says(**DEMAND)),
    ("post", "api/v1/block-offers"): Change(
        (),
        lambda estate: {
            "hours": 24, "instance_type": "p5.48xlarge", "machines": 1, "region": "us-east-1", "project": "mine",
            "account": estate.account.name, "earliest": "2026-12-01T00:00:00Z", "latest": "2027-01-01T00:00:00Z",
        },
    ),
    ("post", "api/v1/paid-capacity"): Change(
        (), lambda estate: CHANGES["post", "api/v1/paid-capacity"].body(estate) | {"project": "mine", "why": "A run."}
    ),
    ("patch", f"api/v1/paid-capacity/{ID}"): Change((), says(shared=True)),
    ("post", "api/v1/price-rules"): Change(
        (), says(kind="commitment", committed_per_hour="80.00", percent_off="40.5", cloud="aws", **PRICED), root=True
    ),
    ("patch", f"api/v1/price-rules/{ID}"): Change(
        (), says(name="full", note="Contract 4711.", ends_at="2150-01-01T00:00:00Z"), root=True
    ),
    ("patch", f"api/v1/projects/{ID}"): Change((), says(slug="renamed", name="Renamed"), root=True),
    ("post", "api/v1/service-accounts"): Change(
        (), says(project="mine", name="full-bot", description="Rolls out", role="viewer")
    ),
    ("patch", f"api/v1/service-accounts/{ID}"): Change(
        (), says(name="full-bot", description="Rolls out", role="viewer", disabled=True)
    ),
    ("post", "api/v1/tokens"): Change(
        (), lambda estate: {"name": "full", "project": "mine", "installation": False, "scopes": ["read"],
                            "service_account": estate.service_account.public_id,
                            "expires_at": _soon(), **TOKEN_LIMITS}
    ),
    ("patch", f"api/v1/tokens/{ID}"): Change((), says(name="full", **TOKEN_LIMITS)),
    ("post", f"api/v1/tokens/{ID}/rotate"): Change((), says(overlap_seconds=60)),
    ("post", "api/v1/quotas"): Change(
        (), says(project="mine", cloud="aws", accelerator="L4", max_accelerators=4)
    ),
    ("post", "api/v1/quotas/bulk"): Change(
        (), says(items=[{"project": "mine", "cloud": "aws", "accelerator": "L4", "max_accelerators": 4}])
    ),
    ("patch", f"api/v1/quotas/{ID}"): Change((), says(max_accelerators=5, why="The run grew.")),
    ("post", "api/v1/budgets"): Change((), says(project="mine", cloud="aws", **BUDGET)),
    ("post", "api/v1/budgets/bulk"): Change((), says(items=[{"project": "mine", "cloud": "aws", **BUDGET}])),
    ("patch", f"api/v1/budgets/{ID}"): Change((), says(why="The run grew.", **BUDGET)),
    ("post", f"api/v1/change-requests/{ID}/approve"): Change((), says(why="The run grew.")),
    ("post", f"api/v1/change-requests/{ID}/refuse"): Change((), says(why="The run is over.")),
    ("post", "api/v1/webhooks"): Change(
        (), says(project="mine", installation=False, name="full", url="https://ops.example.com/full",
                 topics=["allocation.*"])
    ),
    ("patch", f"api/v1/webhooks/{ID}"): Change(
        (), says(name="full", url="https://ops.example.com/full", topics=["allocation.*"], enabled=True)
    ),
    ("post", f"api/v1/webhooks/{ID}/rotate"): Change((), says(overlap_seconds=60)),
    ("post", "api/v1/endpoints"): Change(
        (), lambda estate: {
            "project": "mine", "name": "full", "model": estate.model.public_id,
            "serving_config": estate.serving_config.public_id, "accelerators": ["H100"], "clouds": ["aws"],
            "regions": ["us-east-1"], "capacity_types": ["on-demand"], "initial_replicas": 1, "runner": "sandbox",
            "labels": {"team": "research"}, **SLO,
        },
        prepare=CHANGES["post", "api/v1/endpoints"].prepare,
    ),
    ("post", "api/v1/endpoints/bulk"): Change(
        (), lambda estate: {"items": [{"id": estate.endpoint.public_id, "if_match": "*", "changes": SLO}]}
    ),
    ("patch", f"api/v1/endpoints/{ID}"): Change((), says(**SLO)),
    ("post", "api/v1/models"): Change((), says(project="mine", name="org/full", config=LLAMA)),
    ("patch", f"api/v1/models/{ID}"): Change(
        (), says(name="org/full", config=LLAMA), about=CHANGES["patch", f"api/v1/models/{ID}"].about
    ),
    ("post", "api/v1/serving-configs"): Change(
        (), lambda estate: {"model": estate.model.public_id, **SERVED}
    ),
    ("patch", f"api/v1/serving-configs/{ID}"): Change(
        (), says(**SERVED), about=CHANGES["patch", f"api/v1/serving-configs/{ID}"].about
    ),
    ("post", "api/v1/usage-events"): Change((), _usage),
}  # fmt: skip
NEEDS = {"name": "needs", "need": {"memory_gib": 40.0, "fp8": True, "interconnect": "nvlink"}, "accelerator_count": 8}


def _soon() -> str:
    from datetime import timedelta

    from django.utils import timezone

    return (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
