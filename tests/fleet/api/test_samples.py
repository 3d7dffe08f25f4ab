"""The schema tells every operation with an example, and no example shows what is not there."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from fleet.api.problems import CONTENT_TYPE
from fleet.api.samples import operations


@cache
def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(public=True)


def contents(operation: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every body with something in it: where, its media type, and what the schema says of it."""
    found = [("request", kind, body) for kind, body in (operation.get("requestBody") or {}).get("content", {}).items()]
    for status, response in operation["responses"].items():
        found += [(status, kind, body) for kind, body in response.get("content", {}).items()]
    return [(where, kind, body) for where, kind, body in found if kind.endswith("json")]


def examples(body: dict[str, Any]) -> list[Any]:
    """Those that stand there, and those that are referred to."""
    named = body.get("examples", {}).values()
    whole = [schema()["components"]["examples"][one["$ref"].split("/")[-1]] if "$ref" in one else one for one in named]
    return [*([body["example"]] if "example" in body else []), *(one["value"] for one in whole)]


def test_every_operation_has_a_summary_a_noun_a_scope_and_examples() -> None:
    nouns = {tag["name"] for tag in schema()["tags"]}
    for path, method, operation in operations(schema()):
        where = f"{method} {path}"
        assert operation.get("summary"), where
        assert set(operation["tags"]) <= nouns, where
        assert operation.get("x-scope"), where
        for status, kind, body in contents(operation):
            assert examples(body), f"{where} {status} {kind} has no example"


def test_every_noun_says_what_it_is_and_belongs_to_a_group() -> None:
    for tag in schema()["tags"]:
        assert tag["description"].endswith((".", "?")), tag
        assert tag["x-group"] not in ("", "Other"), tag


def test_every_example_is_what_its_schema_says() -> None:
    wrong = []
    for path, method, operation in operations(schema()):
        for where, _, body in contents(operation):
            check = Draft202012Validator({**body["schema"], "components": schema()["components"]})
            for example in examples(body):
                wrong += [
                    f"{method} {path} {where}: {error.json_path} {error.message}"[:300]
                    for error in check.iter_errors(example)
                ]
    assert not wrong, "\n".join(wrong)


def test_no_description_is_that_of_the_base_class() -> None:
    assert "Deny by default" not in str([operation.get("description") for *_, operation in operations(schema())])


@pytest.mark.parametrize("status", ["400", "403", "404", "412", "428", "422"])
def test_refusals_show_what_they_look_like(status: str) -> None:
    operation = schema()["paths"]["/api/v1/endpoints/{public_id}"]["patch"]
    (example,) = examples(operation["responses"][status]["content"][CONTENT_TYPE])
    assert (example["status"], example["type"]) == (int(status), f"/api/problems/{example['code']}")


def test_who_calls_is_told_by_token_or_session() -> None:
    assert schema()["openapi"] == "3.1.0"
    assert set(schema()["components"]["securitySchemes"]) == {"token", "session"}
