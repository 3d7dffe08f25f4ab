"""Endpoints: create, read, change, delete; their weights for routers, their percentiles and decisions."""

from __future__ import annotations

import math
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.allocation_shapes import CHIP_WORD, CLOUD_WORD, Labels
from fleet.api.base import ApiView, etag, respond
from fleet.api.exports import ListQuery, ListView
from fleet.api.fields import Flag, Strict, Whole, Word, column_names
from fleet.api.listing import Fields, Ordering, narrowed, paged
from fleet.api.operations import accepted, answered_when_done
from fleet.api.patience import PREFER
from fleet.api.plans import DryRun, PlanOut
from fleet.api.schema import IDEMPOTENCY_KEY_UNLESS_DRY, IF_NONE_MATCH, says
from fleet.api.shapes import shape
from fleet.domain.placement import refuse_hopeless
from fleet.models import CapacityType
from fleet.services import operations
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer
from inference.domain.lifecycle import ENDED_REPLICA_STATES, EndpointState, ReplicaState
from inference.domain.manifests.rendering import WITH, Target
from inference.domain.manifests.scheduling import ENVIRONMENTS
from inference.domain.price_bounds import PriceBounds, method
from inference.models import Endpoint
from inference.services import endpoints, weights
from inference.services.endpoints import MOST_MILLISECONDS, MOST_REPLICAS, EndpointSpec
from inference.services.manifests import as_yaml, manifests_of

MICRO = Decimal("0.000001")
SLUG = shape(
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    "Write 1 to 63 small letters, digits and -, beginning and ending with a letter or digit.",
)
REFERENCE = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,199}$",
    "Write its id or its name: 1 to 200 letters, digits, blanks and . _ / -.",
)
OPTION = shape(
    r"^[a-z][a-z0-9_-]{0,31}$",
    "Write 1 to 32 small letters, digits and _ -, beginning with a letter.",
)


class Params(serializers.DictField):
    """The policy's own parameters."""

    child = serializers.FloatField()

    def to_internal_value(self, data: Any) -> dict[str, float]:
        params: dict[str, float] = super().to_internal_value(data)
        if any(not math.isfinite(value) for value in params.values()):
            raise serializers.ValidationError("Parameters are finite numbers.")
        return params


class Slo(Strict):
    """Objectives and policy: what may also be changed later."""

    slo_quantile = serializers.FloatField(min_value=0.5, max_value=0.999, required=False)
    slo_ttft_ms = Whole(min_value=1, max_value=MOST_MILLISECONDS, required=False, allow_null=True)
    slo_itl_ms = Whole(min_value=1, max_value=MOST_MILLISECONDS, required=False, allow_null=True)
    slo_e2e_ms = Whole(min_value=1, max_value=MOST_MILLISECONDS, required=False, allow_null=True)
    policy = serializers.RegexField(OPTION, required=False)
    policy_params = Params(required=False)
    min_replicas = Whole(min_value=1, max_value=MOST_REPLICAS, required=False)
    max_replicas = Whole(min_value=1, max_value=MOST_REPLICAS, required=False)
    drain_seconds = Whole(min_value=0, max_value=86_400, required=False)


class EndpointIn(Slo):
    project = Word(required=False, help_text="Slug or id; needed when you may act in several")
    name = serializers.RegexField(SLUG)
    model = serializers.RegexField(REFERENCE, help_text="Id or name")
    serving_config = serializers.RegexField(REFERENCE, help_text="Id or name")
    accelerators = serializers.ListField(child=serializers.RegexField(CHIP_WORD), min_length=1, max_length=20)
    clouds = serializers.ListField(child=serializers.RegexField(CLOUD_WORD), default=list, max_length=20)
    regions = serializers.ListField(child=serializers.RegexField(CLOUD_WORD), default=list, max_length=50)
    capacity_types = serializers.ListField(
        child=serializers.ChoiceField(CapacityType.values), default=list, max_length=3
    )
    initial_replicas = Whole(min_value=1, max_value=MOST_REPLICAS, required=False)
    runner = serializers.RegexField(OPTION, required=False)
    labels = Labels(required=False)


