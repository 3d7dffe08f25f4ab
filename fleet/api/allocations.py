"""Allocations: ask for capacity, preview what asking would get, list."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.allocation_rows import LISTED, AllocationAcceptedOut, AllocationOut, shown, shown_by_id
from fleet.api.allocation_shapes import AllocationIn, spec_of
from fleet.api.base import ApiView
from fleet.api.fields import Flag, Word
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page_of_keys, paged
from fleet.api.operations import accepted, answered_when_done
from fleet.api.patience import PREFER
from fleet.api.plans import DryRun, PlanOut
from fleet.api.schema import IDEMPOTENCY_KEY_UNLESS_DRY, says
from fleet.domain.lifecycle import ENDED_ALLOCATION_STATES, AllocationState
from fleet.domain.placement import Plan, refuse_hopeless
from fleet.models import Allocation
from fleet.services import allocations, operations
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer


class AllocationQuery(PageQuery):
    state = serializers.ChoiceField([(state.value, state.name) for state in AllocationState], required=False)
    living = Flag(required=False, help_text="true: only those not released or failed")
    accelerator = Word(required=False)
    project = Word(required=False, help_text="Slug")
    endpoint = Word(required=False, help_text="Public id")
    ordering = Ordering("name", "state", "since", "created_at", "expires_at", "accelerator_count")
    fields = Fields(lambda: AllocationOut)  # type: ignore[assignment]  # a name of the base class, unused here


class Allocations(ApiView):
    resource = "fleet"

    @says(paged(AllocationOut), query=AllocationQuery, summary="List allocations, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(AllocationQuery)
        found = self.visible(Allocation.objects.all())
        if "state" in query:
            found = found.filter(state=query["state"])
        if "living" in query:
            ended = Q(state__in=ENDED_ALLOCATION_STATES)
            found = found.filter(~ended if query["living"] else ended)
        found = narrowed(found, query, accelerator="accelerator", project="project__slug", endpoint="endpoint_ref")
        return Response(page_of_keys(request._request, found, query, key="public_id", shown=LISTED))

    @says(
        AllocationAcceptedOut,
        status=202,
        also={200: PlanOut},
        query=DryRun,
        body=AllocationIn,
        parameters=(IDEMPOTENCY_KEY_UNLESS_DRY, PREFER),
        refuses=(409,),
        summary="Ask for capacity, or see what asking would get",
        takes={"name": "train", "accelerator": "H100", "accelerator_count": 8, "ttl_seconds": 86400},
    )
    def post(self, request: Request) -> Response:
        """Nothing is bought yet when this is answered: `operation` tells how far it is. With dry_run the answer is
        the plan, with the reason why each other offering loses."""
        dry_run = self.query(DryRun)["dry_run"]
        wanted = self.body(AllocationIn)
        if dry_run:
            plan = plan_of(self, wanted)
            return Response({**plan.as_json(), "dry_run": True, "feasible": bool(plan.chosen)})
        response = self.once(lambda: ask_for(self, wanted))
        return answered_when_done(response, self, lambda: shown_by_id(response.data["id"]))


def plan_of(view: ApiView, wanted: dict[str, Any]) -> Plan:
    """What asking for this would get right now."""
    return allocations.preview(
        project=view.project_named(wanted.get("project")),
        spec=spec_of(wanted),
        now=business_now(),
        token_id=view.caller.token_id,
    )


def ask_for(view: ApiView, wanted: dict[str, Any]) -> Answer:
    """Ask for it in the caller's name, unless nothing on sale could ever meet it. Call inside a transaction."""
    refuse_hopeless(plan_of(view, wanted))
    project, now = view.project_named(wanted.get("project")), business_now()
    made = allocations.request_allocation(
        project=project,
        spec=spec_of(wanted),
        requested_by=view.caller.name,
        now=now,
        request_id=view.request_id,
        token_id=view.caller.token_id,
    )
    operation = operations.start(
        "allocation.create",
        subject=made.public_id,
        project=project,
        requested_by=view.caller.name,
        now=now,
        request_id=view.request_id,
    )
    return accepted(shown(made), operation, f"/api/v1/allocations/{made.public_id}", version=made.generation)
