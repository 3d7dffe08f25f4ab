"""Members of a project: who they are and what their role is."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import check_match, means_anything
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Strict
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.api.shapes import shape
from fleet.models import Membership, Project, Role
from fleet.services import members
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer

USERNAME = shape(
    r"^[\w.@+-]{1,150}$",
    "Write 1 to 150 letters, digits and . _ @ + -.",
)
USER = OpenApiParameter(
    "username", OpenApiTypes.STR, OpenApiParameter.PATH, required=True, pattern=r"^[A-Za-z0-9_.@+-]{1,150}$"
)


class MemberIn(Strict):
    user = serializers.RegexField(USERNAME, help_text="Name of somebody who may log in")
    role = serializers.ChoiceField(Role.values)


class RoleIn(Strict):
    role = serializers.ChoiceField(Role.values, required=False)


class MemberOut(serializers.Serializer[Any]):
    user = serializers.CharField()
    role = serializers.ChoiceField(Role.values)
    active = serializers.BooleanField(help_text="Whether they may log in")
    last_login_at = serializers.DateTimeField(allow_null=True)


class OfProject(ApiView):
    """A view below one project whose members the caller may see."""

    resource = "access"
    sensitive = True

    def project(self, public_id: str) -> Project:
        found = self.visible(Project.objects.all(), project="pk").filter(public_id=public_id).first()
        if found is None:
            raise Http404
        self.require(found.pk)
        return found


class Members(OfProject):
    @says(paged(MemberOut), path_id="proj", query=PageQuery, summary="Who may act in the project")
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(PageQuery)
        mine = _rows(Membership.objects.filter(project=self.project(public_id)))
        return Response(page(request._request, mine, query, key="id", row=_row))

    @says(
        MemberOut,
        status=201,
        path_id="proj",
        body=MemberIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Let somebody act in the project",
        takes={"user": "ada", "role": "operator"},
    )
    def post(self, request: Request, public_id: str) -> Response:
        wanted = self.body(MemberIn)
        project = self.project(public_id)

        def run() -> Answer:
            made = members.add_member(
                project=project, username=wanted["user"], role=wanted["role"], by=self.caller, now=business_now()
            )
            return Answer(201, as_json(made), f"/api/v1/projects/{public_id}/members/{wanted['user']}")

        return self.once(run, spends=False)


class OneMember(OfProject):
    @says(MemberOut, path_id="proj", parameters=(USER,), summary="One member")
    def get(self, request: Request, public_id: str, username: str) -> Response:
        found = self._found(public_id, username)
        return self.shown(as_json(found), version_of(found))

    @says(MemberOut, path_id="proj", parameters=(USER,), body=RoleIn, summary="Give a member another role")
    def patch(self, request: Request, public_id: str, username: str) -> Response:
        wanted = self.body(RoleIn)
        found = self._found(public_id, username)
        generation = self._as_read(found)
        changed = members.change_role(
            found, role=wanted.get("role", found.role), by=self.caller, now=business_now(), generation=generation
        )
        return self.shown(as_json(changed), version_of(changed))

    @says(
        None,
        status=204,
        path_id="proj",
        parameters=(USER,),
        refuses=(422,),
        summary="Remove a member; their own tokens of the project open nothing from then on",
    )
    def delete(self, request: Request, public_id: str, username: str) -> Response:
        found = self._found(public_id, username)
        generation = self._as_read(found)
        members.remove_member(found, by=self.caller, now=business_now(), generation=generation)
        return Response(status=204)

    def _as_read(self, found: Membership) -> int | None:
        """As `unchanged`: 412 when it is another membership, or another version of it, than the caller has read."""
        check_match(self.request, f'"{version_of(found)}"')
        return None if means_anything(self.request) else found.generation

    def _found(self, public_id: str, username: str) -> Membership:
        of_project = Membership.objects.filter(project=self.project(public_id)).select_related("user")
        found = None if "\x00" in username else of_project.filter(user__username=username).first()
        if found is None:
            raise Http404
        return found


def version_of(member: Membership) -> str:
    """Who leaves and comes again begins anew: their path is the same, so the row's own number tells the two apart."""
    return f"{member.pk}.{member.generation}"


def as_json(member: Membership) -> dict[str, Any]:
    return _row(_rows(Membership.objects.filter(pk=member.pk)).get())


def _rows(found: QuerySet[Membership]) -> QuerySet[Membership, Any]:
    return found.values(
        "id", "role", name=F("user__username"), active=F("user__is_active"), last_login_at=F("user__last_login")
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {"user": row["name"], **{name: row[name] for name in ("role", "active", "last_login_at")}}
