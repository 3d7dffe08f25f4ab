"""Many allocations at once: ask for them, release them. Each is judged alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api import bulk, conditional
from fleet.api.allocation_shapes import AllocationIn
from fleet.api.allocations import ask_for
from fleet.api.base import ApiView
from fleet.api.bulk import MOST_ITEMS, BulkResultOut
from fleet.api.fields import Strict
from fleet.api.one_allocation import release
from fleet.api.problems import Problem
from fleet.api.schema import IDEMPOTENCY_KEY, says
from fleet.api.shapes import shape
from fleet.models import Allocation
from fleet.services.idempotency import Answer

ALLOCATION_ID = shape(
    r"^alloc_[0-9a-f]{32}$",
    "Write the allocation's id: alloc_ and 32 digits of 0-9 and a-f.",
)


class BulkAllocationsIn(Strict):
    items = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=MOST_ITEMS,
        help_text="Each as the body of POST /allocations; one that cannot be read is refused alone",
    )


class ReleasedIn(Strict):
    id = serializers.RegexField(ALLOCATION_ID)
    if_match = serializers.RegexField(conditional.TAG_PATTERN, help_text="ETag of what you read, or * for any")


class BulkReleaseIn(Strict):
    items = serializers.ListField(child=ReleasedIn(), min_length=1, max_length=MOST_ITEMS)


class AllocationsInBulk(ApiView):
    resource = "fleet"

    @says(
        BulkResultOut,
        body=BulkAllocationsIn,
        parameters=(IDEMPOTENCY_KEY,),
        refuses=(409,),
        summary="Ask for many allocations, each judged alone",
        takes={"items": [{"name": "a", "accelerator": "H100", "accelerator_count": 8}]},
    )
    def post(self, request: Request) -> Response:
        """One key stands for all of them. What each may spend is decided when it is bought, under the same locks as
        always, so together they never pass a quota or a budget."""
        wanted = self.body(BulkAllocationsIn)["items"]

        def ask(item: dict[str, Any]) -> Answer:
            checked = AllocationIn(data=item)
            checked.is_valid(raise_exception=True)
            return ask_for(self, dict(checked.validated_data))

        return self.once(lambda: bulk.done(self, wanted, ask))


class ReleaseInBulk(ApiView):
    resource = "fleet"

    @says(
        BulkResultOut,
        body=BulkReleaseIn,
        parameters=(IDEMPOTENCY_KEY,),
        refuses=(409,),
        summary="Release many allocations, each judged alone",
        takes={"items": [{"id": "alloc_0193c5b0a4d87f3e9c1b2a3d4e5f6071", "if_match": "*"}]},
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(BulkReleaseIn)["items"]

        def let_go(item: dict[str, Any]) -> Answer:
            allocation = self.one(Allocation.objects.all(), item["id"])
            anything = item["if_match"] == conditional.ANYTHING
            if not anything and not conditional.same_version(item["if_match"], f'"{allocation.generation}"'):
                raise Problem(412, "changed", conditional.CHANGED)
            return release(self, item["id"], None if anything else allocation.generation)

        return self.once(lambda: bulk.done(self, wanted, let_go))
