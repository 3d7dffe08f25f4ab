"""A trial of an account: all that Purser asks of its cloud, tried without buying, with this or a next credential."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fleet.models.catalog import CloudAccount
from fleet.models.fields import public_id


def trial_id() -> str:
    return public_id("trial")


class TrialKind(models.TextChoices):
    VERIFY = "verify", "Verify"
    ROTATE = "rotate", "Rotate the credential"


class AccountTrial(models.Model):
    """Asked for by somebody, done by a worker. A rotation puts its credential in place only when it will do."""

    public_id = models.CharField(max_length=48, unique=True, default=trial_id, editable=False)
    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="trials")
    kind = models.CharField(max_length=8, choices=TrialKind.choices, default=TrialKind.VERIFY)
    requested_by = models.CharField(max_length=200)
    requested_at = models.DateTimeField(db_default=Now(), help_text="Real time")
    begun_at = models.DateTimeField(null=True, blank=True, help_text="Real time; one begun long ago is begun again")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Real time")
    ok = models.BooleanField(null=True, blank=True, help_text="Empty until it is finished")
    problem = models.TextField(blank=True, default="", help_text="Why the credential was not put in place")
    checks = models.JSONField(default=list, help_text="what, ok, detail, needs; in the order tried")
    despite_missing = models.BooleanField(default=False, help_text="Rotate although a permission is missing")
    next_reference = models.CharField(max_length=300, blank=True, default="", editable=False)
    next_sealed = models.TextField(blank=True, default="", editable=False, help_text="Gone when it is finished")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(finished_at=None), name="trial_waiting"),
            models.Index(fields=["account", "-id"], name="trial_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.account}"
