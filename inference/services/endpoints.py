"""Endpoints: created with the allocation they serve on, changed within their bounds, deleted without cutting work."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.placement import Plan
from fleet.domain.refusals import Refused, check_generation, did_you_mean
from fleet.models import Project
from fleet.services import allocations, events
from fleet.services.chips import accelerators
from inference.domain import cloud_init, engine_order
from inference.domain.autoscaling import policy
from inference.domain.lifecycle import EndpointReason, EndpointState
from inference.domain.memory_fit import MemoryFit
from inference.domain.price_bounds import PriceBounds, price_bounds
from inference.models import Endpoint, Model, ServingConfig
from inference.models.endpoint import endpoint_id
from inference.runners import RUNNERS, STARTS_ON
from inference.services import variants
from inference.services.manifests import ENGINE_IMAGES

BORN_WITH_IT = "cloud_init"
"""The runner whose machines are launched with their engine."""
MOST_REPLICAS = 1_000
MOST_MILLISECONDS = 3_600_000
SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
SLOS = ("slo_ttft_ms", "slo_itl_ms", "slo_e2e_ms")
CHANGEABLE = frozenset(
    {"min_replicas", "max_replicas", "slo_quantile", *SLOS, "policy", "policy_params", "drain_seconds"}
)


@dataclass(frozen=True)
class EndpointSpec:
    """What somebody asks for. `model` and `serving_config` are public ids or names."""

    name: str
    model: str
    serving_config: str
    accelerators: tuple[str, ...]
    clouds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    capacity_types: tuple[str, ...] = ()
    min_replicas: int = 1
    max_replicas: int = 1
    initial_replicas: int | None = None
    slo_quantile: float = 0.95
    slo_ttft_ms: int | None = None
    slo_itl_ms: int | None = None
    slo_e2e_ms: int | None = None
    policy: str = "target-tracking"
    policy_params: Mapping[str, Any] = field(default_factory=dict)
    runner: str = "sandbox"
    drain_seconds: int = 600
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """What creating it would do, without doing it."""

    plan: Plan
    fit: MemoryFit
    bounds: PriceBounds | None


def create_endpoint(
    *,
    project: Project,
    spec: EndpointSpec,
    requested_by: str,
    now: datetime,
    request_id: str = "",
    token_id: int | None = None,
) -> Endpoint:
    """The endpoint and its allocation, both or neither. Raises Refused with the field and what to do."""
    config, spec = _checked(project, spec)
    public_id = endpoint_id()
    try:
        with transaction.atomic():
            variants.hold_still(config)
            allocation = allocations.request_allocation(
                project=project,
                spec=_allocation_spec(spec, config, public_id),
                requested_by=requested_by,
                now=now,
                request_id=request_id,
                token_id=token_id,
            )
            endpoint = Endpoint.objects.create(
                public_id=public_id,
                project=project,
                name=spec.name,
                model=config.model,
                serving_config=config,
                runner=spec.runner,
                allocation=allocation,
                accelerators=list(spec.accelerators),
                clouds=list(spec.clouds),
                regions=list(spec.regions),
                capacity_types=list(spec.capacity_types),
                slo_quantile=spec.slo_quantile,
                **{slo: getattr(spec, slo) for slo in SLOS},
                policy=spec.policy,
                policy_params=dict(spec.policy_params),
                min_replicas=spec.min_replicas,
                max_replicas=spec.max_replicas,
                desired_replicas=_initial(spec),
                drain_seconds=spec.drain_seconds,
                since=now,
                created_at=now,
            )
            events.record(
                "endpoint.created",
                subject=public_id,
                project=project,
                actor=requested_by,
                request_id=request_id,
                now=now,
                data={"name": spec.name, "model": config.model.name, "allocation": allocation.public_id},
            )
    except IntegrityError as error:
        if "one_living_endpoint_per_name" not in str(error):
            raise
        raise Refused("name-taken", f"There is an endpoint called {spec.name} already.", field="name") from error
    return endpoint


def preview_endpoint(*, project: Project, spec: EndpointSpec, now: datetime, token_id: int | None = None) -> Preview:
    """The plan, its price and the memory fit of what `create_endpoint` would ask for. Raises Refused."""
    config, spec = _checked(project, spec)
    plan = allocations.preview(project=project, spec=_allocation_spec(spec, config, ""), now=now, token_id=token_id)
    machines = [c.candidate.offering.price_per_hour for c in plan.chosen for _ in range(c.machines)]
    bounds = price_bounds(
        machines, least_replicas=spec.min_replicas, most_replicas=spec.max_replicas, currency=plan.currency
    )
    return Preview(plan, variants.fit_on(config, accelerators().require(spec.accelerators[0])), bounds)


def change_endpoint(
    public_id: str,
    *,
    changes: Mapping[str, Any],
    now: datetime,
    actor: str,
    generation: int | None = None,
    request_id: str = "",
) -> Endpoint:
    """Change bounds, objectives or policy. Raises DoesNotExist, or Refused; `generation` says which one was read."""
    unknown = sorted(set(changes) - CHANGEABLE)
    if unknown:
        raise Refused(
            "not-changeable", f"{', '.join(unknown)} cannot be changed; make a new endpoint.", field=unknown[0]
        )
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update(no_key=True).living().get(public_id=public_id)
        check_generation(endpoint.generation, generation)
        if endpoint.state == EndpointState.DELETING:
            raise Refused("endpoint-ended", "It is being deleted.")
        before = {name: getattr(endpoint, name) for name in changes}
        for name, value in changes.items():
            setattr(endpoint, name, value)
        _check_objectives(endpoint)
        _check_bounds(endpoint.min_replicas, endpoint.max_replicas)
        _check_policy(endpoint.policy, endpoint.policy_params)
        endpoint.generation += 1
        endpoint.save(update_fields=[*changes, "generation"])
        Endpoint.objects.filter(pk=endpoint.pk).update(next_at=Now())
        events.record(
            "endpoint.changed",
            subject=public_id,
            project=endpoint.project,
            actor=actor,
            request_id=request_id,
            now=now,
            data={"before": before, "after": dict(changes)},
        )
    return endpoint


def delete_endpoint(
    public_id: str, *, now: datetime, actor: str, generation: int | None = None, request_id: str = ""
) -> Endpoint:
    """Let its replicas finish what they run, then release its machines. Asking twice changes nothing.

    `generation`: the one the asker read; None: whatever it is by now. Raises DoesNotExist, or Changed.
    """
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update(no_key=True).get(public_id=public_id)
        check_generation(endpoint.generation, generation)
        if endpoint.state not in (EndpointState.DELETING, EndpointState.DELETED):
            before = {"state": endpoint.state, "desired_replicas": endpoint.desired_replicas}
            endpoint.state, endpoint.reason = EndpointState.DELETING, EndpointReason.DELETED_BY_USER
            endpoint.since, endpoint.desired_replicas = now, 0
            endpoint.generation += 1
            endpoint.save(update_fields=["state", "reason", "since", "desired_replicas", "generation"])
            Endpoint.objects.filter(pk=endpoint.pk).update(next_at=Now())
            events.record(
                "endpoint.delete-requested",
                subject=public_id,
                project=endpoint.project,
                actor=actor,
                request_id=request_id,
                now=now,
                data={"before": before, "after": {"state": endpoint.state, "desired_replicas": 0}},
            )
    return endpoint


def _checked(project: Project, spec: EndpointSpec) -> tuple[ServingConfig, EndpointSpec]:
    """The configuration, and the spec with the accelerators' canonical names."""
    if not SLUG.fullmatch(spec.name):
        raise Refused("name", "A name is up to 63 small letters, digits and dashes.", field="name")
    config = _config(project, spec)
    _check_bounds(spec.min_replicas, spec.max_replicas)
    if spec.initial_replicas is not None and not spec.min_replicas <= spec.initial_replicas <= spec.max_replicas:
        raise Refused(
            "initial-replicas",
            f"It must lie between {spec.min_replicas} and {spec.max_replicas}.",
            field="initial_replicas",
        )
    _check_objectives(spec)
    _check_policy(spec.policy, spec.policy_params)
    if spec.runner not in RUNNERS:
        raise Refused("runner", f"No runner {spec.runner!r}. There are: {', '.join(RUNNERS)}.", field="runner")
    if not spec.accelerators:
        raise Refused("accelerators", "Name at least one accelerator.", field="accelerators")
    chips = [accelerators().require(word, field="accelerators") for word in spec.accelerators]
    for chip in chips:
        fit = variants.fit_on(config, chip)
        if not fit.fits:
            raise Refused("does-not-fit", f"{config.model.name} on {chip.name}: {fit.problem}", field="accelerators")
    return config, replace(spec, accelerators=tuple(chip.name for chip in chips))


