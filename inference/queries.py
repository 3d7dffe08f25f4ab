"""What inference's pages read: plain rows, one statement a card, however many rows there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db.models import Avg, Count, DateTimeField, F, Func, Max, Min, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast, Greatest, NullIf

from fleet.models import Instance
from fleet.queries.machines import live_machines
from fleet.queries.rows import Rows, in_scope, plain
from fleet.timerange import TimeRange
from inference.domain import sketch
from inference.domain.lifecycle import ENDED_REPLICA_STATES
from inference.domain.percentiles import NOTHING, judged, keeps, unpacked
from inference.latency import METRICS
from inference.models import (
    Decision,
    Endpoint,
    HourWindow,
    MachineHourWindow,
    MachineWindow,
    Replica,
    ReplicaPeriod,
    TelemetryGap,
    Window,
    WindowSource,
)
from inference.models.standing import LATELY

BUDGET_OVER = timedelta(days=28)
MOST_REPLICAS, MOST_DECISIONS, MOST_GAPS = 24, 30, 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DECISION_FIELDS = (
    "id", "public_id", "endpoint__name", "endpoint__public_id", "endpoint__project__slug", "at", "last_at", "policy",
    "inputs", "current", "wanted", "allowed", "action", "why", "formula", "alternatives", "cost_per_hour_before",
    "cost_per_hour_after", "repeats", "applied",
)  # fmt: skip
STANDING = ("at", "requests_per_second", "tokens_per_second", "in_flight", "latency")
UNMEASURED = dict.fromkeys(METRICS, NOTHING)


def endpoint_rows(projects: Sequence[int] | None, now: datetime, *, only: int | None = None) -> Rows:
    """Every living endpoint with its replicas, its load and latencies of the last quarter of an hour, and its $/h.

    `only`: just the one of this key, if it lives.
    """
    coming = Q(replicas__state__in=["pending", "starting", "loading"])
    living = in_scope(Endpoint.objects.living(), projects)
    rows = list(
        (living if only is None else living.filter(pk=only))
        .annotate(
            ready=Count("replicas", filter=Q(replicas__state="ready")),
            coming=Count("replicas", filter=coming),
            leaving=Count("replicas", filter=Q(replicas__state="draining")),
        )
        .order_by("name", "id")
        .values(
            "id", "public_id", "name", "project__slug", "state", "reason", "detail", "since", "model__name",
            "accelerators", "slo_quantile", "slo_ttft_ms", "slo_itl_ms", "slo_e2e_ms", "min_replicas", "max_replicas",
            "desired_replicas", "ready", "coming", "leaving",
            **{name: F(f"standing__{name}") for name in STANDING},
        )
    )  # fmt: skip
    burn = endpoint_burn(projects, now, only=rows[0]["public_id"] if only is not None and rows else "")
    for row in rows:
        _read_standing(row, now)
        row["burn"] = burn.get(row["public_id"], Decimal(0))
    return rows


def objectives_met(projects: Sequence[int] | None, now: datetime) -> dict[str, int]:
    """How many endpoints live, how many of these have objectives, and how many of those keep all of theirs of late.

    The money bar counts them on every page, so nothing is unpacked that is not compared. What nobody measured counts
    as kept.
    """
    living = in_scope(Endpoint.objects.living(), projects).order_by()
    limits = [f"slo_{metric}_ms" for metric in METRICS]
    rows = living.values_list("slo_quantile", "standing__at", Cast("standing__latency", TextField()), *limits)
    found = {"endpoints": 0, "with_objectives": 0, "met": 0}
    for quantile, at, latency, *given in rows:
        limited = {metric: limit for metric, limit in zip(METRICS, given, strict=True) if limit is not None}
        read = orjson.loads(latency) if limited and at is not None and now - at <= LATELY else {}
        kept = [
            keeps(judged(read[metric]["percentiles"], quantile), limit) for metric, limit in limited.items() if read
        ]
        found["endpoints"] += 1
        found["with_objectives"] += bool(limited)
        found["met"] += bool(limited) and False not in kept
    return found


def _read_standing(row: dict[str, Any], now: datetime) -> None:
    """What was written longer ago than it speaks of is not of late: nothing is known then."""
    if row["at"] is None or now - row["at"] > LATELY:
        row |= dict.fromkeys(STANDING) | {"latency": UNMEASURED}
    else:
        row["latency"] = {metric: unpacked(kept) for metric, kept in row["latency"].items()} or UNMEASURED


def endpoint_burn(projects: Sequence[int] | None, now: datetime, *, only: str = "") -> dict[str, Decimal]:
    """$/h of the machines each endpoint holds."""
    held = live_machines(projects, now).exclude(slot=None)
    held = held.filter(slot__allocation__endpoint_ref=only) if only else held.exclude(slot__allocation__endpoint_ref="")
    priced = held.order_by().values("slot__allocation__endpoint_ref").annotate(sum=Sum("price_now"))
    return {row["slot__allocation__endpoint_ref"]: row["sum"] for row in priced}


def slo_attainment(projects: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """Which share of a day's requests met the limits: of each endpoint the limit met least often counts."""
    limited = in_scope(Endpoint.objects.living(), projects).exclude(slo_ttft_ms=None, slo_itl_ms=None, slo_e2e_ms=None)
    known = Q(standing__kept_ratio__isnull=False, standing__at__gte=now - LATELY)
    sums = limited.aggregate(
        target=Min("slo_quantile"),
        requests=Sum("standing__requests_of_day", filter=known),
        kept=Sum(F("standing__requests_of_day") * F("standing__kept_ratio"), filter=known),
    )
    if sums["target"] is None:
        return {"ratio": None, "target": None, "method": "No endpoint has an objective"}
    if not sums["requests"]:
        return {"ratio": None, "target": None, "method": "No request records in 24 h"}
    return {
        "ratio": sums["kept"] / sums["requests"],
        "target": sums["target"],
        "method": "Share of requests within the limit, from request records; of several limits the one met least often",
    }


