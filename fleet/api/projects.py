"""Projects: everybody reads their own; superusers, and tokens of the installation, make and change them."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import check_match, means_anything, tag_of, version_of
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Strict, Word
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.api.shapes import shape
from fleet.models import Project
from fleet.services import projects
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer

SLUG = shape(
    f"^{projects.SLUG.pattern}$",
    "Write 1 to 63 small letters, digits and -, beginning and ending with a letter or digit.",
)
SUPERUSERS = "installation:write"


class ProjectIn(Strict):
    slug = serializers.RegexField(SLUG)
    name = Word(max_length=projects.NAME_LENGTH, min_length=1)


class ProjectChange(Strict):
    slug = serializers.RegexField(SLUG, required=False)
    name = Word(max_length=projects.NAME_LENGTH, min_length=1, required=False)


class ProjectOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


COLUMNS = ("public_id", "slug", "name", "created_at")


class Projects(ApiView):
    resource = "fleet"
    scopes = {"POST": SUPERUSERS}
    sensitive = True

    @says(paged(ProjectOut), query=PageQuery, summary="The projects you may read")
    def get(self, request: Request) -> Response:
        query = self.query(PageQuery)
        mine = self.visible(Project.objects.all(), project="pk").values(*COLUMNS)
        return Response(page(request._request, mine, query, key="public_id", row=_row))

    @says(
        ProjectOut,
        status=201,
        body=ProjectIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Make a project",
        takes={"slug": "research", "name": "Research"},
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(ProjectIn)

        def run() -> Answer:
            made = projects.create_project(**wanted, by=self.caller, now=business_now())
            return Answer(201, as_json(made), f"/api/v1/projects/{made.public_id}")

        return self.once(run, spends=False)


class OneProject(ApiView):
    resource = "fleet"
    scopes = {"PATCH": SUPERUSERS, "DELETE": SUPERUSERS}
    sensitive = True

    @says(ProjectOut, path_id="proj", summary="One project")
    def get(self, request: Request, public_id: str) -> Response:
        project = self._found(public_id)
        return self.shown(as_json(project), _version(project))

    @says(ProjectOut, path_id="proj", body=ProjectChange, refuses=(409,), summary="Give it another name or slug")
    def patch(self, request: Request, public_id: str) -> Response:
        changes = self.body(ProjectChange)
        project = self._found(public_id)
        check_match(request, tag_of(_version(project), as_json(project)))
        read = None if means_anything(request) else projects.shown(project)
        changed = projects.change_project(project, changes=changes, by=self.caller, now=business_now(), read=read)
        return self.shown(as_json(changed), _version(changed))

    @says(None, status=204, path_id="proj", refuses=(422,), summary="Delete it, while nothing ever happened in it")
    def delete(self, request: Request, public_id: str) -> Response:
        project = self._found(public_id)
        check_match(request, tag_of(_version(project), as_json(project)))
        projects.delete_project(project, by=self.caller, now=business_now())
        return Response(status=204)

    def _found(self, public_id: str) -> Project:
        found = self.visible(Project.objects.all(), project="pk").filter(public_id=public_id).first()
        if found is None:
            raise Http404
        return found


def as_json(project: Project) -> dict[str, Any]:
    return _row({name: getattr(project, name) for name in COLUMNS})


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["public_id"], **{name: row[name] for name in COLUMNS[1:]}}


def _version(project: Project) -> str:
    return version_of(project.slug, project.name)
