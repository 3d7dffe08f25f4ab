"""Rows that the database itself writes as JSON, value for value as `wire.dump` would: for lists that are asked often.

Reading thirty columns of a hundred rows into Python only to write them out again costs several times what the rest
of such a request does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from django.db.models import DateTimeField, DecimalField, F, Func, JSONField, QuerySet, TextField, Value
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Cast, NullIf

from fleet.services.compiled import Compiled, GapForKeys


class JSONText(Func):
    """`json_build_object` of names and values, as text."""

    function = "json_build_object"
    template = "%(function)s(%(expressions)s)::text"
    output_field = TextField()


class InstantText(Func):
    """RFC 3339 in UTC with `Z`; microseconds where there are any."""

    template = (
        "replace(to_char(%(expressions)s AT TIME ZONE 'UTC',"
        """ 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""
    )
    output_field = TextField()


class DatabaseJSON:
    """How one noun's rows are shown: name -> column or expression."""

    def __init__(self, rows: Callable[[], QuerySet[Any, Any]], shape: Callable[[], Mapping[str, Combinable]]) -> None:
        self._rows, self._shape = rows, shape
        self._compiled: dict[tuple[str, ...] | None, Compiled] = {}

    def show(self, keys: Sequence[int], names: tuple[str, ...] | None = None) -> Iterator[orjson.Fragment]:
        """The rows with these primary keys, in this order, with only the fields named. One that is gone is left out."""
        compiled = self._compiled.setdefault(names, Compiled(lambda: self._query(names)))
        found = dict(compiled.rows(keys=list(keys)))
        return (orjson.Fragment(found[key]) for key in keys if key in found)

    def _query(self, names: tuple[str, ...] | None) -> QuerySet[Any, Any]:
        shape = self._shape()
        pairs: list[Combinable] = []
        for name in names or shape:
            pairs += [Cast(Value(name), TextField()), shape[name]]
        rows = self._rows().filter(pk=GapForKeys("keys")).order_by()
        return rows.annotate(_row=JSONText(*pairs)).values_list("pk", "_row")


def column(model: Any, name: str) -> Combinable:
    """A column as JSON shows its kind."""
    field = model._meta.get_field(name)
    if isinstance(field, DateTimeField):
        return InstantText(F(name))
    return Cast(F(name), TextField()) if isinstance(field, DecimalField) else F(name)


def or_null(name: str) -> Expression:
    """A text column, null where it is empty."""
    return NullIf(F(name), Value(""))


def object_or_null(name: str) -> Expression:
    """A column of JSON, null where it is an empty object."""
    return NullIf(F(name), Value({}, JSONField()))
