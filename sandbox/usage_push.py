"""Pushing usage events to Purser: at least once, in batches, with backoff; a refusal is recorded, not repeated."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import aiohttp

from sandbox.journal import Journal, PendingEvent

BATCH_EVENTS = 200
INTERVAL_SECONDS_REAL = 0.5
FIRST_BACKOFF_SECONDS_REAL = 0.5
LONGEST_BACKOFF_SECONDS_REAL = 5.0
TIMEOUT = aiohttp.ClientTimeout(total=10)
UNACCEPTABLE = (400, 413, 422)  # the batch itself is at fault: halve it, and give up on a single event


class NotTaken(Exception):
    """Purser did not take the batch; it stays pending."""


class UsagePusher:
    """Sends pending events while the router has somewhere to send them."""

    def __init__(self, journal: Journal, session: aiohttp.ClientSession) -> None:
        self._journal, self._session = journal, session
        self._lock = asyncio.Lock()
        self._url, self._token = "", ""
        self._batch_events = BATCH_EVENTS
        self.pushed: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.last_error: str | None = None
        self.last_refusal: str | None = None

    def send_to(self, purser_url: str, api_token: str) -> None:
        self._url, self._token = f"{purser_url.rstrip('/')}/api/v1/usage-events", api_token

    async def run(self) -> None:
        """Runs for the life of the sandbox."""
        backoff = 0.0
        while True:
            await asyncio.sleep(max(backoff, INTERVAL_SECONDS_REAL))
            if await self.push_all():
                backoff = 0.0
            else:
                backoff = min(LONGEST_BACKOFF_SECONDS_REAL, max(FIRST_BACKOFF_SECONDS_REAL, 2 * backoff))

    async def push_all(self) -> bool:
        """Push until nothing is pending. False when Purser did not take a batch; it will be tried again."""
        async with self._lock:
            self._journal.flush()
            while self._url and self._journal.pending:
                try:
                    await self._push(self._journal.batch(self._batch_events))
                except NotTaken as error:
                    self.last_error = str(error)
                    return False
                self.last_error = None
            return True

    async def _push(self, events: list[PendingEvent]) -> None:
        status, text = await self._post({"events": [event.body for event in events]})
        answer = _parsed(text)
        if status < 300 or "refused" in answer:
            self._settle(events, _refusals(answer))
        elif status in UNACCEPTABLE and len(events) > 1:
            self._batch_events = len(events) // 2
        elif status in UNACCEPTABLE:
            self._settle(events, {events[0].id: f"{status}: {text[:300]}"})
        else:
            raise NotTaken(f"Purser answered {status}: {text[:300]}")

    async def _post(self, body: dict[str, Any]) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with self._session.post(self._url, json=body, headers=headers, timeout=TIMEOUT) as answer:
                return answer.status, await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotTaken(f"Purser cannot be reached: {str(error) or type(error).__name__}") from error

    def _settle(self, events: list[PendingEvent], refused: dict[str, str]) -> None:
        self._journal.settle(events, refused)
        for event in events:
            (self.refused if event.id in refused else self.pushed)[event.endpoint] += 1
            self.last_refusal = refused.get(event.id, self.last_refusal)
        self._batch_events = min(BATCH_EVENTS, 2 * self._batch_events)


def _parsed(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refusals(answer: dict[str, Any]) -> dict[str, str]:
    items = answer.get("refused") or []
    return {str(item["id"]): str(item.get("detail", "")) for item in items if isinstance(item, dict) and "id" in item}
