"""What the bill was for: the hour's cost by purpose, the tokens it bought, and the price of a million of them."""

from __future__ import annotations

from django.db import models

from fleet.models import Allocation, Project


class CostKind(models.TextChoices):
    SERVING = "serving", "Serving"
    IDLE = "idle", "Idle"
    STARTUP = "startup", "Starting up"
    UNMEASURED = "unmeasured", "No telemetry"
    LEAK = "leak", "Leak"
    UNUSED = "unused", "Unused reservation"


class TokenKind(models.TextChoices):
    INPUT = "input", "Input, not cached"
    CACHED_INPUT = "cached-input", "Input from the prefix cache"
    OUTPUT = "output", "Output"


class CostedHour(models.Model):
    """One hour of the bill and whether its shares still stand. Metering marks it; the rebuild clears the mark."""

    hour = models.DateTimeField(primary_key=True)
    dirty = models.BooleanField(default=True)
    closed = models.BooleanField(default=False, help_text="Over, metered to its end and every window in")
    until = models.DateTimeField(
        null=True, blank=True, help_text="Business time; shares and tokens are of [hour, until)"
    )
    rebuilt_at = models.DateTimeField(null=True, blank=True, help_text="Business time")
    # What the hour's windows held at the rebuild: when they hold something else by now, it is done again.
    tokens_counted = models.BigIntegerField(default=0)
    machine_samples = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["hour"], condition=models.Q(dirty=True), name="hour_dirty")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h"


class AllocatedCost(models.Model):
    """A share of one hour's bill. The shares of an hour add up to its ledger exactly, to the last digit kept."""

    hour = models.DateTimeField()
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    allocation = models.ForeignKey(Allocation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    endpoint_ref = models.CharField(max_length=48, blank=True, default="")
    cloud = models.CharField(max_length=32)
    kind = models.CharField(max_length=12, choices=CostKind.choices)
    amount = models.DecimalField(max_digits=20, decimal_places=9)
    currency = models.CharField(max_length=3)
    seconds = models.FloatField(help_text="Machine-seconds")
    accelerator_seconds = models.FloatField()
    method = models.CharField(max_length=32, help_text="busy-ratio, ready-time, no-telemetry, unowned")
    completeness = models.FloatField(help_text="Ratio of the machine time that was observed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "project", "allocation", "endpoint_ref", "cloud", "kind", "currency"],
                name="one_share_per_purpose_and_hour",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["endpoint_ref", "hour"], name="share_of_endpoint")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency} in {self.hour:%Y-%m-%d %H}h"


class HourlySpend(models.Model):
    """The shares of an hour added up over allocations, rebuilt with them: what charts of spend read."""

    hour = models.DateTimeField()
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cloud = models.CharField(max_length=32)
    kind = models.CharField(max_length=12, choices=CostKind.choices)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=9)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "project", "cloud", "kind", "currency"],
                name="one_spend_per_hour_and_kind",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency} in {self.hour:%Y-%m-%d %H}h"


class TokenUsage(models.Model):
    """Tokens of one endpoint in one hour, by who asked and by kind."""

    hour = models.DateTimeField()
    endpoint_ref = models.CharField(max_length=48)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: not known"
    )
    kind = models.CharField(max_length=12, choices=TokenKind.choices)
    tokens = models.BigIntegerField()
    requests = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint_ref", "hour", "project", "kind"],
                name="one_token_count_per_kind_and_hour",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["hour"], name="tokens_by_hour")]

    def __str__(self) -> str:
        return f"{self.tokens} {self.kind} in {self.hour:%Y-%m-%d %H}h"


class CostPerToken(models.Model):
    """What a million tokens of one endpoint cost in one hour, on the allocated basis: all of the hour's bill.

    Without a number (`cost_per_million` empty) `reason` says why. Below a completeness of 1 tokens may be
    missing, so the true cost is at most what is shown.
    """

    hour = models.DateTimeField()
    endpoint_ref = models.CharField(max_length=48)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Who pays"
    )
    amount = models.DecimalField(max_digits=20, decimal_places=9)
    currency = models.CharField(max_length=3)
    input_tokens = models.BigIntegerField(help_text="Not from the prefix cache")
    cached_input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    cost_per_million = models.DecimalField(
        max_digits=20, decimal_places=6, null=True, blank=True, help_text="Input, cached and output tokens together"
    )
    cost_per_million_output = models.DecimalField(
        max_digits=20, decimal_places=6, null=True, blank=True, help_text="The same bill over output tokens alone"
    )
    method = models.CharField(max_length=32, help_text="allocated, and where the tokens were counted")
    completeness = models.FloatField()
    gap_seconds = models.FloatField(default=0, help_text="In which tokens may have gone unseen")
    reason = models.CharField(
        max_length=200, blank=True, default="", help_text="Why there is no number, or why it is rough"
    )
    until = models.DateTimeField(help_text="Business time; covers [hour, until)")
    closed = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "costs per token"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint_ref", "currency", "hour"], name="one_token_price_per_endpoint_and_hour"
            )
        ]
        indexes = [models.Index(fields=["hour"], name="token_price_by_hour")]

    def __str__(self) -> str:
        return f"{self.endpoint_ref} {self.cost_per_million} {self.currency} per million"
