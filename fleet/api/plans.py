"""A plan as the API shows it: what would be bought, and everything that was weighed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.allocation_shapes import DemandIn, demand_of
from fleet.api.base import ApiView
from fleet.api.cursors import answer, decode, paged
from fleet.api.fields import Flag, Strict, Whole, Word
from fleet.api.schema import says
from fleet.domain.placement import rejection_json
from fleet.services import allocations
from fleet.services.allocations import Shown
from fleet.services.clock import business_now

MOST_SHOWN = 500
MOST_LOSERS = 1000


class DryRun(Strict):
    dry_run = Flag(default=False, help_text="Only say what would be bought, at what price, and why nothing else")


class PoolOut(serializers.Serializer[Any]):
    cloud = serializers.CharField()
    account = serializers.CharField(help_text="The name of the account it would be bought from")
    region = serializers.CharField()
    zone = serializers.CharField()
    instance_type = serializers.CharField()
    capacity_type = serializers.CharField()
    accelerator = serializers.CharField()
    accelerator_count = serializers.IntegerField()
    price_per_hour = serializers.CharField(help_text="Of one machine; of paid capacity what it is accounted with")
    currency = serializers.CharField()


class CandidateOut(PoolOut):
    """A pool that would do."""

    expected_per_hour = serializers.CharField(help_text="With what waiting and interruptions cost; 0 where it is paid")
    stockout_probability = serializers.FloatField()
    stockout_basis = serializers.CharField(help_text="What that is judged by: our own launches, the cloud's advice")
    interruptions_per_hour = serializers.FloatField()
    machines_for_all = serializers.IntegerField(help_text="Machines of this pool that would meet all of it")
    machines_at_most = serializers.IntegerField(
        allow_null=True, help_text="As many as are left or the cloud's quotas allow; empty: not known"
    )
    fill_seconds = serializers.FloatField(allow_null=True, help_text="Median until now, launch to running")
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Its machines are taken back then")
    cautions = serializers.ListField(child=serializers.CharField())


class ChosenOut(CandidateOut):
    machines = serializers.IntegerField()


class RejectedOut(PoolOut):
    """A pool that would not do."""

    code = serializers.CharField(help_text="Which rule refused it")
    reason = serializers.CharField()


class WeighedOut(serializers.Serializer[Any]):
    """What would be bought, the best of the rest, and why others lose: the nearest one by one, all by reason."""

    feasible = serializers.BooleanField()
    planned_at = serializers.DateTimeField()
    price_per_hour = serializers.CharField()
    expected_per_hour = serializers.CharField()
    currency = serializers.CharField()
    note = serializers.CharField(allow_blank=True, help_text="Why nothing can be bought")
    chosen = ChosenOut(many=True)
    candidates = CandidateOut(many=True, help_text="Cheapest expected cost per accelerator first")
    candidates_total = serializers.IntegerField()
    rejected = RejectedOut(many=True, help_text="Those first that only the last rules refuse, cheapest first")
    rejected_by_reason = serializers.DictField(child=serializers.IntegerField())
    rejected_total = serializers.IntegerField()


class PlanOut(WeighedOut):
    """The plan of a dry run."""

    dry_run = serializers.BooleanField()


class ShownQuery(Strict):
    timeless = True
    candidates = Whole(min_value=0, max_value=MOST_SHOWN, default=20, help_text="How many of the ranked are shown")
    rejected = Whole(min_value=0, max_value=MOST_SHOWN, default=20, help_text="How many of the nearest losers")


class LosersQuery(Strict):
    timeless = True
    limit = Whole(min_value=1, max_value=MOST_LOSERS, default=100, help_text="Rows in one page")
    cursor = Word(required=False, max_length=600, help_text="`next_cursor` of the page before")


class Plans(ApiView):
    resource = "fleet"
    scopes = {"POST": "fleet:read"}

    @says(
        WeighedOut,
        query=ShownQuery,
        body=DemandIn,
        summary="What asking for this would get right now",
        takes={"accelerator": "H100", "accelerator_count": 8},
        refuses=(422,),
    )
    def post(self, request: Request) -> Response:
        """Nothing is written and nothing is asked of a cloud. Every offering is weighed; all losers one by one are
        under `plans/rejected`."""
        query, wanted = self.query(ShownQuery), self.body(DemandIn)
        plan = allocations.preview_demand(
            project=self.project_named(wanted.get("project")),
            demand=demand_of(wanted),
            token_id=self.caller.token_id,
            shown=Shown(query["candidates"], query["rejected"]),
        )
        return Response({**plan.as_json(), "feasible": bool(plan.chosen)})


class Losers(ApiView):
    resource = "fleet"
    scopes = {"POST": "fleet:read"}

    @says(
        paged(RejectedOut),
        query=LosersQuery,
        body=DemandIn,
        summary="Every offering that would not do, and why",
        takes={"accelerator": "H100", "accelerator_count": 8},
        refuses=(422,),
    )
    def post(self, request: Request) -> Response:
        """In the order they came into the catalogue. Send the same demand with each cursor; every offering is told at
        most once, with the reason of the moment it is told."""
        query, wanted = self.query(LosersQuery), self.body(DemandIn)
        page = allocations.losers_of(
            demand_of(wanted),
            project=self.project_named(wanted.get("project")),
            now=business_now(),
            token_id=self.caller.token_id,
            after=decode(query["cursor"], int) if "cursor" in query else 0,
            most=query["limit"],
        )
        return Response(answer(request._request, map(rejection_json, page.rejected), page.after))
