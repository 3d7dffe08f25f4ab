"""Models and their serving configurations: registered once, judged on any accelerator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from fleet.domain.accelerators import Accelerator
from fleet.domain.refusals import Refused
from fleet.models import Project
from inference.domain.architecture import Architecture, BadConfig, from_config
from inference.domain.memory_fit import MemoryFit, Settings, memory_fit, weights_bytes
from inference.domain.roofline import Performance, performance
from inference.models import Model, ServingConfig
from inference.telemetry import ENGINES

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


def register_model(*, project: Project | None, name: str, config: Mapping[str, Any]) -> Model:
    """Count a config.json and keep the model. Raises Refused with the key at fault."""
    if not NAME.fullmatch(name):
        raise Refused("model-name", "A model's name is letters, digits and . _ - /, as engines know it.", field="name")
    try:
        counted = from_config(config)
    except BadConfig as error:
        raise Refused("model-config", str(error), field="config") from error
    model = Model(
        project=project,
        name=name,
        config=dict(config),
        architecture=counted.name,
        parameters=counted.parameters,
        active_parameters=counted.active_parameters,
        layers=counted.layers,
        hidden_size=counted.hidden_size,
        heads=counted.heads,
        kv_heads=counted.kv_heads,
        head_dim=counted.head_dim,
        experts=counted.experts,
        experts_per_token=counted.experts_per_token,
        context_length=counted.context_length,
        dtype=counted.dtype,
    )
    _insert(model, f"There is a model called {name} already.")
    return model


def register_serving_config(*, model: Model, name: str, **settings: Any) -> ServingConfig:
    """Keep one way to serve a model. Raises Refused for a value no engine would take."""
    config = ServingConfig(model=model, name=name, **{"dtype": model.dtype, **settings})
    try:
        config.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Refused("serving-config", f"{field}: {messages[0]}", field=field) from error
    if config.engine not in ENGINES:
        raise Refused("engine", f"No engine {config.engine!r}. There are: {', '.join(ENGINES)}.", field="engine")
    _insert(config, f"{model.name} has a serving configuration called {name} already.")
    return config


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


def fit_on(config: ServingConfig, chip: Accelerator) -> MemoryFit:
    """Where the memory of one such accelerator would go, and the problem if it does not fit."""
    return memory_fit(architecture_of(config.model), settings_of(config), chip)


def speed_on(config: ServingConfig, chip: Accelerator) -> Performance:
    """The estimated speed of one replica on such accelerators."""
    return performance(architecture_of(config.model), settings_of(config), chip)


def weights_gib(config: ServingConfig) -> float:
    """Of the whole replica, on all its accelerators together."""
    return weights_bytes(architecture_of(config.model), config.quantization) / 2**30


def _insert(row: Model | ServingConfig, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("name-taken", taken, field="name") from error
