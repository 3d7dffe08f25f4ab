"""Readers of what engines and machines say about themselves: one line a kind, imported when it is first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from inference.domain.counters import Reading
from inference.telemetry.machine import MachineReading

# Engine -> module with `read(text) -> Reading`.
ENGINES = {
    "vllm": "inference.telemetry.vllm",
}
# Exporter -> module with `read(text) -> MachineReading`.
MACHINES = {
    "dcgm": "inference.telemetry.dcgm",
}


def engine_reader(engine: str) -> Callable[[str], Reading]:
    """The reader of an engine's metrics page; it raises BadExposition."""
    reader: Callable[[str], Reading] = importlib.import_module(ENGINES[engine]).read
    return reader


def machine_reader(exporter: str) -> Callable[[str], MachineReading]:
    """The reader of a machine exporter's page; it raises BadExposition."""
    reader: Callable[[str], MachineReading] = importlib.import_module(MACHINES[exporter]).read
    return reader
