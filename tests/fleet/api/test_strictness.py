"""A body that cannot be read is 400; one that can, but would mislead people, is 422. The schema tells them apart."""

from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.exceptions import ErrorDetail
from rest_framework.serializers import RegexField, ValidationError

from fleet.api.accounts import REFERENCE, WORD
from fleet.api.fields import Strict, Word
from fleet.api.strictness import UNSEEN


class Body(Strict):
    slug = RegexField(WORD, required=False)
    path = RegexField(REFERENCE, required=False)
    word = Word(required=False)


def codes_of(body: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        Body(data=body).is_valid(raise_exception=True)
    return [one.code for told in refused.value.detail.values() for one in told if isinstance(one, ErrorDetail)]


@pytest.mark.parametrize(
    "body", [{"path": "file:/a\ue411"}, {"word": "a\u200b"}, {"path": "file:/a\u200b", "word": "\ue411"}]
)
def test_an_invisible_character_that_the_schema_lets_pass_is_refused_for_what_it_does(body: dict[str, Any]) -> None:
    assert set(codes_of(body)) == {UNSEEN}


@pytest.mark.parametrize("body", [{"slug": "a\u200b"}, {"slug": "a\n"}, {"path": "file:/\x00"}, {"word": "a\x00"}])
def test_one_that_the_schema_rules_out_makes_the_body_unreadable(body: dict[str, Any]) -> None:
    assert UNSEEN not in codes_of(body)


def test_what_a_change_cannot_do_without_is_required_in_the_schema_too() -> None:
    schema: Any = SchemaGenerator().get_schema(public=True)
    body = schema["paths"]["/api/v1/installation"]["patch"]["requestBody"]
    name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert body["required"] and schema["components"]["schemas"][name]["required"] == ["reason"]
