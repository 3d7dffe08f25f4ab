"""Runners put engines on machines: one file and one line each, imported when it is first used."""

from __future__ import annotations

import importlib
from typing import cast

from inference.runners.base import Host, Runner

# Name -> dotted path of a class that is made with the Host it acts on.
RUNNERS = {
    "sandbox": "inference.runners.sandbox.SandboxRunner",
}


def connect(name: str, host: Host) -> Runner:
    """The runner of that name for one machine. Raises KeyError for a name that is not registered."""
    module, _, attribute = RUNNERS[name].rpartition(".")
    return cast(Runner, getattr(importlib.import_module(module), attribute)(host))
