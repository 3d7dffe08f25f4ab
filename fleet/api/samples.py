"""Examples, descriptions and groups for every operation of the schema, also for those nobody wrote any for.

An example is put together from the shapes the schema has anyway and from the values of samples.toml, so it cannot show
a field that is not there. A noun is told by the first line of the module that serves it.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fleet.api.authentication import scope_for
from fleet.api.problems import CONTENT_TYPE, TITLES, describe

Schema = dict[str, Any]

VALUES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
DEEPEST = 6
PLAIN: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}
FORMATS = {
    "date-time": "2026-03-02T12:00:00Z",
    "date": "2026-03-02",
    "uuid": "7c5f6d0e-5d6a-4b3c-9f0a-1d2e3f4a5b6c",
    "uri": "https://ops.example.com/purser",
    "email": "ada@example.com",
    "decimal": "12.500000",
}
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def with_samples(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Postprocessing hook: examples, tag descriptions, groups, scopes and what each status means."""
    shapes: Schema = result["components"]["schemas"]
    views = {(path, method.lower()): view for path, _, method, view in getattr(generator, "endpoints", None) or ()}
    result["components"]["examples"] = dict(_problems())
    tags: dict[str, Schema] = {}
    for path, method, operation in operations(result):
        view = getattr(views.get((path, method)), "cls", None)
        _tell(operation, view, method, tags)
        for kind, content in (operation.get("requestBody") or {}).get("content", {}).items():
            _add(content, kind, shapes, body=True)
        for status, response in operation["responses"].items():
            response["description"] = response.get("description") or _meaning(status)
            for kind, content in response.get("content", {}).items():
                if kind == CONTENT_TYPE:
                    content.setdefault("examples", {"typical": {"$ref": f"#/components/examples/Problem{status}"}})
                else:
                    _add(content, kind, shapes)
    result["tags"] = [tags[name] for name in sorted(tags)]
    return result


