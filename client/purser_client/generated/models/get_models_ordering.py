from typing import Literal

GetModelsOrdering = Literal["-created_at", "-name", "-parameters", "created_at", "name", "parameters"]

GET_MODELS_ORDERING_VALUES: set[GetModelsOrdering] = {
    "-created_at",
    "-name",
    "-parameters",
    "created_at",
    "name",
    "parameters",
}


def check_get_models_ordering(value: str) -> GetModelsOrdering:
    if value in GET_MODELS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_MODELS_ORDERING_VALUES!r}")
