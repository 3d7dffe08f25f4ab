from typing import Literal

GetManifestsEnvironment = Literal["aks", "bare", "eks", "gke"]

GET_MANIFESTS_ENVIRONMENT_VALUES: set[GetManifestsEnvironment] = {
    "aks",
    "bare",
    "eks",
    "gke",
}


def check_get_manifests_environment(value: str) -> GetManifestsEnvironment:
    if value in GET_MANIFESTS_ENVIRONMENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_MANIFESTS_ENVIRONMENT_VALUES!r}")
