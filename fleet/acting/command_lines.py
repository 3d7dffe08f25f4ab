"""The same request as a line for a shell: Purser's own command, and curl."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from typing import Any

from fleet.domain.demand import AllocationSpec


def cli_cannot_say(spec: AllocationSpec) -> str:
    """What `purser allocate` has no word for; empty when the line below says everything."""
    asked = {
        "a need": spec.demand.need,
        "idle release": spec.idle_release,
        "an image": spec.image,
        "a disk size": spec.disk_gib != 200,
        "ports": spec.ports,
        "SSH keys": spec.ssh_keys,
        "a startup script": spec.startup_script,
        "labels": spec.labels,
    }
    return ", ".join(name for name, value in asked.items() if value)


def as_cli(spec: AllocationSpec, project: str) -> str:
    """`purser allocate …`; empty when it could not say all of it."""
    if cli_cannot_say(spec):
        return ""
    demand = spec.demand
    words: list[str] = ["purser", "allocate", "--project", project, "--name", spec.name]
    pairs: list[tuple[str, object]] = [
        ("--accelerator", demand.accelerator),
        ("--count", demand.accelerator_count),
        ("--per-machine", demand.accelerators_per_slot or ""),
        *(("--cloud", cloud) for cloud in demand.clouds),
        *(("--region", region) for region in demand.regions),
        *(("--capacity-type", kind) for kind in demand.capacity_types),
        ("--max-price", "" if demand.max_price_per_hour is None else f"{demand.max_price_per_hour:f}"),
        ("--on-demand-floor", demand.on_demand_floor or ""),
        ("--residency", demand.residency),
        ("--ttl", _span(spec.ttl)),
        ("--deadline", _span(spec.deadline)),
    ]
    for flag, value in pairs:
        if value != "":
            words += [flag, str(value)]
    return shlex.join([*words, *(["--gang"] if demand.gang else [])])


def _span(span: timedelta | None) -> str:
    """As the command reads it: `90m`, `24h`, `7d`."""
    if span is None:
        return ""
    seconds = int(span.total_seconds())
    unit, size = next((pair for pair in (("d", 86_400), ("h", 3600), ("m", 60)) if seconds % pair[1] == 0), ("s", 1))
    return "24h" if seconds == 86_400 else f"{seconds // size}{unit}"


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
        "on_demand_floor": demand.on_demand_floor or None,
        "residency": demand.residency,
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
