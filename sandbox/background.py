"""Loops that run as long as the sandbox does."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

log = logging.getLogger("sandbox")


@asynccontextmanager
async def running(*loops: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run the loops beside the body and cancel them after it. A loop that fails ends the sandbox.

    A router that stands still would look like missing traffic; it is better to end loudly.
    """
    tasks = [asyncio.create_task(loop) for loop in loops]
    for task in tasks:
        task.add_done_callback(_stop_on_failure)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _stop_on_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.critical("a loop of the sandbox failed, so the sandbox stops", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
