"""inference's pages: the endpoints, and one endpoint."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from fleet import queries as fleet_queries
from fleet.domain.refusals import Refused
from fleet.pages import Frame, frame_of, render_page
from fleet.services.chips import accelerators
from inference import charts, presenting, queries
from inference.domain.architecture import BadConfig
from inference.domain.memory_fit import MemoryFit
from inference.latency import METRICS, latency_series
from inference.models import Endpoint
from inference.services.variants import fit_on


@require_safe
def endpoints(request: HttpRequest) -> HttpResponseBase:
    frame = frame_of(request)
    rows = [presenting.endpoint_row(row) for row in queries.endpoint_rows(frame.projects, frame.now)]
    return render_page(request, "inference/endpoints.html", frame, {"rows": rows}, section="endpoints")


@require_safe
def endpoint(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """How it serves, what it costs, what was decided about it and why."""
    frame = frame_of(request, default_range="3h")
    found = get_object_or_404(
        fleet_queries.in_scope(Endpoint.objects.select_related("serving_config__model", "project"), frame.projects),
        public_id=public_id,
    )
    replicas = [presenting.replica_row(row) for row in queries.replica_rows(found.pk)]
    chip = next(
        (row["slot__accelerator"] for row in replicas if row["slot__accelerator"]), (found.accelerators or [""])[0]
    )
    fit = _fit(found, chip)
    decided = queries.decisions(frame.projects, endpoint_id=found.pk, span=frame.range)
    context: dict[str, Any] = {
        "head": _head(found, frame),
        "replicas": replicas,
        "decisions": [presenting.decision_row(row) for row in decided],
        "gaps": [presenting.gap_row(row, frame.now) for row in queries.gaps(found.pk, frame.range)],
        "fit": presenting.memory_bar(fit, chip) if fit else None,
        "serving": presenting.serving_facts(found.serving_config, fit),
        "arguments": presenting.engine_arguments(found.serving_config),
        **_charts(found, frame),
    }
    return render_page(request, "inference/endpoint.html", frame, context, section="endpoints", ranged=True)


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


def _charts(found: Endpoint, frame: Frame) -> dict[str, Any]:
    span = frame.range
    limits = {"ttft": found.slo_ttft_ms, "itl": found.slo_itl_ms, "e2e": found.slo_e2e_ms}
    step = charts.step_seconds(span)
    latencies = [
        charts.latency_chart(
            metric,
            latency_series(found.pk, metric=metric, start=span.start, end=span.end, step_seconds=step),
            span,
            slo_ms=limits[metric],
            quantile=found.slo_quantile,
        )
        for metric in METRICS
    ]
    bars = queries.replica_periods(found.pk, span)
    requests, tokens = charts.traffic_charts(queries.traffic(found.pk, span), span)
    in_flight, cache = charts.queue_charts(queries.queue(found.pk, span), span)
    return {
        "charts": [*latencies, requests, tokens, in_flight, cache],
        "machines": charts.machine_chart(queries.machine_use(found.public_id, span), span),
        "states": charts.replicas_chart(bars, span, low=found.min_replicas, high=found.max_replicas),
        "timeline": charts.replica_timeline(bars, span, most=queries.MOST_REPLICAS),
    }


def _fit(found: Endpoint, chip: str) -> MemoryFit | None:
    """Where the memory of one accelerator goes; None when the chip or the model cannot be counted."""
    try:
        return fit_on(found.serving_config, accelerators().require(chip))
    except (Refused, BadConfig):
        return None
