"""Operation: something asked for that takes a while, so that whoever asked can watch its end."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fleet.models.access import Project
from fleet.models.fields import public_id


def operation_id() -> str:
    return public_id("op")


class OperationState(models.TextChoices):
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Operation(models.Model):
    """What was asked for. How far it is, is read from its subject's rows; only its end is written here, once."""

    public_id = models.CharField(max_length=48, unique=True, default=operation_id, editable=False)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="operations")
    kind = models.CharField(max_length=48, help_text="noun.verb; who can judge it: fleet.services.operations")
    subject = models.CharField(max_length=64, db_index=True, help_text="Public id of what it is about")
    target = models.JSONField(default=dict, help_text="What its end is measured by")
    requested_by = models.CharField(max_length=200)
    request_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(help_text="Business time")
    created_at_real = models.DateTimeField(db_default=Now())
    cancelled_at = models.DateTimeField(null=True, blank=True, help_text="Business time: somebody wants it undone")
    cancelled_by = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=16, choices=OperationState.choices, default=OperationState.RUNNING)
    error = models.JSONField(null=True, blank=True, help_text="code and detail, when it failed")
    result = models.JSONField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Business time")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(finished_at=None), name="operation_running"),
            models.Index(fields=["project", "-id"], name="operation_of_project"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
