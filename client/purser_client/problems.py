"""Refusals of the API as exceptions. The text is Purser's sentence; `code` is stable, `field` says which input."""

from __future__ import annotations

import json
from typing import Any

import httpx


class Problem(Exception):
    """The API did not do it. `retryable` says whether the same request may succeed later."""

    def __init__(
        self,
        detail: str,
        *,
        status: int = 0,
        code: str = "",
        errors: tuple[dict[str, str], ...] = (),
        request_id: str = "",
        retryable: bool = False,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.code = code
        self.errors = errors
        self.request_id = request_id
        self.retryable = retryable

    @property
    def field(self) -> str:
        """The first input at fault; empty when it is none."""
        return self.errors[0]["field"] if self.errors else ""


class Invalid(Problem):
    """The request cannot be read as it is: correct it."""


class NotAuthenticated(Problem):
    """The token is missing, expired or revoked: get another."""


class Forbidden(Problem):
    """The token lacks the scope for this."""


class NotFound(Problem):
    """There is no such thing, or it is another project's."""


class Conflict(Problem):
    """Not as things stand: look at the row, then ask again."""


class Changed(Problem):
    """Somebody changed it since it was read: read it again."""


class Impossible(Problem):
    """Understood, but it cannot be done: quota, budget, or nothing on sale."""


class TooMany(Problem):
    """Too many requests; repeated for you until patience ends."""


class Broken(Problem):
    """A fault on Purser's side; the request id finds it in the log."""


class Unreachable(Problem):
    """No answer came. A call that spends was sent with one key throughout, so nothing was bought twice."""


class OperationFailed(Problem):
    """What was accepted came to nothing."""


OF_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Changed,
    413: Invalid,
    415: Invalid,
    422: Impossible,
    428: Changed,
    429: TooMany,
}


def raise_for_problem(response: httpx.Response) -> None:
    """An httpx response hook: nothing to do for what went well, an exception for what did not."""
    if response.status_code < 400:
        return
    response.read()
    raise problem_of(response)


def problem_of(response: httpx.Response) -> Problem:
    """The exception for a refusal, also for one that did not come from Purser itself."""
    status = response.status_code
    kind = OF_STATUS.get(status, Broken if status >= 500 else Problem)
    body = _body(response)
    if body is None:
        said = f"{response.request.url.host} answered {status} with something that is no problem of Purser's."
        return kind(said, status=status, retryable=status >= 500)
    errors = tuple(
        {name: str(error.get(name, "")) for name in ("field", "pointer", "detail")}
        for error in body.get("errors") or ()
        if isinstance(error, dict)
    )
    return kind(
        str(body.get("detail") or body.get("title") or f"Refused with status {status}."),
        status=status,
        code=str(body.get("code", "")),
        errors=errors,
        request_id=str(body.get("request_id", "")),
        retryable=bool(body.get("retryable")),
    )


def _body(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) and "detail" in body else None
