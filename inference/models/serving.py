"""How a model is served: the engine's settings that decide memory, speed and quality."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from fleet.models.fields import public_id
from inference.models.model import Model


def config_id() -> str:
    return public_id("cfg")


class ServingConfig(models.Model):
    """One way to serve one model. On a chip it is what other tools call a model variant."""

    public_id = models.CharField(max_length=48, unique=True, default=config_id, editable=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="serving_configs")
    name = models.CharField(max_length=100)
    engine = models.CharField(max_length=32, default="vllm")
    quantization = models.CharField(max_length=32, blank=True, default="", help_text="fp8, int8, awq …; empty: none")
    dtype = models.CharField(max_length=16, default="bfloat16")
    kv_dtype = models.CharField(max_length=16, blank=True, default="", help_text="fp8 or empty: as dtype")
    tensor_parallel = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    pipeline_parallel = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    max_model_len = models.PositiveIntegerField(help_text="Tokens of prompt and answer together")
    max_num_seqs = models.PositiveIntegerField(default=256, validators=[MinValueValidator(1)])
    max_num_batched_tokens = models.PositiveIntegerField(default=8192)
    gpu_memory_utilization = models.FloatField(
        default=0.9, validators=[MinValueValidator(0.1), MaxValueValidator(0.99)]
    )
    prefix_caching = models.BooleanField(default=True)
    chunked_prefill = models.BooleanField(default=True)
    extra_args = models.JSONField(default=dict, blank=True)
    generation = models.BigIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "name"], name="one_serving_config_per_name")]

    def __str__(self) -> str:
        return f"{self.model} {self.name}"

    @property
    def accelerators_per_replica(self) -> int:
        return self.tensor_parallel * self.pipeline_parallel
