"""What several commands read: whole lists, the burn rate by allocation and endpoint, and news as it comes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from purser_client.session import Purser

PAGE = 100
SLOWEST_SECONDS = 2.0


def every(purser: Purser, path: str, *, most: int | None = None, **parameters: Any) -> Iterator[dict[str, Any]]:
    """Every row of a list, or the first `most`."""
    parameters["limit"] = PAGE if most is None else min(most, PAGE)
    shown = 0
    while True:
        page = purser.get(path, **parameters)
        for row in page["items"]:
            if most is not None and shown >= most:
                return
            yield row
            shown += 1
        if not page.get("next_cursor"):
            return
        parameters["cursor"] = page["next_cursor"]


def burn_by_allocation(purser: Purser) -> dict[str, Decimal]:
    """$/h of the live machines of each allocation, at the price each was launched for; "" holds those of none."""
    burn: dict[str, Decimal] = defaultdict(Decimal)
    for machine in every(purser, "instances", live=True):
        burn[machine["allocation"] or ""] += Decimal(machine["price_per_hour"])
    return dict(burn)


class News:
    """The feed from now on: waits until something becomes true, without asking all the time."""

    def __init__(self, purser: Purser) -> None:
        self._purser = purser
        self._cursor = purser.get("events", after="now")["cursor"]

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        """What became true within `seconds`; returns as soon as there is something."""
        until = time.monotonic() + seconds
        while True:
            patience = max(int(until - time.monotonic()), 0)
            answer = self._purser.send(
                "GET",
                "events",
                parameters={"after": self._cursor, "limit": 200},
                headers={"Prefer": f"wait={min(patience, 25)}"} if patience else None,
            )
            page = answer.json()
            self._cursor = page["cursor"]
            if page["items"] or time.monotonic() >= until:
                return list(page["items"])
            if "wait" not in answer.headers.get("Preference-Applied", ""):
                time.sleep(min(SLOWEST_SECONDS, max(until - time.monotonic(), 0.0)))
