"""Allocations: request, preview, read, extend, release, explain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.database_json import Bare, DatabaseJSON, Quoted, column, object_or_null, or_null
from fleet.api.fields import Flag, Instant, Money, Strict, Whole, Word
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page_of_keys, paged
from fleet.api.operations import accepted, answered_when_done
from fleet.api.patience import PREFER
from fleet.api.problems import Problem
from fleet.api.schema import IDEMPOTENCY_KEY_UNLESS_DRY, says
from fleet.api.shapes import shape
from fleet.domain.demand import AllocationSpec, Demand, Need
from fleet.domain.lifecycle import ENDED_ALLOCATION_STATES, NO_ROOM, AllocationState, SlotState
from fleet.domain.placement import Plan
from fleet.domain.refusals import Refused
from fleet.models import Allocation, CapacityType, Slot
from fleet.services import allocations, operations
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer

LONGEST_SECONDS = 5 * 366 * 86_400
NAME = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$",
    "Write 1 to 100 letters, digits, blanks and . _ / -, beginning with a letter or digit.",
)
CLOUD_WORD = shape(
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    "Write 1 to 64 letters, digits and . _ -, beginning with a letter or digit.",
)
CHIP_WORD = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$",
    "Write 1 to 64 letters, digits, blanks and . _ -, beginning with a letter or digit.",
)
IMAGE = shape(
    r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,299}$",
    "Write 1 to 300 letters, digits and . _ / : @ -, beginning with a letter or digit.",
)
SSH_KEY = shape(
    r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]{20,1800}( [ -~]{1,100})?$",  # noqa: E501
    "Write a public key on one line: its kind, such as ssh-ed25519, the key, and a comment if you like.",
)
LABEL = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,62}$",
    "Write 1 to 63 letters, digits, blanks and . _ / -, beginning with a letter or digit.",
)
OURS = "purser"
MOST_LABELS = 40
UNFIT = frozenset({"cloud", "region", "capacity-type", "accelerator", "size", "fp8", "interconnect", "memory", "price"})
"""Codes of offerings that waiting will not make fit."""


class NeedIn(Strict):
    """Accelerators by what they must be able to do, when the name does not matter."""

    memory_gib = serializers.FloatField(required=False, min_value=1, max_value=1_000_000)
    fp8 = Flag(required=False)
    interconnect = serializers.RegexField(CLOUD_WORD, required=False)


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MOST_LABELS,
        "propertyNames": {"pattern": LABEL},
        "additionalProperties": {"type": "string", "pattern": LABEL},
    }
)
class Labels(serializers.DictField):
    """Tags put on the machines, besides Purser's own."""

    child = serializers.RegexField(LABEL)
    default_error_messages = {
        "name": "A label's name is like its value: letters, digits, blanks and . _ / - up to 63 characters.",
        "many": f"At most {MOST_LABELS} labels.",
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        labels: dict[str, str] = super().to_internal_value(data)
        check = serializers.RegexField(LABEL)
        if len(labels) > MOST_LABELS:
            self.fail("many")
        for name in labels:
            if name.lower().startswith(OURS):
                raise Problem(422, "label", "Labels that begin with 'purser' are Purser's own.", field="labels")
            try:
                check.run_validation(name)
            except serializers.ValidationError:
                self.fail("name")
        return labels


class AllocationIn(Strict):
    """By `accelerator` name and count, or by `need`."""

    project = Word(required=False, help_text="Slug or id; needed when you may act in several")
    name = serializers.RegexField(NAME)
    accelerator = serializers.RegexField(CHIP_WORD, required=False)
    accelerator_count = Whole(min_value=1, max_value=allocations.MOST_ACCELERATORS, default=1)
    accelerators_per_slot = Whole(min_value=1, max_value=1024, required=False, help_text="Exact size of each machine")
    need = NeedIn(required=False)
    gang = Flag(default=False, help_text="All machines in one pool, or none")
    clouds = serializers.ListField(child=serializers.RegexField(CLOUD_WORD), default=list, max_length=20)
    regions = serializers.ListField(child=serializers.RegexField(CLOUD_WORD), default=list, max_length=50)
    capacity_types = serializers.ListField(
        child=serializers.ChoiceField(CapacityType.values), default=list, max_length=3
    )
    max_price_per_hour = Money(required=False, min_value=0, help_text="Of one machine, in USD")
    image = serializers.RegexField(IMAGE, required=False)
    startup_script = serializers.CharField(required=False, max_length=16_000, allow_blank=True, trim_whitespace=False)
    ssh_keys = serializers.ListField(child=serializers.RegexField(SSH_KEY), default=list, max_length=20)
    disk_gib = Whole(min_value=10, max_value=65_536, default=200)
    ports = serializers.ListField(child=Whole(min_value=1, max_value=65_535), default=list, max_length=50)
    labels = Labels(required=False)
    ttl_seconds = Whole(min_value=60, max_value=LONGEST_SECONDS, required=False)
    idle_release_seconds = Whole(min_value=60, max_value=LONGEST_SECONDS, required=False)
    deadline_seconds = Whole(min_value=1, max_value=LONGEST_SECONDS, required=False, help_text="Give up filling then")


class AllocationQuery(PageQuery):
    state = serializers.ChoiceField([(state.value, state.name) for state in AllocationState], required=False)
    living = Flag(required=False, help_text="true: only those not released or failed")
    accelerator = Word(required=False)
    project = Word(required=False, help_text="Slug")
    endpoint = Word(required=False, help_text="Public id")
    ordering = Ordering("name", "state", "since", "created_at", "expires_at", "accelerator_count")
    fields = Fields(lambda: AllocationOut)  # type: ignore[assignment]  # a name of the base class, unused here


class DryRun(Strict):
    dry_run = Flag(default=False, help_text="Only say what would be bought, at what price, and why nothing else")


class ExtendIn(Strict):
    expires_at = Instant()


class AllocationOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    project = serializers.CharField()
    state = serializers.ChoiceField([(state.value, state.name) for state in AllocationState])
    reason = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()
    next_action = serializers.CharField(allow_null=True)
    next_action_at = serializers.DateTimeField(allow_null=True)
    accelerator = serializers.CharField(allow_null=True)
    accelerator_count = serializers.IntegerField()
    accelerators_per_slot = serializers.IntegerField(allow_null=True)
    need = serializers.DictField(allow_null=True)
    gang = serializers.BooleanField()
    clouds = serializers.ListField(child=serializers.CharField())
    regions = serializers.ListField(child=serializers.CharField())
    capacity_types = serializers.ListField(child=serializers.CharField())
    max_price_per_hour = serializers.CharField(allow_null=True)
    endpoint = serializers.CharField(allow_null=True)
    labels = serializers.DictField()
    requested_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    idle_release_seconds = serializers.IntegerField(allow_null=True)
    idle_since = serializers.DateTimeField(allow_null=True)
    first_ready_at = serializers.DateTimeField(allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True)
    machines = serializers.IntegerField(help_text="Wanted, coming or there")
    machines_ready = serializers.IntegerField()
    stockouts_met = serializers.IntegerField()
    preemptions_met = serializers.IntegerField()


class AllocationAcceptedOut(AllocationOut):
    operation = serializers.CharField(allow_null=True, help_text="Public id of what is under way; empty: nothing is")


class ConnectOut(serializers.Serializer[Any]):
    slot = serializers.CharField()
    private_ip = serializers.CharField(allow_blank=True)
    public_ip = serializers.CharField(allow_blank=True)
    connect = serializers.CharField(allow_blank=True, help_text="A line to copy into a shell")


class AllocationDetailOut(AllocationOut):
    connect = ConnectOut(many=True)


class PlanOut(serializers.Serializer[Any]):
    """What would be bought and everything that was weighed; every loser has its reason."""

    dry_run = serializers.BooleanField()
    feasible = serializers.BooleanField()
    planned_at = serializers.DateTimeField()
    price_per_hour = serializers.CharField()
    expected_per_hour = serializers.CharField()
    currency = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    chosen = serializers.ListField(child=serializers.DictField())
    candidates = serializers.ListField(child=serializers.DictField())
    rejected = serializers.ListField(child=serializers.DictField())
    rejected_by_reason = serializers.DictField(child=serializers.IntegerField())


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


COLUMNS = (
    "public_id", "name", "state", "reason", "detail", "since", "next_action", "next_action_at", "accelerator",
    "accelerator_count", "accelerators_per_slot", "need", "gang", "clouds", "regions", "capacity_types",
    "max_price_per_hour", "endpoint_ref", "labels", "requested_by", "created_at", "deadline_at", "expires_at",
    "idle_release_seconds", "idle_since", "first_ready_at", "released_at", "stockouts_met", "preemptions_met",
    "generation",
)  # fmt: skip


def rows(allocations: QuerySet[Allocation]) -> QuerySet[Allocation, dict[str, Any]]:
    return counted(allocations).values(*COLUMNS, "machines", "machines_ready", project_slug=F("project__slug"))


def counted(allocations: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """Machines are counted for the rows that are shown only: a join would count those of every row first."""
    slots = Slot.objects.filter(allocation=OuterRef("pk"))
    return allocations.annotate(
        machines=_count(slots.open()), machines_ready=_count(slots.filter(state=SlotState.READY))
    )


def _count(slots: QuerySet[Slot]) -> Coalesce:
    counted = slots.order_by().values("allocation").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the API shows it: without the database's own columns."""
    shown = {key: value for key, value in row.items() if key not in ("public_id", "generation")}
    shown["id"] = row["public_id"]
    shown["project"] = shown.pop("project_slug")
    shown["endpoint"] = shown.pop("endpoint_ref") or None
    for name in ("next_action", "accelerator", "need"):
        shown[name] = shown[name] or None
    return shown


def _shape() -> dict[str, Combinable]:
    """`as_json`, in the database's words."""
    columns = {name: column(Allocation, name) for name in COLUMNS}
    shown = {
        **columns,
        "id": columns["public_id"],
        "project": Quoted(F("project__slug")),
        "endpoint": or_null("endpoint_ref"),
        "next_action": or_null("next_action"),
        "accelerator": or_null("accelerator"),
        "need": object_or_null("need"),
        "machines": Bare(F("machines")),
        "machines_ready": Bare(F("machines_ready")),
    }
    return {str(name): shown[str(name)] for name in AllocationOut().fields}


LISTED = DatabaseJSON(lambda: counted(Allocation.objects.all()), _shape)


def spec_of(wanted: dict[str, Any]) -> AllocationSpec:
    """The checked body as the service takes it."""
    demand = Demand(
        accelerator_count=wanted["accelerator_count"],
        accelerator=wanted.get("accelerator", ""),
        need=Need(**wanted["need"]) if "need" in wanted else None,
        accelerators_per_slot=wanted.get("accelerators_per_slot"),
        gang=wanted["gang"],
        clouds=tuple(wanted["clouds"]),
        regions=tuple(wanted["regions"]),
        capacity_types=tuple(wanted["capacity_types"]),
        max_price_per_hour=wanted.get("max_price_per_hour"),
    )
    return AllocationSpec(
        name=wanted["name"],
        demand=demand,
        image=wanted.get("image", ""),
        startup_script=wanted.get("startup_script", ""),
        ssh_keys=tuple(wanted["ssh_keys"]),
        disk_gib=wanted["disk_gib"],
        ports=tuple(wanted["ports"]),
        labels=wanted.get("labels", {}),
        ttl=_seconds(wanted.get("ttl_seconds")),
        idle_release=_seconds(wanted.get("idle_release_seconds")),
        deadline=_seconds(wanted.get("deadline_seconds")),
    )


def refuse_hopeless(plan: Plan) -> None:
    """Raise Refused when nothing that is on sale can meet the demand, now or later, as quotas and budgets stand."""
    if plan.chosen:
        return
    codes = {rejection.code for rejection in plan.rejected} - UNFIT
    if codes - NO_ROOM:
        return  # a stock-out or a throttle passes: the request waits for it
    code = "no-offering"
    if plan.candidates or codes:
        named = {"token-cap": "spend cap of the token", "budget": "the budget"}
        code = next((code for code, words in named.items() if code in codes or words in plan.note), "quota")
    raise Refused(code, plan.note or "Nothing on sale meets this.")


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


def shown_by_id(public_id: str) -> dict[str, Any]:
    return as_json(rows(Allocation.objects.filter(public_id=public_id)).get())


def shown(allocation: Allocation) -> dict[str, Any]:
    """One allocation as lists show it."""
    return as_json(rows(Allocation.objects.filter(pk=allocation.pk)).get())


def _seconds(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(seconds=count)