def weighted(field: str) -> Any:
    """Mean over samples; None without any."""
    seen = Q(**{f"{field}__isnull": False})
    return Sum(F(field) * F("samples"), filter=seen) / NullIf(Sum("samples", filter=seen), 0)


# --- One endpoint over time --------------------------------------------------------------------------------------


def _bucket(span: TimeRange, field: str = "start") -> Func:
    return Func(Value(span.step), F(field), Value(EPOCH), function="date_bin", output_field=DateTimeField())


def _windows(endpoint_id: int, span: TimeRange, source: str, replica: int | None = None) -> QuerySet[Any]:
    table: Any = Window if span.fine else HourWindow
    rows = table.objects.filter(endpoint_id=endpoint_id, source=source, start__gte=span.start, start__lt=span.end)
    return (rows if replica is None else rows.filter(replica_id=replica)).order_by()


def traffic(endpoint_id: int, span: TimeRange, *, replica: int | None = None) -> dict[str, Any]:
    """Requests by outcome and tokens a second by bucket, from request records, else from the engines' counters.

    Of one replica only its engine's counters speak.
    """
    for source in (WindowSource.EVENTS, WindowSource.SCRAPE) if replica is None else (WindowSource.SCRAPE,):
        rows = list(
            _windows(endpoint_id, span, source, replica)
            .annotate(bucket=_bucket(span))
            .values("bucket")
            .annotate(
                requests=Sum("requests"), cut=Sum("requests_cut"), error=Sum("requests_error"),
                failed=Sum(F("requests_cut") + F("requests_error")),
                given=Sum("input_tokens"), cached=Sum("cached_input_tokens"), made=Sum("output_tokens"),
            )
        )  # fmt: skip
        if rows:
            return {"source": source, "rows": [_per_second(row, span) for row in rows], **_totals(rows)}
    return {"source": "", "rows": [], "failed_ratio": None, "cached_ratio": None}


def _per_second(row: Mapping[str, Any], span: TimeRange) -> dict[str, Any]:
    seconds = span.step.total_seconds()
    # The running bucket is not over: its counts are of less time than the others'.
    if row["bucket"] + span.step > span.end:
        seconds = max((span.end - row["bucket"]).total_seconds(), 1.0)
    return {
        "bucket": row["bucket"],
        **{key: row[key] / seconds for key in ("requests", "cut", "error", "given", "cached", "made")},
    }


