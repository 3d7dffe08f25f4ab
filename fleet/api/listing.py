"""What every list of rows takes besides its own filters: pages, an ordering, and the fields wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from fleet.api.cursors import PageQuery, page, page_of_keys, paged
from fleet.api.ordering import Ordering
from fleet.api.problems import Problem
from fleet.domain.refusals import did_you_mean

__all__ = ["Fields", "Ordering", "PageQuery", "narrowed", "page", "page_of_keys", "paged"]

Row = TypeVar("Row", bound=Model)
LONGEST_LIST_OF_NAMES = 1000


@extend_schema_field(
    {"type": "string", "pattern": "^[a-z_0-9]+(,[a-z_0-9]+)*$", "maxLength": LONGEST_LIST_OF_NAMES}
)  # fmt: skip
class Fields(serializers.Field[Any, Any, Any, Any]):
    """`fields=id,state`: only these of each row, in this order. A name the row has not is refused."""

    def __init__(self, of: Callable[[], type[serializers.Serializer[Any]]]) -> None:
        """`of` gives the shape of a row, which may be written further down."""
        self.of = of
        super().__init__(required=False, help_text="Names of fields, comma-separated: only these are shown")

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        known = list(self.of()().fields)
        names = tuple(dict.fromkeys(str(data).split(",")))
        for name in names:
            if name not in known:
                sentence = f"No field here is called {name[:40]!r}.{did_you_mean(name, known)}"
                raise Problem(422, "unknown-field", sentence, field="fields")
        return names

    def to_representation(self, value: Any) -> str:
        return ",".join(value)


def narrowed(found: QuerySet[Row], query: dict[str, Any], **columns: str) -> QuerySet[Row]:
    """Only the rows that the filters given in the query ask for: parameter -> column."""
    return found.filter(**{column: query[name] for name, column in columns.items() if name in query})
