"""inference's rows made ready to show: which word, which tone, which link."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from fleet.formatting import clock, duration, fixed, instant, milliseconds, percent, place, usd
from fleet.presenting import short_id
from fleet.states import Look, reason_text
from inference.domain.engine_arguments import vllm_arguments
from inference.domain.memory_fit import MemoryFit
from inference.domain.percentiles import HISTOGRAM, Latency, judged, keeps
from inference.models import ServingConfig

Row = Mapping[str, Any]

DTYPES = {"bfloat16": "BF16", "float16": "FP16", "float32": "FP32"}
NAMES = {"ttft": "TTFT", "itl": "ITL", "e2e": "E2E"}
ENDPOINT = {
    "pending": Look("Pending", "clock", "info", 2),
    "serving": Look("Serving", "check", "ok", 4),
    "degraded": Look("Degraded", "alert", "warn", 4),
    "asleep": Look("Asleep", "hold", "mute", 4),
    "deleting": Look("Deleting", "drain", "warn", 5),
    "deleted": Look("Deleted", "stop", "mute", 6),
}
REPLICA = {
    "pending": Look("Pending", "clock", "info"),
    "starting": Look("Starting", "busy", "info", spin="spin"),
    "loading": Look("Loading", "busy", "info", spin="spin"),
    "ready": Look("Ready", "check", "ok"),
    "not-ready": Look("Not ready", "alert", "bad"),
    "asleep": Look("Asleep", "hold", "mute"),
    "draining": Look("Draining", "drain", "warn"),
}
ACTIONS = {"scale-up": ("up", "info"), "scale-down": ("down", "ok"), "hold": ("hold", "mute")}


def endpoint_row(row: Row) -> dict[str, Any]:
    objectives = slo_marks(row)
    broken = [mark for mark in objectives if mark["met"] is False]
    return {
        **row,
        "href": reverse("endpoint", args=[row["public_id"]]),
        "short_id": short_id(row["public_id"]),
        "look": ENDPOINT.get(row["state"], Look(row["state"], "alert", "mute")),
        "why": reason_text(row["reason"], row["detail"]),
        "objectives": objectives,
        "slo": _slo_badge(objectives, broken),
        "p95": _p95(row["latency"]["ttft"]),
    }


def dtype(name: str) -> str:
    """`bfloat16` as people write it."""
    return DTYPES.get(name, name.upper())


def slo_marks(row: Row) -> list[dict[str, Any]]:
    """Each objective with what was measured of late; `met` None: nothing was."""
    marks = []
    for metric, name in NAMES.items():
        limit = row[f"slo_{metric}_ms"]
        if limit is None:
            continue
        latency: Latency = row["latency"][metric]
        value = judged(latency.percentiles, row["slo_quantile"])
        text = f"{name} p{row['slo_quantile'] * 100:g} {milliseconds(limit)}"
        marks.append(
            {
                "name": name,
                "text": text,
                "limit": limit,
                "value": value,
                "met": keeps(value, limit),
            }
        )
    return marks


def decision_row(row: Row) -> dict[str, Any]:
    """One line of the decisions table: what was seen, the sum, wanted and allowed, what else was weighed, the money."""
    icon, tone = ACTIONS.get(row["action"], ("activity", "mute"))
    seen = row["inputs"]
    before, after = row["cost_per_hour_before"], row["cost_per_hour_after"]
    return {
        **row,
        "href": reverse("decision", args=[row["public_id"]]),
        "icon": icon,
        "tone": tone,
        "change": f"{row['current']} hold" if row["action"] == "hold" else f"{row['current']} → {row['allowed']}",
        "held_back": row["wanted"] != row["allowed"],
        "seen": f"{fixed(seen.get('in_flight'), 1)} in flight, "
        f"{seen.get('ready_replicas', '–')} of {seen.get('desired_replicas', '–')} ready",
        "until": row["last_at"] if row["repeats"] > 1 else None,
        "money": "" if before is None or after is None or before == after else f"{usd(before)} → {usd(after)}/h",
        "cost": f"{usd(after)}/h" if after is not None else "–",
        "options": [f"{other['replicas']}: {other['why_not']}" for other in row["alternatives"] if "replicas" in other],
    }


def decision_item(row: Row) -> dict[str, Any]:
    """A decision as a line of news."""
    shown = decision_row(row)
    verb = "holds" if row["action"] == "hold" else ("scales up" if row["allowed"] > row["current"] else "scales down")
    return {
        "at": row["at"],
        "subject": row["endpoint__name"],
        "href": reverse("endpoint", args=[row["endpoint__public_id"]]),
        "title": f"{verb} {shown['change'].removesuffix(' hold')}",
        "detail": " ".join(filter(None, [row["why"], shown["money"]])),
        "icon": shown["icon"],
        "tone": shown["tone"],
        "about": f"{row['repeats']} looks alike" if row["repeats"] > 1 else row["policy"],
        "explain": reverse("decision", args=[row["public_id"]]),
    }


def decision_inputs(seen: Row) -> list[tuple[str, str]]:
    """Everything the policy was given, as words and numbers."""
    return [(key.replace("_", " ").capitalize(), _plainly(value)) for key, value in sorted(seen.items())]


def alternatives(row: Row) -> list[dict[str, Any]]:
    """Other replica counts with what they would cost, and why not; what has no count is told as it is."""
    return [
        {
            "replicas": other.get("replicas", "–"),
            "why_not": other.get("why_not", ""),
            "more": ", ".join(
                f"{key.replace('_', ' ')} {_plainly(value)}"
                for key, value in other.items()
                if key not in ("replicas", "why_not")
            ),
        }
        for other in row["alternatives"]
    ]


def _plainly(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return fixed(value, 2)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plainly(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plainly, value))
    return instant(str(value))


def replica_row(row: Row) -> dict[str, Any]:
    return {
        **row,
        "name": f"r-{row['ordinal']:02}",
        "look": REPLICA.get(row["state"], Look(row["state"], "alert", "mute")),
        "why": reason_text(row["reason"], row["detail"]),
        "place": place(row["slot__account__cloud"] or "", row["slot__region"], row["slot__zone"]) or "–",
    }


def gap_row(row: Row, now: datetime) -> dict[str, Any]:
    end = row["ended_at"]
    who = f"r-{row['replica__ordinal']:02}" if row["replica__ordinal"] is not None else "endpoint"
    until = clock(end, now) if end else "now"
    kind = row["kind"].replace("-", " ")
    return {**row, "text": f"{clock(row['started_at'], now)} to {until}: {who}, {kind}"}


def budget_words(budget: Row | None) -> dict[str, str]:
    """What is left of an error budget, and what that rests on."""
    if budget is None:
        return {"text": "–", "tone": "mute", "how": "No objective, or no request records in 28 days to judge by"}
    left = 1 - budget["used"]
    text = f"{percent(left)} left" if left > 0 else f"spent, {percent(budget['used'])} of it"
    how = (
        f"Of the requests that may miss the {NAMES[budget['metric']]} objective in 28 days, {percent(budget['used'])} "
        f"did. From {budget['requests']:,} request records in {budget['hours']} hours."
    )
    return {"text": text, "tone": "bad" if left <= 0 else "warn" if left < 0.25 else "", "how": how}


def cold_start(lengths: Sequence[timedelta]) -> str:
    """p50 and p95 from asked for to ready; nearest ranks, so each is a start that happened."""
    if not lengths:
        return ""
    middle, slow = (lengths[min(math.ceil(q * len(lengths)) - 1, len(lengths) - 1)] for q in (0.5, 0.95))
    return f"{duration(middle)} / {duration(slow)}, of {len(lengths)} in 28 days"


def memory_bar(fit: MemoryFit, chip: str) -> dict[str, Any]:
    """The parts add up to the accelerator's memory; what is not used on purpose belongs to the reserve."""
    weights, cache, activations = fit.weights_gib, fit.kv_cache_gib, fit.activations_gib
    parts = [
        ("Weights", "weights", "c1", weights),
        ("KV cache", "kv", "c3", cache),
        ("Activations", "activations", "c4", activations),
    ]
    parts.append(("Reserve", "reserve", "rest", max(fit.memory_gib - weights - cache - activations, 0.0)))
    total = sum(size for *_, size in parts)
    offset, drawn = 0.0, []
    for name, kind, role, size in parts:
        width = size / total * 100 if total else 0.0
        drawn.append(
            {
                "name": name,
                "kind": kind,
                "role": role,
                "gib": size,
                "x": round(offset, 3),
                "width": round(max(width - 0.4, 0), 3),
            }
        )
        offset += width
    return {
        "chip": chip,
        "total": fit.memory_gib,
        "parts": drawn,
        "problem": fit.problem,
        "tokens": fit.kv_capacity_tokens,
        "summary": ", ".join(f"{part['name']} {part['gib']:.2f} GiB" for part in drawn),
    }


