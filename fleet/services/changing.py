"""Changing an allocation that is held: its name, its labels, when it ends by itself, and how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from fleet.domain.refusals import Refused
from fleet.models import Allocation
from fleet.services import events, resizing
from fleet.services.allocations import check_changeable, check_ends_alone

CHANGEABLE = frozenset({"name", "labels", "expires_at", "idle_release_seconds", "accelerator_count"})


def change_allocation(
    public_id: str,
    *,
    changes: Mapping[str, Any],
    now: datetime,
    actor: str,
    generation: int | None = None,
    request_id: str = "",
) -> Allocation:
    """Change what is given, all of it or nothing. Labels are put on machines bought from now on.

    A new `accelerator_count` is carried out as `resizing.resize_to` does. Raises DoesNotExist, Changed, or Refused.
    """
    unknown = sorted(set(changes) - CHANGEABLE)
    if unknown:
        raise Refused("not-changeable", f"{unknown[0]} cannot be changed; request a new allocation.", field=unknown[0])
    _check(changes, now)
    with transaction.atomic():
        allocation = Allocation.objects.select_for_update(no_key=True).get(public_id=public_id)
        check_changeable(allocation, generation)
        if changes.get("expires_at") is not None or changes.get("idle_release_seconds") is not None:
            check_ends_alone(allocation)
        values = {name: value for name, value in changes.items() if name != "accelerator_count"}
        before = {name: getattr(allocation, name) for name in values}
        if before != values:
            for name, value in values.items():
                setattr(allocation, name, value)
            allocation.generation += 1
            allocation.save(update_fields=[*values, "generation"])
            Allocation.objects.filter(pk=allocation.pk).update(next_at=Now())
            events.record(
                "allocation.changed",
                subject=public_id,
                project=allocation.project,
                actor=actor,
                request_id=request_id,
                now=now,
                data={"before": events.plain(before), "after": events.plain(values)},
            )
        if "accelerator_count" in changes:
            count = changes["accelerator_count"]
            return resizing.resize_to(public_id, accelerator_count=count, now=now, actor=actor, request_id=request_id)
    return allocation


def _check(changes: Mapping[str, Any], now: datetime) -> None:
    if changes.get("expires_at") is not None and changes["expires_at"] <= now:
        raise Refused("expiry-past", "The new end must lie in the future.", field="expires_at")
    idle = changes.get("idle_release_seconds")
    if idle is not None and timedelta(seconds=idle) < timedelta(minutes=1):
        raise Refused("too-short", "At least 60 seconds.", field="idle_release_seconds")
