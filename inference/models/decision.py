"""Decision: what the autoscaler saw, wanted, was allowed, and why."""

from __future__ import annotations

from django.db import models

from fleet.models.fields import public_id
from inference.models.endpoint import Endpoint


def decision_id() -> str:
    return public_id("dec")


class Decision(models.Model):
    """One look that led to something, or that was held back from it. Insert-only but for `applied`."""

    public_id = models.CharField(max_length=48, unique=True, default=decision_id, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="decisions")
    at = models.DateTimeField(help_text="Business time")
    policy = models.CharField(max_length=32)
    inputs = models.JSONField(default=dict, help_text="The observation the policy was given")
    current = models.PositiveIntegerField(help_text="Replicas desired before")
    wanted = models.PositiveIntegerField(help_text="What the policy recommended")
    allowed = models.PositiveIntegerField(help_text="What the guard let through")
    action = models.CharField(max_length=16, help_text="scale-up, scale-down, hold")
    why = models.TextField()
    formula = models.TextField(blank=True, default="")
    alternatives = models.JSONField(default=list, help_text="Other replica counts, with figures and why not")
    cost_per_hour_before = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    cost_per_hour_after = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    repeats = models.PositiveIntegerField(default=1, help_text="Looks in a row with this same outcome")
    last_at = models.DateTimeField(help_text="Business time of the last of them")
    applied = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "-at"], name="decision_by_time"),
            models.Index(fields=["-at", "-id"], name="decision_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.current} -> {self.allowed}"
