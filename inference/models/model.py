"""A model as its own config.json describes it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fleet.models import Project
from fleet.models.fields import public_id


def model_id() -> str:
    return public_id("model")


class Model(models.Model):
    """What there is to serve. Without a project every project may use it."""

    public_id = models.CharField(max_length=48, unique=True, default=model_id, editable=False)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="models")
    name = models.CharField(max_length=200, help_text="As engines know it: organisation/name")
    config = models.JSONField(default=dict, help_text="The Hugging Face style config.json it was read from")
    architecture = models.CharField(max_length=64, blank=True, default="")
    parameters = models.BigIntegerField()
    active_parameters = models.BigIntegerField(help_text="Read for one token; less than parameters with experts")
    layers = models.PositiveIntegerField()
    hidden_size = models.PositiveIntegerField()
    heads = models.PositiveIntegerField()
    kv_heads = models.PositiveIntegerField()
    head_dim = models.PositiveIntegerField()
    experts = models.PositiveIntegerField(default=0)
    experts_per_token = models.PositiveIntegerField(default=0)
    context_length = models.PositiveIntegerField(help_text="Tokens")
    dtype = models.CharField(max_length=16, default="bfloat16")
    generation = models.BigIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_model_per_name", nulls_distinct=False),
            models.CheckConstraint(
                condition=models.Q(active_parameters__lte=models.F("parameters")), name="active_parameters_are_a_part"
            ),
        ]

    def __str__(self) -> str:
        return self.name
