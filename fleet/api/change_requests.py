"""Changes that wait for a second pair of eyes: list, read, approve, refuse."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Word
from fleet.api.limit_shapes import ChangeRequestOut, Why, request_json
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.models import ChangeRequest, ChangeState
from fleet.services import approvals
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer


class ChangeRequestQuery(PageQuery):
    state = serializers.ChoiceField(ChangeState.choices, required=False)
    about = Word(required=False, help_text="Public id of the quota, budget or purchase")


class ChangeRequests(ApiView):
    resource = "limits"

    @says(paged(ChangeRequestOut), query=ChangeRequestQuery, summary="Changes that waited or wait for approval")
    def get(self, request: Request) -> Response:
        query = self.query(ChangeRequestQuery)
        rows = self.visible(ChangeRequest.objects.all())
        if "state" in query:
            rows = rows.filter(state=query["state"])
        if "about" in query:
            rows = rows.filter(subject=query["about"])
        found = page(request._request, rows.values("pk", "public_id"), query, key="public_id", row=dict)
        whole = ChangeRequest.objects.select_related("project").in_bulk([item["pk"] for item in found["items"]])
        return Response({**found, "items": [request_json(whole[item["pk"]]) for item in found["items"]]})


class OneChangeRequest(ApiView):
    resource = "limits"

    @says(ChangeRequestOut, path_id="chg", summary="One change that waited or waits for approval")
    def get(self, request: Request, public_id: str) -> Response:
        rows = self.visible(ChangeRequest.objects.select_related("project"))
        found = rows.filter(public_id=public_id).first()
        if found is None:
            raise Http404
        return self.shown(request_json(found), found.state)


class Decision(ApiView):
    """Approving or refusing."""

    resource = "limits"
    sensitive = True

    def decide(self, decision: Any, public_id: str) -> Response:
        why = self.body(Why).get("why", "")
        self.one(ChangeRequest.objects.select_related("project"), public_id)

        def run() -> Answer:
            return Answer(200, request_json(decision(public_id, by=self.caller, now=business_now(), why=why)))

        return self.once(run, spends=False)


class ApproveChangeRequest(Decision):
    @says(
        ChangeRequestOut,
        body=Why,
        path_id="chg",
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409, 412, 422),
        summary="Make the change somebody else asked for",
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Once whoever asked may not ask for it any more, nothing is changed: the state is `outdated` then. A block
        whose offer has run out is not bought: 422 `offer-expired`."""
        return self.decide(approvals.approve, public_id)


class RefuseChangeRequest(Decision):
    @says(
        ChangeRequestOut,
        body=Why,
        path_id="chg",
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Leave it as it is, or take it back",
    )
    def post(self, request: Request, public_id: str) -> Response:
        return self.decide(approvals.refuse, public_id)
