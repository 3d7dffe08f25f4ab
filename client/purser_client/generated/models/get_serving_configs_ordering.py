from typing import Literal

GetServingConfigsOrdering = Literal[
    "-created_at", "-max_model_len", "-model_name", "-name", "created_at", "max_model_len", "model_name", "name"
]

GET_SERVING_CONFIGS_ORDERING_VALUES: set[GetServingConfigsOrdering] = {
    "-created_at",
    "-max_model_len",
    "-model_name",
    "-name",
    "created_at",
    "max_model_len",
    "model_name",
    "name",
}


def check_get_serving_configs_ordering(value: str) -> GetServingConfigsOrdering:
    if value in GET_SERVING_CONFIGS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_SERVING_CONFIGS_ORDERING_VALUES!r}")
