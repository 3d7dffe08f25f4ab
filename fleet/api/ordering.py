"""How a list is sorted: by one named column with a unique key after it, both of which a cursor remembers.

A page starts after the place its cursor names, not after a count of rows, so rows that come or go meanwhile neither
push one out of a page nor into two. Empty values come last either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from rest_framework import serializers

from fleet.api.problems import Problem

VALUE = "ordering_value"


@dataclass(frozen=True)
class Asked:
    """What `ordering` said: its text and the column it means."""

    text: str
    column: str


class Ordering(serializers.ChoiceField):
    """`ordering=price` or `ordering=-price`: one of the columns a list may be sorted by."""

    def __init__(self, *names: str, **columns: str) -> None:
        self.columns = {name: name for name in names} | columns
        both = [choice for name in self.columns for choice in (name, f"-{name}")]
        text = "One column, with `-` before it descending; without it the newest come first"
        super().__init__(choices=both, required=False, help_text=text)

    def to_internal_value(self, data: Any) -> Asked:  # type: ignore[override]  # the stubs hold every choice for a str
        text = str(super().to_internal_value(data))
        return Asked(text, self.columns[text.removeprefix("-")])


class Order:
    """One ordering of some rows, with the unique `key` as its tie-breaker, newest first."""

    def __init__(self, rows: QuerySet[Any, Any], asked: Asked, key: str) -> None:
        self.text, self.column, self.key = asked.text, asked.column, key
        self.descending = asked.text.startswith("-")
        self.field, self.key_field = _field(rows.model, self.column), _field(rows.model, key)

    def sorted(self, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        column = F(self.column)
        first = column.desc(nulls_last=True) if self.descending else column.asc(nulls_last=True)
        return rows.annotate(**{VALUE: column}).order_by(first, f"-{self.key}")

    def after(self, rows: QuerySet[Any, Any], place: Any) -> QuerySet[Any, Any]:
        """Only what comes after the place a cursor names. Raises Problem for a cursor of another ordering."""
        if not isinstance(place, list) or len(place) != 3 or place[0] != self.text or place[2] is None:
            raise refuse_cursor()
        value, key = _read(self.field, place[1]), _read(self.key_field, place[2])
        tied, empty = Q(**{f"{self.key}__lt": key}), Q(**{f"{self.column}__isnull": True})
        if value is None:
            return rows.filter(empty & tied)
        beyond = Q(**{f"{self.column}__{'lt' if self.descending else 'gt'}": value})
        return rows.filter(beyond | empty | (Q(**{self.column: value}) & tied))

    def place(self, row: dict[str, Any]) -> list[Any]:
        """What a cursor says of the last row of a page."""
        return [self.text, _plain(row[VALUE]), _plain(row[self.key])]


def refuse_cursor() -> Problem:
    return Problem(422, "cursor", "This cursor is not one of ours; start without it.", field="cursor")


def _field(model: type[Model], path: str) -> Field[Any, Any]:
    *relations, name = path.split("__")
    for relation in relations:
        related = model._meta.get_field(relation).related_model
        assert isinstance(related, type)
        model = related
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _read(field: Field[Any, Any], value: Any) -> Any:
    """A cursor's value as its column holds it. Raises Problem for what no column of that kind could hold."""
    wrong = isinstance(value, bool | list | dict) or (isinstance(value, str) and "\x00" in value)
    if value is None or wrong:
        if wrong:
            raise refuse_cursor()
        return None
    try:
        read = field.to_python(value)
        field.run_validators(read)
    except (ValidationError, ValueError, TypeError, OverflowError, ArithmeticError):
        raise refuse_cursor() from None
    if isinstance(read, Decimal) and not read.is_finite():
        raise refuse_cursor()
    if isinstance(read, datetime) and (read.tzinfo is None or not isinstance(value, str)):
        raise refuse_cursor()
    return read


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
