"""What there is to buy: accelerators, offerings with their prices, and the accounts that buy."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Flag, Strict, Word
from fleet.api.schema import says
from fleet.domain.accelerators import Accelerator
from fleet.models import CapacityType, CloudAccount, Offering
from fleet.services.chips import accelerators

FIGURES = (
    "memory_gib", "bandwidth_gb_per_s", "bf16_tflops", "fp16_tflops", "fp8_tflops", "int8_tflops", "fp4_tflops",
    "interconnect_gb_per_s", "power_watts",
)  # fmt: skip


class NoQuery(Strict):
    """Takes no parameters."""


class SourceOut(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment]  # a name of the base class, unused here
    read = serializers.CharField(help_text="Month it was read")
    mark = serializers.CharField(help_text="verified or remembered")


class AcceleratorOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    vendor = serializers.CharField()
    runtime = serializers.CharField()
    interconnect = serializers.CharField(allow_blank=True)
    aliases = serializers.ListField(child=serializers.CharField())
    memory_gib = serializers.FloatField()
    bandwidth_gb_per_s = serializers.FloatField()
    bf16_tflops = serializers.FloatField(allow_null=True)
    fp16_tflops = serializers.FloatField(allow_null=True)
    fp8_tflops = serializers.FloatField(allow_null=True)
    int8_tflops = serializers.FloatField(allow_null=True)
    fp4_tflops = serializers.FloatField(allow_null=True)
    interconnect_gb_per_s = serializers.FloatField(allow_null=True)
    power_watts = serializers.FloatField(allow_null=True)
    sources = serializers.DictField(child=SourceOut())


class AcceleratorsOut(serializers.Serializer[Any]):
    items = AcceleratorOut(many=True)


class OfferingQuery(PageQuery):
    cloud = Word(required=False)
    region = Word(required=False)
    zone = Word(required=False)
    accelerator = Word(required=False)
    capacity_type = serializers.ChoiceField(CapacityType.values, required=False)
    offered = Flag(default=True, help_text="false: what the clouds no longer list")


class OfferingOut(serializers.Serializer[Any]):
    cloud = serializers.CharField()
    account = serializers.CharField()
    region = serializers.CharField()
    zone = serializers.CharField()
    instance_type = serializers.CharField()
    accelerator = serializers.CharField()
    accelerator_count = serializers.IntegerField()
    capacity_type = serializers.CharField()
    price_per_hour = serializers.CharField()
    currency = serializers.CharField()
    price_source = serializers.CharField(allow_blank=True)
    observed_at = serializers.DateTimeField()
    offered = serializers.BooleanField()


class AccountOut(serializers.Serializer[Any]):
    """A cloud account. Where its credential lies is nobody's business here."""

    id = serializers.CharField()
    cloud = serializers.CharField()
    provider = serializers.CharField()
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    last_read_at = serializers.DateTimeField(allow_null=True)
    healthy = serializers.BooleanField(help_text="The last read succeeded")


class Accelerators(ApiView):
    resource = "fleet"

    @says(AcceleratorsOut, query=NoQuery, summary="Every accelerator known, with the source of each figure")
    def get(self, request: Request) -> Response:
        self.query(NoQuery)
        return Response({"items": [accelerator_json(chip) for chip in accelerators().values()]})


class Offerings(ApiView):
    resource = "fleet"

    @says(paged(OfferingOut), query=OfferingQuery, summary="What is on sale, with the price last seen")
    def get(self, request: Request) -> Response:
        query = self.query(OfferingQuery)
        found = Offering.objects.filter(offered=query["offered"], account__enabled=True)
        columns = {"cloud": "account__cloud", "accelerator": "instance_type__accelerator"}
        for name in ("cloud", "region", "zone", "accelerator", "capacity_type"):
            if name in query:
                found = found.filter(**{columns.get(name, name): query[name]})
        values = found.values(
            "id", "region", "zone", "capacity_type", "price_per_hour", "currency", "price_source", "observed_at",
            "offered", cloud=F("account__cloud"), account_name=F("account__name"),
            shape=F("instance_type__name"), accelerator=F("instance_type__accelerator"),
            accelerator_count=F("instance_type__accelerator_count"),
        )  # fmt: skip
        return Response(page(request._request, values, query, key="id", row=_offering))


class Accounts(ApiView):
    resource = "fleet"

    @says(paged(AccountOut), query=PageQuery, summary="Cloud accounts, without their secrets")
    def get(self, request: Request) -> Response:
        query = self.query(PageQuery)
        values = CloudAccount.objects.values(
            "public_id", "cloud", "provider", "name", "enabled", "last_read_at", "last_error"
        )
        return Response(page(request._request, values, query, key="public_id", row=_account))


def accelerator_json(chip: Accelerator) -> dict[str, Any]:
    names = ("name", "title", "vendor", "runtime", "interconnect", *FIGURES)
    sources = {
        figure: {"source": where.source, "read": where.read, "mark": where.mark}
        for figure, where in chip.sources.items()
    }
    return {**{name: getattr(chip, name) for name in names}, "aliases": list(chip.aliases), "sources": sources}


def _offering(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name != "id"}
    shown["account"] = shown.pop("account_name")
    shown["instance_type"] = shown.pop("shape")
    return shown


def _account(row: dict[str, Any]) -> dict[str, Any]:
    """The text of an error may quote what was sent to the cloud, so only its absence is told."""
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["healthy"] = not shown.pop("last_error")
    return shown
