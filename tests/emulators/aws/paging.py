"""Pages and filters, by EC2's rules."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from tests.emulators.aws.wire import Refused

Row = TypeVar("Row")
VALUES_AT_MOST = 200


def page(
    rows: Sequence[Row], params: dict[str, Any], *, least: int, most: int, default: int | None = None
) -> tuple[Sequence[Row], str | None]:
    """Exactly MaxResults rows and the token of the next page, None after the last. Raises Refused."""
    size = params.get("MaxResults")
    if size is not None and not least <= size <= most:
        side = f"greater than {least}" if size < least else f"less than {most}"
        told = f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value {side}."
        raise Refused("InvalidParameterValue", told)
    start = _start(params.get("NextToken") or "")
    end = start + (size or default or max(len(rows), 1))
    return rows[start:end], (_token(end) if end < len(rows) else None)


def filters(params: dict[str, Any], known: Iterable[str]) -> dict[str, list[str]]:
    """The filters of a call, of those `known` and of tags. Raises Refused for others, and for too many values."""
    asked = {item["Name"]: list(item.get("Values") or []) for item in params.get("Filters") or []}
    for name in asked:
        if name not in known and not name.startswith("tag:"):
            raise Refused("InvalidParameterValue", f"The filter '{name}' is invalid")
    if sum(map(len, asked.values())) > VALUES_AT_MOST:
        told = f"The maximum number of filter values specified on a single call is {VALUES_AT_MOST}"
        raise Refused("FilterLimitExceeded", told)
    return asked


def matching(rows: Iterable[Row], asked: dict[str, list[str]], values: Callable[[Row, str], list[str]]) -> list[Row]:
    """The rows that every filter lets through; `values` gives what a row has for a filter."""
    return [
        row
        for row in rows
        if all(any(like(has, want) for has in values(row, name) for want in wanted) for name, wanted in asked.items())
    ]


def tagged(tags: Iterable[dict[str, str]], name: str) -> list[str]:
    """What tags have for the filters tag:… and tag-key."""
    return [
        tag["Key"] if name == "tag-key" else tag["Value"] for tag in tags if name in ("tag-key", f"tag:{tag['Key']}")
    ]


def like(value: str, pattern: str) -> bool:
    """EC2's wildcards: * for any text, ? for one character."""
    wild = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(wild, value, re.DOTALL) is not None


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from:"))
    except ValueError as error:
        raise Refused("InvalidNextToken", "The specified NextToken is not valid") from error
