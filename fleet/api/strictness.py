"""What DRF would let pass, and what it would say in the words of a programmer.

It takes 5 for the text "5" and the text "5" for a number, and any character that can be stored. A body that means
something else than it says is refused instead, with the field and what to do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from fleet.api.shapes import in_words
from fleet.domain.text import first_invisible, invisible_sentence

UNSEEN = "invisible"
"""Code of what can be read, and is refused all the same: 422, where it is all that is wrong."""
AN_OBJECT = "Write an object, in braces: names and their values."
Field = serializers.Field[Any, Any, Any, Any]


def put_in_words(field: Field) -> None:
    """Sentences that say what to write, for what DRF words for programmers."""
    messages = field.error_messages
    if isinstance(field, serializers.ChoiceField):
        messages["invalid_choice"] = f"Write one of: {', '.join(map(str, field.choices))}."
    elif isinstance(field, serializers.RegexField):
        for validator in field.validators:
            if isinstance(validator, RegexValidator):
                validator.message = in_words(re.compile(validator.regex).pattern)
    elif isinstance(field, serializers.ListField):
        messages["not_a_list"] = "Write a list, in square brackets."
        put_in_words(field.child)
    elif isinstance(field, serializers.DictField):
        messages["not_a_dict"] = AN_OBJECT
        put_in_words(field.child)
    elif isinstance(field, serializers.Serializer):
        messages["invalid"] = AN_OBJECT


def disguised(field: Field, value: Any) -> Any:
    """What is wrong with a value of a body that DRF would take as it is: sentences, shaped as DRF shapes errors."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return {index: wrong for index, inner in enumerate(value) if (wrong := disguised(field.child, inner))}
    if isinstance(field, serializers.DictField) and isinstance(value, Mapping):
        names = [name for name in value if first_invisible(str(name), lines=False)]
        if names:
            return [
                _unseen(f"One of its names: {invisible_sentence(str(first_invisible(str(names[0]), lines=False)))}")
            ]
        return {name: wrong for name, inner in value.items() if (wrong := disguised(field.child, inner))}
    if isinstance(field, serializers.ChoiceField | serializers.CharField):
        return _of_text(field, value)
    if isinstance(field, serializers.FloatField) and value is not None and not _is_number(value):
        return ["Write a number, without quotes."]
    return None


def _of_text(field: Field, value: Any) -> list[str] | list[ErrorDetail] | None:
    if not isinstance(value, str):
        return None if value is None else ["Write a text, in quotes."]
    lines = isinstance(field, serializers.CharField) and not isinstance(field, serializers.RegexField)
    found = first_invisible(value, lines=lines and getattr(field, "lines", True))
    if found is None:
        return None
    sentence = invisible_sentence(found)
    # A pattern that has no such character, and NUL, which no text may hold, are broken rules of the body itself.
    broken = "\x00" in value or not _fits(field, value)
    return [sentence] if broken else [_unseen(sentence)]


def _fits(field: Field, value: str) -> bool:
    """Whether a text keeps to the pattern that the schema shows of its field; without one all do."""
    patterns = [re.compile(one.regex) for one in field.validators if isinstance(one, RegexValidator)]
    return all(pattern.fullmatch(value) for pattern in patterns)


def _unseen(sentence: str) -> ErrorDetail:
    return ErrorDetail(sentence, code=UNSEEN)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
