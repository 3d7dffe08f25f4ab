"""Usage events: one finished request each, pushed by routers, counted exactly once."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.fields import Strict
from fleet.api.schema import says
from fleet.services.clock import business_now
from inference.services import usage


class UsageIn(Strict):
    events = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=usage.MOST_EVENTS,
        help_text="Each is judged alone: see docs/api.md for its fields",
    )


class UsageRefusedOut(serializers.Serializer[Any]):
    id = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class UsageOut(serializers.Serializer[Any]):
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField(help_text="Counted before; nothing was added")
    refused = UsageRefusedOut(many=True)


class UsageEvents(ApiView):
    resource = "usage"

    @says(UsageOut, body=UsageIn, summary="Push usage events; repeats are not counted again")
    def post(self, request: Request) -> Response:
        events = self.body(UsageIn)["events"]
        mine = self.caller.projects("usage:write")
        return Response(usage.ingest(events, project_ids_allowed=mine, now=business_now()))
