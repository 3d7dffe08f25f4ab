"""The price book: what is really paid, where that is not what the cloud lists; and prices read in from files."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import F
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import tag_of
from fleet.api.fields import Document, Instant, Money, Strict, Word
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.problems import Problem
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.models import CapacityType, CloudAccount, PriceRule, PriceRuleKind, ReferencePrice
from fleet.services import pricebook, pricing
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer

WRITE = {"POST": "installation:write", "PATCH": "installation:write", "DELETE": "installation:write"}


class PriceRuleQuery(PageQuery):
    kind = serializers.ChoiceField(PriceRuleKind.values, required=False)
    account = Word(required=False, help_text="Name")
    cloud = Word(required=False)
    ordering = Ordering("starts_at", "name")
    fields = Fields(lambda: PriceRuleOut)  # type: ignore[assignment]  # a name of the base class, unused here


class PriceRuleOut(serializers.Serializer[Any]):
    """One line of the price book. Empty scopes mean any."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(PriceRuleKind.values)
    account = serializers.CharField(allow_null=True)
    cloud = serializers.CharField(allow_blank=True)
    instance_type = serializers.CharField(allow_blank=True, help_text="A name, or a pattern with stars")
    region = serializers.CharField(allow_blank=True)
    capacity_type = serializers.CharField(allow_blank=True)
    percent_off = serializers.CharField(allow_null=True)
    price_per_hour = serializers.CharField(allow_null=True)
    committed_per_hour = serializers.CharField(allow_null=True)
    used_per_hour = serializers.CharField(allow_null=True, help_text="Of a commitment, by the machines that run")
    unused_per_hour = serializers.CharField(allow_null=True, help_text="Of a commitment: owed and not used")
    cost = serializers.DictField(allow_null=True)
    currency = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="It holds no more at this instant")
    note = serializers.CharField(allow_blank=True)


class PriceRuleChangesIn(Strict):
    name = Word(required=False)
    note = Word(required=False, allow_blank=True, max_length=500)
    ends_at = Instant(required=False, allow_null=True, help_text="Now or later; null: it has no end")


class PriceRuleIn(PriceRuleChangesIn):
    name = Word()
    kind = serializers.ChoiceField(PriceRuleKind.values)
    account = Word(required=False, help_text="Name; without one: any account")
    cloud = Word(required=False, max_length=32)
    instance_type = Word(required=False, help_text="A name, or a pattern such as p5.*")
    region = Word(required=False, max_length=64)
    capacity_type = serializers.ChoiceField(CapacityType.values, required=False)
    percent_off = Money(required=False, max_digits=6, decimal_places=3, help_text="Of a discount or a commitment")
    price_per_hour = Money(required=False, help_text="Of a fixed price")
    committed_per_hour = Money(required=False, help_text="Of a commitment: owed every hour, used or not")
    cost = Document(required=False, help_text="Of owned hardware: purchase, life_years, power_watts …")
    currency = Word(required=False, max_length=3)
    starts_at = Instant(required=False, help_text="Now or later; without one: now")


class ReferencePriceQuery(PageQuery):
    cloud = Word(required=False)
    instance_type = Word(required=False)
    region = Word(required=False)
    capacity_type = serializers.ChoiceField(CapacityType.values, required=False)
    ordering = Ordering("price_per_hour", "instance_type", "imported_at")
    fields = Fields(lambda: ReferencePriceOut)  # type: ignore[assignment]  # a name of the base class, unused here


class ReferencePriceOut(serializers.Serializer[Any]):
    """A price out of a file: stale by nature, to compare with."""

    cloud = serializers.CharField()
    instance_type = serializers.CharField()
    region = serializers.CharField()
    zone = serializers.CharField(allow_blank=True, help_text="Empty: every zone of the region")
    capacity_type = serializers.CharField()
    accelerator = serializers.CharField(allow_blank=True)
    accelerator_count = serializers.FloatField()
    price_per_hour = serializers.CharField()
    currency = serializers.CharField()
    file_name = serializers.CharField()
    file_sha256 = serializers.CharField()
    line = serializers.IntegerField()
    imported_at = serializers.DateTimeField()
    stale = serializers.BooleanField()


COLUMNS = (
    "name", "kind", "cloud", "instance_type", "region", "capacity_type", "percent_off", "price_per_hour",
    "committed_per_hour", "cost", "currency", "starts_at", "ends_at", "note",
)  # fmt: skip
EXAMPLE = {
    "name": "Enterprise agreement 2026",
    "kind": "discount",
    "account": "aws-research",
    "instance_type": "p5.*",
    "percent_off": "12.5",
    "starts_at": "2150-01-01T00:00:00Z",
}


