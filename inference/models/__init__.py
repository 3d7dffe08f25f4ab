"""inference's tables, one module a noun."""

from inference.models.decision import Decision
from inference.models.endpoint import Endpoint
from inference.models.model import Model
from inference.models.replica import Replica, ReplicaPeriod
from inference.models.serving import ServingConfig
from inference.models.standing import EndpointStanding
from inference.models.usage import Outcome, UsageEvent
from inference.models.window import (
    CounterState,
    HourWindow,
    MachineHourWindow,
    MachineWindow,
    TelemetryGap,
    Window,
    WindowSource,
)

__all__ = [
    "CounterState",
    "Decision",
    "Endpoint",
    "EndpointStanding",
    "HourWindow",
    "MachineHourWindow",
    "MachineWindow",
    "Model",
    "Outcome",
    "Replica",
    "ReplicaPeriod",
    "ServingConfig",
    "TelemetryGap",
    "UsageEvent",
    "Window",
    "WindowSource",
]
