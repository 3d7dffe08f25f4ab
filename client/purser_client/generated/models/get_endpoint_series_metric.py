from typing import Literal

GetEndpointSeriesMetric = Literal[
    "bandwidth_ratio",
    "busy_ratio",
    "cached_input_tokens_per_second",
    "failed_per_second",
    "in_flight",
    "input_tokens_per_second",
    "kv_usage_max_ratio",
    "kv_usage_ratio",
    "memory_ratio",
    "output_tokens_per_second",
    "power_watts",
    "preemptions_per_second",
    "replicas_ready",
    "requests_per_second",
    "running",
    "temperature_celsius",
    "tensor_ratio",
    "waiting",
]

GET_ENDPOINT_SERIES_METRIC_VALUES: set[GetEndpointSeriesMetric] = {
    "bandwidth_ratio",
    "busy_ratio",
    "cached_input_tokens_per_second",
    "failed_per_second",
    "in_flight",
    "input_tokens_per_second",
    "kv_usage_max_ratio",
    "kv_usage_ratio",
    "memory_ratio",
    "output_tokens_per_second",
    "power_watts",
    "preemptions_per_second",
    "replicas_ready",
    "requests_per_second",
    "running",
    "temperature_celsius",
    "tensor_ratio",
    "waiting",
}


def check_get_endpoint_series_metric(value: str) -> GetEndpointSeriesMetric:
    if value in GET_ENDPOINT_SERIES_METRIC_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ENDPOINT_SERIES_METRIC_VALUES!r}")
