"""Machines that lived before this installation looked: their rows, as if it had bought them and let them go.

Ids follow from the installation and a key the caller chooses, so that the same past told twice is one past. What is
stored of a machine is what its cloud says of it; nothing is held on a budget, since all of it is over.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from fleet.domain.lifecycle import AllocationState, AttemptState, Desired, Reason, SlotState
from fleet.domain.outcomes import LaunchRequest, Machine
from fleet.domain.refusals import Refused
from fleet.models import Allocation, CloudAccount, Instance, LaunchAttempt, Project, Slot
from fleet.services import events, machines
from fleet.services.accounts import adapter
from fleet.services.installation import (
    TAG_ALLOCATION,
    TAG_ATTEMPT,
    TAG_INSTALLATION,
    TAG_PROJECT,
    TAG_PROOF,
    TAG_SEQUENCE,
    TAG_SLOT,
    client_token,
    proof,
)

DETAIL = "Lived before this installation looked; imported as history."
ASKED_AT_MOST = 5


@dataclass(frozen=True)
class PastAllocation:
    """What held the machines. Times are business time, half-open."""

    installation: uuid.UUID
    key: str
    project: Project
    name: str
    endpoint_ref: str
    accelerator: str
    accelerator_count: int
    created_at: datetime
    released_at: datetime


@dataclass(frozen=True)
class PastMachine:
    """One machine of the past. `key` is unique among all pasts of this installation."""

    key: str
    provider_id: str
    ordinal: int
    allocation: PastAllocation
    account: CloudAccount
    region: str
    zone: str
    instance_type: str
    capacity_type: str
    accelerator: str
    accelerator_count: int
    price_per_hour: Decimal
    launched_at: datetime
    ready_at: datetime
    terminated_at: datetime


def past_id(installation: uuid.UUID, prefix: str, key: str) -> str:
    """A public id that is the same whenever this installation asks for it."""
    return f"{prefix}_{uuid.uuid5(installation, f'{prefix}/{key}').hex}"


def request_of(past: PastMachine) -> LaunchRequest:
    """The launch that would have made it, marked as ours. Its sequence is 0: it came before we counted."""
    ours = past.allocation.installation
    attempt = past_id(ours, "att", past.key)
    return LaunchRequest(
        token=client_token(attempt),
        region=past.region,
        zone=past.zone,
        instance_type=past.instance_type,
        capacity_type=past.capacity_type,
        tags={
            TAG_INSTALLATION: str(ours),
            TAG_PROJECT: past.allocation.project.public_id,
            TAG_ALLOCATION: past_id(ours, "alloc", past.allocation.key),
            TAG_SLOT: past_id(ours, "slot", past.key),
            TAG_ATTEMPT: attempt,
            TAG_SEQUENCE: "0",
            TAG_PROOF: proof(attempt, past.account.cloud, past.region),
        },
    )


def check_known(past: PastAllocation) -> None:
    """Raise Refused when this allocation's past was told before with other times."""
    row = Allocation.objects.filter(public_id=past_id(past.installation, "alloc", past.key)).first()
    if row is not None:
        _check_alike(row, past)


def unknown(pasts: Iterable[PastMachine]) -> list[PastMachine]:
    """Those that have no row yet."""
    asked = list(pasts)
    ids = [past.provider_id for past in asked]
    known = set(Instance.objects.filter(provider_id__in=ids).values_list("account", "provider_id"))
    return [past for past in asked if (past.account.pk, past.provider_id) not in known]


def ask_clouds(pasts: Iterable[PastMachine]) -> dict[str, Machine]:
    """What the clouds say of these machines, by their ids, through the adapters everybody uses.

    A cloud whose list is short is asked again; raises Refused when it stays short.
    """
    by_account: dict[CloudAccount, list[str]] = defaultdict(list)
    for past in pasts:
        by_account[past.account].append(past.provider_id)
    found: dict[str, Machine] = {}
    for account, ids in by_account.items():
        found |= _ask(account, ids)
    return found


