"""Rows for tests that need no sandbox: an endpoint with replicas on slots that only exist here."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fleet.domain.lifecycle import SlotState
from fleet.models import Allocation, CloudAccount, Instance, LaunchAttempt, Project, Slot
from inference.domain.lifecycle import ReplicaState
from inference.models import Endpoint, Replica, ServingConfig
from inference.services.moves import note_period


def endpoint_row(project: Project, config: ServingConfig, now: datetime, **columns: Any) -> Endpoint:
    allocation = Allocation.objects.create(
        project=project, name="chat", accelerator="L4", accelerator_count=1, since=now, created_at=now
    )
    defaults = {"name": "chat", "desired_replicas": 1, "max_replicas": 10, "accelerators": ["L4"]}
    return Endpoint.objects.create(
        project=project,
        model=config.model,
        serving_config=config,
        allocation=allocation,
        since=now,
        created_at=now,
        **(defaults | columns),
    )


def replica_row(endpoint: Endpoint, now: datetime, **columns: Any) -> Replica:
    """A ready replica on a ready machine of one L4 at $1 an hour, ready for ten minutes."""
    ordinal = Replica.objects.filter(endpoint=endpoint).count()
    assert endpoint.allocation is not None
    slot = Slot.objects.create(
        allocation=endpoint.allocation,
        ordinal=ordinal,
        accelerator_count=1,
        accelerator="L4",
        state=SlotState.READY,
        price_per_hour=Decimal(1),
        since=now,
        created_at=now,
        drained=False,
    )
    replica = Replica.objects.create(
        endpoint=endpoint,
        serving_config=endpoint.serving_config,
        slot=slot,
        ordinal=ordinal,
        **{
            "state": ReplicaState.READY,
            "weight": 100,
            "since": now,
            "requested_at": now - timedelta(minutes=12),
            "started_at": now - timedelta(minutes=12),
            "ready_at": now - timedelta(minutes=10),
            **columns,
        },
    )
    note_period(replica, now=now)
    return replica


def sandbox_account() -> CloudAccount:
    """While it is enabled, loopback may be dialled."""
    return CloudAccount.objects.create(cloud="aws", provider="sandbox", name="sandbox-aws", options={"url": "http://x"})


def machine_row(replica: Replica, account: CloudAccount, dcgm: str, now: datetime) -> Instance:
    """The machine under a replica, with its exporter's address."""
    attempt = LaunchAttempt.objects.create(
        slot=replica.slot,
        n=1,
        account=account,
        region="r",
        zone="z",
        instance_type="g6.xlarge",
        capacity_type="spot",
        frozen_params={},
        params_hash="",
        client_token=replica.public_id,
        sequence=1,
        created_at=now,
    )
    return Instance.objects.create(
        slot=replica.slot,
        attempt=attempt,
        account=account,
        provider_id=f"i-{replica.ordinal}",
        cloud="aws",
        region="r",
        zone="z",
        instance_type="g6.xlarge",
        accelerator="L4",
        accelerator_count=1,
        capacity_type="spot",
        price_per_hour=Decimal(1),
        launched_at=now,
        running_at=now,
        endpoints={"dcgm": dcgm},
    )