class EndpointQuery(ListQuery):
    state = serializers.ChoiceField([(state.value, state.name) for state in EndpointState], required=False)
    living = Flag(required=False, help_text="true: only those not deleted")
    project = Word(required=False, help_text="Slug")
    name = Word(required=False)
    model = Word(required=False, help_text="Public id")
    serving_config = Word(required=False, help_text="Public id")
    ordering = Ordering("name", "state", "since", "created_at", "desired_replicas")
    fields = Fields(lambda: EndpointOut)  # type: ignore[assignment]  # a name of the base class, unused here


class EndpointOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    project = serializers.CharField()
    model = serializers.CharField()
    model_name = serializers.CharField()
    serving_config = serializers.CharField()
    runner = serializers.CharField()
    allocation = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField([(state.value, state.name) for state in EndpointState])
    reason = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()
    accelerators = serializers.ListField(child=serializers.CharField())
    clouds = serializers.ListField(child=serializers.CharField())
    regions = serializers.ListField(child=serializers.CharField())
    capacity_types = serializers.ListField(child=serializers.CharField())
    slo_quantile = serializers.FloatField()
    slo_ttft_ms = serializers.IntegerField(allow_null=True)
    slo_itl_ms = serializers.IntegerField(allow_null=True)
    slo_e2e_ms = serializers.IntegerField(allow_null=True)
    policy = serializers.CharField()
    policy_params = serializers.DictField()
    min_replicas = serializers.IntegerField()
    max_replicas = serializers.IntegerField()
    desired_replicas = serializers.IntegerField()
    replicas = serializers.IntegerField(help_text="Coming, serving or draining")
    replicas_ready = serializers.IntegerField()
    drain_seconds = serializers.IntegerField()
    weights_version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)


class EndpointAcceptedOut(EndpointOut):
    operation = serializers.CharField(help_text="Public id of what is under way")


class PriceBoundsOut(serializers.Serializer[Any]):
    """What it would cost an hour at both of its bounds, as far as the prices of today tell."""

    at_least_per_hour = serializers.CharField(help_text="Fewest replicas, at the mean price of one today")
    at_most_per_hour = serializers.CharField(help_text="Most replicas, at the mean price of one today")
    replica_per_hour = serializers.CharField(help_text="The mean price of one replica of the plan")
    currency = serializers.CharField()
    method = serializers.CharField(help_text="How the figures came about, in a sentence")


class EndpointPlanOut(PlanOut):
    memory_fit = serializers.DictField(help_text="Where the memory of one accelerator would go, in GiB")
    price_bounds = PriceBoundsOut(allow_null=True, help_text="null: nothing can be bought now, so nothing has a price")


class BackendOut(serializers.Serializer[Any]):
    replica = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    weight = serializers.IntegerField()


class WeightsOut(serializers.Serializer[Any]):
    """What routers read. Weight 0 takes no new work."""

    endpoint = serializers.CharField()
    version = serializers.IntegerField()
    backends = BackendOut(many=True)


JOINED = {"project", "model", "model_name", "serving_config", "allocation", "replicas", "replicas_ready"}
COLUMNS = column_names(EndpointOut, without={"id", *JOINED})


def rows(found: QuerySet[Endpoint]) -> QuerySet[Endpoint, dict[str, Any]]:
    open_replica = Q(replicas__isnull=False) & ~Q(replicas__state__in=ENDED_REPLICA_STATES)
    return found.values(
        "public_id",
        *COLUMNS,
        of_project=F("project__slug"),
        of_model=F("model__public_id"),
        model_name=F("model__name"),
        of_config=F("serving_config__public_id"),
        of_allocation=F("allocation__public_id"),
        open_replicas=Count("replicas", filter=open_replica),
        replicas_ready=Count("replicas", filter=Q(replicas__state=ReplicaState.READY)),
    )