def _config(project: Project, spec: EndpointSpec) -> ServingConfig:
    models = Model.objects.filter(Q(project=project) | Q(project=None))
    model = (
        models.filter(Q(public_id=spec.model) | Q(name=spec.model)).order_by(F("project").asc(nulls_last=True)).first()
    )
    if model is None:
        known = did_you_mean(spec.model, models.values_list("name", flat=True)[:200])
        raise Refused("unknown-model", f"There is no model {spec.model!r}.{known}", field="model")
    configs = model.serving_configs.select_related("model")
    config = configs.filter(Q(public_id=spec.serving_config) | Q(name=spec.serving_config)).first()
    if config is None:
        known = did_you_mean(spec.serving_config, configs.values_list("name", flat=True)[:200])
        sentence = f"{model.name} has no serving configuration {spec.serving_config!r}.{known}"
        raise Refused("unknown-serving-config", sentence, field="serving_config")
    return config


def _check_bounds(least: int, most: int) -> None:
    if least < 1:
        raise Refused("min-replicas", "At least 1 replica; scaling to zero is not possible yet.", field="min_replicas")
    if not least <= most <= MOST_REPLICAS:
        sentence = f"It must lie between min_replicas ({least}) and {MOST_REPLICAS}."
        raise Refused("max-replicas", sentence, field="max_replicas")


