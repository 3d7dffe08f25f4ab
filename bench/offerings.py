"""A catalogue of 90,000 offerings, listed over HTTP: its first page, a filtered one, and the cheapest first.

The limits are our own: what a page of a console may take before somebody notices.
"""

from __future__ import annotations

from bench.report import Report
from bench.site import measure, site

P95_MS = {
    "first page": ("/api/v1/offerings?limit=50", 15.0),
    "filtered": ("/api/v1/offerings?limit=50&accelerator=H100&capacity_type=spot&cloud=gcp", 25.0),
    "cheapest first": ("/api/v1/offerings?limit=50&accelerator=H100&ordering=price_per_hour", 40.0),
}
REQUESTS = 200


def run() -> Report:
    """Seed, serve, measure."""
    from bench.placement import seed

    with site(seed) as found:
        took = {name: measure(found, path, requests=REQUESTS).percentile(0.95) for name, (path, _) in P95_MS.items()}
    worst = max(took[name] / limit for name, (_, limit) in P95_MS.items())
    return Report(
        name="offerings",
        ours={"offerings": 90_000, **{f"{name} p95_ms": milliseconds for name, milliseconds in took.items()}},
        peer={"package": "our own limits", **{f"{name} p95_ms": limit for name, (_, limit) in P95_MS.items()}},
        ratio=round(worst, 2),
        goal="every page within its limit",
        holds=worst <= 1,
    )
