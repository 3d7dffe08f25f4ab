"""Projects, quotas and budgets, to read; they are changed in the admin, by other people than those who spend."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.catalog import NoQuery
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.schema import says
from fleet.models import Project, Quota
from fleet.services import budgets
from fleet.services.clock import business_now


class ProjectOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()


class QuotaOut(serializers.Serializer[Any]):
    """How many accelerators may be held at once. Empty columns mean any."""

    project = serializers.CharField(allow_null=True)
    cloud = serializers.CharField(allow_blank=True)
    accelerator = serializers.CharField(allow_blank=True)
    max_accelerators = serializers.IntegerField()


class BudgetOut(serializers.Serializer[Any]):
    """What may be spent, what is held against it and what is left. Empty columns mean any."""

    project = serializers.CharField(allow_null=True)
    cloud = serializers.CharField(allow_blank=True)
    endpoint = serializers.CharField(allow_blank=True)
    action = serializers.CharField(help_text="block: a launch past the cap is refused; warn: it is only said")
    currency = serializers.CharField()
    cap_per_hour = serializers.CharField(allow_null=True)
    cap_per_month = serializers.CharField(allow_null=True)
    held_per_hour = serializers.CharField()
    held_amount = serializers.CharField()
    spent_this_month = serializers.CharField()
    spent_until = serializers.DateTimeField(allow_null=True, help_text="Billed up to here")
    left_this_month = serializers.CharField(allow_null=True)
    left_per_hour = serializers.CharField(allow_null=True)


class BudgetsOut(serializers.Serializer[Any]):
    items = BudgetOut(many=True)


class Projects(ApiView):
    resource = "fleet"

    @says(paged(ProjectOut), query=PageQuery, summary="The projects you may read")
    def get(self, request: Request) -> Response:
        query = self.query(PageQuery)
        mine = self.visible(Project.objects.all(), project="pk").values("public_id", "slug", "name")
        return Response(page(request._request, mine, query, key="public_id", row=_project))


class Quotas(ApiView):
    resource = "limits"

    @says(paged(QuotaOut), query=PageQuery, summary="Quotas of your projects")
    def get(self, request: Request) -> Response:
        query = self.query(PageQuery)
        mine = self.visible(Quota.objects.all()).values(
            "id", "cloud", "accelerator", "max_accelerators", project_slug=F("project__slug")
        )
        return Response(page(request._request, mine, query, key="id", row=_quota))


class Budgets(ApiView):
    resource = "limits"

    @says(BudgetsOut, query=NoQuery, summary="Budgets of your projects, with what is held, spent and left")
    def get(self, request: Request) -> Response:
        self.query(NoQuery)
        rows = budgets.status(business_now(), projects=self.readable_projects())
        return Response({"items": [{k: v for k, v in row.items() if k not in ("id", "scope")} for row in rows]})


def _project(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["public_id"], "slug": row["slug"], "name": row["name"]}


def _quota(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name != "id"}
    shown["project"] = shown.pop("project_slug")
    return shown
