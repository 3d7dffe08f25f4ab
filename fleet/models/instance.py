"""Machines as the clouds report them, what we saw of their health, and the sweeps that looked for them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fleet.models.access import Project
from fleet.models.allocation import LaunchAttempt, Slot
from fleet.models.catalog import CloudAccount
from fleet.models.fields import named_by_the_database, public_id
from fleet.models.paid import PaidCapacity


def instance_id() -> str:
    return public_id("inst")


def incident_id() -> str:
    return public_id("inc")


def sweep_id() -> str:
    return public_id("swp")


class Instance(models.Model):
    """One machine we pay for. Without a slot it is an orphan: its cost is a leak and it is ended."""

    public_id = models.CharField(max_length=48, unique=True, default=instance_id, editable=False)
    slot = models.OneToOneField(Slot, null=True, blank=True, on_delete=models.PROTECT, related_name="instance")
    attempt = models.OneToOneField(
        LaunchAttempt, null=True, blank=True, on_delete=models.PROTECT, related_name="instance"
    )
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="instances")
    account = models.ForeignKey(CloudAccount, on_delete=models.PROTECT, related_name="instances")
    provider_id = models.CharField(max_length=200)
    cloud = models.CharField(max_length=32)
    region = models.CharField(max_length=64)
    zone = models.CharField(max_length=64)
    instance_type = models.CharField(max_length=100)
    accelerator = models.CharField(max_length=64)
    accelerator_count = models.PositiveIntegerField()
    capacity_type = models.CharField(max_length=16)
    paid_capacity = models.ForeignKey(
        PaidCapacity, null=True, blank=True, on_delete=models.PROTECT, related_name="instances", help_text="It runs in"
    )
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6, help_text="At launch")
    currency = models.CharField(max_length=3, default="USD")
    cloud_state = models.CharField(max_length=32, blank=True, default="", help_text="As the cloud words it")
    launched_at = models.DateTimeField(help_text="The cloud's own start of the bill")
    running_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    terminated_at = models.DateTimeField(null=True, blank=True, help_text="The cloud's own end of the bill")
    end_reason = models.CharField(max_length=32, blank=True, default="")
    interruption_noticed_at = models.DateTimeField(null=True, blank=True)
    interruption_at = models.DateTimeField(null=True, blank=True)
    private_ip = models.CharField(max_length=64, blank=True, default="")
    public_ip = models.CharField(max_length=64, blank=True, default="")
    endpoints = models.JSONField(default=dict, blank=True, help_text='{"dcgm": url, "ssh": host:port}')
    last_observed_at = models.DateTimeField(null=True, blank=True, help_text="Real time of the last good read")

    class Meta:
        indexes = [
            models.Index(fields=["account"], condition=models.Q(terminated_at=None), name="instance_live"),
            models.Index(fields=["launched_at"], name="instance_by_launch"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "provider_id"], name="one_row_per_machine"),
        ]

    def __str__(self) -> str:
        return self.provider_id


class TerminationFact(models.Model):
    """What a cloud answered to a terminate. Insert-only, like LaunchResult."""

    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="termination_facts")
    outcome = models.CharField(max_length=32)
    answer = models.JSONField(default=dict)
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.instance}: {self.outcome}"


class HealthSignal(models.Model):
    """One observation about a machine's health, from whatever source."""

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="health_signals")
    at = models.DateTimeField(help_text="Business time")
    kind = models.CharField(max_length=32, help_text="xid, scrape, cloud …")
    code = models.CharField(max_length=64, blank=True, default="")
    severity = models.CharField(max_length=16)
    detail = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["instance", "-at"], name="health_by_instance")]

    def __str__(self) -> str:
        return f"{self.instance}: {self.kind} {self.code}"


class Incident(models.Model):
    """Something that needs an eye: opened once, closed once."""

    public_id = models.CharField(max_length=48, unique=True, default=incident_id, editable=False)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="incidents")
    kind = models.CharField(max_length=48)
    subject = models.CharField(max_length=64, help_text="Public id of what it is about")
    detail = models.TextField()
    doing = models.TextField(blank=True, default="", help_text="What Purser does about it, and whether you must act")
    opened_at = models.DateTimeField(help_text="Business time")
    acknowledged_at = models.DateTimeField(null=True, blank=True, help_text="Business time; somebody looks after it")
    acknowledged_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Empty: Purser saw it was over"
    )
    close_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    generation = models.BigIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(closed_at=None), name="one_open_incident_per_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"


class Sweep(models.Model):
    """One look at everything an account holds, and what came of comparing it with our rows."""

    public_id = models.CharField(
        max_length=48, unique=True, default=sweep_id, db_default=named_by_the_database("swp"), editable=False
    )
    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="sweeps")
    started_at = models.DateTimeField(help_text="Real time")
    finished_at = models.DateTimeField(null=True, blank=True)
    business_at = models.DateTimeField()
    complete = models.BooleanField(default=False)
    listed = models.PositiveIntegerField(default=0)
    owned = models.PositiveIntegerField(default=0)
    foreign = models.PositiveIntegerField(default=0)
    orphans = models.PositiveIntegerField(default=0)
    orphans_ended = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    broken_circuit = models.TextField(blank=True, default="", help_text="Why this sweep ended nothing; empty: it could")

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="sweep_by_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.started_at:%Y-%m-%d %H:%M:%S}"
