"""Replicas: what serves where, what each has been through, and taking one out without cutting a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import Http404, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.exports import ListQuery, ListView
from fleet.api.fields import Flag, NoBody, Word, column_names
from fleet.api.listing import Fields, Ordering, narrowed, paged
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, IF_NONE_MATCH, says
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer
from inference.domain.lifecycle import ENDED_REPLICA_STATES, ReplicaState
from inference.models import Replica
from inference.services import taking_out


class ReplicaQuery(ListQuery):
    endpoint = Word(required=False, help_text="Public id")
    state = serializers.ChoiceField([(state.value, state.name) for state in ReplicaState], required=False)
    open = Flag(required=False, help_text="true: only those that have not stopped or failed")
    project = Word(required=False, help_text="Slug")
    ordering = Ordering("state", "since", "ordinal", "requested_at", price_per_hour="slot__price_per_hour")
    fields = Fields(lambda: ReplicaOut)  # type: ignore[assignment]  # a name of the base class, unused here


class ReplicaOut(serializers.Serializer[Any]):
    """Times are business time."""

    id = serializers.CharField()
    endpoint = serializers.CharField()
    endpoint_name = serializers.CharField()
    project = serializers.CharField()
    serving_config = serializers.CharField()
    slot = serializers.CharField(help_text="Of its machine: GET /instances says which machine is on it")
    ordinal = serializers.IntegerField(help_text="Counts the replicas of its endpoint")
    state = serializers.ChoiceField([(state.value, state.name) for state in ReplicaState])
    reason = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()
    weight = serializers.IntegerField(help_text="What routers are told; 0 takes no new work")
    accelerator = serializers.CharField(allow_blank=True)
    accelerator_count = serializers.IntegerField()
    cloud = serializers.CharField(allow_null=True)
    zone = serializers.CharField(allow_blank=True)
    capacity_type = serializers.CharField(allow_blank=True)
    price_per_hour = serializers.CharField(allow_null=True, help_text="Of its machine, in USD")
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ready_at = serializers.DateTimeField(allow_null=True)
    drain_started_at = serializers.DateTimeField(allow_null=True)
    drain_until = serializers.DateTimeField(allow_null=True, help_text="What still runs then is cut")
    stopped_at = serializers.DateTimeField(allow_null=True)
    last_scraped_at = serializers.DateTimeField(allow_null=True)
    scrape_failures = serializers.IntegerField(help_text="In a row")


class PeriodOut(serializers.Serializer[Any]):
    """Half-open; no end: still so."""

    state = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class ReplicaDetailOut(ReplicaOut):
    periods = PeriodOut(many=True, help_text="Every state it was in, oldest first")


OF_ITS_SLOT = {
    "accelerator": "slot__accelerator",
    "accelerator_count": "slot__accelerator_count",
    "cloud": "slot__account__cloud",
    "zone": "slot__zone",
    "capacity_type": "slot__capacity_type",
    "price_per_hour": "slot__price_per_hour",
}
JOINED = {"id", "endpoint", "endpoint_name", "project", "serving_config", "slot", *OF_ITS_SLOT}
COLUMNS = column_names(ReplicaOut, without=JOINED)


def rows(replicas: QuerySet[Replica]) -> QuerySet[Replica, dict[str, Any]]:
    return replicas.values(
        "public_id",
        *COLUMNS,
        **{name: F(path) for name, path in OF_ITS_SLOT.items()},
        of_endpoint=F("endpoint__public_id"),
        endpoint_name=F("endpoint__name"),
        of_project=F("endpoint__project__slug"),
        of_config=F("serving_config__public_id"),
        of_slot=F("slot__public_id"),
    )


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["serving_config"] = shown.pop("of_config")
    for name in ("endpoint", "project", "slot"):
        shown[name] = shown.pop(f"of_{name}")
    return shown


def one_replica(view: ApiView, public_id: str) -> Replica:
    """A replica the caller may act on, found by its endpoint's project."""
    visible = view.visible(Replica.objects.all(), project="endpoint__project_id")
    replica = visible.filter(public_id=public_id).select_related("endpoint").first()
    if replica is None:
        raise Http404
    view.require(replica.endpoint.project_id)
    return replica


class Replicas(ListView):
    resource = "inference"

    @says(paged(ReplicaOut), query=ReplicaQuery, csv=True, summary="Replicas of all your endpoints, newest first")
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(ReplicaQuery)
        found = self.visible(Replica.objects.all(), project="endpoint__project_id")
        if "open" in query:
            ended = Q(state__in=ENDED_REPLICA_STATES)
            found = found.filter(~ended if query["open"] else ended)
        found = narrowed(found, query, endpoint="endpoint__public_id", state="state", project="endpoint__project__slug")
        return self.listed(rows(found), query, key="public_id", row=as_json, shape=ReplicaOut, name="replicas")


class OneReplica(ApiView):
    resource = "inference"

    @says(
        ReplicaDetailOut,
        path_id="rep",
        also={304: None},
        parameters=(IF_NONE_MATCH,),
        summary="One replica and every state it was in",
    )
    def get(self, request: Request, public_id: str) -> Response:
        replica = one_replica(self, public_id)
        periods = replica.periods.order_by("started_at", "id").values("state", "reason", "started_at", "ended_at")
        return self.shown({**_shown(replica), "periods": list(periods)}, replica.state)


class DrainReplica(ApiView):
    resource = "inference"

    @says(
        ReplicaOut,
        status=202,
        path_id="rep",
        body=NoBody,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409, 422),
        summary="Take it out: its requests end, then its machine is released and replaced",
    )
    def post(self, request: Request, public_id: str) -> Response:
        """It ends at the latest after the endpoint's `drain_seconds`. The endpoint still wants as many replicas, so a
        replacement is asked for at once. The last replica that serves is not taken out. Asking twice is one drain."""
        return _take_out(self, public_id, taking_out.drain_replica)


class RestartReplica(ApiView):
    resource = "inference"

    @says(
        ReplicaOut,
        status=202,
        path_id="rep",
        body=NoBody,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409, 422),
        summary="Start it anew: its requests end, then another replica starts on the same machine",
    )
    def post(self, request: Request, public_id: str) -> Response:
        """It ends at the latest after the endpoint's `drain_seconds`; the one that follows has an id of its own. The
        last replica that serves is not taken out. Asking twice is one restart."""
        return _take_out(self, public_id, taking_out.restart_replica)


def _take_out(view: ApiView, public_id: str, act: Callable[..., Replica]) -> Response:
    view.body(NoBody)
    one_replica(view, public_id)

    def run() -> Answer:
        replica = act(public_id, now=business_now(), actor=view.caller.name, request_id=view.request_id)
        return Answer(202, _shown(replica))

    return view.once(run, spends=False)


def _shown(replica: Replica) -> dict[str, Any]:
    return as_json(rows(Replica.objects.filter(pk=replica.pk)).get())
