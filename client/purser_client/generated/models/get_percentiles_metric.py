from typing import Literal

GetPercentilesMetric = Literal["e2e", "itl", "ttft"]

GET_PERCENTILES_METRIC_VALUES: set[GetPercentilesMetric] = {
    "e2e",
    "itl",
    "ttft",
}


def check_get_percentiles_metric(value: str) -> GetPercentilesMetric:
    if value in GET_PERCENTILES_METRIC_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_PERCENTILES_METRIC_VALUES!r}")
