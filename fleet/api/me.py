"""Who am I, and what may I do: the first call of a script that does not work."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.authentication import ANYBODY
from fleet.api.base import ApiView
from fleet.api.catalog import NoQuery
from fleet.api.schema import says
from fleet.api.tokens import TokenOut, as_json
from fleet.models import Project, Token


class MyProjectOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What you may do in it right now")


class MeOut(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As events name you")
    kind = serializers.ChoiceField(["person", "token", "service-account"])
    user = serializers.CharField(help_text="Who logged in, or who issued the token")
    installation = serializers.ListField(child=serializers.CharField(), help_text="To what belongs to no project")
    projects = MyProjectOut(many=True)
    token = TokenOut(allow_null=True, help_text="The token you called with, and its limits")


class Me(ApiView):
    resource = "access"
    scopes = {"GET": ANYBODY, "HEAD": ANYBODY}

    @says(MeOut, query=NoQuery, summary="Who you are, and what you may do where")
    def get(self, request: Request) -> Response:
        self.query(NoQuery)
        caller = self.caller
        rows = Project.objects.filter(pk__in=list(caller.scopes)).order_by("slug")
        token = Token.objects.filter(pk=caller.token_id).first() if caller.token_id else None
        kind = "person" if token is None else "service-account" if caller.service_account_id else "token"
        body = {
            "name": caller.name,
            "kind": kind,
            "user": request.user.get_username(),
            "installation": sorted(caller.installation),
            "projects": [
                {"id": row.public_id, "slug": row.slug, "name": row.name, "scopes": sorted(caller.scopes[row.pk])}
                for row in rows
            ],
            "token": as_json(token) if token else None,
        }
        return Response(body)
