"""The installation itself, with the two switches that stop everything."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.catalog import NoQuery
from fleet.api.fields import Flag, Strict, column_names
from fleet.api.schema import says
from fleet.models import Installation
from fleet.services import stale_prices, switches
from fleet.services.clock import business_now
from fleet.services.installation import installation

SWITCHES = {"launches_paused": "launches", "destructive_frozen": "sweeper"}


class SwitchesIn(Strict):
    """At least one switch, and why."""

    launches_paused = Flag(required=False, help_text="true: nothing new is bought")
    destructive_frozen = Flag(required=False, help_text="true: the sweeper ends nothing")
    buy_at_stale_prices = Flag(required=False, help_text="true: also at prices that were not seen lately")
    buy_at_imported_prices = Flag(required=False, help_text="true: also at prices that were read in from a file")
    reason = serializers.CharField(
        min_length=switches.SHORTEST_REASON, max_length=switches.LONGEST_REASON, help_text="Others will read it"
    )


class InstallationOut(serializers.Serializer[Any]):
    uuid = serializers.UUIDField(help_text="Marks the machines that are ours")
    launches_paused = serializers.BooleanField()
    pause_reason = serializers.CharField(allow_blank=True)
    destructive_frozen = serializers.BooleanField()
    frozen_reason = serializers.CharField(allow_blank=True)
    buy_at_stale_prices = serializers.BooleanField(help_text="Also at prices that were not seen lately")
    buy_at_imported_prices = serializers.BooleanField(help_text="Also at prices that were read in from a file")
    two_pairs_of_eyes = serializers.BooleanField()
    launch_sequence = serializers.IntegerField()
    created_at = serializers.DateTimeField()


COLUMNS = column_names(InstallationOut, without={"uuid"})


class TheInstallation(ApiView):
    resource = "installation"
    sensitive = True

    @says(InstallationOut, query=NoQuery, summary="This installation and its switches")
    def get(self, request: Request) -> Response:
        self.query(NoQuery)
        self.require(None)
        row = installation()
        return self.shown(_shown(row), row.generation)

    @says(
        InstallationOut,
        body=SwitchesIn,
        summary="Pause launches, freeze what the sweeper ends, or say which prices may be bought at",
        takes={"launches_paused": True, "reason": "The cloud announced an outage until 14:00."},
    )
    def patch(self, request: Request) -> Response:
        wanted = self.body(SwitchesIn)
        self.require(None)
        row = installation()
        generation = self.unchanged(row.generation)
        said = {"reason": wanted["reason"], "by": self.caller, "now": business_now()}
        with transaction.atomic():
            for flag, what in SWITCHES.items():
                if flag in wanted:
                    row = switches.switch(what, stopped=wanted[flag], generation=generation, **said)
                    generation = None if generation is None else row.generation
            for policy in stale_prices.POLICIES:
                if policy in wanted:
                    row = stale_prices.set_policy(policy, allowed=wanted[policy], generation=generation, **said)
                    generation = None if generation is None else row.generation
        return self.shown(_shown(row), row.generation)


def _shown(row: Installation) -> dict[str, Any]:
    return {"uuid": str(row.uuid), **{name: getattr(row, name) for name in COLUMNS}}
