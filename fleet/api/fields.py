"""Serializers that refuse what they do not know, and the fields the API shares."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from fleet.api.problems import Problem
from fleet.api.strictness import AN_OBJECT, UNSEEN, disguised, put_in_words
from fleet.domain.refusals import did_you_mean
from fleet.domain.text import first_invisible, invisible_sentence

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LARGEST_WHOLE = 2**63 - 1
"""Longer ones do not come back from JSON as they went in."""
AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class Strict(serializers.Serializer[Any]):
    """Refuses fields it does not have, in bodies and in query parameters."""

    default_error_messages = {"invalid": AN_OBJECT}
    timeless = False  # the same parameters, or the same body, always mean the same, whoever asks and whenever

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            put_in_words(field)
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
            self._refuse_overlong(data)
            self._refuse_disguised(data)
        return super().to_internal_value(data)

    def _refuse_overlong(self, data: Mapping[str, Any]) -> None:
        """Before any entry is looked at: of a hundred thousand wrong ones the length is all there is to say."""
        lists = {name: field for name, field in self.fields.items() if isinstance(field, serializers.ListField)}
        errors = {
            name: [str(field.error_messages["max_length"]).format(max_length=field.max_length)]
            for name, field in lists.items()
            if field.max_length is not None and isinstance(data.get(name), list) and len(data[name]) > field.max_length
        }
        if errors:
            raise serializers.ValidationError(errors)

    def _refuse_disguised(self, data: Mapping[str, Any]) -> None:
        known = list(self.fields.items())
        if isinstance(data, QueryDict):
            known = [(name, field) for name, field in known if isinstance(field, serializers.CharField)]
        errors = {name: wrong for name, field in known if name in data and (wrong := disguised(field, data[name]))}
        if errors:
            raise serializers.ValidationError(errors)

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        writable = [name for name, field in self.fields.items() if not field.read_only]
        errors = {
            str(name): [f"Unknown field.{did_you_mean(str(name), writable)}"] for name in data if name not in writable
        }
        if isinstance(data, QueryDict):
            errors |= {name: ["Given more than once."] for name, values in data.lists() if len(values) > 1}
            errors |= {name: ["Give it a value or leave it out."] for name, values in data.lists() if values == [""]}
        if errors:
            raise serializers.ValidationError(errors)


class NoBody(Strict):
    """Takes no fields."""


def column_names(shape: type[serializers.Serializer[Any]], *, without: Collection[str]) -> tuple[str, ...]:
    """The names a shape shares with the columns of its table."""
    return tuple(str(name) for name in shape().fields if name not in without)


class Instant(serializers.DateTimeField):
    """An instant with its offset, as RFC 3339 writes it: without one it would be a guess."""

    default_error_messages = {
        "shape": "Write an instant as 2026-01-31T12:00:00Z.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value.strip()):
            self.fail("shape")
        moment = super().to_internal_value(value.strip().upper())
        if not EARLIEST <= moment < LATEST:
            raise Problem(422, "instant-range", "Between the years 2000 and 2200.", field=self.field_name or "")
        return moment


class Document(serializers.DictField):
    """Somebody else's JSON object, such as a model's config.json: any shape, but what can be kept and seen."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        document: dict[str, Any] = super().to_internal_value(data)
        self._check(document)
        return document

    def _check(self, value: Any) -> None:
        if isinstance(value, str) and (found := first_invisible(value)) is not None:
            raise serializers.ValidationError(invisible_sentence(found), UNSEEN)
        if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
            raise Problem(422, "too-large", f"Write whole numbers up to {LARGEST_WHOLE}.", field=self.field_name or "")
        parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
        for part in parts:
            self._check(part)


class Word(serializers.CharField):
    """A short text on one line: a name or a slug somebody chose."""

    lines = False

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 100)
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A JSON whole number, also written `3.0`; `"3"` and `true` are other things. Query parameters are text."""

    def to_internal_value(self, data: Any) -> int:
        in_query = isinstance(getattr(self.root, "initial_data", None), QueryDict)
        if in_query and not re.fullmatch(r"-?\d{1,18}", str(data)):
            self.fail("invalid")
        if not in_query and not self._is_whole(data):
            self.fail("invalid")
        return super().to_internal_value(int(data))

    @staticmethod
    def _is_whole(data: Any) -> bool:
        return (isinstance(data, int) and not isinstance(data, bool)) or (isinstance(data, float) and data.is_integer())


class Flag(serializers.BooleanField):
    """`true` or `false`, and no other spelling."""

    default_empty_html = empty  # a parameter that is not given is not false
    default_error_messages = {"invalid": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        in_query = isinstance(getattr(self.root, "initial_data", None), QueryDict)
        if data not in ("true", "false") if in_query else not isinstance(data, bool):
            self.fail("invalid")
        return data is True or data == "true"


@extend_schema_field({"type": "string", "format": "decimal", "pattern": AMOUNT})
class Money(serializers.DecimalField):
    """A decimal string; a JSON number would already have been rounded by somebody."""

    default_error_messages = {"shape": 'Write an amount as text with at most 6 decimals, such as "12.50".'}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 18, "decimal_places": 6, **kwargs})

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """An empty text is no amount; DRF would take it for null."""
        return serializers.Field.validate_empty_values(self, data)

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not re.fullmatch(AMOUNT, data):
            self.fail("shape")
        return super().to_internal_value(data)
