"""The forms of an endpoint: what it serves, on what, under which objectives, within which bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields as columns_of
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q

from fleet.acting.allocate_form import AGREED_LENGTH, on_sale
from fleet.acting.fields import Amount, Labels, One, Several, Span, Whole, Word
from fleet.acting.rows import ActForm
from fleet.api.allocation_shapes import MOST_LABELS
from fleet.domain.refusals import Refused
from fleet.domain.spans import write_span
from fleet.formatting import cloud_name
from fleet.forms import StrictForm
from fleet.models import CapacityType, Project
from fleet.services.access import Caller
from inference.api.endpoints import SLUG
from inference.domain.autoscaling import POLICIES
from inference.models import Endpoint, ServingConfig
from inference.runners import RUNNERS
from inference.services.endpoints import MOST_MILLISECONDS, MOST_REPLICAS, EndpointSpec

NUMBER = Decimal(1_000_000)
PARAMS = {
    name: [(column.name, column.default) for column in columns_of(kind)]  # type: ignore[arg-type]
    for name, kind in POLICIES.items()
}
"""The parameters each policy takes, with what they are when nobody says."""


class Scaling(StrictForm):
    """Bounds, objectives and policy: what creating and changing have in common."""

    min_replicas = Whole(1, MOST_REPLICAS, initial=1, label="Replicas at least")
    max_replicas = Whole(1, MOST_REPLICAS, initial=2, label="Replicas at most")
    slo_quantile = Amount(
        Decimal("0.5"),
        Decimal("0.999"),
        unit="of all requests",
        initial="0.95",
        label="Share of requests",
        help_text="That must meet the objectives: 0.95 is p95.",
    )
    slo_ttft_ms = Whole(1, MOST_MILLISECONDS, required=False, label="TTFT, ms", help_text="To the first token.")
    slo_itl_ms = Whole(1, MOST_MILLISECONDS, required=False, label="ITL, ms", help_text="Between tokens.")
    slo_e2e_ms = Whole(1, MOST_MILLISECONDS, required=False, label="End to end, ms")
    policy = One("policy", label="Autoscaling policy", initial=next(iter(POLICIES)))
    drain = Span(
        least=timedelta(0),
        initial="10min",
        label="Drain at most",
        help_text="A replica that leaves ends its work first.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["policy"].choices = [(name, name.replace("-", " ").capitalize()) for name in POLICIES]  # type: ignore[attr-defined]
        for name, params in PARAMS.items():
            for param, default in params:
                self.fields[_field(name, param)] = Amount(
                    Decimal(0), NUMBER, unit="", required=False, initial=f"{default:g}", label=param.replace("_", " ")
                )

    def policy_fields(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The parameters to draw, by policy."""
        return [
            (name.replace("-", " ").capitalize(), [self[_field(name, param)] for param, _ in params])
            for name, params in PARAMS.items()
        ]

    def scaling(self) -> dict[str, Any]:
        """As the service takes them; a parameter left at its default is not kept."""
        asked = self.cleaned_data
        name = asked["policy"]
        given = [(param, default, asked[_field(name, param)]) for param, default in PARAMS[name]]
        kept = ("min_replicas", "max_replicas", "slo_ttft_ms", "slo_itl_ms", "slo_e2e_ms", "policy")
        return {
            **{name: asked[name] for name in kept},
            "slo_quantile": float(asked["slo_quantile"]),
            "policy_params": {
                param: float(value) for param, default, value in given if value is not None and float(value) != default
            },
            "drain_seconds": int((asked["drain"] or timedelta(0)).total_seconds()),
        }

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """The service speaks in the API's field names."""
        words = {
            "drain_seconds": "drain", "policy_params": "policy", "accelerators": "accelerator", "model": "config",
            "serving_config": "config",
        }  # fmt: skip
        with super().refusals():
            try:
                yield
            except Refused as refused:
                field = words.get(refused.field, refused.field)
                raise Refused(refused.code, refused.sentence, field=field, retryable=refused.retryable) from refused


