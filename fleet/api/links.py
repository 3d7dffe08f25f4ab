"""What to do next with what was just answered: OpenAPI links from every answer that shows a row to the calls on it.

A noun is what has calls under `/api/v1/<noun>/{public_id}`; a shape that its own calls answer with is a row of it.
Nothing is written down for a single noun, so a new one has its links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fleet.api.samples import VALUES, operations

Schema = dict[str, Any]

ID = "public_id"
CHANGES = ("patch", "delete")
TAG = {
    "description": "The version of what is shown: If-Match of a change of it, If-None-Match of another look.",
    "schema": {"type": "string"},
    "required": True,
}
_UNDER_ONE = re.compile(r"^(/api/v1/[a-z-]+)/\{public_id\}(/[a-z-]+)?$")
_MEMBER = re.compile(r"^(/api/v1/[a-z-]+/\{public_id\}/[a-z-]+)/\{([a-z_]+)\}$")


@dataclass(frozen=True)
class Noun:
    """Rows with ids of their own, and the calls on one of them, its reading first."""

    id_pattern: str
    calls: tuple[Schema, ...]


def ids_of_rows(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Postprocessing hook, before examples are made: the id of a row looks as its noun's do."""
    found = _nouns(result)
    for component, collection in _rows(result, found).items():
        shape = result["components"]["schemas"][component]["properties"]["id"]
        shape.setdefault("pattern", found[collection].id_pattern)
    return result


def next_calls(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Postprocessing hook: links, and the tag that a link to a change hands on."""
    found = _nouns(result)
    rows = _rows(result, found)
    links: Schema = result["components"].setdefault("links", {})
    for path, method, operation in operations(result):
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                continue
            if method == "get" and ("304" in operation["responses"] or "patch" in result["paths"][path]):
                response["headers"] = {"ETag": TAG}
            named = dict(_from(path, operation, response, result, found, rows))
            links.update({f"{name}.{key}": link for name, (key, link) in named.items()})
            if named:
                response["links"] = {
                    name: {"$ref": f"#/components/links/{name}.{key}"} for name, (key, _) in sorted(named.items())
                }
    return result


def _from(
    path: str, operation: Schema, response: Schema, result: Schema, found: Mapping[str, Noun], rows: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, Schema]]]:
    """The links of one answer: the name of each, the rest of its key among all links, and itself."""
    component, listed = _shown(response, result)
    properties = result["components"]["schemas"].get(component, {}).get("properties", {})
    for calls, name in _members(path, result):
        if field := next((one for one in properties if name.startswith(one)), None):
            where = f"$response.body#/{'items/0/' if listed else ''}{field}"
            for call in calls[:1] if listed else calls:
                given = {ID: f"$request.path.{ID}", name: where}
                yield call["operationId"], ("first" if listed else field, _link(call, given, response))
    if "headers" in response and component not in rows:
        given = {name: f"$request.path.{name}" for name in re.findall(r"{(\w+)}", path)}
        for method in CHANGES:
            if call := result["paths"][path].get(method):
                yield call["operationId"], ("as_read", _link(call, given, response))
    for field in properties:
        collection = rows.get(component) if field == "id" else _named(field, found)
        if collection is None:
            continue
        where, key = (f"items/0/{field}", f"first_{field}") if listed else (field, field)
        those = found[collection].calls
        for call in those if field == "id" and not listed else those[:1]:
            if call is operation:
                continue
            tagged = field == "id" and "headers" in response and _needs_tag(call)
            given = {ID: f"$response.body#/{where}"}
            yield call["operationId"], (f"{key}_as_read" if tagged else key, _link(call, given, response))


def _link(call: Schema, given: dict[str, str], response: Schema) -> Schema:
    tag = {"If-Match": "$response.header.ETag"} if "headers" in response and _needs_tag(call) else {}
    return {"operationId": call["operationId"], "parameters": given | tag, "description": call.get("summary", "")}


def _needs_tag(call: Schema) -> bool:
    return any(one["name"] == "If-Match" for one in call.get("parameters", ()))


def _nouns(result: Schema) -> dict[str, Noun]:
    """Every noun by the path of its collection."""
    calls: dict[str, list[Schema]] = {}
    for path, _, operation in operations(result):
        if under := _UNDER_ONE.match(path):
            calls.setdefault(under[1], []).append(operation)
    return {collection: Noun(_pattern(those[0]), tuple(those)) for collection, those in calls.items()}


def _pattern(operation: Schema) -> str:
    return next(str(one["schema"]["pattern"]) for one in operation["parameters"] if one["name"] == ID)


def _rows(result: Schema, found: Mapping[str, Noun]) -> dict[str, str]:
    """Which shape is a row of which collection. Reading one says most, then the list, then what makes one.

    A shape whose id has another noun's pattern is a row of that noun, whoever answers with it.
    """
    rows: dict[str, str] = {}
    for spelled, method in (("{}/{{public_id}}", "get"), ("{}", "get"), ("{}", "post")):
        for collection in found:
            operation = result["paths"].get(spelled.format(collection), {}).get(method, {"responses": {}})
            for status, response in operation["responses"].items():
                component, _ = _shown(response, result)
                if status.startswith("2") and (shape := _properties(component, result).get("id")):
                    rows.setdefault(component, _of_pattern(shape.get("pattern", ""), collection, found))
    return rows


def _of_pattern(pattern: str, collection: str, found: Mapping[str, Noun]) -> str:
    """The collection whose ids look like this; this one when its own do, or none."""
    if found[collection].id_pattern == pattern:
        return collection
    return next((name for name, noun in found.items() if noun.id_pattern == pattern), collection)


def _shown(response: Schema, result: Schema) -> tuple[str, bool]:
    """The shape an answer shows a row of, and whether it is a page of them."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    component = _component(schema.get("anyOf", [schema])[0])
    items = _properties(component, result).get("items", {})
    return (_component(items.get("items", {})), True) if items.get("type") == "array" else (component, False)


def _component(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _properties(component: str, result: Schema) -> Schema:
    properties: Schema = result["components"]["schemas"].get(component, {}).get("properties", {})
    return properties


def _named(field: str, found: Mapping[str, Noun]) -> str | None:
    """The collection whose ids stand in fields of this name, as the samples show them."""
    sample = VALUES["fields"].get(field)
    if not isinstance(sample, str) or field == "subject":  # a subject is of any noun
        return None
    return next((name for name, noun in found.items() if re.search(noun.id_pattern, sample)), None)


def _members(path: str, result: Schema) -> Iterator[tuple[list[Schema], str]]:
    """The calls on one of a row's own rows, when this is the call that lists or makes them."""
    for below, methods in result["paths"].items():
        if (member := _MEMBER.match(below)) and member[1] == path:
            yield list(methods.values()), member[2]
