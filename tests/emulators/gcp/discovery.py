"""Google's own description of an API (its discovery document), compiled: what may be asked, and what is answered.

google-api-python-client carries the documents. What they do not know is refused as Google refuses it, and an answer of
the emulator that they do not describe is a bug of the emulator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import googleapiclient

from tests.emulators.faults import Request
from tests.emulators.gcp.wire import Refused

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
WHOLE_AS_TEXT = ("int64", "uint64")


class Lied(AssertionError):
    """The emulator answered what the API does not."""


@dataclass(frozen=True)
class Method:
    """One method of the API."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    request: str
    response: str


class Api:
    """A compiled document."""

    def __init__(self, name: str) -> None:
        document = json.loads((DOCUMENTS / f"{name}.json").read_text())
        self._schemas: dict[str, Any] = document["schemas"]
        self._methods: list[Method] = []
        self._add(document["resources"], "/" + document["servicePath"], document["parameters"])

    def _add(self, resources: dict[str, Any], base: str, common: dict[str, Any]) -> None:
        for resource in resources.values():
            for method in resource.get("methods", {}).values():
                parameters = method.get("parameters", {})
                path = {name: value for name, value in parameters.items() if value["location"] == "path"}
                asked = {name: value for name, value in parameters.items() if value["location"] == "query"}
                pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(base + method["flatPath"]))
                self._methods.append(
                    Method(
                        method["id"],
                        method["httpMethod"],
                        re.compile(pattern),
                        path,
                        {**common, **asked},
                        method.get("request", {}).get("$ref", ""),
                        method.get("response", {}).get("$ref", ""),
                    )
                )
            self._add(resource.get("resources", {}), base, common)

    def find(self, request: Request) -> tuple[Method, dict[str, str]] | None:
        """The method a request is for, with what its path names."""
        for method in self._methods:
            if method.verb == request.method and (found := method.pattern.fullmatch(request.path)):
                return method, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def asked(self, method: Method, path: dict[str, str], request: Request) -> tuple[dict[str, str], dict[str, Any]]:
        """The query and the body of a request. Raises Refused for what the method does not take."""
        for name, value in path.items():
            pattern = method.path.get(name, {}).get("pattern", "")
            if pattern and not re.fullmatch(pattern, value):
                raise Refused("invalid", f"Invalid value for field '{name}': '{value}'. Must be a match of '{pattern}'")
        query = {name: values[-1] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
        for name, value in query.items():
            if name == "$alt":  # the system's own, of every method and in no document
                continue
            if name not in method.query:
                raise Refused("badRequest", _unknown(name))
            self._check_asked(method.query[name], _plain(method.query[name], value), name)
        if not request.body:
            return query, {}
        if not method.request:
            raise Refused("badRequest", f"{method.id} takes no body.")
        try:
            body = json.loads(request.body)
        except ValueError as error:
            raise Refused("parseError", "Parse Error") from error
        self._check_asked({"$ref": method.request}, body, method.request.lower())
        return query, dict(body)

    def check_answer(self, method: Method, answer: Any) -> None:
        """Raises Lied for what the method cannot answer."""
        try:
            self._check({"$ref": method.response}, answer, method.response)
        except ValueError as error:
            raise Lied(f"{method.id}: {error}") from error

    def fields(self, schema: str) -> set[str]:
        return set(self._schemas[schema]["properties"])

    def _check_asked(self, schema: dict[str, Any], value: Any, where: str) -> None:
        try:
            self._check(schema, value, where)
        except ValueError as error:
            raise Refused("badRequest", str(error)) from error

    def _check(self, schema: dict[str, Any], value: Any, where: str) -> None:
        """Raises ValueError, in Google's words, for what is not of the schema."""
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "object":
            self._check_object(schema, value, where)
        elif kind == "array":
            if not isinstance(value, list):
                raise ValueError(_wrong(where, value))
            for number, item in enumerate(value):
                self._check(schema["items"], item, f"{where}[{number}]")
        elif not _fits(kind, schema, value):
            raise ValueError(_wrong(where, value))

    def _check_object(self, schema: dict[str, Any], value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(_wrong(where, value))
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            if name not in known and others is None:
                raise ValueError(_unknown(name, where))
            self._check(known.get(name) or others, item, f"{where}.{name}")


def _fits(kind: str, schema: dict[str, Any], value: Any) -> bool:
    if kind == "string":
        if not isinstance(value, str):
            return False
        if schema.get("format") in WHOLE_AS_TEXT:
            return value.lstrip("-").isdigit()
        return "enum" not in schema or value in schema["enum"]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _plain(schema: dict[str, Any], value: str) -> Any:
    """A query parameter's text as the value it stands for."""
    if schema.get("type") == "integer" and value.isdigit():
        return int(value)
    if schema.get("type") == "boolean" and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _unknown(name: str, where: str = "") -> str:
    place = f" at '{where}'" if where else ""
    return f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'


def _wrong(where: str, value: Any) -> str:
    return f"Invalid value at '{where}': {json.dumps(value)[:200]}"


@cache
def compute() -> Api:
    return Api("compute.v1")


@cache
def billing() -> Api:
    return Api("cloudbilling.v1")


@cache
def projects() -> Api:
    return Api("cloudresourcemanager.v3")


@cache
def cloud_tpu() -> Api:
    return Api("tpu.v2")
