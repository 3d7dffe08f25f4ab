"""`Prefer: wait=10`: answer when it is done, or after so many seconds. Who waits holds no database connection."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from fleet.services import waiting

Found = TypeVar("Found")

_WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;\s])')
PREFER = OpenApiParameter(
    "Prefer",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=f"`wait=10`: answer when it is done, or after 10 seconds; at most {waiting.LONGEST_S}. Anything "
    "else in it is left alone.",
)


def seconds_of(request: Request) -> int:
    """How long the caller would wait, at most half a minute; 0 when they do not say."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), waiting.LONGEST_S) if found else 0


def wait_for(
    look: Callable[[], Found | None], request: Request, projects: Sequence[int] | None
) -> tuple[Found | None, dict[str, str]]:
    """What `look` finds within the caller's patience, and the header that says that it was heeded."""
    seconds = seconds_of(request)
    if not seconds:
        return None, {}
    found, waited = waiting.until(look, projects=projects, seconds=seconds)
    heeded = waited or found is not None
    return found, {"Preference-Applied": f"wait={seconds}"} if heeded else {}
