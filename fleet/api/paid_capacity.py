"""Capacity that is paid for whether it is used or not: what there is, and buying the block of an offer."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.block_offers import BlockOfferOut
from fleet.api.conditional import check_match, means_anything, tag_of, version_of
from fleet.api.fields import Flag, Strict, Word, column_names
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.operations import accepted
from fleet.api.plans import DryRun
from fleet.api.schema import IDEMPOTENCY_KEY_UNLESS_DRY, says
from fleet.models import BlockPurchase, ChangeRequest, PaidCapacity, PaidKind, PurchaseState
from fleet.services import block_offers, block_questions, buying_blocks, operations, paid_capacity
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer

LONGEST_OFFER = 2000


class PaidCapacityQuery(PageQuery):
    account = Word(required=False, help_text="Name")
    kind = serializers.ChoiceField(PaidKind.choices, required=False)
    project = Word(required=False, help_text="Slug")
    usable = Flag(required=False, help_text="true: only what takes machines now")
    ordering = Ordering("first_seen_at", "ends_at", "machines")
    fields = Fields(lambda: PaidCapacityOut)  # type: ignore[assignment]  # a name of the base class, unused here


class PaidCapacityOut(serializers.Serializer[Any]):
    """Machines of one type in one zone that an account pays for whether it uses them or not."""

    id = serializers.CharField()
    account = serializers.CharField()
    ref = serializers.CharField(help_text="The cloud's own id")
    kind = serializers.ChoiceField(PaidKind.choices)
    project = serializers.CharField(
        allow_null=True, help_text="Who keeps it, and bears the hours nobody uses; null: everybody may use it"
    )
    shared = serializers.BooleanField(help_text="Other projects than the one that keeps it may use it")
    instance_type = serializers.CharField()
    region = serializers.CharField()
    zone = serializers.CharField()
    machines = serializers.IntegerField()
    free = serializers.IntegerField(help_text="Machines that may still be launched into it")
    state = serializers.CharField(help_text="The cloud's own word")
    usable = serializers.BooleanField(help_text="It takes machines now")
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Paid for until then")
    usable_until = serializers.DateTimeField(allow_null=True, help_text="Its machines are taken back then")
    fee = serializers.CharField(allow_null=True, help_text="Of a block, in total")
    price_per_hour = serializers.CharField(allow_null=True, help_text="Of one machine")
    currency = serializers.CharField()
    purchase = serializers.CharField(allow_null=True, help_text="What bought it here")
    seen_at = serializers.DateTimeField()


class PaidCapacityChange(Strict):
    shared = Flag(help_text="true: every project may use it; false: only the one that keeps it")


class BlockPurchaseIn(Strict):
    offer = Word(max_length=LONGEST_OFFER, help_text="As an answer of /block-offers named it")
    project = Word(required=False, help_text="Slug or id of who pays; needed when you act in several")
    why = serializers.CharField(
        required=False, max_length=500, allow_blank=True, help_text="For whoever approves, where somebody has to"
    )


class BlockPurchaseOut(serializers.Serializer[Any]):
    id = serializers.RegexField("^buy_[0-9a-f]{32}$")  # said here: it is made under the address of another noun
    account = serializers.CharField()
    project = serializers.CharField()
    instance_type = serializers.CharField()
    region = serializers.CharField()
    zone = serializers.CharField()
    machines = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    fee = serializers.CharField()
    currency = serializers.CharField()
    state = serializers.ChoiceField(PurchaseState.choices)
    detail = serializers.CharField(allow_blank=True)
    paid_capacity = serializers.CharField(allow_null=True, help_text="What it made")
    change_request = serializers.CharField(allow_null=True, help_text="By which another person approves it, or not")
    requested_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)


class BlockPurchaseAcceptedOut(BlockPurchaseOut):
    operation = serializers.CharField()


class BlockTrialOut(serializers.Serializer[Any]):
    """What would be bought: quotas, budgets and caps have room for it now."""

    dry_run = serializers.BooleanField()
    offer = BlockOfferOut()
    needs_approval = serializers.BooleanField(help_text="It would wait for another person")


COLUMNS = column_names(PaidCapacityOut, without={"id", "account", "project", "purchase", "free", "usable_until"})


class PaidCapacities(ApiView):
    resource = "fleet"

    @says(paged(PaidCapacityOut), query=PaidCapacityQuery, summary="Reservations and capacity blocks, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(PaidCapacityQuery)
        found = narrowed(
            readable(self), query, account="account__name", kind="kind", project="project__slug", usable="usable"
        )
        return Response(page(request._request, rows(found), query, key="id", row=shown))

    @says(
        BlockPurchaseAcceptedOut,
        status=202,
        also={200: BlockTrialOut},
        query=DryRun,
        body=BlockPurchaseIn,
        parameters=(IDEMPOTENCY_KEY_UNLESS_DRY,),
        refuses=(409,),
        summary="Buy the capacity block of an offer, or see whether it could be bought",
        takes={"offer": "eyJyZWYiOiJjYi0w…", "project": "research"},
    )
    def post(self, request: Request) -> Response:
        """Its whole fee is kept aside of the budgets first, and owed once it is bought. It is ordered at most once:
        `operation` tells how it ended. Where two pairs of eyes are asked for it is `waiting` until another person
        approves its `change_request`, while the offer holds; cancelling the operation takes it back."""
        dry_run = self.query(DryRun)["dry_run"]
        wanted = self.body(BlockPurchaseIn)
        if dry_run:
            offered = block_offers.named(wanted["offer"], to=self.caller.principal)
            project = self.project_named(wanted.get("project"))
            buying_blocks.check_purchase(offered, project=project, by=self.caller, now=business_now())
            return Response(
                {
                    "dry_run": True,
                    "offer": block_questions.as_json(offered),
                    "needs_approval": buying_blocks.needs_approval(self.caller),
                }
            )
        return self.once(lambda: buy(self, wanted))


class OnePaidCapacity(ApiView):
    resource = "fleet"

    @says(PaidCapacityOut, path_id="cap", summary="One reservation or capacity block")
    def get(self, request: Request, public_id: str) -> Response:
        row = self._found(public_id)
        return self.shown(shown(row), _version(row))

    @says(
        PaidCapacityOut,
        path_id="cap",
        body=PaidCapacityChange,
        refuses=(409,),
        summary="Share it with every project, or keep it for its own",
        takes={"shared": True},
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Taken back, what others run in it stays until it ends, and nothing more of theirs goes in."""
        shared = self.body(PaidCapacityChange)["shared"]
        row = self._found(public_id)
        self.require(row["project_id"])
        check_match(request, tag_of(_version(row), shown(row)))
        paid_capacity.share(
            PaidCapacity.objects.get(pk=row["id"]),
            shared=shared,
            by=self.caller,
            now=business_now(),
            request_id=self.request_id,
            read=None if means_anything(request) else row["shared"],
        )
        row = self._found(public_id)
        return self.shown(shown(row), _version(row))

    def _found(self, public_id: str) -> dict[str, Any]:
        row = rows(readable(self).filter(public_id=public_id)).first()
        if row is None:
            raise Http404
        return row


