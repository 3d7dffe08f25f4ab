"""How many lists of 100 of 1,000 allocations a second come over HTTP, each row about a kilobyte, on two cores.

The peers' figures were measured on the same kind of machine with their own servers, and are recorded here, not
measured again: dstack's list of runs gave 12 requests a second, GPUStack's list of models 52.
"""

from __future__ import annotations

from bench.report import Report
from bench.site import measure, site

ALLOCATIONS, CLIENTS, REQUESTS = 1_000, 8, 1_600
DSTACK_PER_SECOND, GPUSTACK_PER_SECOND = 12, 52
TIMES_DSTACK, TIMES_GPUSTACK = 10, 4
PATH = "/api/v1/allocations?limit=100"


def run() -> Report:
    """Seed, serve, measure."""
    with site(_seed) as found:
        timing = measure(found, PATH, requests=REQUESTS, clients=CLIENTS, warm_up=20)
    goal = max(DSTACK_PER_SECOND * TIMES_DSTACK, GPUSTACK_PER_SECOND * TIMES_GPUSTACK)
    return Report(
        name="list_allocations",
        ours={
            "requests_per_second": timing.per_second,
            "p95_ms": timing.percentile(0.95),
            "bytes_per_row": timing.bytes_each // 100,
            "clients": CLIENTS,
        },
        peer={
            "package": "GPUStack (recorded)",
            "requests_per_second": GPUSTACK_PER_SECOND,
            "dstack_requests_per_second": DSTACK_PER_SECOND,
        },
        ratio=round(timing.per_second / GPUSTACK_PER_SECOND, 1),
        goal=f"at least {TIMES_DSTACK} times dstack's and {TIMES_GPUSTACK} times GPUStack's requests a second",
        holds=timing.per_second >= goal,
    )


def _seed() -> dict[str, str]:
    from bench import estate  # its models need Django, which has no database before the servers run

    user, project = estate.people()
    estate.allocations(project, ALLOCATIONS)
    return estate.token_of(user, project)
