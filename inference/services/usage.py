"""Usage events: taken at least once from whoever pushes them, counted exactly once.

A batch is one transaction: the events that are new are inserted, and only what was inserted is added to the windows.
A crash before the commit leaves nothing, and the sender's repeat does it all; a repeat after it finds every id taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from fleet.models import Project
from inference.domain import sketch
from inference.domain.counters import minute_of
from inference.domain.usage import BadEvent, Usage, parse
from inference.models import Endpoint, Outcome, Replica, Window, WindowSource
from inference.services.windows import save

MOST_EVENTS = 1_000

_INSERT = """
    INSERT INTO inference_usageevent (endpoint_id, event_id, replica_id, project_id, model, accepted_at, first_token_at,
        finished_at, input_tokens, cached_input_tokens, output_tokens, ttft_ms, itl_mean_ms, e2e_ms, outcome)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[],
        %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[],
        %s::float8[], %s::text[])
    ON CONFLICT (endpoint_id, event_id) DO NOTHING
    RETURNING endpoint_id, event_id
"""


@dataclass(frozen=True)
class _Known:
    """An event whose endpoint, replica and project were found."""

    usage: Usage
    endpoint_id: int
    replica_id: int | None
    project_id: int

    @property
    def key(self) -> tuple[int, str]:
        return (self.endpoint_id, self.usage.event_id)


def ingest(events: Sequence[Any], *, project_ids_allowed: Collection[int], now: datetime) -> dict[str, Any]:
    """Count what is new. Answers `accepted`, `duplicates` and, one by one with its id, what was `refused` and why."""
    refused: list[dict[str, Any]] = []
    parsed = _parsed(events, refused, now)
    known = _known(parsed, project_ids_allowed, refused)
    # In key order, so that two batches that share events or minutes wait for each other instead of deadlocking.
    unique = sorted({event.key: event for event in reversed(known)}.values(), key=lambda event: event.key)
    with transaction.atomic():
        inserted = _insert(unique)
        _count([event for event in unique if event.key in inserted])
    return {"accepted": len(inserted), "duplicates": len(known) - len(inserted), "refused": refused}


def _parsed(events: Iterable[Any], refused: list[dict[str, Any]], now: datetime) -> list[Usage]:
    oldest = now - timedelta(days=settings.TELEMETRY_DETAIL_DAYS)
    parsed = []
    for event in events:
        try:
            parsed.append(parse(event, now=now, oldest=oldest))
        except BadEvent as error:
            said = event.get("id") if isinstance(event, dict) else None
            refused.append({"id": said if isinstance(said, str) else None, "detail": str(error)})
    return parsed


def _known(events: Sequence[Usage], allowed: Collection[int], refused: list[dict[str, Any]]) -> list[_Known]:
    """Names to keys, three queries for the batch. Another project's endpoint is as unknown as one that never was."""
    endpoints = {
        public_id: (pk, project_id)
        for public_id, pk, project_id in Endpoint.objects.filter(
            public_id__in={event.endpoint for event in events}, project_id__in=allowed
        ).values_list("public_id", "pk", "project_id")
    }
    replicas = {
        (endpoint_id, public_id): pk
        for endpoint_id, public_id, pk in Replica.objects.filter(
            public_id__in={event.replica for event in events if event.replica},
            endpoint_id__in=[pk for pk, _ in endpoints.values()],
        ).values_list("endpoint_id", "public_id", "pk")
    }
    projects = _projects({event.project for event in events if event.project}, allowed)
    known = []
    for event in events:
        found = endpoints.get(event.endpoint)
        if found is None:
            refused.append({"id": event.event_id, "detail": f"There is no endpoint {event.endpoint} here."})
        elif event.project and event.project not in projects:
            refused.append({"id": event.event_id, "detail": f"There is no project {event.project} here."})
        else:
            replica_id = replicas.get((found[0], event.replica))
            known.append(_Known(event, found[0], replica_id, projects.get(event.project, found[1])))
    return known


def _projects(words: set[str], allowed: Collection[int]) -> dict[str, int]:
    """Projects by public id and by slug."""
    if not words:
        return {}
    rows = Project.objects.filter(pk__in=allowed).values_list("pk", "public_id", "slug")
    return {word: pk for pk, public_id, slug in rows for word in (public_id, slug)}


def _insert(events: Sequence[_Known]) -> set[tuple[int, str]]:
    """Which of them were new."""
    if not events:
        return set()
    rows = [
        (
            event.endpoint_id,
            event.usage.event_id,
            event.replica_id,
            event.project_id,
            event.usage.model,
            event.usage.accepted_at,
            event.usage.first_token_at,
            event.usage.finished_at,
            event.usage.input_tokens,
            event.usage.cached_input_tokens,
            event.usage.output_tokens,
            event.usage.ttft_ms,
            event.usage.itl_mean_ms,
            event.usage.e2e_ms,
            event.usage.outcome,
        )
        for event in events
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
        return set(cursor.fetchall())


def _count(events: Sequence[_Known]) -> None:
    """Add new events to their endpoints' minutes, whose rows are locked in order first."""
    by_minute: dict[tuple[int, datetime], list[Usage]] = defaultdict(list)
    for event in events:
        by_minute[event.endpoint_id, minute_of(event.usage.finished_at)].append(event.usage)
    if not by_minute:
        return
    keys = sorted(by_minute)
    Window.objects.bulk_create(
        [Window(endpoint_id=pk, source=WindowSource.EVENTS, start=start) for pk, start in keys], ignore_conflicts=True
    )
    rows = (
        Window.objects.select_for_update(no_key=True)
        .filter(
            endpoint_id__in={pk for pk, _ in keys},
            replica=None,
            source=WindowSource.EVENTS,
            start__in={start for _, start in keys},
        )
        .order_by("endpoint_id", "start")
    )
    windows = [row for row in rows if (row.endpoint_id, row.start) in by_minute]
    for window in windows:
        _add(window, by_minute[window.endpoint_id, window.start])
    save(windows)


def _add(window: Window, usages: Sequence[Usage]) -> None:
    window.requests += len(usages)
    window.requests_cut += sum(usage.outcome == Outcome.CUT for usage in usages)
    window.requests_error += sum(usage.outcome == Outcome.ERROR for usage in usages)
    window.input_tokens += sum(usage.input_tokens for usage in usages)
    window.cached_input_tokens += sum(usage.cached_input_tokens for usage in usages)
    window.output_tokens += sum(usage.output_tokens for usage in usages)
    window.request_seconds += sum(usage.e2e_ms for usage in usages) / 1000
    served = [usage for usage in usages if usage.outcome == Outcome.OK]
    window.ttft_sketch = _with(window.ttft_sketch, (usage.ttft_ms for usage in served))
    window.itl_sketch = _with(window.itl_sketch, (usage.itl_mean_ms for usage in served))
    window.e2e_sketch = _with(window.e2e_sketch, (usage.e2e_ms for usage in served))


def _with(held: Any, values: Iterable[float | None]) -> bytes | None:
    """The sketch with more values in it; None stays None while there are none."""
    new = sketch.build(value for value in values if value is not None)
    if not new:
        return held
    return sketch.merge([bytes(held), new]) if held else new
