"""What machines cost: usage intervals, how far each machine is metered, and the ledger."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from fleet.models import Instance, PaidCapacity, Project


class ChargeKind(models.TextChoices):
    MACHINE = "machine", "Machine of an allocation"
    LEAK = "leak", "Machine nobody asked for"
    UNUSED = "unused", "Paid capacity nobody used"
    PREPAID = "prepaid", "Fee of a capacity block"


class MeterState(models.Model):
    """How far one machine is metered, and the facts that was based on: when they change it is metered anew."""

    instance = models.OneToOneField(Instance, on_delete=models.PROTECT, related_name="meter")
    launched_at = models.DateTimeField(null=True, blank=True, help_text="Start of the bill as last metered")
    terminated_at = models.DateTimeField(null=True, blank=True, help_text="End of the bill as last metered")
    metered_until = models.DateTimeField(null=True, blank=True, help_text="Business time, exclusive")
    closed = models.BooleanField(default=False, help_text="Metered to its end")

    class Meta:
        indexes = [models.Index(fields=["instance"], condition=Q(closed=False), name="meter_running")]

    def __str__(self) -> str:
        return f"{self.instance} until {self.metered_until}"


class UsageInterval(models.Model):
    """A stretch of one machine's bill at one price, inside one hour. No instant can be billed twice."""

    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="usage_intervals")
    period = DateTimeRangeField(help_text="Business time, half-open")
    hour = models.DateTimeField(help_text="The hour that holds the period")
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6)
    price_source = models.CharField(max_length=64, help_text="launch, or market@ and the change point's instant")
    amount = models.DecimalField(max_digits=20, decimal_places=9, help_text="Seconds × price, as the ledger holds it")
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=8, choices=ChargeKind.choices)
    cloud = models.CharField(max_length=32)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    endpoint_ref = models.CharField(max_length=48, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["hour"], name="usage_by_hour")]
        constraints = [
            # A range of one id compares with `=` in GiST without the btree_gist extension.
            ExclusionConstraint(
                name="no_instant_is_billed_twice",
                expressions=[
                    (Func(F("instance"), F("instance"), Value("[]"), function="int8range"), RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="usage_stays_inside_its_hour",
                condition=Q(period__startswith__gte=F("hour"), period__endswith__lte=F("hour") + timedelta(hours=1))
                & Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instance}: {self.amount} {self.currency} in {self.hour:%Y-%m-%d %H}h"

    @property
    def seconds(self) -> Decimal:
        length: timedelta = self.period.upper - self.period.lower
        return Decimal(length // timedelta(microseconds=1)) / 1_000_000


class PaidMeter(models.Model):
    """How far one paid capacity is charged: its fee once, and up to an hour what nobody used of it."""

    capacity = models.OneToOneField(PaidCapacity, on_delete=models.PROTECT, related_name="meter")
    fee_posted = models.BooleanField(default=False)
    charged_until = models.DateTimeField(null=True, blank=True, help_text="Business time, a full hour, exclusive")
    closed = models.BooleanField(default=False, help_text="Charged to its end")

    def __str__(self) -> str:
        return f"{self.capacity} until {self.charged_until}"


class UnusedHour(models.Model):
    """What one hour of paid capacity cost beyond what its machines used, as the ledger holds it."""

    capacity = models.ForeignKey(PaidCapacity, on_delete=models.PROTECT, related_name="unused_hours")
    hour = models.DateTimeField()
    period = DateTimeRangeField(help_text="Business time, half-open, inside the hour")
    seconds = models.DecimalField(max_digits=20, decimal_places=6, help_text="Machine-seconds nobody used")
    amount = models.DecimalField(max_digits=20, decimal_places=9)
    used = models.DecimalField(max_digits=20, decimal_places=9, help_text="What its machines were billed by then")
    currency = models.CharField(max_length=3)
    cloud = models.CharField(max_length=32)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["hour"], name="unused_by_hour")]
        constraints = [models.UniqueConstraint(fields=["capacity", "hour"], name="one_unused_hour_per_capacity")]

    def __str__(self) -> str:
        return f"{self.capacity}: {self.amount} {self.currency} unused in {self.hour:%Y-%m-%d %H}h"


class PostedMonth(models.Model):
    """What the usage intervals of a calendar month add up to, kept in the transaction that writes them.

    So that no page and no budget adds up a month of intervals to know where it stands.
    """

    month = models.DateTimeField(help_text="Its first instant")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cloud = models.CharField(max_length=32)
    endpoint_ref = models.CharField(max_length=48, blank=True, default="")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=9)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "project", "cloud", "endpoint_ref", "currency"],
                name="one_sum_per_month_and_scope",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} in {self.month:%Y-%m}"


class LedgerEntry(models.Model):
    """One side of a transaction. Never changed, never removed: what was wrong is reversed and posted anew.

    The entries of a transaction add up to zero, which a deferred trigger checks at commit; costs are positive
    on the `cost:` side. PostgreSQL refuses UPDATE, DELETE and TRUNCATE.
    """

    transaction_id = models.UUIDField(db_index=True)
    account = models.CharField(
        max_length=120, help_text="cost:<project, leak or unused>, payable:<cloud account>, prepaid:<paid capacity>"
    )
    amount = models.DecimalField(max_digits=20, decimal_places=9)
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=8, choices=ChargeKind.choices)
    period = DateTimeRangeField(help_text="Business time, half-open, inside one hour; of a fee, all of its block")
    hour = models.DateTimeField()
    instance = models.ForeignKey(
        Instance, null=True, blank=True, on_delete=models.PROTECT, related_name="ledger_entries",
        help_text="Empty: it is about paid capacity, not about a machine",
    )  # fmt: skip
    paid_capacity = models.ForeignKey(
        PaidCapacity, null=True, blank=True, on_delete=models.PROTECT, related_name="ledger_entries"
    )
    cloud = models.CharField(max_length=32)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    endpoint_ref = models.CharField(max_length=48, blank=True, default="")
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6)
    price_source = models.CharField(max_length=64)
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by", help_text="At most once"
    )
    reason = models.CharField(max_length=120, blank=True, default="", help_text="Why it was reversed")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Real time")

    class Meta:
        verbose_name_plural = "ledger entries"
        indexes = [
            models.Index(fields=["hour"], name="ledger_by_hour"),
            models.Index(fields=["instance", "hour"], name="ledger_by_instance"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(amount=Decimal(0)), name="entry_moves_something")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount:+} {self.currency}"
