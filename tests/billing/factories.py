"""Rows that billing's tests start from."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from fleet.models import (
    Allocation,
    CapacityType,
    CloudAccount,
    Instance,
    InstanceType,
    Offering,
    PricePoint,
    Project,
    Slot,
)
from inference.models import (
    Endpoint,
    MachineWindow,
    Model,
    Replica,
    ServingConfig,
    UsageEvent,
    Window,
    WindowSource,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_numbers = count(1)


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def project(**changes: Any) -> Project:
    number = next(_numbers)
    return Project.objects.create(**{"slug": f"team-{number}", "name": f"Team {number}"} | changes)


def account(**changes: Any) -> CloudAccount:
    number = next(_numbers)
    values = {"cloud": "aws", "provider": "sandbox", "name": f"aws-{number}", "prices_complete_until": at(100_000)}
    return CloudAccount.objects.create(**values | changes)


def allocation(owner: Project, **changes: Any) -> Allocation:
    values = {"name": "serve", "accelerator": "H100", "accelerator_count": 8, "since": NOON, "created_at": NOON}
    return Allocation.objects.create(project=owner, **values | changes)


def slot(of: Allocation, **changes: Any) -> Slot:
    values = {"ordinal": next(_numbers), "accelerator_count": 8, "since": NOON, "created_at": NOON}
    return Slot.objects.create(allocation=of, **values | changes)


def machine(of: Allocation | None = None, **changes: Any) -> Instance:
    """A machine launched at noon for $36/h, a cent a second; of an allocation, or an orphan."""
    values: dict[str, Any] = {
        "provider_id": f"i-{next(_numbers)}",
        "cloud": "aws",
        "region": "us-east-1",
        "zone": "us-east-1a",
        "instance_type": "p5.48xlarge",
        "accelerator": "H100",
        "accelerator_count": 8,
        "capacity_type": CapacityType.ON_DEMAND,
        "price_per_hour": Decimal("36"),
        "launched_at": NOON,
        "last_observed_at": at(100_000),
    }
    if of is not None:
        values |= {"slot": slot(of), "project": of.project}
    if "account" not in changes:
        values["account"] = account()
    return Instance.objects.create(**values | changes)


def spot_machine(of: Allocation | None = None, *, prices: dict[float, str], **changes: Any) -> Instance:
    """A spot machine whose bill follows the market: minutes after noon -> price per hour from then on."""
    market = account(options={"spot_price_rule": "market"}, **changes.pop("account_values", {}))
    kind, _ = InstanceType.objects.get_or_create(
        cloud="aws", name="p5.48xlarge", defaults={"accelerator": "H100", "accelerator_count": 8}
    )
    offering = Offering.objects.create(
        account=market,
        instance_type=kind,
        region="us-east-1",
        zone="us-east-1a",
        capacity_type=CapacityType.SPOT,
        price_per_hour=Decimal("36"),
        observed_at=NOON,
    )
    price_points(offering, prices)
    return machine(of, account=market, capacity_type=CapacityType.SPOT, **changes)


def price_points(offering: Offering, prices: dict[float, str]) -> None:
    for minutes, price in prices.items():
        PricePoint.objects.create(offering=offering, effective_from=at(minutes), price_per_hour=Decimal(price))


def endpoint(owner: Project, **changes: Any) -> Endpoint:
    """An endpoint with its allocation."""
    number = next(_numbers)
    model = Model.objects.create(
        name=f"org/model-{number}",
        parameters=8_000_000_000,
        active_parameters=8_000_000_000,
        layers=32,
        hidden_size=4096,
        heads=32,
        kv_heads=8,
        head_dim=128,
        context_length=8192,
    )
    config = ServingConfig.objects.create(model=model, name="default", max_model_len=8192)
    values = {"name": f"chat-{number}", "since": NOON, "created_at": NOON, "model": model, "serving_config": config}
    made = Endpoint.objects.create(project=owner, **values | changes)
    made.allocation = allocation(owner, endpoint_ref=made.public_id)
    made.save()
    return made


def replica(of: Endpoint, on: Instance, *, ready_at: datetime | None) -> Replica:
    return Replica.objects.create(
        endpoint=of,
        serving_config=of.serving_config,
        slot=on.slot,
        ordinal=next(_numbers),
        since=NOON,
        requested_at=NOON,
        ready_at=ready_at,
    )


def busy_minutes(of: Instance, first: int, last: int, ratio: float) -> None:
    """Machine windows of the minutes [first, last) after noon."""
    MachineWindow.objects.bulk_create(
        MachineWindow(instance=of, start=at(minute), samples=5, busy_ratio=ratio) for minute in range(first, last)
    )


def window(of: Endpoint, minute: int, *, output: int, given: int = 0, cached: int = 0, **changes: Any) -> Window:
    """One minute of an endpoint's tokens; `given` includes the cached."""
    values = {"source": WindowSource.EVENTS, "requests": 1} | changes
    return Window.objects.create(
        endpoint=of,
        start=at(minute),
        input_tokens=given,
        cached_input_tokens=cached,
        output_tokens=output,
        **values,
    )


def usage_event(of: Endpoint, minute: float, *, asker: Project, output: int, given: int = 0) -> UsageEvent:
    return UsageEvent.objects.create(
        endpoint=of,
        event_id=f"e-{next(_numbers)}",
        project=asker,
        accepted_at=at(minute),
        finished_at=at(minute),
        input_tokens=given,
        output_tokens=output,
        outcome="ok",
    )


def block(*, fee: str = "1234.567891", machines: int = 2, hours: float = 24, starts: float = 7, **changes: Any) -> Any:
    """A bought capacity block that begins some minutes after noon, kept by a project of its own."""
    from fleet.models import BlockPurchase, PaidCapacity
    from fleet.services.paid_capacity import price_of_machine_hour

    owner, of = changes.pop("project", None) or project(), changes.pop("account", None) or account()
    start, end = at(starts), at(starts + hours * 60)
    shape = {"instance_type": "p5.48xlarge", "region": "us-east-1", "zone": "us-east-1a", "machines": machines}
    times = {"starts_at": start, "ends_at": end}
    bought = BlockPurchase.objects.create(
        project=owner,
        account=of,
        requested_by="ada",
        fee=Decimal(fee),
        currency="USD",
        frozen_params={},
        state="bought",
        created_at=NOON,
        **shape,
        **times,
    )
    return PaidCapacity.objects.create(
        account=of,
        ref=f"cr-{next(_numbers)}",
        kind="block",
        purchase=bought,
        project=owner,
        state="active",
        usable=True,
        machines_until=end - timedelta(minutes=30),
        fee=Decimal(fee),
        price_per_hour=price_of_machine_hour(Decimal(fee), machines, start, end),
        first_seen_at=NOON,
        seen_at=NOON,
        **shape,
        **times,
        **changes,
    )


def reservation(*, machines: int = 2, price: str = "36", **changes: Any) -> Any:
    """An open-ended reservation that the cloud told of first at noon."""
    from fleet.models import PaidCapacity

    values = {
        "account": changes.pop("account", None) or account(),
        "ref": f"cr-{next(_numbers)}",
        "kind": "reservation",
        "instance_type": "p5.48xlarge",
        "region": "us-east-1",
        "zone": "us-east-1a",
        "machines": machines,
        "state": "active",
        "usable": True,
        "starts_at": NOON - timedelta(days=30),
        "price_per_hour": Decimal(price),
        "first_seen_at": NOON,
        "seen_at": NOON,
    }
    return PaidCapacity.objects.create(**values | changes)
