from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.charge_kind import ChargeKind, check_charge_kind

T = TypeVar("T", bound="LedgerEntryOut")


@_attrs_define
class LedgerEntryOut:
    """One side of a transaction, whose entries add up to zero. Never changed: corrections are reversals.

    Attributes:
        id (int):
        transaction (UUID):
        account (str): cost:<project, leak or unused>, payable:<cloud account>, prepaid:<paid capacity>
        amount (str):
        currency (str):
        kind (ChargeKind): * `machine` - Machine of an allocation
            * `leak` - Machine nobody asked for
            * `unused` - Paid capacity nobody used
            * `prepaid` - Fee of a capacity block
        start (datetime.datetime): Business time; inside one hour
        end (datetime.datetime): Exclusive
        hour (datetime.datetime):
        instance (None | str): Empty: it is about paid capacity, not a machine
        paid_capacity (None | str):
        cloud (str):
        project (None | str):
        endpoint (None | str):
        price_per_hour (str):
        price_source (str): launch, or market@ and the change's instant
        reverses (int | None): The entry it takes back
        reason (str): Why it was reversed
        recorded_at (datetime.datetime): Real time
    """

    id: int
    transaction: UUID
    account: str
    amount: str
    currency: str
    kind: ChargeKind
    start: datetime.datetime
    end: datetime.datetime
    hour: datetime.datetime
    instance: None | str
    paid_capacity: None | str
    cloud: str
    project: None | str
    endpoint: None | str
    price_per_hour: str
    price_source: str
    reverses: int | None
    reason: str
    recorded_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        transaction = str(self.transaction)

        account = self.account

        amount = self.amount

        currency = self.currency

        kind: str = self.kind

        start = self.start.isoformat()

        end = self.end.isoformat()

        hour = self.hour.isoformat()

        instance: None | str
        instance = self.instance

        paid_capacity: None | str
        paid_capacity = self.paid_capacity

        cloud = self.cloud

        project: None | str
        project = self.project

        endpoint: None | str
        endpoint = self.endpoint

        price_per_hour = self.price_per_hour

        price_source = self.price_source

        reverses: int | None
        reverses = self.reverses

        reason = self.reason

        recorded_at = self.recorded_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "transaction": transaction,
                "account": account,
                "amount": amount,
                "currency": currency,
                "kind": kind,
                "start": start,
                "end": end,
                "hour": hour,
                "instance": instance,
                "paid_capacity": paid_capacity,
                "cloud": cloud,
                "project": project,
                "endpoint": endpoint,
                "price_per_hour": price_per_hour,
                "price_source": price_source,
                "reverses": reverses,
                "reason": reason,
                "recorded_at": recorded_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        transaction = UUID(d.pop("transaction"))

        account = d.pop("account")

        amount = d.pop("amount")

        currency = d.pop("currency")

        kind = check_charge_kind(d.pop("kind"))

        start = datetime.datetime.fromisoformat(d.pop("start"))

        end = datetime.datetime.fromisoformat(d.pop("end"))

        hour = datetime.datetime.fromisoformat(d.pop("hour"))

        def _parse_instance(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        instance = _parse_instance(d.pop("instance"))

        def _parse_paid_capacity(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        paid_capacity = _parse_paid_capacity(d.pop("paid_capacity"))

        cloud = d.pop("cloud")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        def _parse_endpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        endpoint = _parse_endpoint(d.pop("endpoint"))

        price_per_hour = d.pop("price_per_hour")

        price_source = d.pop("price_source")

        def _parse_reverses(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        reverses = _parse_reverses(d.pop("reverses"))

        reason = d.pop("reason")

        recorded_at = datetime.datetime.fromisoformat(d.pop("recorded_at"))

        ledger_entry_out = cls(
            id=id,
            transaction=transaction,
            account=account,
            amount=amount,
            currency=currency,
            kind=kind,
            start=start,
            end=end,
            hour=hour,
            instance=instance,
            paid_capacity=paid_capacity,
            cloud=cloud,
            project=project,
            endpoint=endpoint,
            price_per_hour=price_per_hour,
            price_source=price_source,
            reverses=reverses,
            reason=reason,
            recorded_at=recorded_at,
        )

        ledger_entry_out.additional_properties = d
        return ledger_entry_out

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