def import_past(
    *, project: Project, pasts: Sequence[PastMachine], seen: Mapping[str, Machine], now: datetime
) -> list[Instance]:
    """Write the rows of machines that have none yet, and one event. Returns the new instances.

    `seen`: what `ask_clouds` gave. Raises Refused when its allocation is known with other times.
    """
    with transaction.atomic():
        made = [_import_one(past, seen[past.provider_id], now) for past in unknown(pasts)]
        if made:
            events.record(
                "history.imported",
                subject=project.public_id,
                project=project,
                now=now,
                data={
                    "machines": len(made),
                    "since": min(machine.launched_at for machine in made).isoformat(),
                    "until": max(past.terminated_at for past in pasts).isoformat(),
                },
            )
    return made


def _ask(account: CloudAccount, ids: Sequence[str]) -> dict[str, Machine]:
    problem = ""
    for _ in range(ASKED_AT_MOST):
        inventory = adapter(account).describe(ids)
        found = {machine.provider_id: machine for machine in inventory.machines}
        if found.keys() >= set(ids):
            return found
        problem = inventory.problem or f"{len(ids) - len(found)} of {len(ids)} machines are not in its list"
    raise Refused("history-unseen", f"{account.name} does not show its past machines: {problem}.")


def _import_one(past: PastMachine, machine: Machine, now: datetime) -> Instance:
    slot = _slot(past, _allocation(past.allocation))
    instance = machines.store(machine, attempt=_attempt(past, slot, now))
    Instance.objects.filter(pk=instance.pk).update(ready_at=past.ready_at)
    instance.ready_at = past.ready_at
    return instance


def _allocation(past: PastAllocation) -> Allocation:
    row, _ = Allocation.objects.get_or_create(
        public_id=past_id(past.installation, "alloc", past.key),
        defaults={
            "project": past.project,
            "name": past.name,
            "requested_by": "history",
            "endpoint_ref": past.endpoint_ref,
            "accelerator": past.accelerator,
            "accelerator_count": past.accelerator_count,
            "desired": Desired.ABSENT,
            "state": AllocationState.RELEASED,
            "reason": Reason.RELEASED_BY_USER,
            "detail": DETAIL,
            "since": past.released_at,
            "created_at": past.created_at,
            "first_ready_at": past.created_at,
            "ready_at": past.created_at,
            "released_at": past.released_at,
            "next_at": None,
        },
    )
    _check_alike(row, past)
    return row


def _check_alike(row: Allocation, past: PastAllocation) -> None:
    if (row.created_at, row.released_at) != (past.created_at, past.released_at):
        raise Refused(
            "history-differs",
            f"The history of {past.name} is known from {row.created_at:%Y-%m-%d %H:%M} to "
            f"{row.released_at:%Y-%m-%d %H:%M} UTC; import the same stretch again, or none.",
        )


def _slot(past: PastMachine, allocation: Allocation) -> Slot:
    row, _ = Slot.objects.get_or_create(
        public_id=past_id(past.allocation.installation, "slot", past.key),
        defaults={
            "allocation": allocation,
            "ordinal": past.ordinal,
            "accelerator_count": past.accelerator_count,
            "account": past.account,
            "region": past.region,
            "zone": past.zone,
            "instance_type": past.instance_type,
            "capacity_type": past.capacity_type,
            "accelerator": past.accelerator,
            "price_per_hour": past.price_per_hour,
            "desired": Desired.ABSENT,
            "state": SlotState.GONE,
            "reason": Reason.TERMINATED,
            "detail": DETAIL,
            "since": past.terminated_at,
            "created_at": past.launched_at,
            "ended_at": past.terminated_at,
            "next_at": None,
        },
    )
    return row


def _attempt(past: PastMachine, slot: Slot, now: datetime) -> LaunchAttempt:
    request = request_of(past)
    frozen = request.as_json()
    row, _ = LaunchAttempt.objects.get_or_create(
        public_id=request.tags[TAG_ATTEMPT],
        defaults={
            "slot": slot,
            "n": 1,
            "account": past.account,
            "region": past.region,
            "zone": past.zone,
            "instance_type": past.instance_type,
            "capacity_type": past.capacity_type,
            "frozen_params": frozen,
            "params_hash": hashlib.sha256(json.dumps(frozen, sort_keys=True).encode()).hexdigest(),
            "client_token": request.token,
            "sequence": 0,
            "state": AttemptState.LAUNCHED,
            "provider_id": past.provider_id,
            "created_at": past.launched_at,
            "resolved_at": now,
        },
    )
    return row
