"""Models and their serving configurations: registered once, judged on any accelerator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from fleet.domain.accelerators import Accelerator
from fleet.domain.refusals import Changed, Refused, check_generation
from fleet.models import Project
from fleet.services import events
from inference.domain.architecture import Architecture, BadConfig, from_config
from inference.domain.engine_order import EngineOrder
from inference.domain.memory_fit import MemoryFit, Settings, memory_fit, weights_bytes
from inference.domain.roofline import Performance, performance
from inference.models import Model, ServingConfig
from inference.telemetry import ENGINES

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


def register_model(
    *,
    project: Project | None,
    name: str,
    config: Mapping[str, Any],
    now: datetime,
    actor: str = "purser",
    request_id: str = "",
) -> Model:
    """Count a config.json and keep the model. Raises Refused with the key at fault."""
    model = Model(project=project, name=_checked_name(name), **_counted(config))
    with transaction.atomic():
        _write(model, f"There is a model called {name} already.", force_insert=True)
        _say("model.registered", model, actor, request_id, now, {"name": name, "parameters": model.parameters})
    return model


def change_model(
    public_id: str,
    *,
    changes: Mapping[str, Any],
    now: datetime,
    actor: str,
    generation: int | None = None,
    request_id: str = "",
) -> Model:
    """Another name, or another config.json counted anew. Raises DoesNotExist, Refused, or Changed.

    Only while no endpoint was ever made of it: what was measured and billed is read with the model as it was then.
    """
    with transaction.atomic():
        model = Model.objects.select_for_update().get(public_id=public_id)
        check_generation(model.generation, generation)
        _refuse_used(model.endpoints, "Register another model instead; this one is part of their history.")
        before = {name: getattr(model, name) for name in changes if name != "config"}
        if "name" in changes:
            model.name = _checked_name(changes["name"])
        if "config" in changes:
            before["parameters"] = model.parameters
            for column, value in _counted(changes["config"]).items():
                setattr(model, column, value)
        model.generation += 1
        _write(model, f"There is a model called {model.name} already.")
        after = {name: getattr(model, name) for name in before}
        _say("model.changed", model, actor, request_id, now, {"before": before, "after": after})
    return model


def delete_model(
    public_id: str, *, now: datetime, actor: str, generation: int | None = None, request_id: str = ""
) -> None:
    """Forget a model nothing was ever made of, with its serving configurations. Raises DoesNotExist, Refused."""
    with transaction.atomic():
        model = Model.objects.select_for_update().get(public_id=public_id)
        check_generation(model.generation, generation)
        _refuse_used(model.endpoints, "A model stays as long as an endpoint, even a deleted one, is in the history.")
        configs = list(model.serving_configs.order_by("name").values_list("name", flat=True))
        before = {"name": model.name, "parameters": model.parameters, "serving_configs": configs}
        _say("model.deleted", model, actor, request_id, now, {"before": before, "after": None})
        model.serving_configs.all().delete()
        model.delete()


def register_serving_config(
    *, model: Model, name: str, now: datetime, actor: str = "purser", request_id: str = "", **settings: Any
) -> ServingConfig:
    """Keep one way to serve a model. Raises Refused for a value no engine would take."""
    config = ServingConfig(model=model, name=name, **{"dtype": model.dtype, **settings})
    _check_settings(config)
    with transaction.atomic():
        _write(config, f"{model.name} has a serving configuration called {name} already.", force_insert=True)
        after = {"name": name, "model": model.name, **settings}
        _say("serving-config.registered", config, actor, request_id, now, after)
    return config


def change_serving_config(
    public_id: str,
    *,
    changes: Mapping[str, Any],
    now: datetime,
    actor: str,
    generation: int | None = None,
    request_id: str = "",
) -> ServingConfig:
    """Other settings, while no endpoint was ever made with it. Raises DoesNotExist, Refused, or Changed.

    Replicas run what they were started with, so a configuration in use does not change under them.
    """
    with transaction.atomic():
        config = _locked_config(public_id)
        check_generation(config.generation, generation)
        _refuse_used(config.endpoints, "Add another configuration with these settings; replicas run what they began.")
        before = {name: getattr(config, name) for name in changes}
        for name, value in changes.items():
            setattr(config, name, value)
        _check_settings(config)
        config.generation += 1
        _write(config, f"{config.model.name} has a serving configuration called {config.name} already.")
        told = {"before": before, "after": dict(changes)}
        _say("serving-config.changed", config, actor, request_id, now, told)
    return config


def delete_serving_config(
    public_id: str, *, now: datetime, actor: str, generation: int | None = None, request_id: str = ""
) -> None:
    """Forget a way to serve that no endpoint was ever made with. Raises DoesNotExist, Refused, or Changed."""
    with transaction.atomic():
        config = _locked_config(public_id)
        check_generation(config.generation, generation)
        _refuse_used(config.endpoints, "It stays as long as an endpoint, even a deleted one, is in the history.")
        before = {"name": config.name, "model": config.model.name}
        _say("serving-config.deleted", config, actor, request_id, now, {"before": before, "after": None})
        config.delete()


def hold_still(config: ServingConfig) -> None:
    """Until the caller's transaction ends nobody changes this configuration or its model. Raises Changed if one did."""
    for row in (config.model, config):
        same = type(row)._default_manager.filter(pk=row.pk, generation=row.generation)
        if same.select_for_update(no_key=True).values_list("pk").first() is None:
            raise Changed


