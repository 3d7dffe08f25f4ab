"""A queryset compiled once and asked often: having Django write its SQL costs more than many answers do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet, Value

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class _Gap:
    name: str


def gap(name: str) -> Value:
    """Stands in a compiled queryset for one value that is known only when it is asked."""
    return Value(_Gap(name))


class GapForKeys(Value):
    """As `gap`, for any number of primary keys: `filter(pk=GapForKeys("keys"))`."""

    def __init__(self, name: str) -> None:
        super().__init__(_Gap(name))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "ANY(%s::bigint[])", (self.value,)


class GapForWords(Value):
    """The same for any number of texts: `filter(name=GapForWords("names"))`."""

    def __init__(self, name: str) -> None:
        super().__init__(_Gap(name))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "ANY(%s::text[])", (self.value,)


class Columns(Generic[Row]):
    """Some columns of a model, to ask for beside others and to make an instance of: the rest is read when wanted."""

    def __init__(self, model: type[Row], *names: str) -> None:
        self.model, self.wanted = model, frozenset(names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """In the model's own order, which is how Django takes their values."""
        return tuple(field.attname for field in self.model._meta.concrete_fields if field.attname in self.wanted)

    def paths(self, relation: str = "") -> list[str]:
        """What to ask for, over a relation or none."""
        return [f"{relation}__{name}" if relation else name for name in self.names]

    def take(self, values: Iterator[Any]) -> Row | None:
        """An instance of the next values of a row; None where an outer join found none."""
        mine = list(islice(values, len(self.names)))
        return None if mine[0] is None else self.model.from_db("default", self.names, mine)


class Compiled:
    """Rows of a queryset of `values_list(...)`, as the database driver reads them: JSON columns are still text."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        """`build` is called once, when first asked: models are not there yet while modules are read."""
        self.build = build

    @cached_property
    def _statement(self) -> tuple[str, list[Any]]:
        sql, parameters = self.build().query.sql_with_params()
        return sql, list(parameters)

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows, with each gap filled by the value of its name. Raises KeyError for a gap without one."""
        sql, parameters = self._statement
        with _prepared() as cursor:
            cursor.execute(sql, [values[one.name] if isinstance(one, _Gap) else one for one in parameters])
            return list(cursor.fetchall())


class Statement:
    """SQL of our own, for what a queryset says only in several questions; prepared like those above."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows; `%(name)s` stands for the value of that name."""
        with _prepared() as cursor:
            cursor.execute(self.sql, values)
            return list(cursor.fetchall())


class _Prepared(psycopg.Cursor[Any]):
    """Has the server keep the plan: it reads and plans a long statement for longer than it runs it."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{"prepare": True} | options)


def _prepared() -> CursorWrapper:
    """Counted, logged and with Django's errors, as every cursor is. DATABASE_PREPARED_STATEMENTS may say no."""
    connection.ensure_connection()
    wrapped: CursorWrapper = connection._prepare_cursor(_Prepared(connection.connection))  # type: ignore[attr-defined]
    return wrapped
