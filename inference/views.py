"""inference's pages: the endpoints, and one endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from fleet.charts import lane_keys
from fleet.domain.refusals import Refused
from fleet.downloads import sheet
from fleet.pages import Frame, frame_of, render_page
from fleet.queries.events import marked_events
from fleet.queries.rows import in_scope
from fleet.services.chips import accelerators
from inference import charts, presenting, queries
from inference.domain.architecture import BadConfig
from inference.domain.memory_fit import MemoryFit
from inference.latency import METRICS, latency_series
from inference.models import Endpoint
from inference.services.variants import fit_on

MOST_MARKS = 40
SORTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "name": lambda row: row["name"],
    "state": lambda row: row["state"],
    "slo": lambda row: row["slo"]["rank"],
    "model": lambda row: row["model__name"],
    "replicas": lambda row: row["ready"],
    "requests": lambda row: row["requests_per_second"] or 0.0,
    "tokens": lambda row: row["tokens_per_second"] or 0.0,
    "ttft": lambda row: row["p95"]["value"] or 0.0,
    "burn": lambda row: row["burn"],
}
FILE_COLUMNS = {
    "public_id": "id", "name": "name", "project__slug": "project", "state": "state", "reason": "reason",
    "model__name": "model", "accelerators": "accelerators", "ready": "ready", "desired_replicas": "desired",
    "min_replicas": "min_replicas", "max_replicas": "max_replicas", "requests_per_second": "requests_per_second",
    "tokens_per_second": "tokens_per_second", "in_flight": "in_flight", "ttft_p95_ms": "ttft_p95_ms",
    "burn": "price_per_hour",
}  # fmt: skip
REPLICA_COLUMNS = {
    "public_id": "id", "name": "name", "state": "state", "reason": "reason", "since": "since", "weight": "weight",
    "place": "place", "slot__instance_type": "instance_type", "slot__capacity_type": "capacity_type",
    "slot__price_per_hour": "price_per_hour",
}  # fmt: skip
GAP_COLUMNS = {
    "replica__ordinal": "replica", "kind": "kind", "detail": "detail", "started_at": "from", "ended_at": "to",
    "loses_counts": "loses_counts",
}  # fmt: skip
DECISION_COLUMNS = {
    "at": "at", "public_id": "id", "action": "action", "current": "before", "wanted": "wanted", "allowed": "allowed",
    "why": "why", "formula": "formula", "inputs": "inputs", "alternatives": "alternatives",
    "cost_per_hour_before": "cost_per_hour_before", "cost_per_hour_after": "cost_per_hour_after",
    "repeats": "repeats", "applied": "applied",
}  # fmt: skip


@require_safe
def endpoints(request: HttpRequest) -> HttpResponseBase:
    """Every living endpoint the filter lets through, in the order asked for."""
    frame = frame_of(request)
    text = request.GET.get("q", "").replace("\0", "")[:100].strip().lower()
    sort = request.GET.get("sort", "name")
    key = SORTS.get(sort.removeprefix("-"), SORTS["name"])
    rows = [presenting.endpoint_row(row) for row in queries.endpoint_rows(frame.projects, frame.now)]
    shown = [row for row in rows if text in f"{row['name']} {row['public_id']} {row['model__name']}".lower()]
    shown.sort(key=key, reverse=sort.startswith("-"))
    files = {"endpoints": lambda: sheet([row | {"ttft_p95_ms": row["p95"]["value"]} for row in shown], FILE_COLUMNS)}
    context = {"rows": shown, "hidden": len(rows) - len(shown), "text": text, "sort": sort}
    context["may_serve"] = frame.caller.may_somewhere("inference:write")
    return render_page(request, "inference/endpoints.html", frame, context, section="endpoints", sheets=files)


@require_safe
def endpoint(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """How it serves, what it costs, what was decided about it and why; all of it, or one of its replicas."""
    frame = frame_of(request, default_range="3h")
    found = get_object_or_404(
        in_scope(Endpoint.objects.select_related("serving_config__model", "project", "allocation"), frame.projects),
        public_id=public_id,
    )
    rows = queries.replica_rows(found.pk)
    replicas = [presenting.replica_row(row) for row in rows]
    chip = next(
        (row["slot__accelerator"] for row in replicas if row["slot__accelerator"]), (found.accelerators or [""])[0]
    )
    fit = _fit(found, chip)
    decided = queries.decisions(frame.projects, endpoint_id=found.pk, span=frame.range)
    gaps = queries.gaps(found.pk, frame.range)
    started = presenting.cold_start(queries.cold_starts(found.pk, frame.now))
    context: dict[str, Any] = {
        "head": _head(found, frame),
        "budget": presenting.budget_words(queries.error_budget(found, frame.now)),
        "may_change": found.deleted_at is None and frame.caller.may("inference:write", found.project_id),
        "replicas": replicas,
        "decisions": [presenting.decision_row(row) for row in decided],
        "gaps": [presenting.gap_row(row, frame.now) for row in gaps],
        "fit": presenting.memory_bar(fit, chip) if fit else None,
        "serving": presenting.serving_facts(found.serving_config, fit, started=started),
        "arguments": presenting.engine_arguments(found.serving_config),
        **_charts(found, frame, request.GET.get("replica", "")),
    }
    files = {
        "decisions": lambda: sheet(
            queries.decisions(frame.projects, endpoint_id=found.pk, span=frame.range, limit=100_000), DECISION_COLUMNS
        ),
        "replicas-now": lambda: sheet(replicas, REPLICA_COLUMNS),
        "gaps": lambda: sheet(gaps, GAP_COLUMNS),
    }
    return render_page(
        request, "inference/endpoint.html", frame, context, section="endpoints", ranged=True, sheets=files
    )


def _head(found: Endpoint, frame: Frame) -> dict[str, Any]:
    row = next(iter(queries.endpoint_rows(frame.projects, frame.now, only=found.pk)), None)
    if row is None:  # deleted: it keeps its page
        return {
            "deleted": True,
            "look": presenting.ENDPOINT["deleted"],
            "name": found.name,
            "public_id": found.public_id,
            "why": found.detail or found.reason,
            "allocation": _allocation(found),
        }
    config = found.serving_config
    weights, cache = config.quantization or config.dtype, config.kv_dtype or config.dtype
    return presenting.endpoint_row(row) | {
        "quantization": f"{presenting.dtype(weights)}, KV {presenting.dtype(cache)}",
        "engine": config.engine,
        "allocation": _allocation(found),
    }


def _allocation(found: Endpoint) -> str:
    return reverse("allocation", args=[found.allocation.public_id]) if found.allocation else ""


def _charts(found: Endpoint, frame: Frame, wanted: str) -> dict[str, Any]:
    """The graphs, of the whole endpoint or of the replica called `wanted`, with what happened on every one of them."""
    span = frame.range
    limits = {"ttft": found.slo_ttft_ms, "itl": found.slo_itl_ms, "e2e": found.slo_e2e_ms}
    step = charts.step_seconds(span)
    bars = queries.replica_periods(found.pk, span)
    known = {bar["row"]: bar["replica"] for bar in bars}
    one = known.get(wanted)
    events = marked_events(frame.projects, span.start, span.end, about=queries.events_about(found), most=MOST_MARKS)
    marks = charts.marks_of(events, {found.public_id: found.name})
    series = latency_series(found.pk, start=span.start, end=span.end, step_seconds=step, replica_id=one)
    latencies = [
        charts.latency_chart(
            metric,
            series[metric],
            span,
            slo_ms=limits[metric],
            quantile=found.slo_quantile,
            marks=marks,
        )
        for metric in METRICS
    ]
    traffic = charts.traffic_charts(queries.traffic(found.pk, span, replica=one), span, marks=marks)
    waiting = charts.queue_charts(
        queries.queue(found.pk, span, replica=one), span, marks=marks, of=wanted if one else "All replicas together"
    )
    shown = [bar for bar in bars if one is None or bar["replica"] == one]
    use = queries.machine_use(found.public_id, span, replica=one)
    return {
        "charts": [*latencies, *traffic, *waiting],
        "machines": charts.machine_chart(use, span, marks=marks),
        "states": charts.replicas_chart(bars, span, low=found.min_replicas, high=found.max_replicas, marks=marks),
        "timeline": charts.replica_timeline(shown, span, most=queries.MOST_REPLICAS),
        "replica_names": sorted(known, key=lambda name: int(name[2:])),
        "replica": wanted if one else "",
        "unknown_replica": wanted if wanted and one is None else "",
        "lane": lane_keys() if marks else (),
    }


def _fit(found: Endpoint, chip: str) -> MemoryFit | None:
    """Where the memory of one accelerator goes; None when the chip or the model cannot be counted."""
    try:
        return fit_on(found.serving_config, accelerators().require(chip))
    except (Refused, BadConfig):
        return None
