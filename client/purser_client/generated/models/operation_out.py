from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.operation_state import OperationState, check_operation_state

if TYPE_CHECKING:
    from ..models.operation_out_result_type_0 import OperationOutResultType0
    from ..models.problem_out import ProblemOut


T = TypeVar("T", bound="OperationOut")


@_attrs_define
class OperationOut:
    """`done` with `error`: it failed or was cancelled; `done` without: it succeeded.

    Attributes:
        id (str):
        kind (str): allocation.create, endpoint.delete, bulk …
        subject (str): Public id of what it is about
        project (None | str):
        state (OperationState): * `running` - Running
            * `succeeded` - Succeeded
            * `failed` - Failed
            * `cancelled` - Cancelled
        done (bool):
        progress (float):
        detail (str): How far it is, in words
        next_action (None | str): What happens next by itself
        next_action_at (datetime.datetime | None):
        error (None | ProblemOut):
        result (None | OperationOutResultType0):
        requested_by (str):
        request_id (str):
        created_at (datetime.datetime):
        cancelled_at (datetime.datetime | None):
        cancelled_by (str):
        finished_at (datetime.datetime | None):
    """

    id: str
    kind: str
    subject: str
    project: None | str
    state: OperationState
    done: bool
    progress: float
    detail: str
    next_action: None | str
    next_action_at: datetime.datetime | None
    error: None | ProblemOut
    result: None | OperationOutResultType0
    requested_by: str
    request_id: str
    created_at: datetime.datetime
    cancelled_at: datetime.datetime | None
    cancelled_by: str
    finished_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.operation_out_result_type_0 import OperationOutResultType0  # noqa: PLC0415
        from ..models.problem_out import ProblemOut  # noqa: PLC0415

        id = self.id

        kind = self.kind

        subject = self.subject

        project: None | str
        project = self.project

        state: str = self.state

        done = self.done

        progress = self.progress

        detail = self.detail

        next_action: None | str
        next_action = self.next_action

        next_action_at: None | str
        if isinstance(self.next_action_at, datetime.datetime):
            next_action_at = self.next_action_at.isoformat()
        else:
            next_action_at = self.next_action_at

        error: dict[str, Any] | None
        if isinstance(self.error, ProblemOut):
            error = self.error.to_dict()
        else:
            error = self.error

        result: dict[str, Any] | None
        if isinstance(self.result, OperationOutResultType0):
            result = self.result.to_dict()
        else:
            result = self.result

        requested_by = self.requested_by

        request_id = self.request_id

        created_at = self.created_at.isoformat()

        cancelled_at: None | str
        if isinstance(self.cancelled_at, datetime.datetime):
            cancelled_at = self.cancelled_at.isoformat()
        else:
            cancelled_at = self.cancelled_at

        cancelled_by = self.cancelled_by

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
                "kind": kind,
                "subject": subject,
                "project": project,
                "state": state,
                "done": done,
                "progress": progress,
                "detail": detail,
                "next_action": next_action,
                "next_action_at": next_action_at,
                "error": error,
                "result": result,
                "requested_by": requested_by,
                "request_id": request_id,
                "created_at": created_at,
                "cancelled_at": cancelled_at,
                "cancelled_by": cancelled_by,
                "finished_at": finished_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.operation_out_result_type_0 import OperationOutResultType0  # noqa: PLC0415
        from ..models.problem_out import ProblemOut  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        kind = d.pop("kind")

        subject = d.pop("subject")

        def _parse_project(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project = _parse_project(d.pop("project"))

        state = check_operation_state(d.pop("state"))

        done = d.pop("done")

        progress = d.pop("progress")

        detail = d.pop("detail")

        def _parse_next_action(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_action = _parse_next_action(d.pop("next_action"))

        def _parse_next_action_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_action_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_action_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_action_at = _parse_next_action_at(d.pop("next_action_at"))

        def _parse_error(data: object) -> None | ProblemOut:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = ProblemOut.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ProblemOut, data)

        error = _parse_error(d.pop("error"))

        def _parse_result(data: object) -> None | OperationOutResultType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                result_type_0 = OperationOutResultType0.from_dict(data)

                return result_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | OperationOutResultType0, data)

        result = _parse_result(d.pop("result"))

        requested_by = d.pop("requested_by")

        request_id = d.pop("request_id")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_cancelled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                cancelled_at_type_0 = datetime.datetime.fromisoformat(data)

                return cancelled_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        cancelled_at = _parse_cancelled_at(d.pop("cancelled_at"))

        cancelled_by = d.pop("cancelled_by")

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

        operation_out = cls(
            id=id,
            kind=kind,
            subject=subject,
            project=project,
            state=state,
            done=done,
            progress=progress,
            detail=detail,
            next_action=next_action,
            next_action_at=next_action_at,
            error=error,
            result=result,
            requested_by=requested_by,
            request_id=request_id,
            created_at=created_at,
            cancelled_at=cancelled_at,
            cancelled_by=cancelled_by,
            finished_at=finished_at,
        )

        operation_out.additional_properties = d
        return operation_out

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
