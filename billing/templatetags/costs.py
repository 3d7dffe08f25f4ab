"""Costs for templates of other apps' pages: templates compose what Python keeps apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.urls import reverse

from billing import bar, charts, presenting, queries
from fleet.charts import Chart
from fleet.pages import Frame

register = template.Library()


@register.simple_tag(takes_context=True)
def money_bar(context: template.Context) -> dict[str, Any]:
    frame: Frame = context["frame"]
    return bar.money_bar(frame.projects, frame.now)


@register.simple_tag(takes_context=True)
def endpoint_prices(context: template.Context) -> dict[str, dict[str, Any]]:
    """Endpoint's public id -> what a million of its tokens cost of late."""
    frame: Frame = context["frame"]
    rows = queries.endpoint_prices(frame.projects, frame.now)
    return {ref: presenting.price_row(row, frame.now) for ref, row in rows.items()}


@register.simple_tag(takes_context=True)
def endpoint_cost_chart(context: template.Context, endpoint_ref: str) -> Chart:
    frame: Frame = context["frame"]
    span = frame.range.hourly()
    return charts.endpoint_cost(queries.token_costs(frame.projects, span, endpoints=[endpoint_ref]), span)


@register.simple_tag(takes_context=True)
def endpoint_cost_file(context: template.Context, endpoint_ref: str) -> str:
    """Where the numbers of that chart are as a file."""
    frame: Frame = context["frame"]
    return f"{reverse('economics')}?csv=token-cost-hours&endpoint={endpoint_ref}&{frame.range.query}"


@register.simple_tag
def endpoint_hardware(replicas: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """`3 × g6.xlarge, p5.48xlarge` and the zones they are in."""
    kinds = Counter(row["slot__instance_type"] for row in replicas if row["slot__instance_type"])
    return {
        "machines": ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common()),
        "zones": ", ".join(sorted({row["place"] for row in replicas if row["slot__zone"]})),
    }


@register.filter
def at(rows: Mapping[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = rows.get(key) or {"value": None, "how": "No hour of the last day has a bill"}
    return found