class OneBlockPurchase(ApiView):
    resource = "fleet"

    @says(BlockPurchaseOut, path_id="buy", summary="One purchase of a capacity block, and how it ended")
    def get(self, request: Request, public_id: str) -> Response:
        row = self.one(purchases(), public_id)
        return self.shown(purchase_json(row), version_of(row.state, row.detail))


def buy(view: ApiView, wanted: dict[str, Any]) -> Answer:
    """Ask for it in the caller's name. Call inside a transaction."""
    project, now = view.project_named(wanted.get("project")), business_now()
    said: dict[str, Any] = {"project": project, "now": now, "request_id": view.request_id}
    offered = block_offers.named(wanted["offer"], to=view.caller.principal)
    made = buying_blocks.request_purchase(offered, by=view.caller, why=wanted.get("why", ""), **said)
    operation = operations.start("paid-capacity.buy", subject=made.public_id, requested_by=view.caller.name, **said)
    told = purchase_json(purchases().get(pk=made.pk))
    return accepted(told, operation, f"/api/v1/block-purchases/{made.public_id}", version=made.state)


def readable(view: ApiView) -> QuerySet[PaidCapacity]:
    """What the caller's projects may use; who reads everything reads all of it."""
    return PaidCapacity.objects.all().open_to(view.readable_projects()).with_room()


def rows(found: QuerySet[PaidCapacity]) -> QuerySet[PaidCapacity, dict[str, Any]]:
    return found.values(
        "id", "public_id", "project_id", *COLUMNS, "machines_until", "used_by_others", "taken",
        of_account=F("account__name"), of_project=F("project__slug"), of_purchase=F("purchase__public_id"),
    )  # fmt: skip


def purchases() -> QuerySet[BlockPurchase]:
    return BlockPurchase.objects.select_related("account", "project", "capacity")


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """One row of `rows`."""
    free = max(row["machines"] - row["used_by_others"] - row["taken"], 0)
    return {
        **{name: row[name] for name in COLUMNS},
        "id": row["public_id"],
        "account": row["of_account"],
        "project": row["of_project"],
        "purchase": row["of_purchase"],
        "free": free if row["usable"] else 0,
        "usable_until": row["machines_until"] or row["ends_at"],
    }


def _version(row: dict[str, Any]) -> str:
    return version_of(row["shared"])


def purchase_json(row: BlockPurchase) -> dict[str, Any]:
    made = getattr(row, "capacity", None)
    request = ChangeRequest.objects.filter(subject=row.public_id).values_list("public_id", flat=True).first()
    names = ("instance_type", "region", "zone", "machines", "starts_at", "ends_at", "currency", "state", "detail")
    return {
        "id": row.public_id,
        "account": row.account.name,
        "project": row.project.slug,
        **{name: getattr(row, name) for name in names},
        "fee": str(row.fee),
        "paid_capacity": made.public_id if made else None,
        "change_request": request,
        "requested_by": row.requested_by,
        "created_at": row.created_at,
        "resolved_at": row.resolved_at,
    }
