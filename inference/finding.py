"""What the search field finds of inference: endpoints and models, by name or id."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse

from fleet.finding import MOST_OF_A_KIND, Found
from fleet.queries.rows import in_scope
from inference.models import Endpoint, Model


def found_rows(projects: Sequence[int] | None, text: str) -> list[Found]:
    """Endpoints of these projects, and the models they may serve."""
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
    """Models of these projects, and those of everybody."""
    theirs = Q() if projects is None else Q(project=None) | Q(project__in=projects)
    rows = Model.objects.filter(theirs, Q(name__icontains=text) | Q(public_id__icontains=text))
    found = rows.order_by("name", "id").values_list("public_id", "name", "project__slug")[:MOST_OF_A_KIND]
    return [
        Found("Models", name, f"of {project}" if project else "of everybody", "bookmark", reverse("model", args=[key]))
        for key, name, project in found
    ]