def operations(schema: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Every operation with its path and method, in the schema's order."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield path, method, operation


def sample(schema: Schema, shapes: Schema, *, name: str = "", component: str = "", depth: int = 0) -> Any:
    """A value of this schema. `name` is the field it is for, `component` the shape that field is of."""
    if reference := schema.get("$ref"):
        component = reference.rpartition("/")[2]
        return sample(shapes[component], shapes, name=name, component=component, depth=depth)
    kept = _kept(name, component)
    if kept is not None and _fits(kept, schema):
        return kept
    for key in ("allOf", "anyOf", "oneOf"):
        if inner := schema.get(key):
            chosen = next((one for one in inner if one.get("type") != "null"), inner[0])
            return sample(chosen, shapes, name=name, component=component, depth=depth)
    for key in ("const", "example", "default"):
        if schema.get(key) is not None and schema[key] != [] and schema[key] != {}:
            return schema[key]
    if choices := [choice for choice in schema.get("enum", ()) if choice not in (None, "")]:
        return choices[0]
    return _made_up(schema, shapes, component, depth)


def _made_up(schema: Schema, shapes: Schema, component: str, depth: int) -> Any:
    kind = _kind(schema)
    if kind == "object":
        return _object(schema, shapes, component, depth)
    if kind == "array":
        items = schema.get("items") or {}
        return [sample(items, shapes, depth=depth + 1)] if depth < DEEPEST else []
    if kind == "string":
        made = FORMATS.get(schema.get("format", "")) or _of_pattern(schema.get("pattern", ""))
        return made or PLAIN["string"][: schema.get("maxLength", 99)].ljust(schema.get("minLength", 0), "x")
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        return PLAIN[kind] if least is None or least <= 1 <= schema.get("maximum", 1) else least
    return PLAIN.get(kind, PLAIN["string"])  # an empty schema takes anything


def _object(schema: Schema, shapes: Schema, component: str, depth: int) -> Schema:
    properties: Schema = schema.get("properties", {})
    if not properties and isinstance(inner := schema.get("additionalProperties"), dict) and inner:
        return {"name": sample(inner, shapes, depth=depth + 1)} if depth < DEEPEST else {}
    return {
        name: sample(inner, shapes, name=name, component=component, depth=depth + 1)
        for name, inner in properties.items()
    }


def _body(schema: Schema, shapes: Schema) -> Any:
    """What a caller would send: as somebody wrote it, else the required fields, else the first one."""
    component = schema.get("$ref", "").rpartition("/")[2]
    written = VALUES["bodies"].get(component.removesuffix("Request"))
    if written is not None:
        return written
    shape = shapes.get(component, schema)
    wanted = shape.get("required") or list(shape.get("properties", {}))[:1]
    return {name: sample(shape["properties"][name], shapes, name=name, component=component, depth=1) for name in wanted}


def _add(content: Schema, kind: str, shapes: Schema, *, body: bool = False) -> None:
    schema = content.get("schema")
    if schema is None or "example" in content or "examples" in content or not kind.endswith("json"):
        return
    content["example"] = _body(schema, shapes) if body else sample(schema, shapes)


def _kept(name: str, component: str) -> Any:
    """The value of samples.toml for this field of this shape."""
    own = VALUES["components"].get(component.removesuffix("Request"), {})
    return own.get(name, VALUES["fields"].get(name)) if name else None


def _fits(value: Any, schema: Schema) -> bool:
    """Whether a value is one of this schema, as far as a glance tells."""
    kinds = schema.get("type")
    if "enum" in schema and value not in schema["enum"]:
        return False
    if kinds is None:
        return "enum" in schema
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not any(isinstance(value, TYPES[kind]) and (kind == "boolean") == isinstance(value, bool) for kind in kinds):
        return False
    if isinstance(value, str):
        return bool(re.search(schema.get("pattern", ""), value)) and len(value) <= schema.get("maxLength", len(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    if isinstance(value, list):
        return (
            all(_fits(one, schema.get("items", {})) for one in value)
            if "$ref" not in schema.get("items", {})
            else False
        )
    return "properties" not in schema


def _kind(schema: Schema) -> str:
    kinds = schema.get("type", "object" if "properties" in schema else "")
    return str(next((kind for kind in kinds if kind != "null"), "null") if isinstance(kinds, list) else kinds)


def _of_pattern(pattern: str) -> str:
    """An id for the pattern of one, else the first of a few usual texts that match."""
    if prefix := re.match(r"\^([a-z]+)_\[0-9a-f\]\{32\}", pattern):
        return f"{prefix[1]}_01a20f4e9c0b7d0f8a6b1c2d3e4f5a6b"
    usual = ("text", "H100", "0.8", "12.50", "1042-7", "prs_0123456789ab_secret", "2026-03", "10.0.0.0/8", "fleet:read")
    return next((text for text in usual if pattern and re.search(pattern, text)), "")


def _tell(operation: Schema, view: Any, method: str, tags: dict[str, Schema]) -> None:
    """The noun's group and description, and the scope the call needs."""
    tag = operation["tags"][0]
    module = inspect.getmodule(view)
    about = (getattr(module, "__doc__", None) or "").split("\n\n")[0]
    resource = getattr(view, "resource", "")
    entry = tags.setdefault(tag, {"name": tag, "description": "", "x-group": ""})
    entry["description"] = entry["description"] or " ".join(about.split())
    entry["x-group"] = entry["x-group"] or VALUES["groups"].get(resource, "Other")
    if view is None:
        return
    if resource:
        operation["x-scope"] = scope_for(_Asked(method.upper()), view)  # type: ignore[arg-type]
    inherited = {" ".join((parent.__doc__ or "").split()) for parent in view.__mro__}
    if " ".join(operation.get("description", "").split()) in inherited:
        operation.pop("description", None)


class _Asked:
    """As much of a request as names the scope of a call."""

    def __init__(self, method: str) -> None:
        self.method = method


@cache
def _problems() -> Mapping[str, Schema]:
    found = {}
    for status, (code, detail, field) in VALUES["problems"].items():
        errors = [{"field": field, "pointer": f"/{field}", "detail": detail}] if field else []
        body = describe(int(status), code, detail, errors=errors) | {"request_id": VALUES["fields"]["request_id"]}
        found[f"Problem{status}"] = {"summary": detail, "value": body}
    return found


def _meaning(status: str) -> str:
    done = {"200": "Done", "201": "Made", "202": "Accepted; it goes on", "204": "Gone", "304": "You have it already"}
    return done.get(status) or TITLES.get(int(status), "Refused")
