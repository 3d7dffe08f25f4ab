"""Whether a body is what Azure takes or gives, by the typed models of the installed SDKs."""

from __future__ import annotations

import types
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from azure.mgmt.compute import models as compute
from azure.mgmt.network import models as network

SAYS = {str: str, bool: bool, int: int, float: (int, float), datetime: str}


def faults_of(model: type, value: Any, path: str = "") -> list[str]:
    """What is wrong with it, in Azure's words; nothing when all is well. `model`: a model of the SDK."""
    if not isinstance(value, dict):
        return [f"Error converting value to type '{model.__name__}'. Path '{path}'."]
    known = _fields(model)
    found = []
    for name, item in value.items():
        if name not in known:
            told = f"Could not find member '{name}' on object of type '{model.__name__}'. Path '{path or name}'."
            found.append(told)
        elif item is not None:
            found += _checked(known[name], item, f"{path}.{name}".lstrip("."))
    return found


def _checked(kind: Any, value: Any, path: str) -> list[str]:
    """Enumerations of the SDK are open: any text will do for one."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        tries = [_checked(one, value, path) for one in inner if one is not type(None)]
        return min(tries, key=len)
    if origin is list:
        if not isinstance(value, list):
            return [f"Error converting value to a list. Path '{path}'."]
        return [told for number, item in enumerate(value) for told in _checked(inner[0], item, f"{path}[{number}]")]
    if origin is dict:
        if not isinstance(value, dict):
            return [f"Error converting value to a dictionary. Path '{path}'."]
        return [told for name, item in value.items() for told in _checked(inner[1], item, f"{path}.{name}")]
    if _is_model(kind):
        return faults_of(kind, value, path)
    wanted = str if isinstance(kind, type) and issubclass(kind, Enum) else SAYS.get(kind)
    if wanted is None or (isinstance(value, wanted) and not (wanted in (int, (int, float)) and value is True)):
        return []
    return [f"Error converting value {value!r} to type '{kind.__name__}'. Path '{path}'."]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and kind.__module__.startswith("azure.mgmt.") and hasattr(kind, "_deserialize")


@cache
def _fields(model: type) -> dict[str, Any]:
    """The members of a model by their names on the wire, with their types."""
    models = network if model.__module__.startswith("azure.mgmt.network") else compute
    hints = get_type_hints(model, localns={"_models": models})
    found = {}
    for ancestor in model.__mro__:
        for name, field in vars(ancestor).items():
            if type(field).__name__ == "_RestField":
                found.setdefault(field._rest_name_input or name, hints[name])
    return found