def _bounds_json(bounds: PriceBounds | None) -> dict[str, str] | None:
    if bounds is None:
        return None
    each = bounds.each.quantize(MICRO, ROUND_HALF_UP)
    return {
        "at_least_per_hour": str(bounds.at_least.quantize(MICRO, ROUND_HALF_UP)),
        "at_most_per_hour": str(bounds.at_most.quantize(MICRO, ROUND_HALF_UP)),
        "replica_per_hour": str(each),
        "currency": bounds.currency,
        "method": method(f"{each} {bounds.currency}"),
    }


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["serving_config"] = shown.pop("of_config")
    shown["replicas"] = shown.pop("open_replicas")
    for name in ("project", "model", "allocation"):
        shown[name] = shown.pop(f"of_{name}")
    return shown


class Endpoints(ListView):
    resource = "inference"

    @says(paged(EndpointOut), query=EndpointQuery, csv=True, summary="List endpoints, newest first")
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(EndpointQuery)
        found = self.visible(Endpoint.objects.all())
        if "living" in query:
            deleted = Q(state=EndpointState.DELETED)
            found = found.filter(~deleted if query["living"] else deleted)
        found = narrowed(
            found,
            query,
            state="state",
            project="project__slug",
            name="name",
            model="model__public_id",
            serving_config="serving_config__public_id",
        )
        return self.listed(rows(found), query, key="public_id", row=as_json, shape=EndpointOut, name="endpoints")

    @says(
        EndpointAcceptedOut,
        status=202,
        also={200: EndpointPlanOut},
        query=DryRun,
        body=EndpointIn,
        parameters=(IDEMPOTENCY_KEY_UNLESS_DRY, PREFER),
        refuses=(409,),
        summary="Serve a model, or see what serving it would take",
    )
    def post(self, request: Request) -> Response:
        dry_run = self.query(DryRun)["dry_run"]
        wanted = self.body(EndpointIn)
        project = self.project_named(wanted.pop("project", None))
        spec, now = spec_of(wanted), business_now()

        def look() -> endpoints.Preview:
            return endpoints.preview_endpoint(project=project, spec=spec, now=now, token_id=self.caller.token_id)

        if dry_run:
            preview = look()
            fit = {"memory_fit": asdict(preview.fit), "price_bounds": _bounds_json(preview.bounds)}
            told = {"dry_run": True, "feasible": bool(preview.plan.chosen)}
            return Response({**preview.plan.as_json(), **fit, **told})

        def run() -> Answer:
            refuse_hopeless(look().plan)
            made = endpoints.create_endpoint(
                project=project,
                spec=spec,
                requested_by=self.caller.name,
                now=now,
                request_id=self.request_id,
                token_id=self.caller.token_id,
            )
            operation = operations.start(
                "endpoint.create",
                subject=made.public_id,
                project=project,
                target={"replicas": made.desired_replicas},
                **self.asked(),
            )
            return accepted(_shown(made), operation, _path(made), version=made.generation)

        response = self.once(run)
        return answered_when_done(response, self, lambda: _shown_by_id(response.data["id"]))


