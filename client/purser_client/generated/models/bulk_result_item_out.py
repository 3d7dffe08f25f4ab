from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.problem_out import ProblemOut


T = TypeVar("T", bound="BulkResultItemOut")


@_attrs_define
class BulkResultItemOut:
    """What came of one item: a status as if it had been asked for alone, and an id or a problem.

    Attributes:
        index (int): Place in the request, from 0
        status (int):
        id (None | str):
        operation (None | str):
        problem (None | ProblemOut):
    """

    index: int
    status: int
    id: None | str
    operation: None | str
    problem: None | ProblemOut
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.problem_out import ProblemOut  # noqa: PLC0415

        index = self.index

        status = self.status

        id: None | str
        id = self.id

        operation: None | str
        operation = self.operation

        problem: dict[str, Any] | None
        if isinstance(self.problem, ProblemOut):
            problem = self.problem.to_dict()
        else:
            problem = self.problem

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "index": index,
                "status": status,
                "id": id,
                "operation": operation,
                "problem": problem,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.problem_out import ProblemOut  # noqa: PLC0415

        d = dict(src_dict)
        index = d.pop("index")

        status = d.pop("status")

        def _parse_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        id = _parse_id(d.pop("id"))

        def _parse_operation(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        operation = _parse_operation(d.pop("operation"))

        def _parse_problem(data: object) -> None | ProblemOut:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                problem_type_0 = ProblemOut.from_dict(data)

                return problem_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ProblemOut, data)

        problem = _parse_problem(d.pop("problem"))

        bulk_result_item_out = cls(
            index=index,
            status=status,
            id=id,
            operation=operation,
            problem=problem,
        )

        bulk_result_item_out.additional_properties = d
        return bulk_result_item_out

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
