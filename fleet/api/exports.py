"""Lists as CSV: `?format=csv` or `Accept: text/csv` gives every row that the filters leave, as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.cursors import PageQuery, page
from fleet.api.ordering import VALUE, Asked, Order
from fleet.api.problems import Problem
from fleet.api.wire import FastJSON
from fleet.csv import CONTENT_TYPE, rows_as_csv

MOST_ROWS = 200_000
CHUNK_ROWS = 2_000


class Csv(BaseRenderer):
    """Only names the media type: what is CSV is streamed, and never rendered here."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        raise NotImplementedError("CSV is streamed by ListView.listed")


class ByParameterOrHeader(DefaultContentNegotiation):
    """`format=csv` is for those who cannot set a header; otherwise `Accept` decides."""

    def select_renderer(  # type: ignore[override]  # DRF's stubs want its own class of renderer
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        asked = request.query_params.get("format")
        words = [word.partition(";")[0].strip().lower() for word in self.get_accept_list(request)]
        for renderer in renderers:
            if asked == renderer.format or (asked is None and renderer.media_type in words):
                return renderer, renderer.media_type
        if asked is not None or {"*/*", "application/*"} & set(words):
            return renderers[0], renderers[0].media_type
        raise NotAcceptable(available_renderers=renderers)


class ListQuery(PageQuery):
    """What every list takes that is also there as CSV."""

    format = serializers.ChoiceField(
        ["json", "csv"], required=False, help_text="csv: every row the filters leave, without pages"
    )


class FileView(ApiView):
    """What answers with a file too."""

    def finalize_response(self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Response:
        if isinstance(response, Response) and response.status_code >= 400:
            request.accepted_renderer = FastJSON()  # a problem is JSON, whatever file was asked for
            request.accepted_media_type = FastJSON.media_type
        answer: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        return answer


class ListView(FileView):
    """A list in pages of JSON, or whole as CSV."""

    content_negotiation_class = ByParameterOrHeader

    def get_renderers(self) -> list[BaseRenderer]:
        """CSV is for reading lists; whatever else the same address takes speaks JSON."""
        request: Request | None = self.request  # none while the schema is drawn
        reads = request is None or request.method in ("GET", "HEAD")
        return [FastJSON(), Csv()] if reads else [FastJSON()]

    @property
    def wants_csv(self) -> bool:
        return isinstance(getattr(self.request, "accepted_renderer", None), Csv)

    def listed(
        self,
        rows: QuerySet[Any, Any],
        query: dict[str, Any],
        *,
        key: str,
        row: Callable[[dict[str, Any]], dict[str, Any]],
        shape: type[serializers.Serializer[Any]],
        name: str,
    ) -> Response | StreamingHttpResponse:
        """`rows.values(…)` newest first by `key`, as the caller wants them."""
        if not self.wants_csv:
            return Response(page(self.request._request, rows, query, key=key, row=row))
        asked: Asked | None = query.get("ordering")
        found = Order(rows, asked, key).sorted(rows) if asked else rows.order_by(f"-{key}")
        return self.whole_as_csv(found, query, row=row, shape=shape, name=name)

    def whole_as_csv(
        self,
        rows: QuerySet[Any, Any],
        query: dict[str, Any],
        *,
        row: Callable[[dict[str, Any]], dict[str, Any]],
        shape: type[serializers.Serializer[Any]],
        name: str,
    ) -> StreamingHttpResponse:
        """All of them in their order. Raises Problem when they are too many for one answer, so that none is cut."""
        self.refuse_pages()
        if rows[MOST_ROWS : MOST_ROWS + 1].exists():
            raise Problem(422, "too-many-rows", f"These are more than {MOST_ROWS} rows; narrow them with the filters.")
        shown = (_without_place(values) for values in rows.iterator(chunk_size=CHUNK_ROWS))
        return as_csv(shape, map(row, shown), name=name, only=query.get("fields"))

    def refuse_pages(self) -> None:
        for parameter in ("limit", "cursor"):
            if parameter in self.request.query_params:
                raise Problem(422, "no-pages", "As CSV the list comes whole; leave this out.", field=parameter)


def as_csv(
    shape: type[serializers.Serializer[Any]],
    rows: Iterator[dict[str, Any]],
    *,
    name: str,
    only: Sequence[str] | None = None,
) -> StreamingHttpResponse:
    """Rows of this shape as a file to keep; `only` names the columns wanted, in their order."""
    header = list(only or shape().fields)
    lines = rows_as_csv(header, ([row.get(column) for column in header] for row in rows))
    answer = StreamingHttpResponse(lines, content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _without_place(values: dict[str, Any]) -> dict[str, Any]:
    """Without what only the ordering of pages needs."""
    return {name: value for name, value in values.items() if name != VALUE}
