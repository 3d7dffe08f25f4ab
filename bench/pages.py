"""How fast the pages are with 200 endpoints and a month of history, one browser at a time.

Every hour of 30 days of every endpoint, replica and machine is there, and the last six hours by the minute. Overview,
Endpoints, Fleet and one endpoint's page are asked for at their usual time range and at 30 days, over kept connections.
The limit is 150 ms at p95 for Overview and an endpoint's page, at either range: a person takes that for at once. The
other pages are measured beside them.
"""

from __future__ import annotations

from typing import Any

from bench.report import Report
from bench.site import Site, measure, site

ENDPOINTS, REPLICAS, DAYS, MINUTES = 200, 2, 30, 360
REQUESTS = 60
LIMIT_MS = 150
BESIDE = ["/endpoints", "/fleet", "/activity"]


def run() -> Report:
    """Seed, serve, measure."""
    with site(_seed) as found:
        limited = _limited()
        pages = {path: _timed(found, path) for path in [*limited, *BESIDE]}
    slowest = max(pages[path]["p95_ms"] for path in limited)
    return Report(
        name="pages",
        ours={"endpoints": ENDPOINTS, "days": DAYS, "pages": pages},
        peer={"package": "the limit", "p95_ms": LIMIT_MS},
        ratio=round(LIMIT_MS / slowest, 2),
        goal=f"p95 of Overview and of an endpoint's page at most {LIMIT_MS} ms",
        holds=slowest <= LIMIT_MS,
    )


def _seed() -> dict[str, str]:
    from bench import estate  # its models need Django, which has no database before the servers run

    user, project = estate.people()
    estate.serving(project, endpoints=ENDPOINTS, replicas=REPLICAS, days=DAYS, minutes=MINUTES)
    return estate.session_of(user)


def _limited() -> list[str]:
    from inference.models import Endpoint

    endpoint = Endpoint.objects.order_by("id").values_list("public_id", flat=True)[7]
    usual = ["/", f"/endpoints/{endpoint}"]
    return [*usual, *(f"{path}?range=30d" for path in usual)]


def _timed(found: Site, path: str) -> dict[str, Any]:
    timing = measure(found, path, requests=REQUESTS)
    return {"p50_ms": timing.percentile(0.5), "p95_ms": timing.percentile(0.95), "kilobytes": timing.bytes_each // 1000}
