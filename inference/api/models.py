"""Models and the ways to serve them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Flag, Strict, Whole, Word, column_names
from fleet.api.schema import says
from inference.models import Model, ServingConfig
from inference.services import variants

MODEL_NAME = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$"
CONFIG_NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$"
ID = r"^[a-z]+_[0-9a-f]{32}$"
OPTION = r"^[a-z0-9][a-z0-9_.-]{0,31}$"


class ModelIn(Strict):
    project = Word(required=False, help_text="Slug or id; needed when you may act in several")
    name = serializers.RegexField(MODEL_NAME, help_text="As engines know it: organisation/name")
    config = serializers.DictField(help_text="The model's own config.json")


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
    created_at = serializers.DateTimeField()


class ServingConfigIn(Strict):
    model = serializers.RegexField(ID, help_text="Id of a model of your own projects")
    name = serializers.RegexField(CONFIG_NAME)
    engine = serializers.RegexField(OPTION, default="vllm")
    quantization = serializers.RegexField(OPTION, required=False)
    dtype = serializers.RegexField(OPTION, required=False)
    kv_dtype = serializers.RegexField(OPTION, required=False)
    tensor_parallel = Whole(min_value=1, max_value=1024, default=1)
    pipeline_parallel = Whole(min_value=1, max_value=1024, default=1)
    max_model_len = Whole(min_value=1, max_value=100_000_000)
    max_num_seqs = Whole(min_value=1, max_value=1_000_000, default=256)
    max_num_batched_tokens = Whole(min_value=1, max_value=100_000_000, default=8192)
    gpu_memory_utilization = serializers.FloatField(min_value=0.1, max_value=0.99, default=0.9)
    prefix_caching = Flag(default=True)
    chunked_prefill = Flag(default=True)


class ServingConfigOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    model = serializers.CharField()
    model_name = serializers.CharField()
    name = serializers.CharField()
    engine = serializers.CharField()
    quantization = serializers.CharField(allow_blank=True)
    dtype = serializers.CharField()
    kv_dtype = serializers.CharField(allow_blank=True)
    tensor_parallel = serializers.IntegerField()
    pipeline_parallel = serializers.IntegerField()
    max_model_len = serializers.IntegerField()
    max_num_seqs = serializers.IntegerField()
    max_num_batched_tokens = serializers.IntegerField()
    gpu_memory_utilization = serializers.FloatField()
    prefix_caching = serializers.BooleanField()
    chunked_prefill = serializers.BooleanField()
    created_at = serializers.DateTimeField()


MODEL_COLUMNS = column_names(ModelOut, without={"id", "project"})
CONFIG_COLUMNS = column_names(ServingConfigOut, without={"id", "model", "model_name"})


class Models(ApiView):
    resource = "inference"

    @says(paged(ModelOut), query=PageQuery, summary="Models you may serve")
    def get(self, request: Request) -> Response:
        query = self.query(PageQuery)
        return Response(page(request._request, _model_rows(self._usable()), query, key="public_id", row=_model))

    @says(ModelOut, status=201, body=ModelIn, refuses=(409,), summary="Register a model from its config.json")
    def post(self, request: Request) -> Response:
        wanted = self.body(ModelIn)
        project = self.project_named(wanted.get("project"))
        made = variants.register_model(project=project, name=wanted["name"], config=wanted["config"])
        return Response(_model(_model_rows(Model.objects.filter(pk=made.pk)).get()), status=201)

    def _usable(self) -> QuerySet[Model]:
        return usable_models(self)


class ServingConfigs(ApiView):
    resource = "inference"

    @says(paged(ServingConfigOut), query=PageQuery, summary="Ways to serve the models you may serve")
    def get(self, request: Request) -> Response:
        query = self.query(PageQuery)
        found = ServingConfig.objects.filter(model__in=usable_models(self))
        return Response(page(request._request, _config_rows(found), query, key="public_id", row=_config))

    @says(
        ServingConfigOut,
        status=201,
        body=ServingConfigIn,
        refuses=(404, 409),
        summary="Add a way to serve a model of your own",
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(ServingConfigIn)
        model = usable_models(self).filter(public_id=wanted.pop("model")).first()
        if model is None:
            raise Http404
        self.require(model.project_id)
        made = variants.register_serving_config(model=model, **wanted)
        return Response(_config(_config_rows(ServingConfig.objects.filter(pk=made.pk)).get()), status=201)


def usable_models(view: ApiView) -> QuerySet[Model]:
    """Models of the caller's projects, and those that belong to everybody."""
    return Model.objects.filter(Q(project=None) | Q(project_id__in=view.caller.projects("inference:read")))


def _model_rows(models: QuerySet[Model]) -> QuerySet[Model, dict[str, Any]]:
    return models.values("public_id", *MODEL_COLUMNS, project_slug=F("project__slug"))


def _model(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["project"] = shown.pop("project_slug")
    return shown


def _config_rows(configs: QuerySet[ServingConfig]) -> QuerySet[ServingConfig, dict[str, Any]]:
    return configs.values("public_id", *CONFIG_COLUMNS, of=F("model__public_id"), model_name=F("model__name"))


def _config(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["model"] = shown.pop("of")
    return shown