def architecture_of(model: Model) -> Architecture:
    """The model's shape, counted again from the config it was registered with."""
    return from_config(model.config)


def settings_of(config: ServingConfig) -> Settings:
    return Settings(
        quantization=config.quantization,
        kv_dtype=config.kv_dtype,
        tensor_parallel=config.tensor_parallel,
        pipeline_parallel=config.pipeline_parallel,
        max_model_len=config.max_model_len,
        max_num_seqs=config.max_num_seqs,
        max_num_batched_tokens=config.max_num_batched_tokens,
        gpu_memory_utilization=config.gpu_memory_utilization,
        dtype=config.dtype,
        chunked_prefill=config.chunked_prefill,
    )


def engine_order(config: ServingConfig) -> EngineOrder:
    """What a real engine is told of the configuration."""
    return EngineOrder(
        model=config.model.name,
        engine=config.engine,
        quantization=config.quantization,
        kv_dtype=config.kv_dtype,
        tensor_parallel=config.tensor_parallel,
        pipeline_parallel=config.pipeline_parallel,
        max_model_len=config.max_model_len,
        max_num_seqs=config.max_num_seqs,
        max_num_batched_tokens=config.max_num_batched_tokens,
        gpu_memory_utilization=config.gpu_memory_utilization,
        dtype=config.dtype,
        prefix_caching=config.prefix_caching,
        chunked_prefill=config.chunked_prefill,
        extra_args=config.extra_args,
    )


def fit_on(config: ServingConfig, chip: Accelerator) -> MemoryFit:
    """Where the memory of one such accelerator would go, and the problem if it does not fit."""
    return memory_fit(architecture_of(config.model), settings_of(config), chip)


def speed_on(config: ServingConfig, chip: Accelerator) -> Performance:
    """The estimated speed of one replica on such accelerators."""
    return performance(architecture_of(config.model), settings_of(config), chip)


def weights_gib(config: ServingConfig) -> float:
    """Of the whole replica, on all its accelerators together."""
    return weights_bytes(architecture_of(config.model), config.quantization) / 2**30


def needed_accelerators(shape: Architecture, quantization: str, chip: Accelerator) -> int | None:
    """The fewest accelerators in one replica on which the model fits with room for a request; None: more than 64."""
    for split in (1, 2, 4, 8, 16, 32, 64):
        settings = Settings(
            quantization=quantization,
            dtype=shape.dtype if chip.bf16_tflops is not None else "float16",
            tensor_parallel=split,
            max_model_len=min(8192, shape.context_length),
        )
        if memory_fit(shape, settings, chip).fits:
            return split
    return None


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Refused("model-name", "A model's name is letters, digits and . _ - /, as engines know it.", field="name")
    return name


def _counted(config: Mapping[str, Any]) -> dict[str, Any]:
    """The model's columns, counted from its config.json."""
    try:
        counted = from_config(config)
    except BadConfig as error:
        raise Refused("model-config", str(error), field="config") from error
    return {
        "config": dict(config),
        "architecture": counted.name,
        "parameters": counted.parameters,
        "active_parameters": counted.active_parameters,
        "layers": counted.layers,
        "hidden_size": counted.hidden_size,
        "heads": counted.heads,
        "kv_heads": counted.kv_heads,
        "head_dim": counted.head_dim,
        "experts": counted.experts,
        "experts_per_token": counted.experts_per_token,
        "context_length": counted.context_length,
        "dtype": counted.dtype,
    }


def _locked_config(public_id: str) -> ServingConfig:
    rows = ServingConfig.objects.select_related("model__project").select_for_update(of=("self",))
    return rows.get(public_id=public_id)


def _check_settings(config: ServingConfig) -> None:
    try:
        config.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Refused("serving-config", f"{field}: {messages[0]}", field=field) from error
    if config.engine not in ENGINES:
        raise Refused("engine", f"No engine {config.engine!r}. There are: {', '.join(ENGINES)}.", field="engine")


def _refuse_used(endpoints: Any, instead: str) -> None:
    """`endpoints` are those made of it, the deleted ones too."""
    names = list(endpoints.order_by("-id").values_list("name", flat=True)[:2])
    if names:
        more = " and others" if len(names) > 1 else ""
        raise Refused("in-use", f"The endpoint {names[0]}{more} was made of it. {instead}")


def _write(row: Model | ServingConfig, taken: str, *, force_insert: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=force_insert)
    except IntegrityError as error:
        raise Refused("name-taken", taken, field="name") from error


def _say(
    topic: str, row: Model | ServingConfig, actor: str, request_id: str, now: datetime, data: dict[str, Any]
) -> None:
    project = row.project if isinstance(row, Model) else row.model.project
    events.record(topic, subject=row.public_id, project=project, actor=actor, request_id=request_id, now=now, data=data)
