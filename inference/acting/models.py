"""Models and the ways to serve them: list, register, change, delete, each with where it would fit."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from fleet.acting.dialog import finish, require, require_somewhere, show
from fleet.pages import Frame, frame_of, render_page
from inference.acting.model_forms import ConfigForm, ForgetForm, ModelForm, NewModelForm, as_typed, next_name
from inference.acting.serve import SCOPE, fits
from inference.models import Model, ServingConfig
from inference.services import variants

MOST_MODELS = 500


@require_safe
def models(request: HttpRequest) -> HttpResponseBase:
    """Those one may serve."""
    frame = frame_of(request)
    rows = _usable(frame).select_related("project").annotate(configs=Count("serving_configs", distinct=True))
    found = list(rows.order_by("name", "id")[: MOST_MODELS + 1])
    context = {
        "models": found[:MOST_MODELS],
        "cut": MOST_MODELS if len(found) > MOST_MODELS else None,
        "may_write": frame.caller.may_somewhere(SCOPE),
    }
    return render_page(request, "inference/models.html", frame, context, section="endpoints")


@require_safe
def model(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """What it is, and each way to serve it with the memory it takes on every accelerator on sale."""
    frame = frame_of(request)
    found = get_object_or_404(_usable(frame).select_related("project"), public_id=public_id)
    configs = found.serving_configs.select_related("model").annotate(used=Count("endpoints")).order_by("name")
    context = {
        "model": found,
        "configs": [{"row": config, "fits": fits(config)} for config in configs],
        "used": found.endpoints.exists(),
        "may_write": frame.caller.may(SCOPE, found.project_id),
        "may_serve": frame.caller.may_somewhere(SCOPE),
    }
    return render_page(request, "inference/model.html", frame, context, section="endpoints")


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A model from its config.json."""
    frame = frame_of(request)
    require_somewhere(frame, SCOPE)
    posted = request.method == "POST"
    form = (
        NewModelForm(request.POST, request.FILES, caller=frame.caller) if posted else NewModelForm(caller=frame.caller)
    )
    if posted and form.is_valid():
        asked = form.cleaned_data
        with form.refusals():
            made = variants.register_model(
                project=form.projects[asked["project"]],
                name=asked["name"],
                config=asked["read"],
                now=frame.now,
                actor=frame.caller.name,
            )
            said = f"{made.name} is registered: {made.parameters / 1e9:.1f} billion parameters. Say how to serve it."
            return finish(request, said, to=reverse("config-new", args=[made.public_id]))
    context = {"form": form, "title": "Register a model", "back": reverse("models"), "action": "Register"}
    return _show(request, frame, context, posted)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, public_id: str) -> HttpResponse:
    """Another name or another config.json, while nothing was made of it."""
    frame, found = _own(request, public_id)
    posted = request.method == "POST"
    begun = {"name": found.name, "config": _json(found.config)}
    form = ModelForm(request.POST, request.FILES) if posted else ModelForm(initial=begun)
    if posted and form.is_valid():
        with form.refusals():
            variants.change_model(
                public_id,
                changes={"name": form.cleaned_data["name"], "config": form.cleaned_data["read"]},
                now=frame.now,
                actor=frame.caller.name,
                generation=form.cleaned_data["generation"],
            )
            return finish(request, f"{form.cleaned_data['name']} is changed.", to=_page(found))
    return _show(request, frame, _about(form, found, f"Change {found.name}", "Change"), posted)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Forget it with its configurations, while nothing was made of it."""
    frame, found = _own(request, public_id)
    posted = request.method == "POST"
    form = ForgetForm(request.POST if posted else None, name=found.name)
    if posted and form.is_valid():
        with form.refusals():
            generation = form.cleaned_data["generation"]
            variants.delete_model(public_id, now=frame.now, actor=frame.caller.name, generation=generation)
            return finish(request, f"{found.name} is deleted.", to=reverse("models"))
    return _show(request, frame, _about(form, found, f"Delete {found.name}", "Delete", danger=True), posted)


@require_http_methods(["GET", "HEAD", "POST"])
def add_config(request: HttpRequest, public_id: str) -> HttpResponse:
    """Another way to serve it; `?like=` begins with an existing one's settings."""
    frame, found = _own(request, public_id)
    posted = request.method == "POST"
    like = found.serving_configs.filter(public_id=request.GET.get("like", "")).first()
    begun = as_typed(like) | {"name": next_name(like.name)} if like else {"name": "default"}
    form = ConfigForm(request.POST, model=found) if posted else ConfigForm(initial=begun, model=found)
    if posted and form.is_valid():
        with form.refusals():
            made = variants.register_serving_config(
                model=found,
                name=form.cleaned_data["name"],
                now=frame.now,
                actor=frame.caller.name,
                **form.settings(),
            )
            return finish(request, f"{made.name} is kept. Its memory stands beside it.", to=_page(found))
    return _show(request, frame, _about(form, found, f"Serve {found.name} this way", "Keep"), posted)


