"""The web processes' own numbers: requests, errors and how long they took, by kind of page.

They live in memory. PROMETHEUS_MULTIPROC_DIR names a folder in which the processes of one container share them;
without it, a scrape sees the process that answers it. Everything else on `/metrics` is read from the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

if settings.PROMETHEUS_MULTIPROC_DIR:
    # The library asks once, when it is imported, and wants the folder to be there.
    Path(settings.PROMETHEUS_MULTIPROC_DIR).mkdir(parents=True, exist_ok=True)

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

GetResponse = Callable[[HttpRequest], HttpResponse]
KINDS = (("/api/", "api"), ("/admin/", "admin"), ("/static/", "static"))
PROBES = ("/healthz", "/readyz", "/metrics")
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("purser_http_requests", "Requests answered", ["kind", "method", "status"])
SECONDS = Histogram("purser_http_request_seconds", "From a request to its answer", ["kind"], buckets=BUCKETS)
OURS = ("purser_http_requests", "purser_http_request_seconds")
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class RequestMetricsMiddleware:
    """Counts every request but those of probes and of Prometheus itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            return self.get_response(request)
        begun = time.perf_counter()
        response = self.get_response(request)
        kind = next((name for start, name in KINDS if request.path.startswith(start)), "page")
        # Labels are few and ours: a stranger's method or address never becomes one.
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(kind, method, str(response.status_code)).inc()
        SECONDS.labels(kind).observe(time.perf_counter() - begun)
        return response


def families(_now: datetime) -> Iterator[Metric]:
    """What all processes of this container counted."""
    registry = REGISTRY
    if settings.PROMETHEUS_MULTIPROC_DIR:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=settings.PROMETHEUS_MULTIPROC_DIR)  # type: ignore[no-untyped-call]
    for family in registry.collect():
        if family.name in OURS:
            yield family
