"""The schema made readable: nouns, their calls with parameters, bodies, answers and curl lines, and all problem codes.

Built once a process: routes and shapes do not change while it runs.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from fleet.api.problem_codes import MEANINGS
from fleet.api.problems import CONTENT_TYPE
from fleet.api.samples import Schema, operations, sample

GROUPS = ("Capacity", "Serving", "Money", "Limits", "Access", "Webhooks", "Installation", "Other")
FIRST = ("get", "post", "patch", "put", "delete")
SHORTEST_WORD = 2


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body."""

    name: str
    where: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True)
class Answer:
    """What may come back: its status, what that means, and how it looks."""

    status: str
    about: str
    example: str
    media: str


@dataclass(frozen=True)
class Call:
    """One operation."""

    id: str
    noun: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    body_example: str
    answers: tuple[Answer, ...]
    refusals: tuple[Answer, ...]
    curl: str
    deprecated: bool

    def says(self, words: list[str]) -> bool:
        """Whether every word stands somewhere in it."""
        names = " ".join(f"{field.name} {field.kind}" for field in (*self.parameters, *self.body))
        text = f"{self.method} {self.path} {self.summary} {self.about} {self.scope} {names}".lower()
        return all(word in text for word in words)


@dataclass(frozen=True)
class Noun:
    name: str
    title: str
    about: str
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Reference:
    groups: tuple[tuple[str, tuple[Noun, ...]], ...]
    problems: tuple[tuple[str, str, str], ...]

    @property
    def nouns(self) -> Mapping[str, Noun]:
        return {noun.name: noun for _, nouns in self.groups for noun in nouns}

    def search(self, text: str) -> tuple[list[Call], list[tuple[str, str, str]]]:
        """The calls and the problems in which every word of `text` stands."""
        words = [word for word in text.lower().split() if len(word) >= SHORTEST_WORD]
        if not words:
            return [], []
        calls = [call for noun in self.nouns.values() for call in noun.calls if call.says(words)]
        problems = [row for row in self.problems if all(word in " ".join(row).lower() for word in words)]
        return calls, problems


@cache
def reference() -> Reference:
    """The whole of it, in the order of the page."""
    schema: Schema = SchemaGenerator().get_schema(public=True)
    tags = {tag["name"]: tag for tag in schema["tags"]}
    calls: dict[str, list[Call]] = {name: [] for name in tags}
    for path, method, operation in operations(schema):
        calls[operation["tags"][0]].append(_call(path, method, operation, schema))
    grouped: dict[str, list[Noun]] = {group: [] for group in GROUPS}
    for name, tag in tags.items():
        ordered = sorted(calls[name], key=lambda call: (len(call.path), call.path, FIRST.index(call.method)))
        title = name.replace("-", " ").capitalize()
        grouped[tag["x-group"] if tag["x-group"] in GROUPS else "Other"].append(
            Noun(name, title, tag["description"], tuple(ordered))
        )
    problems = tuple((code, means, to_do) for code, (means, to_do) in sorted(MEANINGS.items()))
    return Reference(tuple((group, tuple(nouns)) for group, nouns in grouped.items() if nouns), problems)


def _call(path: str, method: str, operation: Schema, schema: Schema) -> Call:
    shapes: Schema = schema["components"]["schemas"]
    body = (operation.get("requestBody") or {}).get("content", {}).get("application/json", {})
    answers = [_answer(status, response, schema) for status, response in sorted(operation["responses"].items())]
    return Call(
        id=operation["operationId"].replace("_", "-"),
        noun=operation["tags"][0],
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        about=" ".join(operation.get("description", "").split()),
        scope=operation.get("x-scope", ""),
        parameters=tuple(_parameter(one, shapes) for one in operation.get("parameters", ())),
        body=tuple(_fields(body.get("schema", {}), shapes)),
        body_example=_pretty(_example(body, schema)) if body else "",
        answers=tuple(answer for answer in answers if answer.status < "400"),
        refusals=tuple(answer for answer in answers if answer.status >= "400"),
        curl=_curl(path, method, operation, _example(body, schema) if body else None, shapes),
        deprecated=bool(operation.get("deprecated")),
    )


