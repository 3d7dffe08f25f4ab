"""Many endpoints at once: bounds, objectives and policy of each, judged alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api import bulk, conditional
from fleet.api.base import ApiView
from fleet.api.bulk import MOST_ITEMS, BulkResultOut
from fleet.api.fields import Strict
from fleet.api.problems import Problem
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.api.shapes import shape
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer
from inference.api.endpoints import Slo
from inference.models import Endpoint
from inference.services import endpoints

ENDPOINT_ID = shape(
    r"^ep_[0-9a-f]{32}$",
    "Write the endpoint's id: ep_ and 32 digits of 0-9 and a-f.",
)


class ChangedIn(Strict):
    id = serializers.RegexField(ENDPOINT_ID)
    if_match = serializers.RegexField(conditional.TAG_PATTERN, help_text="ETag of what you read, or * for any")
    changes = serializers.DictField(help_text="As the body of PATCH; one that cannot be read is refused alone")


class BulkChangeIn(Strict):
    items = serializers.ListField(child=ChangedIn(), min_length=1, max_length=MOST_ITEMS)


class EndpointsInBulk(ApiView):
    resource = "inference"

    @says(
        BulkResultOut,
        body=BulkChangeIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Change bounds, objectives or policy of many endpoints, each judged alone",
    )
    def post(self, request: Request) -> Response:
        """An item that is refused leaves its endpoint as it was; the others are changed."""
        wanted = self.body(BulkChangeIn)["items"]
        return self.once(lambda: bulk.done(self, wanted, self._change), spends=False)

    def _change(self, item: dict[str, Any]) -> Answer:
        checked = Slo(data=item["changes"])
        checked.is_valid(raise_exception=True)
        endpoint = self.one(Endpoint.objects.living().select_related("allocation"), item["id"])
        self.require_within_cap(endpoint.allocation.requested_token_id if endpoint.allocation else None)
        anything = item["if_match"] == conditional.ANYTHING
        if not anything and not conditional.same_version(item["if_match"], f'"{endpoint.generation}"'):
            raise Problem(412, "changed", conditional.CHANGED)
        changed = endpoints.change_endpoint(
            endpoint.public_id,
            changes=dict(checked.validated_data),
            now=business_now(),
            actor=self.caller.name,
            generation=None if anything else endpoint.generation,
            request_id=self.request_id,
        )
        return Answer(200, {"id": changed.public_id})
