"""Following objects as they change: listed once, then watched, and listed anew when the watch is too old."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from fleet.providers.kubernetes.api import Api, Kind
from fleet.providers.kubernetes.errors import Said

TOO_OLD = 410
LEAST_SECONDS = 0.02


def follow(api: Api, kind: Kind, namespace: str, until: float, size: int, **query: str) -> Iterator[list[Any]]:
    """All objects as they are now: at first, after each change, and a last time at `until` (of the monotonic clock).

    A bookmark moves the version on without a change, so that a watch of something quiet does not grow too old. Raises
    what a call raises.
    """
    while True:
        found, version = _listed(api, kind, namespace, size, query)
        yield list(found.values())
        try:
            for changed in _changes(api, kind, namespace, version, until, found, query):
                if changed:
                    yield list(found.values())
            yield list(found.values())
            return
        except Said as error:
            if error.status != TOO_OLD:
                raise


def _listed(api: Api, kind: Kind, namespace: str, size: int, query: dict[str, str]) -> tuple[dict[str, Any], str]:
    found: dict[str, Any] = {}
    version = ""
    for rows, told in api.pages(kind, namespace, size, **query):
        version = told
        found |= {str(row["metadata"]["uid"]): row for row in rows}
    return found, version


def _changes(
    api: Api, kind: Kind, namespace: str, version: str, until: float, found: dict[str, Any], query: dict[str, str]
) -> Iterator[bool]:
    """Applies events to `found`, and yields after each whether it changed something, which a bookmark does not."""
    while (left := until - time.monotonic()) > LEAST_SECONDS:
        for event in api.watch(kind, namespace, version, left, **query):
            about = event["object"]["metadata"]
            version = str(about["resourceVersion"])
            if event["type"] == "BOOKMARK":
                yield False
                continue
            if event["type"] == "DELETED":
                found.pop(str(about["uid"]), None)
            else:
                found[str(about["uid"])] = event["object"]
            yield True
