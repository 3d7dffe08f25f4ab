"""billing's metrics: what a million tokens cost, as last known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric

from billing.models import CostPerToken

RECENT = timedelta(hours=3)


def families(now: datetime) -> Iterator[Metric]:
    """One sample an endpoint, of its last hour that has a number. `now` is business time."""
    labels = ["endpoint", "method", "currency"]
    price = GaugeMetricFamily("purser_cost_per_million_tokens", "Allocated cost of a million tokens", labels=labels)
    complete = GaugeMetricFamily(
        "purser_cost_completeness_ratio", "Share of that hour's telemetry that was seen", labels=["endpoint"]
    )
    rows = CostPerToken.objects.filter(hour__gt=now - RECENT, cost_per_million__isnull=False)
    last = rows.order_by("endpoint_ref", "-hour").distinct("endpoint_ref")
    for row in last.values("endpoint_ref", "method", "currency", "cost_per_million", "completeness"):
        price.add_metric([row["endpoint_ref"], row["method"], row["currency"]], float(row["cost_per_million"] or 0))
        complete.add_metric([row["endpoint_ref"]], row["completeness"])
    yield price
    yield complete