class ServeForm(Scaling):
    """A new endpoint."""

    undrawn = ("agreed",)
    project = One("project", help_text="Whose budget and quotas it counts against.")
    name = Word(SLUG, "Up to 63 small letters, digits and dashes.", max_length=63, help_text="Part of its address.")
    config = One("serving configuration", label="Model and serving configuration")
    accelerator = One("accelerator", help_text="It serves on this one.")
    others = Several("accelerator", label="Also allowed", help_text="Kept with it for later moves.")
    initial_replicas = Whole(1, MOST_REPLICAS, required=False, label="Replicas to begin with")
    clouds = Several("cloud", help_text="None ticked: any.")
    regions = Several("region", help_text="None ticked: any.")
    capacity_types = Several("capacity type", help_text="None ticked: any.")
    runner = One("runner", initial=EndpointSpec.runner, help_text="What starts the engine.")
    labels = Labels(most=MOST_LABELS, help_text="name=value, one a line.")
    agreed = forms.CharField(required=False, max_length=AGREED_LENGTH, widget=forms.HiddenInput)

    def __init__(self, *args: Any, caller: Caller, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Project.objects.filter(pk__in=caller.projects("inference:write")).order_by("slug")
        self.projects = {project.slug: project for project in mine}
        usable = ServingConfig.objects.filter(
            Q(model__project=None) | Q(model__project__in=list(self.projects.values()))
        ).select_related("model")
        self.configs = {config.public_id: config for config in usable.order_by("model__name", "name")}
        sold = on_sale()
        self._offer("project", {slug: project.name for slug, project in self.projects.items()})
        self._offer("config", {key: _told(config) for key, config in self.configs.items()})
        self._offer("accelerator", sold.chips)
        self._offer("runner", {name: name for name in RUNNERS})
        for name, words in (
            ("others", list(sold.chips)),
            ("clouds", sold.clouds),
            ("regions", sold.regions),
            ("capacity_types", list(CapacityType.values)),
        ):
            self.fields[name].offer(words, {word: cloud_name(word) for word in words})  # type: ignore[attr-defined]

    def _offer(self, name: str, words: dict[str, str]) -> None:
        self.fields[name].choices = list(words.items())  # type: ignore[attr-defined]

    @property
    def of_project(self) -> Project:
        return self.projects[self.cleaned_data["project"]]

    @property
    def of_config(self) -> ServingConfig:
        return self.configs[self.cleaned_data["config"]]

    def spec(self) -> EndpointSpec:
        asked, config = self.cleaned_data, self.of_config
        chips = dict.fromkeys([asked["accelerator"], *asked["others"]])
        return EndpointSpec(
            name=asked["name"],
            model=config.model.public_id,
            serving_config=config.public_id,
            accelerators=tuple(chips),
            clouds=tuple(asked["clouds"]),
            regions=tuple(asked["regions"]),
            capacity_types=tuple(asked["capacity_types"]),
            initial_replicas=asked["initial_replicas"],
            runner=asked["runner"],
            labels=asked["labels"],
            **self.scaling(),
        )


class ChangeForm(Scaling, ActForm):
    """Other bounds, objectives or policy of one that serves."""


class DeleteForm(ActForm):
    """`typed`: its name, always: requests go to it."""

    typed = forms.CharField(required=False, max_length=200, label="Its name")

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"].help_text = f"Type {name} to delete it."
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if self.data.get("step") == "go" and typed != self.name:
            raise forms.ValidationError(f"Type {self.name}, exactly so. Nothing was deleted.")
        return typed


def as_typed(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint's settings as the form shows them."""
    params = {
        _field(name, param): f"{(endpoint.policy_params if name == endpoint.policy else {}).get(param, default):g}"
        for name, pairs in PARAMS.items()
        for param, default in pairs
    }
    plain = ("min_replicas", "max_replicas", "slo_ttft_ms", "slo_itl_ms", "slo_e2e_ms", "policy")
    return {
        **{name: getattr(endpoint, name) for name in plain},
        "slo_quantile": f"{endpoint.slo_quantile:g}",
        "drain": write_span(timedelta(seconds=endpoint.drain_seconds)),
        "generation": endpoint.generation,
        **params,
    }


def _field(policy: str, param: str) -> str:
    return f"{policy}.{param}"


def _told(config: ServingConfig) -> str:
    each = config.accelerators_per_replica
    weights = config.quantization or config.dtype
    return f"{config.model.name} · {config.name} · {weights}, {each} accelerator{'s' if each > 1 else ''} a replica"
