"""Models: read from their own config.json, with what follows from it; changed and forgotten while nothing uses them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.exports import ListQuery, ListView
from fleet.api.fields import Document, Strict, Word, column_names
from fleet.api.listing import Fields, Ordering, narrowed, paged
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, IF_NONE_MATCH, says
from fleet.api.shapes import shape
from fleet.services.chips import accelerators
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer
from inference.domain.lifecycle import EndpointState
from inference.domain.memory_fit import BYTES_PER_PARAMETER, GIB, Settings, kv_bytes_per_token, weights_bytes
from inference.models import Model
from inference.services import variants

MODEL_NAME = shape(
    r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$",
    "Write 1 to 200 letters, digits and . _ / -, beginning with a letter or digit.",
)


class ModelIn(Strict):
    project = Word(required=False, help_text="Slug or id; needed when you may act in several")
    name = serializers.RegexField(MODEL_NAME, help_text="As engines know it: organisation/name")
    config = Document(help_text="The model's own config.json")


class ModelChange(Strict):
    name = serializers.RegexField(MODEL_NAME, required=False, help_text="As engines know it: organisation/name")
    config = Document(required=False, help_text="The model's own config.json, counted anew")


class ModelQuery(ListQuery):
    project = Word(required=False, help_text="Slug; those of everybody have none")
    name = Word(required=False, max_length=200)
    architecture = Word(required=False)
    ordering = Ordering("name", "parameters", "created_at")
    fields = Fields(lambda: ModelOut)  # type: ignore[assignment]  # a name of the base class, unused here


class ModelOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    project = serializers.CharField(allow_null=True, help_text="Empty: every project may use it")
    name = serializers.CharField()
    architecture = serializers.CharField(allow_blank=True)
    parameters = serializers.IntegerField()
    active_parameters = serializers.IntegerField(help_text="Read for one token")
    layers = serializers.IntegerField()
    hidden_size = serializers.IntegerField()
    heads = serializers.IntegerField()
    kv_heads = serializers.IntegerField()
    head_dim = serializers.IntegerField()
    experts = serializers.IntegerField()
    experts_per_token = serializers.IntegerField()
    context_length = serializers.IntegerField(help_text="Tokens")
    dtype = serializers.CharField()
    serving_configs = serializers.IntegerField(help_text="Ways to serve it")
    endpoints = serializers.IntegerField(help_text="Made of it in projects you may read, and not deleted")
    created_at = serializers.DateTimeField()


class WeightsOnChipsOut(serializers.Serializer[Any]):
    """The fewest accelerators one replica needs, a power of two; empty: more than 64, or the chip cannot."""

    quantization = serializers.CharField(allow_blank=True, help_text="Empty: none")
    weights_gib = serializers.FloatField(help_text="Of the whole replica")
    accelerators_needed = serializers.DictField(child=serializers.IntegerField(allow_null=True))


class ModelDetailOut(ModelOut):
    config = Document()
    kv_bytes_per_token = serializers.IntegerField(help_text="Keys and values of one token, not split, at 16 bits")
    fits = WeightsOnChipsOut(many=True, help_text="By quantization, for a request of 8,192 tokens")


JOINED = {"id", "project", "serving_configs", "endpoints"}
COLUMNS = column_names(ModelOut, without=JOINED)


def usable_models(view: ApiView) -> QuerySet[Model]:
    """Models of the caller's projects, and those that belong to everybody."""
    return Model.objects.filter(Q(project=None) | Q(project_id__in=view.caller.projects("inference:read")))


def living_endpoints(view: ApiView) -> Q:
    """Those that are counted: of the projects the caller may read, for others' are nobody else's business."""
    living = Q(endpoints__isnull=False) & ~Q(endpoints__state=EndpointState.DELETED)
    readable = view.readable_projects()
    return living if readable is None else living & Q(endpoints__project_id__in=readable)


