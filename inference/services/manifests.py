"""An endpoint, or a workload somebody wrote down, as Kubernetes manifests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from fleet.domain.capacity import ON_DEMAND
from fleet.domain.refusals import Refused
from fleet.services.chips import accelerators, cluster_chips
from inference.domain.engine_arguments import vllm_arguments
from inference.domain.manifests.pods import Object
from inference.domain.manifests.rendering import Target, render
from inference.domain.manifests.workload import Workload, read_workload
from inference.models import Endpoint

ENGINE_IMAGES = {"cuda": "vllm/vllm-openai:v0.32.0"}
"""vLLM publishes one image for CUDA; the images for other chips come from their makers, and are to be named."""
MOST_CHARACTERS = 100_000


def manifests_of(endpoint: Endpoint, target: Target, changes: Mapping[str, Any] | None = None) -> list[Object]:
    """The endpoint's manifests as it stands, with some fields of its workload changed. Raises Refused."""
    return render(workload_of(endpoint, changes or {}), target, cluster_chips())


def workload_of(endpoint: Endpoint, changes: Mapping[str, Any]) -> Workload:
    """The endpoint as a workload: its replicas, chips and arguments. Raises Refused, for want of an image too."""
    config = endpoint.serving_config
    if config.engine != "vllm":
        raise Refused("no-arguments", f"Only vLLM's arguments are known, not those of {config.engine}.")
    chip = str(changes.get("accelerator") or (endpoint.accelerators or [""])[0])
    named = accelerators().find(chip)
    values: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9-]", "-", endpoint.name)[:52].strip("-"),
        "image": ENGINE_IMAGES.get(named.runtime if named else "", ""),
        "accelerator": named.name if named else chip,
        "accelerators": config.accelerators_per_replica,
        "args": vllm_arguments(endpoint.model.name, config),
        "replicas": endpoint.desired_replicas,
        "capacity_type": (endpoint.capacity_types or [ON_DEMAND])[0],
        "drain_seconds": endpoint.drain_seconds,
        "labels": {"purser/endpoint": endpoint.public_id},
        **{name: value for name, value in changes.items() if value and name != "accelerator"},
    }
    if not values["image"]:
        what = f"{named.title}" if named else "this accelerator"
        raise Refused(
            "field-missing", f"Name the image of the engine for {what}: there is no one image.", field="image"
        )
    return read_workload(values)


def rendered(text: str, target: Target) -> list[Object]:
    """A workload written as YAML or JSON, rendered. Raises Refused with the line, or with the field."""
    if len(text) > MOST_CHARACTERS:
        raise Refused("too-long", f"A workload has at most {MOST_CHARACTERS:,} characters.")
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Refused("no-yaml", f"It cannot be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise Refused("no-workload", "A workload gives a value for each of its fields: name, image, accelerator …")
    return render(read_workload(values), target, cluster_chips())


def as_yaml(objects: Sequence[Object]) -> str:
    """For `kubectl apply -f -`: one document an object."""
    return yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, explicit_start=True, width=100)


class _Plain(yaml.SafeDumper):
    """Writes a thing that occurs twice twice: nobody reads anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