def _check_objectives(asked: EndpointSpec | Endpoint) -> None:
    if not (math.isfinite(asked.slo_quantile) and 0.5 <= asked.slo_quantile <= 0.999):
        raise Refused("slo-quantile", "It must lie between 0.5 and 0.999.", field="slo_quantile")
    for slo in SLOS:
        value = getattr(asked, slo)
        if value is not None and not 1 <= value <= MOST_MILLISECONDS:
            raise Refused("slo", f"Between 1 and {MOST_MILLISECONDS} milliseconds.", field=slo)
    if not 0 <= asked.drain_seconds <= 86_400:
        raise Refused("drain-seconds", "Between 0 and 86,400 seconds.", field="drain_seconds")


def _check_policy(name: str, params: Mapping[str, Any]) -> None:
    try:
        policy(name, params)
    except ValueError as error:
        raise Refused("policy", str(error), field="policy_params" if params else "policy") from error


def _initial(spec: EndpointSpec) -> int:
    return spec.min_replicas if spec.initial_replicas is None else spec.initial_replicas


def _allocation_spec(spec: EndpointSpec, config: ServingConfig, endpoint_ref: str) -> AllocationSpec:
    each = config.accelerators_per_replica
    demand = Demand(
        accelerator_count=_initial(spec) * each,
        accelerator=spec.accelerators[0],
        accelerators_per_slot=each,
        clouds=spec.clouds,
        regions=spec.regions,
        capacity_types=spec.capacity_types,
        providers=STARTS_ON[spec.runner],
    )
    made = AllocationSpec(spec.name, demand, labels=dict(spec.labels), endpoint_ref=endpoint_ref)
    if spec.runner != BORN_WITH_IT:
        return made
    return replace(made, startup_script=_birth(spec, config), ports=(cloud_init.PORT,))


def _birth(spec: EndpointSpec, config: ServingConfig) -> str:
    """What its machines are told at their birth. Raises Refused where none would start an engine by it."""
    chip = accelerators().require(spec.accelerators[0])
    image = ENGINE_IMAGES.get(chip.runtime)
    if image is None:
        sentence = f"There is no one engine image for {chip.title}, so no machine can be launched with its engine."
        raise Refused("no-engine-image", sentence, field="accelerators")
    try:
        said = engine_order.arguments(variants.engine_order(config))
        return cloud_init.cloud_config(said, image=image, runtime=chip.runtime)
    except ValueError as error:
        raise Refused("serving-config", str(error), field="serving_config") from error
