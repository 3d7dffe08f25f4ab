"""Selectors of labels and fields, affinity and taints, as Kubernetes reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELDS = {
    "status.phase": lambda found: found.get("status", {}).get("phase", ""),
    "spec.nodeName": lambda found: found.get("spec", {}).get("nodeName", ""),
    "metadata.name": lambda found: found["metadata"]["name"],
}


def by_labels(selector: str, found: Mapping[str, Any]) -> bool:
    labels = found["metadata"].get("labels") or {}
    for part in filter(None, selector.split(",")):
        key, equals, value = part.replace("==", "=").partition("=")
        if key.endswith("!"):
            if labels.get(key[:-1]) == value:
                return False
        elif labels.get(key) != value if equals else key not in labels:
            return False
    return True


def by_fields(selector: str, found: Mapping[str, Any]) -> bool:
    """Raises KeyError for a field that cannot be selected by."""
    for part in filter(None, selector.split(",")):
        key, _, value = part.replace("==", "=").partition("=")
        told = FIELDS[key.removesuffix("!")](found)
        if (told == value) == key.endswith("!"):
            return False
    return True


def may_go(pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Whether the pod's selectors and tolerations let it onto the node."""
    spec, labels = pod["spec"], node["metadata"].get("labels") or {}
    if node["spec"].get("unschedulable"):
        return False
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    terms = (affinity or {}).get("nodeSelectorTerms")
    if terms and not any(all(_holds(one, labels) for one in term["matchExpressions"]) for term in terms):
        return False
    return all(
        any(_bears(toleration, taint) for toleration in spec.get("tolerations") or ())
        for taint in node["spec"].get("taints") or ()
        if taint["effect"] in ("NoSchedule", "NoExecute")
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    raise ValueError(expression["operator"])


def _bears(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("key") not in (None, taint["key"]):
        return False
    if toleration.get("effect") not in (None, taint["effect"]):
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")