def _totals(rows: Rows) -> dict[str, float | None]:
    requests, given = sum(row["requests"] for row in rows), sum(row["given"] for row in rows)
    return {
        "failed_ratio": sum(row["failed"] for row in rows) / requests if requests else None,
        "cached_ratio": sum(row["cached"] for row in rows) / given if given else None,
    }


def queue(endpoint_id: int, span: TimeRange, *, replica: int | None = None) -> Rows:
    """Running and waiting of all replicas together, or of one, and how full their KV caches are."""
    return list(
        _windows(endpoint_id, span, WindowSource.SCRAPE, replica)
        .filter(scrapes__gt=0)
        .annotate(bucket=_bucket(span))
        .values("bucket")
        .annotate(
            running=_together("running_mean"),
            waiting=_together("waiting_mean"),
            kv=Avg("kv_usage_mean"),
            kv_max=Max("kv_usage_max"),
        )
    )


def _together(field: str) -> Any:
    """The sum over all replicas of a bucket's windows, averaged over the moments at which any was seen."""
    moments = Count("start", distinct=True, filter=Q(**{f"{field}__isnull": False}))
    return Sum(field) / NullIf(moments, 0)


def machine_use(endpoint_ref: str, span: TimeRange, *, replica: int | None = None) -> Rows:
    """Busy, tensor and memory ratios of the endpoint's machines by bucket, means over their samples."""
    table: Any = MachineWindow if span.fine else MachineHourWindow
    held = Q(instance__slot__allocation__endpoint_ref=endpoint_ref)
    machines = held if replica is None else held & Q(instance__slot__replicas=replica)
    return list(
        table.objects.filter(machines, start__gte=span.start, start__lt=span.end)
        .order_by()
        .annotate(bucket=_bucket(span))
        .values("bucket")
        .annotate(busy=weighted("busy_ratio"), tensor=weighted("tensor_ratio"), memory=weighted("memory_ratio"))
    )


def replica_periods(endpoint_id: int, span: TimeRange) -> Rows:
    """Every stretch of a replica's life that touches the range, cut to it, oldest replica first."""
    rows = (
        ReplicaPeriod.objects.filter(replica__endpoint_id=endpoint_id, started_at__lt=span.end)
        .filter(Q(ended_at=None) | Q(ended_at__gt=span.start))
        .exclude(state__in=ENDED_REPLICA_STATES)
        .order_by("replica__ordinal", "started_at")
        .annotate(begin=Greatest("started_at", Value(span.start)))
        .values("replica_id", "replica__ordinal", "state", "reason", "begin", "ended_at")
    )
    return [
        {
            "replica": row["replica_id"],
            "row": f"r-{row['replica__ordinal']:02}",
            "state": row["state"],
            "start": row["begin"],
            "end": min(row["ended_at"] or span.end, span.end),
            "open": row["ended_at"] is None,
        }
        for row in rows
    ]


def cold_starts(endpoint_id: int, now: datetime) -> list[timedelta]:
    """From asked for to ready, of the replicas of four weeks, shortest first."""
    rows = Replica.objects.filter(endpoint_id=endpoint_id, ready_at__gte=now - BUDGET_OVER, ready_at__lte=now)
    return sorted(ready - asked for asked, ready in rows.values_list("requested_at", "ready_at") if ready)


def error_budget(found: Endpoint, now: datetime) -> dict[str, Any] | None:
    """How much of what may miss an objective in four weeks has missed it; of several limits the worst.

    None where there is no objective, or no request records to judge by.
    """
    limits = {metric: getattr(found, f"slo_{metric}_ms") for metric in METRICS}
    rows = list(
        HourWindow.objects.filter(
            endpoint=found, source=WindowSource.EVENTS, start__gte=now - BUDGET_OVER, start__lt=now
        ).values("requests", *(f"{metric}_sketch" for metric in METRICS))
    )
    kept = {}
    for metric, limit in limits.items():
        blobs = [bytes(row[f"{metric}_sketch"]) for row in rows if row[f"{metric}_sketch"]]
        share = sketch.share_at_most(sketch.merge(blobs), limit) if limit is not None and blobs else None
        if share is not None:
            kept[metric] = share
    if not kept:
        return None
    worst = min(kept, key=lambda metric: kept[metric])
    return {
        "used": (1 - kept[worst]) / (1 - found.slo_quantile),
        "metric": worst,
        "requests": sum(row["requests"] for row in rows),
        "hours": len(rows),
    }


