"""What this installation can choose from: autoscaling policies with their parameters, runners and engines."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.catalog import NoQuery
from fleet.api.schema import says
from inference import runners
from inference.domain.autoscaling import POLICIES
from inference.telemetry import ENGINES


class ParameterOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    default = serializers.FloatField(allow_null=True, help_text="Empty: it must be given")


class PolicyOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    about = serializers.CharField(allow_blank=True)
    parameters = ParameterOut(many=True, help_text="What `policy_params` of an endpoint takes; numbers")


class PoliciesOut(serializers.Serializer[Any]):
    items = PolicyOut(many=True)


class RunnerOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    about = serializers.CharField(allow_blank=True)
    capabilities = serializers.ListField(child=serializers.CharField(), help_text="The verbs it can do")


class RunnersOut(serializers.Serializer[Any]):
    items = RunnerOut(many=True)
    engines = serializers.ListField(child=serializers.CharField(), help_text="Whose metrics are understood")


class Policies(ApiView):
    resource = "inference"

    @says(PoliciesOut, query=NoQuery, summary="Autoscaling policies, with their parameters and defaults")
    def get(self, request: Request) -> Response:
        self.query(NoQuery)
        return Response({"items": [_policy(name, policy) for name, policy in sorted(POLICIES.items())]})


class Runners(ApiView):
    resource = "inference"

    @says(RunnersOut, query=NoQuery, summary="What starts and stops engines on machines")
    def get(self, request: Request) -> Response:
        self.query(NoQuery)
        found = [(name, runners.kind(name)) for name in sorted(runners.RUNNERS)]
        items = [
            {"name": name, "about": _about(kind), "capabilities": sorted(kind.capabilities)} for name, kind in found
        ]
        return Response({"items": items, "engines": sorted(ENGINES)})


def _policy(name: str, policy: Any) -> dict[str, Any]:
    parameters = [
        {"name": field.name, "default": None if field.default is MISSING else float(field.default)}
        for field in fields(policy)
    ]
    return {"name": name, "about": _about(policy), "parameters": parameters}


def _about(thing: Any) -> str:
    """The first paragraph of its docstring."""
    return " ".join((thing.__doc__ or "").split("\n\n")[0].split())
