"""How Azure Resource Manager asks and answers."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from tests.emulators.azure.routes import Route
from tests.emulators.faults import Reply, Request

_PAGED = re.compile(r"(/pages-of-(\d+))?(/.*)", re.DOTALL)
LARGEST_PAGE = 1000


class Refused(Exception):
    """An error as the cloud says it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Address:
    """Where a request goes. A path that begins with /pages-of-N asks for lists in pages of that size."""

    prefix: str
    page_size: int
    path: str

    @classmethod
    def of(cls, request: Request) -> Address:
        matched = _PAGED.fullmatch(request.path)
        prefix, size, path = matched.groups() if matched else (None, None, request.path)
        return cls(prefix or "", int(size or LARGEST_PAGE), path)


@dataclass(frozen=True)
class Call:
    """One request to an operation that Azure has, by somebody who is known."""

    request: Request
    route: Route
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def subscription(self) -> str:
        return self.parameters["subscriptionId"]

    @property
    def group(self) -> str:
        return self.parameters["resourceGroupName"]

    @property
    def url(self) -> str:
        """Where Azure was reached: links lead back there."""
        return f"https://{self.request.headers['host']}{Address.of(self.request).prefix}"

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.request.query, keep_blank_values=True))

    @cached_property
    def body(self) -> dict[str, Any]:
        """Raises Refused when it is no object."""
        try:
            found = json.loads(self.request.body)
        except ValueError as error:
            raise Refused("InvalidRequestContent", "The request content was invalid.") from error
        if not isinstance(found, dict):
            raise Refused("InvalidRequestContent", "The request content was invalid.")
        return found

    def paged(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """The page asked for, with a link to the next one."""
        address = Address.of(self.request)
        start = int(self.query.get("$skiptoken") or 0)
        end = start + address.page_size
        page: dict[str, Any] = {"value": rows[start:end]}
        if end < len(rows):
            query = urlencode({**self.query, "$skiptoken": end}, quote_via=quote)
            page["nextLink"] = f"{self.url}{address.path}?{query}"
        return page


def answer(body: dict[str, Any] | None, status: int = 200, **headers: str) -> Reply:
    """An answer of Azure Resource Manager; every one has a number."""
    told = {
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-correlation-request-id": str(uuid.uuid4()),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    if body is None:
        return Reply(status, b"", told)
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json; charset=utf-8", **told})


def error(refused: Refused) -> Reply:
    headers = {"Retry_After": "1"} if refused.status == 429 else {}
    if refused.status == 401:
        place = 'authorization_uri="https://login.microsoftonline.com/common"'
        headers["WWW_Authenticate"] = f'Bearer {place}, error="invalid_token"'
    return answer({"error": {"code": refused.code, "message": refused.message}}, refused.status, **headers)
