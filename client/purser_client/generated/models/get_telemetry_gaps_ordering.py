from typing import Literal

GetTelemetryGapsOrdering = Literal["-kind", "-started_at", "kind", "started_at"]

GET_TELEMETRY_GAPS_ORDERING_VALUES: set[GetTelemetryGapsOrdering] = {
    "-kind",
    "-started_at",
    "kind",
    "started_at",
}


def check_get_telemetry_gaps_ordering(value: str) -> GetTelemetryGapsOrdering:
    if value in GET_TELEMETRY_GAPS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_TELEMETRY_GAPS_ORDERING_VALUES!r}")
