"""Percentile sketches against the ddsketch package: merge rate, size and error.

A day of 1,440 minutes, 200 latencies each, is parsed, merged into one sketch and its p99 read, as a page does that
shows a day. CPU time, median of several runs, both sides in turn. Errors are relative to the nearest order statistic
around the rank, read back from the packed form, over four shapes of data.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench import adapters
from bench.report import Report

MINUTES, VALUES_A_MINUTE = 1_440, 200
QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999]
OUR_RUNS, PEER_RUNS = 15, 3
GOAL_RATIO, GOAL_ERROR = 500, 0.01


class Sketch(Protocol):
    def build(self, values: Sequence[float]) -> bytes: ...

    def merge(self, blobs: Sequence[bytes]) -> bytes: ...

    def quantiles(self, blob: bytes, qs: Sequence[float]) -> list[float]: ...


class DdSketch:
    """The peer: ddsketch at 1 % in its protobuf form."""

    def __init__(self) -> None:
        from ddsketch import DDSketch
        from ddsketch.pb import ddsketch_pb2
        from ddsketch.pb.proto import DDSketchProto

        self._new, self._message, self._proto = DDSketch, ddsketch_pb2.DDSketch, DDSketchProto

    def build(self, values: Sequence[float]) -> bytes:
        sketch = self._new(0.01)
        for value in values:
            sketch.add(value)
        return self._packed(sketch)

    def merge(self, blobs: Sequence[bytes]) -> bytes:
        merged = self._new(0.01)
        for blob in blobs:
            merged.merge(self._parsed(blob))
        return self._packed(merged)

    def quantiles(self, blob: bytes, qs: Sequence[float]) -> list[float]:
        sketch = self._parsed(blob)
        return [sketch.get_quantile_value(q) for q in qs]

    def _packed(self, sketch: Any) -> bytes:
        return bytes(self._proto.to_proto(sketch).SerializeToString())

    def _parsed(self, blob: bytes) -> Any:
        message = self._message()
        message.ParseFromString(blob)
        return self._proto.from_proto(message)


def run() -> Report:
    """Measure both and compare."""
    rng = np.random.default_rng(2)
    minutes = rng.lognormal(5.5, 0.9, (MINUTES, VALUES_A_MINUTE))
    ours = measure(adapters.sketch(), minutes, OUR_RUNS)
    peer = measure(DdSketch(), minutes, PEER_RUNS)
    ratio = round(ours["sketches_per_second"] / peer["sketches_per_second"], 1)
    smaller = ours["bytes_per_sketch"] <= peer["bytes_per_sketch"] and ours["bytes_merged"] <= peer["bytes_merged"]
    return Report(
        name="sketch",
        ours=ours,
        peer={"package": "ddsketch", **peer},
        ratio=ratio,
        goal=f"merge at least {GOAL_RATIO} times as fast, no larger, error at most {GOAL_ERROR:.0%} at p50 to p99.9",
        holds=ratio >= GOAL_RATIO and smaller and ours["worst_error"] <= GOAL_ERROR,
    )


def measure(sketch: Sketch, minutes: NDArray[np.float64], runs: int) -> dict[str, Any]:
    """Rate, sizes and worst error of one implementation."""
    blobs = [sketch.build(minute.tolist()) for minute in minutes]
    seconds = []
    for _ in range(runs):
        started = time.process_time()
        merged = sketch.merge(blobs)
        sketch.quantiles(merged, [0.99])
        seconds.append(time.process_time() - started)
    worst = max([_error(sketch, merged, minutes.ravel()), *(_built_error(sketch, data) for data in _shapes())])
    return {
        "sketches_per_second": round(MINUTES / max(statistics.median(seconds), 1e-9)),
        "bytes_per_sketch": round(statistics.mean(map(len, blobs))),
        "bytes_merged": len(merged),
        "worst_error": round(worst, 6),
    }


def _built_error(sketch: Sketch, values: NDArray[np.float64]) -> float:
    return _error(sketch, sketch.build(values.tolist()), values)


def _error(sketch: Sketch, blob: bytes, values: NDArray[np.float64]) -> float:
    estimates = np.asarray(sketch.quantiles(blob, QUANTILES))
    low = np.quantile(values, QUANTILES, method="lower")
    high = np.quantile(values, QUANTILES, method="higher")
    nearest = np.clip(estimates, low, high)
    return float((np.abs(estimates - nearest) / np.where(nearest == 0, 1, nearest)).max())


def _shapes() -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(3)
    hits, misses = rng.lognormal(3, 0.3, 14_000), rng.lognormal(7, 0.5, 6_000)
    waits = np.where(rng.random(20_000) < 0.3, 0.0, rng.lognormal(4, 1, 20_000))
    return [rng.lognormal(5.5, 0.9, 20_000), np.concatenate([hits, misses]), rng.pareto(1.5, 20_000) * 50 + 50, waits]
