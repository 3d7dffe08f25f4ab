"""One allocation: read, change, release, extend, explain."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.allocation_rows import AllocationAcceptedOut, AllocationOut, shown, shown_by_id
from fleet.api.allocation_shapes import LONGEST_SECONDS, NAME, Labels
from fleet.api.base import ApiView, respond
from fleet.api.conditional import tag_of
from fleet.api.fields import Instant, Strict, Whole
from fleet.api.operations import accepted, answered_when_done
from fleet.api.patience import PREFER
from fleet.api.schema import IDEMPOTENCY_KEY, says
from fleet.domain.lifecycle import Reason
from fleet.models import Allocation
from fleet.services import allocations, changing, explaining, operations
from fleet.services.allocations import MOST_ACCELERATORS
from fleet.services.idempotency import Answer


class AllocationChangesIn(Strict):
    """Only what is given changes. Growing is planned and bought as everything is; of fewer, whole machines end."""

    name = serializers.RegexField(NAME, required=False)
    labels = Labels(required=False, help_text="Put on machines bought from now on")
    expires_at = Instant(required=False, allow_null=True, help_text="null: it does not end by itself")
    idle_release_seconds = Whole(min_value=60, max_value=LONGEST_SECONDS, required=False, allow_null=True)
    accelerator_count = Whole(min_value=1, max_value=MOST_ACCELERATORS, required=False)


class ExtendIn(Strict):
    expires_at = Instant()


class ConnectOut(serializers.Serializer[Any]):
    slot = serializers.CharField()
    private_ip = serializers.CharField(allow_blank=True)
    public_ip = serializers.CharField(allow_blank=True)
    connect = serializers.CharField(allow_blank=True, help_text="A line to copy into a shell")


class AllocationDetailOut(AllocationOut):
    connect = ConnectOut(many=True)


class ExplainOut(serializers.Serializer[Any]):
    allocation = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()
    next_action = serializers.CharField(allow_null=True)
    next_action_at = serializers.DateTimeField(allow_null=True)
    demand = serializers.DictField()
    plan = serializers.DictField(allow_null=True, help_text="The last plan, with every loser's reason")
    planned_at = serializers.DateTimeField(allow_null=True)
    slots = serializers.ListField(child=serializers.DictField())
    attempts = serializers.ListField(child=serializers.DictField())
    trail = serializers.ListField(child=serializers.DictField(), help_text="Events, oldest first")


class OneAllocation(ApiView):
    resource = "fleet"

    @says(AllocationDetailOut, path_id="alloc", summary="One allocation, with how to connect to its machines")
    def get(self, request: Request, public_id: str) -> Response:
        allocation = self.one(Allocation.objects.all(), public_id)
        body = {**shown(allocation), "connect": explaining.connect_lines(allocation)}
        return self.shown(body, allocation.generation)

    @says(
        AllocationAcceptedOut,
        also={202: AllocationAcceptedOut},
        path_id="alloc",
        body=AllocationChangesIn,
        parameters=(PREFER,),
        refuses=(409,),
        summary="Change its name, labels, end or size",
        takes={"name": "train-3", "labels": {"team": "research"}, "accelerator_count": 16},
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """All of the body or nothing. Made smaller, the machines least missed go: those not ready first, then those
        without work, then the dearest, then the youngest. A size that would split a machine is refused with the
        nearest ones that would not. Another size is answered with 202 and an operation."""
        changes = self.body(AllocationChangesIn)
        allocation = self.one(Allocation.objects.all(), public_id)
        if {"accelerator_count", "expires_at", "idle_release_seconds"} & set(changes):
            self.require_within_cap(allocation.requested_token_id)
        generation = self.unchanged(allocation.generation)
        with transaction.atomic():
            before = Allocation.objects.select_for_update(no_key=True).get(public_id=public_id).accelerator_count
            changed = changing.change_allocation(public_id, changes=changes, generation=generation, **self.said())
            if changed.accelerator_count == before:
                return self.shown({**shown(changed), "operation": None}, changed.generation)
            target = {"before": before, "after": changed.accelerator_count, "generation": changed.generation}
            operation = operations.start(
                "allocation.resize", subject=public_id, project=changed.project, target=target, **self.asked()
            )
            answer = accepted(shown(changed), operation, path_of(public_id), version=changed.generation)
        return answered_when_done(respond(answer), self, lambda: shown_by_id(public_id))

    @says(
        AllocationAcceptedOut,
        status=202,
        path_id="alloc",
        parameters=(PREFER,),
        refuses=(422,),
        summary="Release it: its machines are drained and ended",
    )
    def delete(self, request: Request, public_id: str) -> Response:
        generation = self.unchanged(self.one(Allocation.objects.all(), public_id).generation)
        with transaction.atomic():
            answer = release(self, public_id, generation)
        return answered_when_done(respond(answer), self, lambda: shown_by_id(public_id))


def release(view: ApiView, public_id: str, generation: int | None) -> Answer:
    """Release it in the caller's name; a repeat is answered with the first operation. Call inside a transaction."""
    released = allocations.release(public_id, reason=Reason.RELEASED_BY_USER, generation=generation, **view.said())
    operation = operations.start_once("allocation.release", subject=public_id, project=released.project, **view.asked())
    return accepted(shown(released), operation, path_of(public_id), version=released.generation)


def path_of(public_id: str) -> str:
    return f"/api/v1/allocations/{public_id}"


class ExtendAllocation(ApiView):
    resource = "fleet"

    @says(
        AllocationOut,
        body=ExtendIn,
        path_id="alloc",
        parameters=(IDEMPOTENCY_KEY,),
        refuses=(409,),
        summary="Move the end of its time to live",
    )
    def post(self, request: Request, public_id: str) -> Response:
        wanted = self.body(ExtendIn)
        self.require_within_cap(self.one(Allocation.objects.all(), public_id).requested_token_id)

        def run() -> Answer:
            extended = allocations.extend(public_id, expires_at=wanted["expires_at"], **self.said())
            body = shown(extended)
            return Answer(200, body, headers={"ETag": tag_of(extended.generation, body)})

        return self.once(run)


class ExplainAllocation(ApiView):
    resource = "fleet"

    @says(ExplainOut, path_id="alloc", summary="Why it is as it is: plans, losers, attempts, next action")
    def get(self, request: Request, public_id: str) -> Response:
        allocation = self.one(Allocation.objects.all(), public_id)
        return self.shown(explaining.explain(allocation), allocation.generation)