class PriceRules(ApiView):
    resource = "fleet"
    scopes = WRITE
    sensitive = True

    @says(paged(PriceRuleOut), query=PriceRuleQuery, summary="The price book, line by line")
    def get(self, request: Request) -> Response:
        query = self.query(PriceRuleQuery)
        found = narrowed(PriceRule.objects.all(), query, kind="kind", account="account__name", cloud="cloud")
        used = pricing.used_per_hour(found.filter(kind=PriceRuleKind.COMMITMENT))
        values = found.values("id", "public_id", *COLUMNS, account_name=F("account__name"))
        return Response(page(request._request, values, query, key="id", row=lambda row: _listed(row, used)))

    @says(
        PriceRuleOut,
        status=201,
        body=PriceRuleIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(422,),
        summary="Add a line: a discount, a fixed price, a commitment or owned hardware",
        takes=EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """Prices follow at once. A line that ties with another, or that would change the past, is refused."""
        wanted = self.body(PriceRuleIn)
        self.require(None)
        spec = pricebook.RuleSpec(**{**wanted, "account": _account(wanted.get("account"))})

        def run() -> Answer:
            made = pricebook.add_rule(spec, by=self.caller, now=business_now())
            body = _one(made)
            where = f"/api/v1/price-rules/{made.public_id}"
            return Answer(201, body, where, headers={"ETag": tag_of(made.generation, body)})

        return self.once(run, spends=False)


class OnePriceRule(ApiView):
    resource = "fleet"
    scopes = WRITE
    sensitive = True

    @says(PriceRuleOut, path_id="rule", summary="One line of the price book")
    def get(self, request: Request, public_id: str) -> Response:
        row = _found(public_id)
        return self.shown(_one(row), row.generation)

    @says(
        PriceRuleOut,
        path_id="rule",
        body=PriceRuleChangesIn,
        refuses=(422,),
        summary="Call it otherwise, or end it",
        takes={"note": "Contract 4711."},
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """What it costs does not change, so that past prices stay told: end it and add another."""
        changes = self.body(PriceRuleChangesIn)
        self.require(None)
        read = self.unchanged(_found(public_id).generation)
        now = business_now()
        changed = pricebook.change_rule(public_id, changes=changes, generation=read, by=self.caller, now=now)
        return self.shown(_one(changed), changed.generation)

    @says(None, status=204, path_id="rule", refuses=(422,), summary="Take it away: one that has begun ends now")
    def delete(self, request: Request, public_id: str) -> Response:
        self.require(None)
        read = self.unchanged(_found(public_id).generation)
        pricebook.take_rule(public_id, generation=read, by=self.caller, now=business_now())
        return Response(status=204)


class ReferencePrices(ApiView):
    resource = "fleet"

    @says(paged(ReferencePriceOut), query=ReferencePriceQuery, summary="Prices that were read in from files")
    def get(self, request: Request) -> Response:
        query = self.query(ReferencePriceQuery)
        found = narrowed(
            ReferencePrice.objects.all(), query, cloud="cloud", instance_type="instance_type", region="region",
            capacity_type="capacity_type",
        )  # fmt: skip
        columns = tuple(str(name) for name in ReferencePriceOut().fields if name != "stale")
        return Response(page(request._request, found.values("id", *columns), query, key="id", row=_reference))


def _reference(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in row.items() if name != "id"}, "stale": True}


def _found(public_id: str) -> PriceRule:
    row = PriceRule.objects.select_related("account").filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def _account(name: str | None) -> CloudAccount | None:
    if name is None:
        return None
    row = CloudAccount.objects.filter(name=name).first()
    if row is None:
        raise Problem(422, "unknown-account", f"No account is called {name[:60]!r}.", field="account")
    return row


def _one(row: PriceRule) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in ("id", "public_id", *COLUMNS)}
    return _listed({**values, "account_name": row.account.name if row.account else None}, pricing.used_per_hour([row]))


def _listed(row: dict[str, Any], used: dict[int, Decimal]) -> dict[str, Any]:
    """A row as it is shown, with what is used of a commitment."""
    of_it, promised = used.get(row["id"]), row["committed_per_hour"]
    return {
        **{name: row[name] for name in COLUMNS},
        "id": row["public_id"],
        "account": row["account_name"],
        "used_per_hour": of_it,
        "unused_per_hour": None if of_it is None or promised is None else promised - of_it,
    }
