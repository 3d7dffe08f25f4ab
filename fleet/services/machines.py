"""Machines as rows: what a cloud says of one is stored as it says it, by whoever heard it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from fleet.domain.capacity import USD, Pool
from fleet.domain.outcomes import Machine, MachineState
from fleet.models import CloudAccount, Hold, Instance, InstanceType, LaunchAttempt, Offering
from fleet.services.pricing import the_book

LONGEST_WORD = 32
"""Of a cloud's own words in a row: one that has more to say must not keep its account from being looked at."""
_TIMES = ("launched_at", "running_at", "terminated_at")


def to_json(machine: Machine) -> dict[str, Any]:
    """A machine as a fact to keep; `from_json` gives it back."""
    values = dict(vars(machine))
    values |= {name: values[name].isoformat() if values[name] else None for name in _TIMES}
    price = None if machine.price_per_hour is None else str(machine.price_per_hour)
    return {**values, "price_per_hour": price, "state": machine.state.value}


def from_json(values: dict[str, Any]) -> Machine:
    """The machine that was kept."""
    times = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in _TIMES}
    price = None if values["price_per_hour"] is None else Decimal(values["price_per_hour"])
    return Machine(**{**values, **times, "price_per_hour": price, "state": MachineState(values["state"])})


def store(machine: Machine, *, attempt: LaunchAttempt) -> Instance:
    """The row of a machine an attempt made; the same machine twice is one row."""
    instance, _ = Instance.objects.get_or_create(
        account=attempt.account,
        provider_id=machine.provider_id,
        defaults={
            "slot": attempt.slot,
            "attempt": attempt,
            "project": attempt.slot.allocation.project,
            "cloud": attempt.account.cloud,
            **_shape(machine, attempt.account, attempt),
        },
    )
    refresh(instance, machine)
    return instance


def store_orphan(machine: Machine, *, account: CloudAccount, attempt: LaunchAttempt | None) -> Instance:
    """The row of a machine of ours that no slot answers for: its cost is a leak. `attempt`: the one given up."""
    free = attempt is not None and not Instance.objects.filter(attempt=attempt).exists()
    instance, _ = Instance.objects.get_or_create(
        account=account,
        provider_id=machine.provider_id,
        defaults={"cloud": account.cloud, "attempt": attempt if free else None, **_shape(machine, account, attempt)},
    )
    refresh(instance, machine)
    return instance


def refresh(instance: Instance, machine: Machine) -> None:
    """Take over what the cloud says now. Times it once gave are corrected, never blanked.

    A live machine's word does not change an ended row: it is an answer from before the end that came late.
    """
    said: dict[str, Any] = {
        "cloud_state": (machine.cloud_state or machine.state.value)[:LONGEST_WORD],
        "private_ip": machine.private_ip,
        "public_ip": machine.public_ip,
        "endpoints": machine.endpoints,
        "launched_at": machine.launched_at,
        "running_at": machine.running_at,
        "terminated_at": machine.terminated_at,
        "end_reason": machine.end_reason[:LONGEST_WORD],
    }
    changes = {name: value for name, value in said.items() if value}
    rows = Instance.objects.filter(pk=instance.pk)
    if machine.live:
        rows = rows.filter(terminated_at=None)
    if rows.update(**changes, last_observed_at=Now()) == 0:
        instance.refresh_from_db(fields=list(said))
        return
    for name, value in changes.items():
        setattr(instance, name, value)


def _shape(machine: Machine, account: CloudAccount, attempt: LaunchAttempt | None) -> dict[str, Any]:
    """What the cloud says of it; where it is silent, what the catalogue and the launch say."""
    chips = _Chips(machine, account)
    return {
        "region": machine.region,
        "zone": machine.zone,
        "instance_type": machine.instance_type,
        "accelerator": lambda: chips.found[0],
        "accelerator_count": lambda: chips.found[1],
        "capacity_type": machine.capacity_type,
        "paid_capacity": attempt.paid_capacity if attempt else None,
        "price_per_hour": lambda: price_of(machine, account, attempt),
        "currency": lambda: _currency(machine, account, attempt),
        "launched_at": machine.launched_at,
    }


@dataclass(frozen=True)
class _Chips:
    """Which accelerators a machine has, and how many: as its cloud says, else as the catalogue says of its type."""

    machine: Machine
    account: CloudAccount

    @cached_property
    def found(self) -> tuple[str, int]:
        if self.machine.accelerator:
            return self.machine.accelerator, self.machine.accelerator_count
        kinds = InstanceType.objects.filter(cloud=self.account.cloud, name=self.machine.instance_type)
        return kinds.values_list("accelerator", "accelerator_count").first() or ("", 0)


def price_of(machine: Machine, account: CloudAccount, attempt: LaunchAttempt | None) -> Decimal:
    """Per hour: its share of the paid capacity it runs in; else what the book makes of what the cloud says; else as
    held for its launch, or as its pool is priced.

    None of these: nothing.
    """
    if attempt is not None and attempt.paid_capacity is not None:
        return attempt.paid_capacity.price_per_hour or Decimal(0)
    if machine.price_per_hour is not None:
        pool = Pool(
            account.pk, account.cloud, machine.region, machine.zone, machine.instance_type, machine.capacity_type
        )
        currency = _pools(machine, account).values_list("currency", flat=True).first() or USD
        priced = the_book().price(pool, machine.price_per_hour, currency, machine.launched_at)
        return priced.per_hour if priced else machine.price_per_hour
    held = Hold.objects.filter(attempt=attempt).values_list("price_per_hour", flat=True) if attempt else ()
    listed = _pools(machine, account).values_list("price_per_hour", flat=True)
    return next((price for prices in (held, listed) for price in prices), Decimal(0))


def _currency(machine: Machine, account: CloudAccount, attempt: LaunchAttempt | None) -> str:
    if attempt is not None and attempt.paid_capacity is not None:
        return attempt.paid_capacity.currency
    return _pools(machine, account).values_list("currency", flat=True).first() or USD


def _pools(machine: Machine, account: CloudAccount) -> QuerySet[Offering]:
    """The pool it is of."""
    return Offering.objects.filter(
        account=account,
        instance_type__name=machine.instance_type,
        zone=machine.zone,
        capacity_type=machine.capacity_type,
    )
