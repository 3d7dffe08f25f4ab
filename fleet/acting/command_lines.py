"""The same request as a line for a shell: Purser's own command, and curl."""

from __future__ import annotations

import json
import shlex
from typing import Any

from fleet.domain.demand import AllocationSpec
from fleet.domain.spans import write_span


def as_cli(spec: AllocationSpec, project: str) -> str:
    """`purser allocate …`."""
    demand = spec.demand
    words: list[str] = ["purser", "allocate", "--project", project, "--name", spec.name]
    need = demand.need
    pairs: list[tuple[str, object]] = [
        ("--accelerator", demand.accelerator),
        ("--count", demand.accelerator_count),
        ("--memory-gib", f"{need.memory_gib:g}" if need and need.memory_gib else ""),
        ("--interconnect", need.interconnect if need else ""),
        ("--per-machine", demand.accelerators_per_slot or ""),
        *(("--cloud", cloud) for cloud in demand.clouds),
        *(("--region", region) for region in demand.regions),
        *(("--capacity-type", kind) for kind in demand.capacity_types),
        ("--max-price", "" if demand.max_price_per_hour is None else f"{demand.max_price_per_hour:f}"),
        ("--ttl", write_span(spec.ttl) if spec.ttl else ""),
        ("--idle-release", write_span(spec.idle_release) if spec.idle_release else ""),
        ("--deadline", write_span(spec.deadline) if spec.deadline else ""),
        ("--image", spec.image),
        ("--disk-gib", spec.disk_gib if spec.disk_gib != 200 else ""),
        *(("--port", port) for port in spec.ports),
        *(("--ssh-key", key) for key in spec.ssh_keys),
        ("--startup-script", spec.startup_script),
        *(("--label", f"{name}={value}") for name, value in spec.labels.items()),
    ]
    for flag, value in pairs:
        if value not in ("", None):
            words += [flag, str(value)]
    flags = [("--gang", demand.gang), ("--fp8", bool(need and need.fp8))]
    return shlex.join([*words, *(flag for flag, on in flags if on)])


def as_curl(spec: AllocationSpec, project: str, *, origin: str, key: str) -> str:
    """The call of the API. The token is the reader's own, so only its variable is named."""
    return " ".join(
        [
            "curl -X POST",
            shlex.quote(f"{origin}/api/v1/allocations"),
            '-H "Authorization: Bearer $PURSER_TOKEN"',
            "-H 'Content-Type: application/json'",
            "-H",
            shlex.quote(f"Idempotency-Key: {key}"),
            "-d",
            shlex.quote(json.dumps(body_of(spec, project), ensure_ascii=False)),
        ]
    )


def body_of(spec: AllocationSpec, project: str) -> dict[str, Any]:
    """What `POST /api/v1/allocations` takes; only what was asked for."""
    demand = spec.demand
    asked: dict[str, Any] = {
        "project": project,
        "name": spec.name,
        "accelerator": demand.accelerator,
        "accelerator_count": demand.accelerator_count,
        "need": demand.need.as_json() if demand.need else None,
        "accelerators_per_slot": demand.accelerators_per_slot,
        "gang": demand.gang,
        "clouds": list(demand.clouds),
        "regions": list(demand.regions),
        "capacity_types": list(demand.capacity_types),
        "max_price_per_hour": None if demand.max_price_per_hour is None else f"{demand.max_price_per_hour:f}",
        "image": spec.image,
        "startup_script": spec.startup_script,
        "ssh_keys": list(spec.ssh_keys),
        "disk_gib": spec.disk_gib,
        "ports": list(spec.ports),
        "labels": spec.labels,
        "ttl_seconds": int(spec.ttl.total_seconds()) if spec.ttl else None,
        "idle_release_seconds": int(spec.idle_release.total_seconds()) if spec.idle_release else None,
        "deadline_seconds": int(spec.deadline.total_seconds()) if spec.deadline else None,
    }
    return {name: value for name, value in asked.items() if value not in (None, "", [], {}, False)}
