"""What asking the clouds has taught: cool-downs, refusals, fill times. And how to have a pool asked again."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import version_of
from fleet.api.fields import Flag, Strict, Word, column_names
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.models import CapacityMemory
from fleet.services import memory
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer


class MemoryQuery(PageQuery):
    account = Word(required=False, help_text="Name")
    cloud = Word(required=False)
    region = Word(required=False)
    zone = Word(required=False)
    instance_type = Word(required=False)
    capacity_type = Word(required=False)
    cooling = Flag(required=False, help_text="true: only those not asked again yet")
    ordering = Ordering("cooldown_until", "refusals", "attempts", "last_refusal_at", "last_success_at")
    fields = Fields(lambda: CapacityMemoryOut)  # type: ignore[assignment]  # a name of the base class, unused here


class CapacityMemoryOut(serializers.Serializer[Any]):
    """One scope of one account; an empty zone, instance type or capacity type means any."""

    id = serializers.CharField()
    account = serializers.CharField()
    cloud = serializers.CharField()
    region = serializers.CharField(allow_blank=True)
    zone = serializers.CharField(allow_blank=True)
    instance_type = serializers.CharField(allow_blank=True)
    capacity_type = serializers.CharField(allow_blank=True)
    cooldown_until = serializers.DateTimeField(allow_null=True, help_text="Business time; not asked before then")
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_refusal_at = serializers.DateTimeField(allow_null=True)
    last_refusal_class = serializers.CharField(allow_blank=True)
    last_refusal_code = serializers.CharField(allow_blank=True)
    last_refusal_quota = serializers.CharField(
        allow_blank=True, help_text="Which quota of the cloud was full; empty: it was something else"
    )
    attempts = serializers.IntegerField()
    refusals = serializers.IntegerField()
    refusals_in_a_row = serializers.IntegerField()
    interruptions = serializers.IntegerField()
    held_hours = serializers.FloatField()
    fill_seconds = serializers.ListField(child=serializers.FloatField(), help_text="The last 50, business seconds")
    obtainability = serializers.FloatField(allow_null=True, help_text="0 to 1: how likely it is, by the cloud's advice")
    advised_uptime_seconds = serializers.IntegerField(
        allow_null=True, help_text="How long most machines run before they are taken back, by the cloud's advice"
    )
    advised_machines = serializers.IntegerField(allow_null=True, help_text="How many machines the advice is about")
    advised_at = serializers.DateTimeField(allow_null=True, help_text="Business time; not used for more than 2 hours")
    named_at = serializers.DateTimeField(
        allow_null=True,
        help_text="Business time; a refusal elsewhere named this zone as having room; used for 30 minutes",
    )


class ForgetIn(Strict):
    reason = serializers.CharField(min_length=8, max_length=300, help_text="Why; kept in the event")


COLUMNS = column_names(CapacityMemoryOut, without={"id", "account", "cloud"})


def rows(found: QuerySet[CapacityMemory]) -> QuerySet[CapacityMemory, dict[str, Any]]:
    return found.values("id", "public_id", *COLUMNS, of_account=F("account__name"), of_cloud=F("account__cloud"))


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name.removeprefix("of_"): value for name, value in row.items()}
    shown["id"] = shown.pop("public_id")
    return shown


class CapacityMemories(ApiView):
    resource = "fleet"

    @says(paged(CapacityMemoryOut), query=MemoryQuery, summary="What is remembered of each capacity pool")
    def get(self, request: Request) -> Response:
        query = self.query(MemoryQuery)
        found = narrowed(
            readable(self), query, account="account__name", cloud="account__cloud", region="region",
            zone="zone", instance_type="instance_type", capacity_type="capacity_type",
        )  # fmt: skip
        if "cooling" in query:
            now = business_now()
            found = found.filter(cooldown_until__gt=now) if query["cooling"] else found.exclude(cooldown_until__gt=now)
        return Response(page(request._request, rows(found), query, key="id", row=as_json))


class OneCapacityMemory(ApiView):
    resource = "fleet"

    @says(CapacityMemoryOut, path_id="mem", summary="What is remembered of one pool")
    def get(self, request: Request, public_id: str) -> Response:
        row = found_by(public_id, readable(self))
        return self.shown(shown(row), version_of(row.cooldown_until, row.refusals_in_a_row))


class ForgetCooldown(ApiView):
    resource = "installation"

    @says(
        CapacityMemoryOut,
        path_id="mem",
        body=ForgetIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Let a pool be asked again at once",
        takes={"reason": "The provider says the zone was refilled."},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Its cool-down and its refusals in a row are forgotten; what was counted over its life stays."""
        wanted = self.body(ForgetIn)
        self.require(None)
        row = found_by(public_id, readable(self))

        def run() -> Answer:
            forgot = memory.forget_cooldown(row, reason=wanted["reason"], **self.said())
            return Answer(200, shown(forgot))

        return self.once(run, spends=False)


def readable(view: ApiView) -> QuerySet[CapacityMemory]:
    """All but what was learnt of paid capacity that none of the caller's projects may use: that tells of it."""
    return memory.told_to(view.readable_projects())


def found_by(public_id: str, among: QuerySet[CapacityMemory]) -> CapacityMemory:
    row = among.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def shown(row: CapacityMemory) -> dict[str, Any]:
    return as_json(rows(CapacityMemory.objects.filter(pk=row.pk)).get())
