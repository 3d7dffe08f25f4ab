"""A transport that repeats what may be repeated: reads, and calls that carry an Idempotency-Key."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import httpx

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
LATER = frozenset({429, 502, 503, 504})
IN_PROGRESS = b"idempotency-in-progress"
LONGEST_WAIT_SECONDS = 30.0


class Retrying(httpx.BaseTransport):
    """Waits twice as long each time, or as long as `Retry-After` says; the same request, with the same key."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        attempts: int = 4,
        first_wait_seconds: float = 0.25,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._inner = inner
        self._attempts = max(attempts, 1)
        self._first = first_wait_seconds
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        repeatable = request.method in REPEATABLE or "Idempotency-Key" in request.headers
        attempts = self._attempts if repeatable else 1
        for attempt in range(1, attempts + 1):
            last = attempt == attempts
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError:
                if last:
                    raise
                self._sleep(self._wait(attempt))
                continue
            if last or not self._asks_again(response):
                return response
            response.close()
            self._sleep(self._wait(attempt, response.headers.get("Retry-After", "")))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def close(self) -> None:
        self._inner.close()

    @staticmethod
    def _asks_again(response: httpx.Response) -> bool:
        if response.status_code == 409:
            return IN_PROGRESS in response.read()
        return response.status_code in LATER

    def _wait(self, attempt: int, retry_after: str = "") -> float:
        usual = self._first * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311  # spreads callers, no secret
        asked = float(retry_after) if retry_after.isdigit() else 0.0
        return float(min(max(usual, asked), LONGEST_WAIT_SECONDS))
