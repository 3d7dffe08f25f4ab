"""What a project may hold and spend, and the changes of it that wait for a second pair of eyes."""

from __future__ import annotations

from django.db import models
from django.db.models.expressions import RawSQL

from fleet.models.access import Project
from fleet.models.fields import public_id


def quota_id() -> str:
    return public_id("quota")


def budget_id() -> str:
    return public_id("bud")


# Ids for rows that were there before ids, and for those written by a version that knows none yet.
QUOTA_ID_BY_DATABASE = RawSQL("('quota_' || replace(gen_random_uuid()::text, '-', ''))", [])
BUDGET_ID_BY_DATABASE = RawSQL("('bud_' || replace(gen_random_uuid()::text, '-', ''))", [])


def change_request_id() -> str:
    return public_id("chg")


class Quota(models.Model):
    """How many accelerators may be held at once. Empty columns mean any."""

    public_id = models.CharField(
        max_length=48, unique=True, default=quota_id, db_default=QUOTA_ID_BY_DATABASE, editable=False
    )
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="quotas")
    cloud = models.CharField(max_length=32, blank=True, default="")
    accelerator = models.CharField(max_length=64, blank=True, default="")
    max_accelerators = models.PositiveIntegerField()
    generation = models.BigIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "cloud", "accelerator"], name="one_quota_per_scope", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        scope = ", ".join(filter(None, [self.project.slug if self.project else None, self.cloud, self.accelerator]))
        return f"{scope or 'everything'}: at most {self.max_accelerators} accelerators"


class BudgetAction(models.TextChoices):
    WARN = "warn", "Warn"
    BLOCK = "block", "Refuse new launches"


class Budget(models.Model):
    """What may be spent, per hour and per calendar month. Empty columns mean any."""

    public_id = models.CharField(
        max_length=48, unique=True, default=budget_id, db_default=BUDGET_ID_BY_DATABASE, editable=False
    )
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets")
    cloud = models.CharField(max_length=32, blank=True, default="")
    endpoint_ref = models.CharField(max_length=48, blank=True, default="", help_text="Public id of an endpoint")
    cap_per_hour = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    cap_per_month = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    action = models.CharField(max_length=16, choices=BudgetAction.choices, default=BudgetAction.BLOCK)
    warn_ratio = models.DecimalField(max_digits=4, decimal_places=3, default="0.800")
    generation = models.BigIntegerField(default=1, db_default=1, editable=False)
    spent_month = models.DateField(null=True, blank=True, editable=False, help_text="First day of the month")
    spent_amount = models.DecimalField(max_digits=20, decimal_places=9, default=0, editable=False)
    spent_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="Billed up to here")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "cloud", "endpoint_ref"], name="one_budget_per_scope", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(cap_per_hour__isnull=False) | models.Q(cap_per_month__isnull=False),
                name="budget_caps_something",
            ),
        ]

    def __str__(self) -> str:
        scope = ", ".join(filter(None, [self.project.slug if self.project else None, self.cloud, self.endpoint_ref]))
        return scope or "everything"


class ChangeState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"
    OUTDATED = "outdated", "Changed meanwhile"


class ChangeRequest(models.Model):
    """What lets more be spent, or spends much at once: asked for by one person, done by the approval of another."""

    public_id = models.CharField(max_length=48, unique=True, default=change_request_id, editable=False)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="change_requests"
    )
    noun = models.CharField(max_length=16, help_text="quota, budget, installation or block")
    verb = models.CharField(max_length=8, help_text="change, delete or buy")
    subject = models.CharField(max_length=48, help_text="Public id of the row it is about")
    generation = models.BigIntegerField(default=0, help_text="The row's when this was asked for")
    before = models.JSONField()
    after = models.JSONField(null=True, blank=True, help_text="Empty: the row is to go")
    why = models.CharField(max_length=500, blank=True, default="")
    asked_by = models.CharField(max_length=200)
    asked_principal = models.CharField(max_length=120)
    asked_people = models.JSONField(default=list, help_text="Ids of the people behind who asked; none may approve")
    asked_at = models.DateTimeField(help_text="Business time")
    expires_at = models.DateTimeField(help_text="Business time")
    state = models.CharField(max_length=16, choices=ChangeState.choices, default=ChangeState.WAITING)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True, help_text="Business time")
    decided_why = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["subject", "state"], name="change_request_of_subject")]
        constraints = [
            # Two open requests about one row would be approved against each other.
            models.UniqueConstraint(
                fields=["subject"], condition=models.Q(state=ChangeState.WAITING), name="one_waiting_change_per_row"
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject} ({self.state})"
