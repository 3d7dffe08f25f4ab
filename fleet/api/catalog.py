"""What there is to buy: accelerators, machine shapes, and offerings with what they cost and have cost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.fields import Flag, Instant, Strict, Word, column_names
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.schema import says
from fleet.domain.accelerators import Accelerator
from fleet.models import CapacityType, InstanceType, Offering, PricePoint
from fleet.services.chips import accelerators
from fleet.services.clock import business_now
from fleet.services.stale_prices import is_stale

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


class PriceQuery(PageQuery):
    start = Instant(required=False)
    end = Instant(required=False)
    ordering = Ordering("effective_from", "price_per_hour")
    fields = Fields(lambda: PriceOut)  # type: ignore[assignment]  # a name of the base class, unused here


class PriceOut(serializers.Serializer[Any]):
    effective_from = serializers.DateTimeField(help_text="The price holds from then until the next one")
    price_per_hour = serializers.CharField()
    list_price_per_hour = serializers.CharField(allow_null=True)
    price_rule = serializers.CharField(allow_blank=True, help_text="Id of the rule of the price book that decided")
    currency = serializers.CharField()


class InstanceTypeQuery(PageQuery):
    cloud = Word(required=False)
    accelerator = Word(required=False)
    name = Word(required=False)
    ordering = Ordering("name", "cloud", "accelerator_count", "vcpus", "memory_gib")
    fields = Fields(lambda: InstanceTypeOut)  # type: ignore[assignment]  # a name of the base class, unused here


class InstanceTypeOut(serializers.Serializer[Any]):
    cloud = serializers.CharField()
    name = serializers.CharField()
    accelerator = serializers.CharField()
    accelerator_count = serializers.IntegerField()
    vcpus = serializers.IntegerField()
    memory_gib = serializers.FloatField()
    interconnect = serializers.CharField(allow_blank=True)


class AcceleratorsOut(serializers.Serializer[Any]):
    items = AcceleratorOut(many=True)


class OfferingQuery(PageQuery):
    cloud = Word(required=False)
    region = Word(required=False)
    zone = Word(required=False)
    accelerator = Word(required=False)
    capacity_type = serializers.ChoiceField(CapacityType.values, required=False)
    offered = Flag(default=True, help_text="false: what the clouds no longer list")
    account = Word(required=False, help_text="Name")
    instance_type = Word(required=False)
    ordering = Ordering("price_per_hour", "observed_at", "region", "zone", accelerator="instance_type__accelerator")
    fields = Fields(lambda: OfferingOut)  # type: ignore[assignment]  # a name of the base class, unused here


class OfferingOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    cloud = serializers.CharField()
    account = serializers.CharField()
    region = serializers.CharField()
    zone = serializers.CharField()
    instance_type = serializers.CharField()
    accelerator = serializers.CharField()
    accelerator_count = serializers.IntegerField()
    capacity_type = serializers.CharField()
    price_per_hour = serializers.CharField(help_text="What is paid: by the price book where a rule of it covers this")
    list_price_per_hour = serializers.CharField(allow_null=True, help_text="The cloud's own; null: it does not say")
    currency = serializers.CharField()
    price_source = serializers.CharField(allow_blank=True)
    price_row = serializers.CharField(allow_blank=True, help_text="What it was read from, in the cloud's words")
    price_rule = serializers.CharField(allow_blank=True, help_text="Id of the rule of the price book that decided")
    imported = serializers.BooleanField(help_text="The price is from a file that somebody read in")
    stale = serializers.BooleanField(help_text="Not seen lately, or imported: not bought at unless a policy allows it")
    price_age_seconds = serializers.IntegerField(help_text="Since it was last seen")
    observed_at = serializers.DateTimeField()
    offered = serializers.BooleanField()


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
        found = narrowed(
            found, query, cloud="account__cloud", region="region", zone="zone", capacity_type="capacity_type",
            accelerator="instance_type__accelerator", account="account__name", instance_type="instance_type__name",
        )  # fmt: skip
        values = found.values(
            "id", "public_id", "region", "zone", "capacity_type", "price_per_hour", "list_price_per_hour", "currency",
            "price_source", "price_row", "price_rule", "imported", "observed_at", "offered", cloud=F("account__cloud"),
            account_name=F("account__name"), shape=F("instance_type__name"),
            accelerator=F("instance_type__accelerator"), accelerator_count=F("instance_type__accelerator_count"),
        )  # fmt: skip
        now = business_now()
        return Response(page(request._request, values, query, key="id", row=lambda row: _offering(row, now)))


class OfferingPrices(ApiView):
    resource = "fleet"

    @says(paged(PriceOut), query=PriceQuery, path_id="off", summary="What one offering has cost, newest first")
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(PriceQuery)
        offering = Offering.objects.filter(public_id=public_id).first()
        if offering is None:
            raise Http404
        found = PricePoint.objects.filter(offering=offering)
        found = narrowed(found, query, start="effective_from__gte", end="effective_from__lt")
        values = found.values(
            "id",
            "effective_from",
            "price_per_hour",
            "list_price_per_hour",
            "price_rule",
            currency=F("offering__currency"),
        )
        return Response(page(request._request, values, query, key="id", row=_without_key))


class InstanceTypes(ApiView):
    resource = "fleet"

    @says(paged(InstanceTypeOut), query=InstanceTypeQuery, summary="Machine shapes the clouds sell")
    def get(self, request: Request) -> Response:
        query = self.query(InstanceTypeQuery)
        found = narrowed(InstanceType.objects.all(), query, cloud="cloud", accelerator="accelerator", name="name")
        values = found.values("id", *column_names(InstanceTypeOut, without=()))
        return Response(page(request._request, values, query, key="id", row=_without_key))


def accelerator_json(chip: Accelerator) -> dict[str, Any]:
    names = ("name", "title", "vendor", "runtime", "interconnect", *FIGURES)
    sources = {
        figure: {"source": where.source, "read": where.read, "mark": where.mark}
        for figure, where in chip.sources.items()
    }
    return {**{name: getattr(chip, name) for name in names}, "aliases": list(chip.aliases), "sources": sources}


def _offering(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    shown = dict(row)
    shown["stale"] = is_stale(observed_at=row["observed_at"], imported=row["imported"], now=now)
    shown["price_age_seconds"] = max(int((now - row["observed_at"]).total_seconds()), 0)
    shown["id"] = shown.pop("public_id")
    shown["account"] = shown.pop("account_name")
    shown["instance_type"] = shown.pop("shape")
    return shown


def _without_key(row: dict[str, Any]) -> dict[str, Any]:
    """Without the database's own number."""
    return {name: value for name, value in row.items() if name != "id"}
