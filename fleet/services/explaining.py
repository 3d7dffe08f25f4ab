"""Why an allocation is as it is: its last plan with every loser, what was tried, and what happens next."""

from __future__ import annotations

from typing import Any

from fleet.domain.paid import may_use
from fleet.models import Allocation, Event, LaunchAttempt, Slot
from fleet.providers.classify import next_step

MOST_EVENTS = 200


def explain(allocation: Allocation) -> dict[str, Any]:
    """The trail of one allocation as plain data, oldest first; money as strings, times as ISO 8601."""
    slots = list(allocation.slots.select_related("account", "instance").order_by("ordinal"))
    attempts = list(
        LaunchAttempt.objects.filter(slot__allocation=allocation)
        .select_related("account", "slot__allocation", "fleet", "paid_capacity")
        .order_by("id")
    )
    return {
        "allocation": allocation.public_id,
        "state": allocation.state,
        "reason": allocation.reason,
        "detail": allocation.detail,
        "since": allocation.since.isoformat(),
        "next_action": allocation.next_action or None,
        "next_action_at": allocation.next_action_at.isoformat() if allocation.next_action_at else None,
        "demand": _demand(allocation),
        "plan": allocation.plan,
        "planned_at": allocation.planned_at.isoformat() if allocation.planned_at else None,
        "slots": [_slot(slot) for slot in slots],
        "attempts": [_attempt(attempt) for attempt in attempts],
        "trail": _trail(allocation, slots),
    }


def connect_lines(allocation: Allocation) -> list[dict[str, str]]:
    """Addresses of the ready machines, each with a line to copy into a shell."""
    rows = allocation.slots.filter(state="ready").select_related("instance").order_by("ordinal")
    return [
        {
            "slot": slot.public_id,
            "private_ip": slot.instance.private_ip,
            "public_ip": slot.instance.public_ip,
            "connect": ssh_line(slot.instance.endpoints.get("ssh", ""), slot.instance.public_ip),
        }
        for slot in rows
        if hasattr(slot, "instance")
    ]


def ssh_line(endpoint: str, public_ip: str) -> str:
    """`ssh -p 2222 ubuntu@203.0.113.7`; empty when the machine has no address yet."""
    host, _, port = endpoint.rpartition(":")
    if host and port.isdigit():
        return f"ssh -p {port} ubuntu@{host}"
    return f"ssh ubuntu@{public_ip}" if public_ip else ""


def _demand(allocation: Allocation) -> dict[str, Any]:
    return {
        "accelerator": allocation.accelerator or None,
        "accelerator_count": allocation.accelerator_count,
        "accelerators_per_slot": allocation.accelerators_per_slot,
        "need": allocation.need or None,
        "gang": allocation.gang,
        "clouds": allocation.clouds,
        "regions": allocation.regions,
        "capacity_types": allocation.capacity_types,
        "on_demand_floor": allocation.on_demand_floor,
        "residency": allocation.residency or None,
        "max_price_per_hour": str(allocation.max_price_per_hour) if allocation.max_price_per_hour else None,
    }


def _slot(slot: Slot) -> dict[str, Any]:
    instance = getattr(slot, "instance", None)
    return {
        "slot": slot.public_id,
        "ordinal": slot.ordinal,
        "state": slot.state,
        "reason": slot.reason,
        "detail": slot.detail,
        "since": slot.since.isoformat(),
        "cloud": slot.account.cloud if slot.account else None,
        "zone": slot.zone or None,
        "instance_type": slot.instance_type or None,
        "capacity_type": slot.capacity_type or None,
        "price_per_hour": str(slot.price_per_hour) if slot.price_per_hour is not None else None,
        "machine": instance.provider_id if instance else None,
    }


def _attempt(attempt: LaunchAttempt) -> dict[str, Any]:
    return {
        "attempt": attempt.public_id,
        "slot": attempt.slot.public_id,
        "n": attempt.n,
        "cloud": attempt.account.cloud,
        "zone": attempt.zone,
        "instance_type": attempt.instance_type,
        "capacity_type": attempt.capacity_type,
        "state": attempt.state,
        "calls": attempt.calls,
        "machine": attempt.provider_id or None,
        "fleet": attempt.fleet.public_id if attempt.fleet else None,
        "paid_capacity": _inside(attempt),
        "error": _error(attempt) if attempt.error_class else None,
        "created_at": attempt.created_at.isoformat(),
        "resolved_at": attempt.resolved_at.isoformat() if attempt.resolved_at else None,
    }


def _inside(attempt: LaunchAttempt) -> str | None:
    """What it went into, as long as its project may use that: nothing tells more of it than its own page does."""
    row = attempt.paid_capacity
    told = row is not None and may_use(attempt.slot.allocation.project_id, row.kept_for)
    return row.public_id if row is not None and told else None


def _error(attempt: LaunchAttempt) -> dict[str, Any]:
    code, message = attempt.error_code, attempt.error_message
    then = next_step(attempt.account.cloud, code, message, market=attempt.capacity_type)
    return {"class": attempt.error_class, "code": code, "message": message, "next": then or None}


def _trail(allocation: Allocation, slots: list[Slot]) -> list[dict[str, Any]]:
    """The newest events of the allocation, its slots and machines, oldest first."""
    subjects = [allocation.public_id, *(slot.public_id for slot in slots)]
    subjects += [slot.instance.public_id for slot in slots if hasattr(slot, "instance")]
    rows = Event.objects.filter(subject__in=subjects).order_by("-id")[:MOST_EVENTS]
    return [
        {
            "at": row.occurred_at.isoformat(),
            "topic": row.topic,
            "subject": row.subject,
            "actor": row.actor,
            "data": row.data,
        }
        for row in reversed(rows)
    ]