@require_http_methods(["GET", "HEAD", "POST"])
def change_config(request: HttpRequest, public_id: str) -> HttpResponse:
    """Other settings, while no endpoint was made with it."""
    frame, config = _own_config(request, public_id)
    posted = request.method == "POST"
    begun = as_typed(config)
    form = ConfigForm(request.POST, model=config.model) if posted else ConfigForm(initial=begun, model=config.model)
    if posted and form.is_valid():
        wanted = {"name": form.cleaned_data["name"], **form.settings()}
        with form.refusals():
            variants.change_serving_config(
                public_id,
                changes={name: value for name, value in wanted.items() if getattr(config, name) != value},
                now=frame.now,
                actor=frame.caller.name,
                generation=form.cleaned_data["generation"],
            )
            return finish(request, f"{wanted['name']} is changed.", to=_page(config.model))
    return _show(request, frame, _about(form, config, f"Change {config.name}", "Change"), posted)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_config(request: HttpRequest, public_id: str) -> HttpResponse:
    """Forget it, while no endpoint was made with it."""
    frame, config = _own_config(request, public_id)
    posted = request.method == "POST"
    form = ForgetForm(request.POST if posted else None, name=config.name)
    if posted and form.is_valid():
        with form.refusals():
            generation = form.cleaned_data["generation"]
            variants.delete_serving_config(public_id, now=frame.now, actor=frame.caller.name, generation=generation)
            return finish(request, f"{config.name} is deleted.", to=_page(config.model))
    return _show(request, frame, _about(form, config, f"Delete {config.name}", "Delete", danger=True), posted)


def _usable(frame: Frame) -> QuerySet[Model]:
    """Those of one's projects, and everybody's."""
    return Model.objects.filter(Q(project=None) | Q(project_id__in=frame.caller.projects("inference:read")))


def _own(request: HttpRequest, public_id: str) -> tuple[Frame, Model]:
    frame = frame_of(request)
    found = get_object_or_404(_usable(frame), public_id=public_id)
    require(frame, SCOPE, found.project_id)
    return frame, found


def _own_config(request: HttpRequest, public_id: str) -> tuple[Frame, ServingConfig]:
    frame = frame_of(request)
    rows = ServingConfig.objects.select_related("model").filter(model__in=_usable(frame))
    found = get_object_or_404(rows, public_id=public_id)
    require(frame, SCOPE, found.model.project_id)
    return frame, found


def _about(form: Any, row: Model | ServingConfig, title: str, action: str, *, danger: bool = False) -> dict[str, Any]:
    of = row if isinstance(row, Model) else row.model
    row.refresh_from_db(fields=["generation"])
    return {
        "form": form,
        "title": title,
        "action": action,
        "danger": danger,
        "generation": row.generation,
        "back": _page(of),
    }


def _show(request: HttpRequest, frame: Frame, context: dict[str, Any], posted: bool) -> HttpResponse:
    status = 422 if posted else 200
    shown = {"heading": "Models", "path": request.get_full_path(), **context}
    return show(request, "acting/model_form.html", frame, shown, section="endpoints", status=status)


def _json(config: dict[str, Any]) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False)


def _page(found: Model) -> str:
    return reverse("model", args=[found.public_id])
