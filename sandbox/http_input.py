"""Reading requests: JSON bodies, numbers and cursors, each refused with a sentence when it makes no sense."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.clock import parse

MOST_PER_PAGE = 1000
DEFAULT_PER_PAGE = 100


class BadInput(ValueError):
    """The caller's mistake; the text says what to do about it."""


async def json_object(request: web.Request) -> dict[str, Any]:
    """The request's body, which must be a JSON object."""
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise BadInput("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise BadInput("The body must be a JSON object.")
    return body


def only(body: dict[str, Any], *fields: str) -> dict[str, Any]:
    """The body, if it has no other fields than these."""
    if unknown := sorted(set(body) - set(fields)):
        raise BadInput(f"Unknown field {unknown[0]!r}; the fields are {', '.join(fields)}.")
    return body


def whole_number(request: web.Request, name: str, default: int, most: int | None = None) -> int:
    """A query parameter that counts something."""
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadInput(f"{name} must be a whole number, not {text!r}.")
    return min(int(text), most) if most is not None else int(text)


def moment(request: web.Request, name: str, default: datetime) -> datetime:
    """A query parameter that is a time."""
    text = request.query.get(name)
    try:
        # A plus sign that was not escaped arrives as a space.
        return parse(text.replace(" ", "+")) if text else default
    except ValueError as error:
        raise BadInput(f"{name}: {error}.") from error


def page_of(request: web.Request, items: Sequence[tuple[str, Any]]) -> tuple[list[Any], str | None]:
    """One page of items that carry their sort key, and the cursor of the next page."""
    limit = max(1, whole_number(request, "limit", DEFAULT_PER_PAGE, MOST_PER_PAGE))
    after = _key_of(request.query.get("cursor"))
    rest = [item for item in items if after is None or item[0] > after]
    page = rest[:limit]
    more = len(rest) > limit
    return [value for _, value in page], _cursor_of(page[-1][0]) if more else None


def _cursor_of(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key_of(cursor: str | None) -> str | None:
    if not cursor:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"{cursor!r} is not a cursor of this list; leave it out to start again.") from error
