"""Serving configurations: ways to serve a model, judged on any accelerator before anything is bought.

One that an endpoint was made with stays as it is, for its replicas run what they were started with: other settings are
another configuration, given to the next endpoint.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import Count, F, QuerySet
from django.http import Http404, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.allocation_shapes import CHIP_WORD
from fleet.api.base import ApiView
from fleet.api.exports import ListQuery, ListView
from fleet.api.fields import Flag, Strict, Whole, Word, column_names
from fleet.api.listing import Fields, Ordering, narrowed, paged
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, IF_NONE_MATCH, says
from fleet.api.shapes import shape
from fleet.domain.accelerators import Accelerator
from fleet.services.chips import accelerators
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer
from inference.api.models import get_or_404, living_endpoints, usable_models
from inference.models import ServingConfig
from inference.services import variants

CONFIG_NAME = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$",
    "Write 1 to 100 letters, digits, blanks and . _ / -, beginning with a letter or digit.",
)
ID = shape(
    r"^[a-z]+_[0-9a-f]{32}$",
    "Write an id: its noun, _ and 32 digits of 0-9 and a-f.",
)
OPTION = shape(
    r"^[a-z0-9][a-z0-9_.-]{0,31}$",
    "Write 1 to 32 small letters, digits and . _ -, beginning with a letter or digit.",
)


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


class ServingConfigChange(Strict):
    name = serializers.RegexField(CONFIG_NAME, required=False)
    engine = serializers.RegexField(OPTION, required=False)
    quantization = serializers.RegexField(OPTION, required=False, allow_blank=True)
    dtype = serializers.RegexField(OPTION, required=False)
    kv_dtype = serializers.RegexField(OPTION, required=False, allow_blank=True)
    tensor_parallel = Whole(min_value=1, max_value=1024, required=False)
    pipeline_parallel = Whole(min_value=1, max_value=1024, required=False)
    max_model_len = Whole(min_value=1, max_value=100_000_000, required=False)
    max_num_seqs = Whole(min_value=1, max_value=1_000_000, required=False)
    max_num_batched_tokens = Whole(min_value=1, max_value=100_000_000, required=False)
    gpu_memory_utilization = serializers.FloatField(min_value=0.1, max_value=0.99, required=False)
    prefix_caching = Flag(required=False)
    chunked_prefill = Flag(required=False)


class ServingConfigQuery(ListQuery):
    model = Word(required=False, help_text="Public id")
    name = Word(required=False)
    engine = Word(required=False)
    quantization = Word(required=False)
    ordering = Ordering("name", "created_at", "max_model_len", model_name="model__name")
    fields = Fields(lambda: ServingConfigOut)  # type: ignore[assignment]  # a name of the base class, unused here


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
    endpoints = serializers.IntegerField(help_text="Made with it in projects you may read, and not deleted")
    created_at = serializers.DateTimeField()


class FitQuery(Strict):
    accelerator = serializers.RegexField(
        CHIP_WORD, required=False, help_text="Name or alias, as GET /accelerators lists them; without it: all of them"
    )


class SpeedOut(serializers.Serializer[Any]):
    """Estimated, of one replica at a mean context of 1,024 tokens."""

    prefill_tokens_per_second = serializers.FloatField()
    decode_step_ms = serializers.FloatField(help_text="Before any sequence is in it")
    decode_step_ms_per_sequence = serializers.FloatField(help_text="Added by each sequence")


class FitOut(serializers.Serializer[Any]):
    """Where the memory of one accelerator would go. `problem` says why it does not fit; empty when it does."""

    serving_config = serializers.CharField()
    accelerator = serializers.CharField()
    accelerators_per_replica = serializers.IntegerField()
    fits = serializers.BooleanField()
    problem = serializers.CharField(allow_blank=True)
    memory_gib = serializers.FloatField()
    usable_gib = serializers.FloatField()
    weights_gib = serializers.FloatField()
    activations_gib = serializers.FloatField()
    reserve_gib = serializers.FloatField()
    kv_cache_gib = serializers.FloatField()
    kv_bytes_per_token = serializers.IntegerField(help_text="On one accelerator")
    kv_capacity_tokens = serializers.IntegerField(help_text="Of one replica")
    speed = SpeedOut(allow_null=True, help_text="Empty where it does not fit")


class FitsOut(serializers.Serializer[Any]):
    items = FitOut(many=True)


JOINED = {"id", "model", "model_name", "endpoints"}
COLUMNS = column_names(ServingConfigOut, without=JOINED)


def rows(configs: QuerySet[ServingConfig], view: ApiView) -> QuerySet[ServingConfig, dict[str, Any]]:
    return configs.values(
        "public_id",
        *COLUMNS,
        of=F("model__public_id"),
        model_name=F("model__name"),
        living=Count("endpoints", filter=living_endpoints(view)),
    )


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    for name, column in (("id", "public_id"), ("model", "of"), ("endpoints", "living")):
        shown[name] = shown.pop(column)
    return shown


def usable_configs(view: ApiView) -> QuerySet[ServingConfig]:
    return ServingConfig.objects.filter(model__in=usable_models(view)).select_related("model")


class ServingConfigs(ListView):
    resource = "inference"

    @says(
        paged(ServingConfigOut),
        query=ServingConfigQuery,
        csv=True,
        summary="Ways to serve the models you may serve, newest first",
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(ServingConfigQuery)
        found = narrowed(
            usable_configs(self),
            query,
            model="model__public_id",
            name="name",
            engine="engine",
            quantization="quantization",
        )
        shape = ServingConfigOut
        return self.listed(rows(found, self), query, key="public_id", row=as_json, shape=shape, name="serving-configs")

    @says(
        ServingConfigOut,
        status=201,
        body=ServingConfigIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(404, 409),
        summary="Add a way to serve a model of your own",
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(ServingConfigIn)
        model = usable_models(self).filter(public_id=wanted.pop("model")).first()
        if model is None:
            raise Http404
        self.require(model.project_id)

        def run() -> Answer:
            made = variants.register_serving_config(
                model=model, now=business_now(), actor=self.caller.name, request_id=self.request_id, **wanted
            )
            return Answer(201, _shown(made, self), f"/api/v1/serving-configs/{made.public_id}")

        return self.once(run, spends=False)


class OneServingConfig(ApiView):
    resource = "inference"

    @says(
        ServingConfigOut,
        path_id="cfg",
        also={304: None},
        parameters=(IF_NONE_MATCH,),
        summary="One way to serve a model",
    )
    def get(self, request: Request, public_id: str) -> Response:
        config = get_or_404(usable_configs(self), public_id)
        return self.shown(_shown(config, self), config.generation)

    @says(
        ServingConfigOut,
        path_id="cfg",
        body=ServingConfigChange,
        refuses=(409,),
        summary="Change a way to serve that no endpoint was ever made with",
    )
    def patch(self, request: Request, public_id: str) -> Response:
        changes = self.body(ServingConfigChange)
        config = self._own(public_id)
        changed = variants.change_serving_config(
            public_id,
            changes=changes,
            now=business_now(),
            actor=self.caller.name,
            generation=self.unchanged(config.generation),
            request_id=self.request_id,
        )
        return self.shown(_shown(changed, self), changed.generation)

    @says(status=204, path_id="cfg", refuses=(409,), summary="Forget a way to serve that no endpoint was made with")
    def delete(self, request: Request, public_id: str) -> Response:
        config = self._own(public_id)
        variants.delete_serving_config(
            public_id,
            now=business_now(),
            actor=self.caller.name,
            generation=self.unchanged(config.generation),
            request_id=self.request_id,
        )
        return Response(status=204)

    def _own(self, public_id: str) -> ServingConfig:
        config: ServingConfig = get_or_404(usable_configs(self), public_id)
        self.require(config.model.project_id)
        return config


class Fit(ApiView):
    resource = "inference"

    @says(FitsOut, path_id="cfg", query=FitQuery, summary="Does it fit on an accelerator, and how fast would it be")
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(FitQuery)
        config = get_or_404(usable_configs(self), public_id)
        known = accelerators()
        if "accelerator" in query:
            chips = [known.require(query["accelerator"])]
        else:
            chips = [chip for _, chip in sorted(known.items())]
        return Response({"items": [fit_json(config, chip) for chip in chips]})


def fit_json(config: ServingConfig, chip: Accelerator) -> dict[str, Any]:
    """The memory of one such accelerator and, where the model fits, the estimated speed of one replica."""
    fit = variants.fit_on(config, chip)
    return {
        "serving_config": config.public_id,
        "accelerator": chip.name,
        "accelerators_per_replica": config.accelerators_per_replica,
        "fits": fit.fits,
        **asdict(fit),
        "speed": _speed(config, chip) if fit.fits else None,
    }


def _speed(config: ServingConfig, chip: Accelerator) -> dict[str, float]:
    speed = variants.speed_on(config, chip)
    return {
        "prefill_tokens_per_second": speed.prefill_tokens_per_second,
        "decode_step_ms": speed.decode_step_seconds * 1000,
        "decode_step_ms_per_sequence": speed.decode_step_seconds_per_sequence * 1000,
    }


def _shown(config: ServingConfig, view: ApiView) -> dict[str, Any]:
    return as_json(rows(ServingConfig.objects.filter(pk=config.pk), view).get())