def _parameter(one: Schema, shapes: Schema) -> Field:
    about = _own_words(one.get("description", "") or one["schema"].get("description", ""))
    return Field(one["name"], one["in"], _kind(one["schema"], shapes), bool(one.get("required")), about)


def _own_words(description: str) -> str:
    """What we say of a field, without the list of its values that the generator adds: the type names them."""
    return description.partition("* `")[0].strip()


def _fields(shape: Schema, shapes: Schema) -> list[Field]:
    found = shapes[shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
    required = set(found.get("required", ()))
    fields = [
        Field(name, "body", _kind(inner, shapes), name in required, _own_words(inner.get("description", "")))
        for name, inner in found.get("properties", {}).items()
    ]
    return sorted(fields, key=lambda field: not field.required)


def _kind(shape: Schema, shapes: Schema) -> str:
    """A type as one reads it: `whole number, 1 to 64`, `text`, `list of text`, `one of json, csv`."""
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        inner = shapes[name]
        return _kind(inner, shapes) if "enum" in inner else "object"
    for key in ("allOf", "oneOf", "anyOf"):
        if key in shape:
            told = [_kind(one, shapes) for one in shape[key] if one.get("type") != "null"]
            return " or ".join(dict.fromkeys(told))
    if "enum" in shape:
        return f"one of {', '.join(str(one) for one in shape['enum'] if one not in (None, ''))}"
    kinds = shape.get("type", "object")
    kind = next((one for one in kinds if one != "null"), "null") if isinstance(kinds, list) else kinds
    if kind == "array":
        return f"list of {_kind(shape.get('items', {}), shapes)}"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    formats = {"date-time": "instant", "decimal": "decimal text", "uuid": "UUID"}
    return formats.get(shape.get("format", ""), words.get(kind, kind)) + _bounds(shape)


def _bounds(shape: Schema) -> str:
    low, high = shape.get("minimum"), shape.get("maximum")
    usual = f", usually {json.dumps(shape['default'])}" if shape.get("default") not in (None, [], "") else ""
    if low is not None and high is not None:
        return f", {low:,} to {high:,}{usual}"
    return f", at least {low:,}{usual}" if low is not None else usual


def _answer(status: str, response: Schema, schema: Schema) -> Answer:
    content = response.get("content", {})
    media = next((kind for kind in content if kind.endswith("json")), "")
    example = _pretty(_example(content[media], schema)) if media else ""
    others = ", ".join(kind for kind in content if kind != media and kind != CONTENT_TYPE)
    about = response.get("description", "") + (f"; also as {others}" if others else "")
    return Answer(status, about, example, media)


def _example(content: Schema, schema: Schema) -> Any:
    if "example" in content:
        return content["example"]
    for one in content.get("examples", {}).values():
        if "$ref" in one:
            return schema["components"]["examples"][one["$ref"].rpartition("/")[2]]["value"]
        return one["value"]
    return None


def _curl(path: str, method: str, operation: Schema, body: Any, shapes: Schema) -> str:
    """A line to copy: every required parameter in it, the address and the token from the environment."""
    headers, query = ["Authorization: Bearer $PURSER_TOKEN"], []
    for one in operation.get("parameters", ()):
        value = sample(one["schema"], shapes, name=one["name"])
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(value))
        elif one["name"] == "Idempotency-Key":
            headers.append("Idempotency-Key: $(uuidgen)")
        elif one["name"] == "If-Match":
            headers.append("If-Match: $ETAG")
        elif one.get("required") and one["in"] == "query":
            query.append(f"{one['name']}={value}")
    if body is not None:
        headers.append("Content-Type: application/json")
    parts = ["curl", *([] if method == "get" else ["-X", method.upper()])]
    parts += [f'-H "{header}"' for header in headers]
    if body is not None:
        parts.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    parts.append(f'"$PURSER_URL{path}{"?" + "&".join(query) if query else ""}"')
    return " ".join(parts)


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