class OneEndpoint(ApiView):
    resource = "inference"

    @says(EndpointOut, path_id="ep", also={304: None}, parameters=(IF_NONE_MATCH,), summary="One endpoint")
    def get(self, request: Request, public_id: str) -> Response:
        endpoint = self.one(Endpoint.objects.all(), public_id)
        return self.shown(_shown(endpoint), endpoint.generation)

    @says(
        EndpointOut,
        path_id="ep",
        body=Slo,
        refuses=(409,),
        summary="Change bounds, objectives or policy",
    )
    def patch(self, request: Request, public_id: str) -> Response:
        changes = self.body(Slo)
        endpoint = self.one(Endpoint.objects.living().select_related("allocation"), public_id)
        self.require_within_cap(endpoint.allocation.requested_token_id if endpoint.allocation else None)
        generation = self.unchanged(endpoint.generation)
        changed = endpoints.change_endpoint(
            public_id,
            changes=changes,
            now=business_now(),
            actor=self.caller.name,
            generation=generation,
            request_id=self.request_id,
        )
        return self.shown(_shown(changed), changed.generation)

    @says(
        EndpointAcceptedOut,
        status=202,
        path_id="ep",
        parameters=(PREFER,),
        summary="Delete it: running requests end first, then its machines are released",
    )
    def delete(self, request: Request, public_id: str) -> Response:
        endpoint = self.one(Endpoint.objects.all(), public_id)
        generation = self.unchanged(endpoint.generation)
        with transaction.atomic():
            deleted = endpoints.delete_endpoint(public_id, generation=generation, **self.said())
            operation = operations.start_once(
                "endpoint.delete", subject=public_id, project=deleted.project, **self.asked()
            )
            answer = accepted(_shown(deleted), operation, _path(deleted), version=deleted.generation)
        return answered_when_done(respond(answer), self, lambda: _shown_by_id(public_id))


class Weights(ApiView):
    resource = "inference"

    @says(
        WeightsOut,
        path_id="ep",
        also={304: None},
        parameters=(IF_NONE_MATCH,),
        summary="Where a router is to send work, and how much",
    )
    def get(self, request: Request, public_id: str) -> Response:
        endpoint = self.one(Endpoint.objects.all(), public_id)
        body = weights.weights(endpoint)
        tag = etag(body)
        if self.caller.principal.startswith("token:"):  # a router, not somebody's browser
            weights.note_served(endpoint, body["version"])
        return self.not_modified(tag) or Response(body, headers={"ETag": tag})


class ManifestQuery(Strict):
    environment = serializers.ChoiceField(choices=ENVIRONMENTS)
    extras = Word(required=False, help_text=f"What makes nodes or keeps a queue, with commas: {', '.join(WITH)}")
    cluster = Word(required=False, help_text="Its name, which Karpenter's node role and discovery tag have")
    namespace = Word(required=False)
    secret = Word(required=False, help_text="A Secret with the key token, for weights that are not public")
    image = Word(required=False, help_text="Of the engine; needed for chips other than NVIDIA's")


class ManifestsOut(serializers.Serializer[Any]):
    """What `kubectl apply` takes, as objects and as one text of YAML."""

    endpoint = serializers.CharField()
    environment = serializers.CharField()
    objects = serializers.ListField(child=serializers.DictField())
    yaml = serializers.CharField()


class Manifests(ApiView):
    resource = "inference"

    @says(
        ManifestsOut,
        path_id="ep",
        query=ManifestQuery,
        refuses=(422,),
        summary="The endpoint as manifests for one kind of Kubernetes cluster; nothing is applied",
    )
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(ManifestQuery)
        endpoint = self.one(Endpoint.objects.select_related("serving_config", "model"), public_id)
        target = Target(
            query["environment"], tuple(filter(None, query.get("extras", "").split(","))), query.get("cluster", "")
        )
        changes = {name: query.get(name, "") for name in ("namespace", "secret", "image")}
        objects = manifests_of(endpoint, target, changes)
        body = {"endpoint": public_id, "environment": target.environment, "objects": objects}
        return Response({**body, "yaml": as_yaml(objects)})


def spec_of(wanted: dict[str, Any]) -> EndpointSpec:
    """The checked body as the service takes it."""
    several = {name: tuple(wanted[name]) for name in ("accelerators", "clouds", "regions", "capacity_types")}
    return EndpointSpec(**{**wanted, **several})


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return as_json(rows(Endpoint.objects.filter(pk=endpoint.pk)).get())


def _shown_by_id(public_id: str) -> dict[str, Any]:
    return as_json(rows(Endpoint.objects.filter(public_id=public_id)).get())


def _path(endpoint: Endpoint) -> str:
    return f"/api/v1/endpoints/{endpoint.public_id}"
