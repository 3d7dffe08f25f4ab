"""The audit log over the API: who changed what, from where, before and after; the chain's last seal."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.exports import Csv, FileView
from fleet.api.fields import Flag, Instant, Strict, Word
from fleet.api.problems import Problem
from fleet.api.schema import says
from fleet.api.wire import FastJSON, dump
from fleet.csv import CONTENT_TYPE, rows_as_csv
from fleet.domain.audit import ACTOR_KINDS
from fleet.models import AuditCheck
from fleet.services import audit, audit_log
from fleet.services.audit_log import Sought


class AuditFilter(Strict):
    actor = Word(required=False, max_length=200, help_text="Name or principal, such as user:7")
    topic = Word(required=False, help_text="`budget.changed`, or `budget` for all about budgets")
    subject = Word(required=False, help_text="Public id of what was changed")
    address = Word(required=False, max_length=45, help_text="Where the request came from")
    request_id = Word(required=False, help_text="Everything one request did")
    since = Instant(required=False, help_text="Recorded at or after (real time)")
    until = Instant(required=False, help_text="Recorded before (real time)")
    changes_only = Flag(default=True, help_text="false: also what Purser did by itself")

    def validate_address(self, text: str) -> str:
        try:
            return str(ip_address(text))
        except ValueError:
            raise Problem(422, "address", "Write an IPv4 or IPv6 address.", field="address") from None


class AuditQuery(AuditFilter, PageQuery):
    pass


class ExportQuery(AuditFilter):
    format = serializers.ChoiceField(["csv", "jsonl"], default="csv")


class AuditEventOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    recorded_at = serializers.DateTimeField(help_text="Real time")
    occurred_at = serializers.DateTimeField(help_text="Business time")
    topic = serializers.CharField()
    subject = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    actor = serializers.CharField()
    actor_kind = serializers.CharField(help_text=f"{', '.join(ACTOR_KINDS[:-1])} or {ACTOR_KINDS[-1]}")
    principal = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_null=True)
    request_id = serializers.CharField(allow_blank=True)
    # Any JSON, null among it: allow_null would make the schema say that a null is two things at once.
    before = serializers.JSONField()
    after = serializers.JSONField()
    data = serializers.DictField()  # type: ignore[assignment]  # a name of the base class, unused here
    n = serializers.IntegerField(allow_null=True, help_text="Place in the chain; empty for some seconds")
    digest = serializers.CharField(allow_null=True, help_text="Its seal")


class AuditChainOut(serializers.Serializer[Any]):
    """The last seal. Kept elsewhere, it is an anchor: `manage.py audit verify --anchor n:digest`."""

    n = serializers.IntegerField()
    digest = serializers.CharField()
    event = serializers.CharField(allow_null=True, help_text="The feed's cursor of the last event sealed")
    sealed_at = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True, help_text="When the whole chain was last looked at")
    checked = serializers.IntegerField(help_text="Seals looked at then")
    holds = serializers.BooleanField(allow_null=True, help_text="false: something is not as it was sealed")
    findings = serializers.ListField(child=serializers.DictField())


class AuditEvents(ApiView):
    resource = "audit"

    @says(paged(AuditEventOut), query=AuditQuery, summary="Who changed what, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(AuditQuery)
        found = audit_log.found(_sought(query), projects=self.readable_projects())
        return Response(page(request._request, audit_log.as_rows(found), query, key="id", row=audit_log.told))


class Jsonl(BaseRenderer):
    """Only names the media type: the lines are streamed, and never rendered here."""

    media_type = "application/jsonl"
    format = "jsonl"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else dump(data)


class AuditExport(FileView):
    resource = "audit"
    renderer_classes = [FastJSON, Csv, Jsonl]

    @says(
        OpenApiTypes.BINARY,
        query=ExportQuery,
        also={(200, CONTENT_TYPE): OpenApiTypes.BINARY, (200, "application/jsonl"): OpenApiTypes.BINARY},  # type: ignore[dict-item]
        summary="The audit log as a file, oldest first",
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        query = self.query(ExportQuery)
        rows = audit_log.export(_sought(query), projects=self.readable_projects())
        name = f"purser-audit.{query['format']}"
        if query["format"] == "csv":
            cells = ([row[column] for column in audit_log.COLUMNS] for row in rows)
            answer = StreamingHttpResponse(rows_as_csv(audit_log.COLUMNS, cells), content_type=CONTENT_TYPE)
        else:
            answer = StreamingHttpResponse(_lines(rows), content_type="application/jsonl")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


class AuditChain(ApiView):
    resource = "audit"

    @says(AuditChainOut, summary="The last seal of the audit chain, and whether the chain held when it was looked at")
    def get(self, request: Request) -> Response:
        check = AuditCheck.objects.order_by("-id").first()
        seen = {
            "checked_at": check.finished_at if check else None,
            "checked": check.sealed if check else 0,
            "holds": not check.findings if check else None,
            "findings": check.findings if check and self.caller.everything else [],
        }
        return Response({**audit.anchor(), **seen})


def _sought(query: dict[str, Any]) -> Sought:
    return Sought(**{name: query[name] for name in map(str, AuditFilter().fields) if name in query})


def _lines(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield dump(row) + b"\n"