def rows(models: QuerySet[Model], view: ApiView) -> QuerySet[Model, dict[str, Any]]:
    return models.values(
        "public_id",
        *COLUMNS,
        project_slug=F("project__slug"),
        configs=Count("serving_configs", distinct=True),
        living=Count("endpoints", filter=living_endpoints(view), distinct=True),
    )


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    for name, column in (("id", "public_id"), ("project", "project_slug"), ("endpoints", "living")):
        shown[name] = shown.pop(column)
    shown["serving_configs"] = shown.pop("configs")
    return shown


class Models(ListView):
    resource = "inference"

    @says(paged(ModelOut), query=ModelQuery, csv=True, summary="Models you may serve, newest first")
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(ModelQuery)
        found = narrowed(usable_models(self), query, project="project__slug", name="name", architecture="architecture")
        return self.listed(rows(found, self), query, key="public_id", row=as_json, shape=ModelOut, name="models")

    @says(
        ModelOut,
        status=201,
        body=ModelIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Register a model from its config.json",
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(ModelIn)
        project = self.project_named(wanted.get("project"))

        def run() -> Answer:
            made = variants.register_model(
                project=project,
                name=wanted["name"],
                config=wanted["config"],
                now=business_now(),
                actor=self.caller.name,
                request_id=self.request_id,
            )
            return Answer(201, _shown(made, self), f"/api/v1/models/{made.public_id}")

        return self.once(run, spends=False)


class OneModel(ApiView):
    resource = "inference"

    @says(
        ModelDetailOut,
        path_id="model",
        also={304: None},
        parameters=(IF_NONE_MATCH,),
        summary="One model, with what its replicas would weigh and need",
    )
    def get(self, request: Request, public_id: str) -> Response:
        model = self._readable(public_id)
        return self.shown({**_shown(model, self), **_derived(model)}, model.generation)

    @says(
        ModelOut,
        path_id="model",
        body=ModelChange,
        refuses=(409,),
        summary="Change a model no endpoint was ever made of",
    )
    def patch(self, request: Request, public_id: str) -> Response:
        changes = self.body(ModelChange)
        model = self._own(public_id)
        changed = variants.change_model(
            public_id,
            changes=changes,
            now=business_now(),
            actor=self.caller.name,
            generation=self.unchanged(model.generation),
            request_id=self.request_id,
        )
        return self.shown(_shown(changed, self), changed.generation)

    @says(
        status=204,
        path_id="model",
        refuses=(409,),
        summary="Forget a model no endpoint was ever made of, with its serving configurations",
    )
    def delete(self, request: Request, public_id: str) -> Response:
        model = self._own(public_id)
        variants.delete_model(
            public_id,
            now=business_now(),
            actor=self.caller.name,
            generation=self.unchanged(model.generation),
            request_id=self.request_id,
        )
        return Response(status=204)

    def _readable(self, public_id: str) -> Model:
        return get_or_404(usable_models(self), public_id)

    def _own(self, public_id: str) -> Model:
        """A model of a project the caller may change; those of everybody are the installation's."""
        model = self._readable(public_id)
        self.require(model.project_id)
        return model


def get_or_404(found: QuerySet[Any], public_id: str) -> Any:
    row = found.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def _shown(model: Model, view: ApiView) -> dict[str, Any]:
    return as_json(rows(Model.objects.filter(pk=model.pk), view).get())


def _derived(model: Model) -> dict[str, Any]:
    """What follows from the config.json; nothing of it is stored."""
    shape = variants.architecture_of(model)
    chips = [chip for _, chip in sorted(accelerators().items())]
    return {
        "config": model.config,
        "kv_bytes_per_token": kv_bytes_per_token(shape, Settings(dtype=shape.dtype)),
        "fits": [
            {
                "quantization": quantization,
                "weights_gib": round(weights_bytes(shape, quantization) / GIB, 3),
                "accelerators_needed": {
                    chip.name: variants.needed_accelerators(shape, quantization, chip) for chip in chips
                },
            }
            for quantization in BYTES_PER_PARAMETER
        ],
    }
