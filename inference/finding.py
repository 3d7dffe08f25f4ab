"""What the search field finds of inference: endpoints by name or id, models by name."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse

from fleet.finding import MOST_OF_A_KIND, Found
from fleet.queries import in_scope
from inference.models import Endpoint


def found_rows(projects: Sequence[int] | None, text: str) -> list[Found]:
    """Endpoints of these projects, and the endpoints that serve a model called so."""
    return _endpoints(projects, text) + _models(projects, text) if text else []


def _endpoints(projects: Sequence[int] | None, text: str) -> list[Found]:
    named = Q(name__icontains=text) | Q(public_id__icontains=text)
    rows = in_scope(Endpoint.objects.living().filter(named), projects).order_by("name")
    columns = ("public_id", "name", "state", "model__name")
    return [
        Found("Endpoints", name, f"{state.capitalize()} · {model}", "endpoint", reverse("endpoint", args=[public_id]))
        for public_id, name, state, model in rows.values_list(*columns)[:MOST_OF_A_KIND]
    ]


def _models(projects: Sequence[int] | None, text: str) -> list[Found]:
    """A model has no page of its own: it leads to the endpoint that serves it."""
    rows = in_scope(Endpoint.objects.living().filter(model__name__icontains=text), projects)
    found = rows.order_by("model__name", "name").distinct("model__name")
    return [
        Found("Models", model, f"served by {name}", "bookmark", reverse("endpoint", args=[public_id]))
        for public_id, name, model in found.values_list("public_id", "name", "model__name")[:MOST_OF_A_KIND]
    ]