def events_about(found: Endpoint) -> Q:
    """Events of an endpoint: its own, and those of its replicas, allocation and machines."""
    replicas = Replica.objects.filter(endpoint=found)
    about = Q(subject=found.public_id) | Q(subject__in=replicas.values("public_id"))
    if found.allocation is not None:
        held = {"slot__allocation": found.allocation_id}
        machines = Instance.objects.filter(**held).values("public_id")
        about |= Q(subject=found.allocation.public_id) | Q(subject__in=machines)
        about |= Q(data__allocation=found.allocation.public_id)
    return about


def decisions(
    projects: Sequence[int] | None,
    *,
    endpoint_id: int | None = None,
    span: TimeRange | None = None,
    holds: bool = True,
    limit: int = MOST_DECISIONS,
) -> Rows:
    """The newest decisions with what they rest on, newest first."""
    rows = in_scope(Decision.objects.all(), projects, "endpoint__project_id")
    if endpoint_id is not None:
        rows = rows.filter(endpoint_id=endpoint_id)
    if span is not None:
        rows = rows.filter(last_at__gte=span.start, at__lt=span.end)
    if not holds:
        rows = rows.exclude(action="hold")
    return list(rows.order_by("-at", "-id").values(*DECISION_FIELDS)[:limit])


def decisions_around(endpoint_id: int, at: datetime, pk: int) -> dict[str, str]:
    """Public ids of the endpoint's decisions just before and just after one."""
    rows = Decision.objects.filter(endpoint_id=endpoint_id).exclude(pk=pk)
    earlier = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=pk)).order_by("-at", "-id").values_list("public_id", flat=True)
    later = rows.filter(Q(at__gt=at) | Q(at=at, id__gt=pk)).order_by("at", "id").values_list("public_id", flat=True)
    return {"earlier": earlier.first() or "", "later": later.first() or ""}


def gaps(endpoint_id: int, span: TimeRange) -> Rows:
    """Stretches in which something may have gone unseen, newest first."""
    rows = TelemetryGap.objects.filter(endpoint_id=endpoint_id, started_at__lt=span.end).filter(
        Q(ended_at=None) | Q(ended_at__gt=span.start)
    )
    fields = ("kind", "detail", "started_at", "ended_at", "loses_counts", "replica__ordinal")
    return list(rows.order_by("-started_at").values(*fields)[:MOST_GAPS])


def replica_rows(endpoint_id: int) -> Rows:
    """The replicas that are not over, with the machine under each."""
    return plain(
        Replica.objects.open()
        .filter(endpoint_id=endpoint_id)
        .order_by("ordinal")
        .values(
            "public_id", "ordinal", "state", "reason", "detail", "since", "weight", "drain_until", "scrape_failures",
            "slot__account__cloud", "slot__region", "slot__zone", "slot__instance_type", "slot__capacity_type",
            "slot__accelerator",
            "slot__accelerator_count", "slot__price_per_hour",
        )
    )  # fmt: skip


def names_of(subjects: Sequence[str]) -> dict[str, dict[str, str]]:
    """Public ids of endpoints and replicas as the endpoint's name and page."""
    found = {
        row[0]: {"name": row[1], "endpoint": row[0]}
        for row in Endpoint.objects.filter(public_id__in=subjects).values_list("public_id", "name")
    }
    replicas = Replica.objects.filter(public_id__in=subjects).values_list(
        "public_id", "endpoint__name", "ordinal", "endpoint__public_id"
    )
    return found | {pk: {"name": f"{name} r-{ordinal:02}", "endpoint": page} for pk, name, ordinal, page in replicas}
