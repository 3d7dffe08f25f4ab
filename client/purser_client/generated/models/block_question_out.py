from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.block_question_out_state_enum import BlockQuestionOutStateEnum, check_block_question_out_state_enum

if TYPE_CHECKING:
    from ..models.block_offer_out import BlockOfferOut
    from ..models.block_question_out_wanted import BlockQuestionOutWanted
    from ..models.unanswered_out import UnansweredOut


T = TypeVar("T", bound="BlockQuestionOut")


@_attrs_define
class BlockQuestionOut:
    """`items` is whole once `finished_at` is set; an empty one then says that nothing is for sale.

    Attributes:
        id (str):
        project (str):
        account (None | str): Empty: every account
        wanted (BlockQuestionOutWanted): As it was asked
        state (BlockQuestionOutStateEnum): * `waiting` - Waits for a worker
            * `asking` - The clouds are asked
            * `answered` - Answered
            * `failed` - No cloud answered
        progress (float):
        calls (int): Of clouds, in all; 0 until a worker has begun
        calls_done (int):
        detail (str):
        items (list[BlockOfferOut]): The cheapest first
        problems (list[UnansweredOut]): What could not be asked, and what to do about it
        requested_by (str):
        asked_at (datetime.datetime): Real time
        finished_at (datetime.datetime | None): Real time; empty while it waits or runs
    """

    id: str
    project: str
    account: None | str
    wanted: BlockQuestionOutWanted
    state: BlockQuestionOutStateEnum
    progress: float
    calls: int
    calls_done: int
    detail: str
    items: list[BlockOfferOut]
    problems: list[UnansweredOut]
    requested_by: str
    asked_at: datetime.datetime
    finished_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        project = self.project

        account: None | str
        account = self.account

        wanted = self.wanted.to_dict()

        state: str = self.state

        progress = self.progress

        calls = self.calls

        calls_done = self.calls_done

        detail = self.detail

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        problems = []
        for problems_item_data in self.problems:
            problems_item = problems_item_data.to_dict()
            problems.append(problems_item)

        requested_by = self.requested_by

        asked_at = self.asked_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "project": project,
                "account": account,
                "wanted": wanted,
                "state": state,
                "progress": progress,
                "calls": calls,
                "calls_done": calls_done,
                "detail": detail,
                "items": items,
                "problems": problems,
                "requested_by": requested_by,
                "asked_at": asked_at,
                "finished_at": finished_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.block_offer_out import BlockOfferOut  # noqa: PLC0415
        from ..models.block_question_out_wanted import BlockQuestionOutWanted  # noqa: PLC0415
        from ..models.unanswered_out import UnansweredOut  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        project = d.pop("project")

        def _parse_account(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        account = _parse_account(d.pop("account"))

        wanted = BlockQuestionOutWanted.from_dict(d.pop("wanted"))

        state = check_block_question_out_state_enum(d.pop("state"))

        progress = d.pop("progress")

        calls = d.pop("calls")

        calls_done = d.pop("calls_done")

        detail = d.pop("detail")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = BlockOfferOut.from_dict(items_item_data)

            items.append(items_item)

        problems = []
        _problems = d.pop("problems")
        for problems_item_data in _problems:
            problems_item = UnansweredOut.from_dict(problems_item_data)

            problems.append(problems_item)

        requested_by = d.pop("requested_by")

        asked_at = datetime.datetime.fromisoformat(d.pop("asked_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        block_question_out = cls(
            id=id,
            project=project,
            account=account,
            wanted=wanted,
            state=state,
            progress=progress,
            calls=calls,
            calls_done=calls_done,
            detail=detail,
            items=items,
            problems=problems,
            requested_by=requested_by,
            asked_at=asked_at,
            finished_at=finished_at,
        )

        block_question_out.additional_properties = d
        return block_question_out

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