def serving_facts(config: ServingConfig, fit: MemoryFit | None, *, started: str = "") -> list[tuple[str, str]]:
    facts = [
        (
            "Engine",
            f"{config.engine}, tensor parallel {config.tensor_parallel}"
            + (f", pipeline parallel {config.pipeline_parallel}" if config.pipeline_parallel > 1 else ""),
        ),
        ("Quantization", f"{config.quantization or 'none'}, {config.dtype}; KV cache {config.kv_dtype or 'as dtype'}"),
        ("Max context", f"{config.max_model_len:,} tokens"),
    ]
    if fit is not None and fit.fits:
        contexts = fit.kv_capacity_tokens / config.max_model_len
        facts.append(("KV capacity", f"{fit.kv_capacity_tokens:,} tokens ({contexts:.1f} full contexts)"))
    return [
        *facts,
        ("Max sequences", f"{config.max_num_seqs:,}"),
        ("Batched tokens", f"{config.max_num_batched_tokens:,}"),
        ("Memory for the engine", f"{config.gpu_memory_utilization:.2f} of the device"),
        ("Prefix caching", "On" if config.prefix_caching else "Off"),
        ("Chunked prefill", "On" if config.chunked_prefill else "Off"),
        *([("Cold start p50 / p95", started)] if started else []),
    ]


