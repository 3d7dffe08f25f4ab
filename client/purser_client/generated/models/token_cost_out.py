from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="TokenCostOut")


@_attrs_define
class TokenCostOut:
    """On the allocated basis: all of the hour's bill over the hour's tokens.

    Attributes:
        hour (datetime.datetime):
        until (datetime.datetime): Covers [hour, until)
        closed (bool):
        endpoint (str):
        project (None | str):
        amount (str):
        currency (str):
        input_tokens (int): Not from the prefix cache
        cached_input_tokens (int):
        output_tokens (int):
        cost_per_million (None | str):
        cost_per_million_output (None | str):
        method (str):
        completeness (float):
        gap_seconds (float):
        reason (str): Why there is no number, or why it is rough
    """

    hour: datetime.datetime
    until: datetime.datetime
    closed: bool
    endpoint: str
    project: None | str
    amount: str
    currency: str
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    cost_per_million: None | str
    cost_per_million_output: None | str
    method: str
    completeness: float
    gap_seconds: float
    reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        hour = self.hour.isoformat()

        until = self.until.isoformat()

        closed = self.closed

        endpoint = self.endpoint

        project: None | str
        project = self.project

        amount = self.amount

        currency = self.currency

        input_tokens = self.input_tokens

        cached_input_tokens = self.cached_input_tokens

        output_tokens = self.output_tokens

        cost_per_million: None | str
        cost_per_million = self.cost_per_million

        cost_per_million_output: None | str
        cost_per_million_output = self.cost_per_million_output

        method = self.method

        completeness = self.completeness

        gap_seconds = self.gap_seconds

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "hour": hour,
                "until": until,
                "closed": closed,
                "endpoint": endpoint,
                "project": project,
                "amount": amount,
                "currency": currency,
                "input_tokens": input_tokens,
                "cached_input_tokens": cached_input_tokens,
                "output_tokens": output_tokens,
                "cost_per_million": cost_per_million,
                "cost_per_million_output": cost_per_million_output,
                "method": method,
                "completeness": completeness,
                "gap_seconds": gap_seconds,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        hour = datetime.datetime.fromisoformat(d.pop("hour"))

        until = datetime.datetime.fromisoformat(d.pop("until"))

        closed = d.pop("closed")

        endpoint = d.pop("endpoint")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        amount = d.pop("amount")

        currency = d.pop("currency")

        input_tokens = d.pop("input_tokens")

        cached_input_tokens = d.pop("cached_input_tokens")

        output_tokens = d.pop("output_tokens")

        def _parse_cost_per_million(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cost_per_million = _parse_cost_per_million(d.pop("cost_per_million"))

        def _parse_cost_per_million_output(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cost_per_million_output = _parse_cost_per_million_output(d.pop("cost_per_million_output"))

        method = d.pop("method")

        completeness = d.pop("completeness")

        gap_seconds = d.pop("gap_seconds")

        reason = d.pop("reason")

        token_cost_out = cls(
            hour=hour,
            until=until,
            closed=closed,
            endpoint=endpoint,
            project=project,
            amount=amount,
            currency=currency,
            input_tokens=input_tokens,
            cached_input_tokens=cached_input_tokens,
            output_tokens=output_tokens,
            cost_per_million=cost_per_million,
            cost_per_million_output=cost_per_million_output,
            method=method,
            completeness=completeness,
            gap_seconds=gap_seconds,
            reason=reason,
        )

        token_cost_out.additional_properties = d
        return token_cost_out

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
