"""Runners put engines on machines: one file and one line each, imported when it is first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from inference.runners.base import Host, Runner

# Name -> dotted path of a class that is made with the Host it acts on.
RUNNERS = {
    "cloud_init": "inference.runners.cloud_init.CloudInitRunner",
    "local": "inference.runners.local.LocalRunner",
    "kubernetes": "inference.runners.kubernetes.KubernetesRunner",
    "sandbox": "inference.runners.sandbox.SandboxRunner",
}

# Name -> the providers (fleet.providers) on whose machines it can start an engine.
STARTS_ON: dict[str, tuple[str, ...]] = {
    "cloud_init": ("aws", "azure", "gcp"),
    "local": ("local",),
    "kubernetes": ("kubernetes",),
    "sandbox": ("sandbox",),
}


def kind(name: str) -> type[Runner]:
    """The class of that name, imported. Raises KeyError for a name that is not registered."""
    module, _, attribute = RUNNERS[name].rpartition(".")
    return cast(type[Runner], getattr(importlib.import_module(module), attribute))


def connect(name: str, host: Host) -> Runner:
    """The runner of that name for one machine. Raises KeyError for a name that is not registered."""
    return cast(Callable[[Host], Runner], kind(name))(host)
