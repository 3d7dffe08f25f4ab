"""Nobody overwrites what they have not read: tags on every answer, `If-Match` on every change.

A row's tag is `"<version>-<digest>"`. The version is the row's generation, which grows when somebody changes what is
wanted; the digest is of the whole answer. A read with `If-None-Match` compares all of it; a change compares the
version only, so that a machine that boots meanwhile does not make anybody's edit stale.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from rest_framework.request import Request

from fleet.api.problems import Problem
from fleet.api.shapes import shape
from fleet.api.wire import dump

ANYTHING = "*"
CHANGES_A_ROW = ("PUT", "PATCH", "DELETE")
TAG_PATTERN = shape(
    r'^(\*|"[0-9A-Za-z._+/=-]{1,100}")$',
    "Write the ETag of what you read, in its quotes, or * for any.",
)
_TAG = re.compile(TAG_PATTERN)
CHANGED = "It has changed since you read it; read it again and repeat."


def etag(*parts: object) -> str:
    """A strong tag of these values, for what is only read."""
    return '"' + hashlib.sha256(repr(parts).encode()).hexdigest()[:24] + '"'


def tag_of(version: object, body: Any) -> str:
    """The tag of a row in this version, shown as this body."""
    return f'"{version}-{hashlib.sha256(dump(body)).hexdigest()[:16]}"'


def version_of(*values: object) -> str:
    """The version of a row that keeps no generation: a word of the columns somebody may change."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:12]


def require_match(request: Request) -> None:
    """428 unless the caller says which version it wants to change."""
    given = _given(request)
    if not all(_TAG.fullmatch(one) for one in given):
        raise Problem(400, "if-match", 'If-Match is *, or one ETag or several as they were given: "3-9af1…".')
    if not given:
        raise Problem(
            428,
            "precondition-required",
            "Say which version you mean to change: read it first and send its ETag as If-Match, or If-Match: * for "
            "whatever it is by now.",
        )


def is_given(request: Request, tag: str) -> bool:
    """Whether `If-Match` names this tag, or its version, or anything."""
    given = _given(request)
    return given == [ANYTHING] or tag in given or _version(tag) in [_version(one) for one in given]


def same_version(one: str, other: str) -> bool:
    """Whether two tags are of the same version, whatever was shown beside it."""
    return _version(one) == _version(other)


def means_anything(request: Request) -> bool:
    """Whether the caller changes it whatever it is by now."""
    return _given(request) == [ANYTHING]


def check_match(request: Request, tag: str) -> None:
    """412 when the caller has read another version than the one of this tag."""
    require_match(request)
    if not is_given(request, tag):
        raise Problem(412, "changed", CHANGED)


def is_known(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` says that the caller has this answer already."""
    wanted = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    return tag in wanted


def _given(request: Request) -> list[str]:
    """Tags without the mark of a proxy that compressed the answer: the row behind it is the same."""
    parts = [part.strip().removeprefix("W/") for part in request.headers.get("If-Match", "").split(",")]
    return [part for part in parts if part]


def _version(tag: str) -> str:
    """What stands before the digest; a tag without one is all version."""
    return tag.strip('"').rpartition("-")[0] or tag.strip('"')
