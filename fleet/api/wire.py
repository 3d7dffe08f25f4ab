"""Bytes in, bytes out: a JSON parser that is strict about what it takes, and a fast renderer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from fleet.api.problems import Problem

MAX_BODY_BYTES = 1_000_000
MOST_DISCARDED_BYTES = 64_000_000
CHUNK_BYTES = 65_536
DEEPEST = 40
MOST_DIGITS = 300
"""Any number this long still fits into a float."""


class StrictJSON(BaseParser):
    """JSON in UTF-8 up to a megabyte: no NaN, no infinity, no text PostgreSQL cannot hold, no repeated names."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {}).get("request")
        declared = request.META.get("CONTENT_LENGTH") if request is not None else None
        if declared and declared.isdigit() and int(declared) > MAX_BODY_BYTES:
            raise too_long(stream)
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise too_long(stream)
        return load(body)


class FastJSON(BaseRenderer):
    """orjson: times in RFC 3339 with `Z`, money as decimal strings."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8 by definition

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dump(data)


def too_long(rest: IO[Any] | HttpRequest) -> Problem:
    """The refusal, once what is still on its way was taken in: who is cut off while sending never reads it."""
    taken = 0
    while taken < MOST_DISCARDED_BYTES and (chunk := rest.read(CHUNK_BYTES)):
        taken += len(chunk)
    return Problem(413, "too-long", f"A body may have {MAX_BODY_BYTES} bytes; send less at a time.")


def load(body: bytes) -> Any:
    """Parse a body, or raise a Problem that says where it breaks."""
    try:
        parsed = json.loads(body.decode(), parse_constant=_no_constant, parse_int=_whole, object_pairs_hook=_object)
    except RecursionError:
        raise _broken("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise _broken("it is not in UTF-8") from None
    except ValueError as error:
        raise _broken(str(error)) from None
    _check(parsed, 0)
    return parsed


def dump(data: Any) -> bytes:
    """As the API writes JSON."""
    return orjson.dumps(data, default=_default, option=orjson.OPT_UTC_Z)


def plain(data: Any) -> Any:
    """The same as what a reader of the JSON would get: for keeping."""
    return orjson.loads(dump(data))


def body_of(request: HttpRequest) -> bytes:
    """The raw body, which the fingerprint of a request is made of. Raises Problem when it is too long."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise too_long(request)
    return request.body


def _broken(why: str) -> Problem:
    return Problem(400, "broken-json", f"The body is not JSON: {why}.")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has more than {MOST_DIGITS} digits")
    return int(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _check(value: Any, depth: int) -> None:
    """Refuse what parses but cannot be kept."""
    if depth > DEEPEST:
        raise _broken(f"it is nested more than {DEEPEST} deep")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise _broken("a number is too large")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise _broken("a text holds the character NUL")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _broken("a text holds half of a surrogate pair")


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no JSON form")