def engine_arguments(config: ServingConfig) -> str:
    """What to type to serve the model this way by hand."""
    return shlex.join(("vllm", "serve", *vllm_arguments(config.model.name, config)))


def _slo_badge(objectives: list[dict[str, Any]], broken: list[dict[str, Any]]) -> dict[str, str]:
    if not objectives:
        return {"tone": "", "icon": "stop", "word": "No SLO", "rank": "3"}
    if broken:
        worst = max(broken, key=lambda mark: mark["value"] / mark["limit"])
        return {
            "tone": "bad",
            "icon": "alert",
            "word": f"{worst['name']} {milliseconds(worst['value'])} over SLO",
            "rank": "0",
        }
    if all(mark["met"] is None for mark in objectives):
        return {"tone": "", "icon": "clock", "word": "No requests", "rank": "2"}
    return {"tone": "ok", "icon": "check", "word": "Within SLO", "rank": "1"}


def _p95(latency: Latency) -> dict[str, Any]:
    found = latency.at(0.95)
    if found is None:
        return {"text": "–", "method": "No request finished in the last 15 min", "value": None}
    method = "from engine histograms" if latency.method == HISTOGRAM else "from request records"
    told = f"{method}, {latency.count:,} requests, last 15 min"
    return {"text": milliseconds(found.value_ms), "method": told, "value": found.value_ms}
