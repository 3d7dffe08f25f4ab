from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.limit_line_out_after_type_0 import LimitLineOutAfterType0
    from ..models.limit_line_out_before_type_0 import LimitLineOutBeforeType0


T = TypeVar("T", bound="LimitLineOut")


@_attrs_define
class LimitLineOut:
    """
    Attributes:
        index (int):
        label (str):
        effect (str): created, changed, unchanged, waiting or refused
        id (None | str):
        before (LimitLineOutBeforeType0 | None):
        after (LimitLineOutAfterType0 | None):
        note (str):
        code (str): Of a refusal
        field (str): That the refusal is about
    """

    index: int
    label: str
    effect: str
    id: None | str
    before: LimitLineOutBeforeType0 | None
    after: LimitLineOutAfterType0 | None
    note: str
    code: str
    field: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.limit_line_out_after_type_0 import LimitLineOutAfterType0  # noqa: PLC0415
        from ..models.limit_line_out_before_type_0 import LimitLineOutBeforeType0  # noqa: PLC0415

        index = self.index

        label = self.label

        effect = self.effect

        id: None | str
        id = self.id

        before: dict[str, Any] | None
        if isinstance(self.before, LimitLineOutBeforeType0):
            before = self.before.to_dict()
        else:
            before = self.before

        after: dict[str, Any] | None
        if isinstance(self.after, LimitLineOutAfterType0):
            after = self.after.to_dict()
        else:
            after = self.after

        note = self.note

        code = self.code

        field = self.field

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "index": index,
                "label": label,
                "effect": effect,
                "id": id,
                "before": before,
                "after": after,
                "note": note,
                "code": code,
                "field": field,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.limit_line_out_after_type_0 import LimitLineOutAfterType0  # noqa: PLC0415
        from ..models.limit_line_out_before_type_0 import LimitLineOutBeforeType0  # noqa: PLC0415

        d = dict(src_dict)
        index = d.pop("index")

        label = d.pop("label")

        effect = d.pop("effect")

        def _parse_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        id = _parse_id(d.pop("id"))

        def _parse_before(data: object) -> LimitLineOutBeforeType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                before_type_0 = LimitLineOutBeforeType0.from_dict(data)

                return before_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LimitLineOutBeforeType0 | None, data)

        before = _parse_before(d.pop("before"))

        def _parse_after(data: object) -> LimitLineOutAfterType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                after_type_0 = LimitLineOutAfterType0.from_dict(data)

                return after_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LimitLineOutAfterType0 | None, data)

        after = _parse_after(d.pop("after"))

        note = d.pop("note")

        code = d.pop("code")

        field = d.pop("field")

        limit_line_out = cls(
            index=index,
            label=label,
            effect=effect,
            id=id,
            before=before,
            after=after,
            note=note,
            code=code,
            field=field,
        )

        limit_line_out.additional_properties = d
        return limit_line_out

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
