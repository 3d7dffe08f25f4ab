"""Capacity that is paid for whether it is used or not, and the purchases of capacity blocks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models.functions import Now

from fleet.models.access import Project, Token
from fleet.models.catalog import CloudAccount
from fleet.models.fields import Leased, public_id


def paid_capacity_id() -> str:
    return public_id("cap")


def purchase_id() -> str:
    return public_id("buy")


class PaidKind(models.TextChoices):
    RESERVATION = "reservation", "Reservation"
    BLOCK = "block", "Capacity block"
    FUTURE = "future", "Future reservation"


class PurchaseState(models.TextChoices):
    WAITING = "waiting", "Waits for approval"
    INTENT = "intent", "Being bought"
    UNKNOWN = "unknown", "Answer unknown"
    BOUGHT = "bought", "Bought"
    REFUSED = "refused", "Refused"
    ABANDONED = "abandoned", "Given up"


OPEN_PURCHASES = (PurchaseState.INTENT, PurchaseState.UNKNOWN)


class BlockPurchase(Leased):
    """The frozen intent to buy one capacity block. It is sent at most once: no cloud knows a token for this."""

    public_id = models.CharField(max_length=48, unique=True, default=purchase_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="block_purchases")
    account = models.ForeignKey(CloudAccount, on_delete=models.PROTECT, related_name="block_purchases")
    requested_by = models.CharField(max_length=200)
    requested_token = models.ForeignKey(
        Token, null=True, blank=True, on_delete=models.PROTECT, related_name="block_purchases"
    )
    instance_type = models.CharField(max_length=100)
    region = models.CharField(max_length=64)
    zone = models.CharField(max_length=64)
    machines = models.PositiveIntegerField()
    starts_at = models.DateTimeField(help_text="Business time, as offered")
    ends_at = models.DateTimeField(help_text="Business time, as offered")
    fee = models.DecimalField(max_digits=20, decimal_places=9, help_text="In total")
    currency = models.CharField(max_length=3)
    frozen_params = models.JSONField(help_text="The order as it is sent")
    state = models.CharField(max_length=16, choices=PurchaseState.choices, default=PurchaseState.INTENT)
    detail = models.TextField(blank=True, default="")
    error_class = models.CharField(max_length=16, blank=True, default="")
    error_code = models.CharField(max_length=120, blank=True, default="")
    calls = models.PositiveIntegerField(default=0, help_text="Never above one")
    called_at_real = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(help_text="Business time")
    created_at_real = models.DateTimeField(db_default=Now())
    offer_until = models.DateTimeField(
        null=True, blank=True, help_text="Real time; the offer holds until then, so an approval after it buys nothing"
    )
    resolved_at = models.DateTimeField(null=True, blank=True, help_text="Business time")

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="block_purchase_due"),
            models.Index(fields=["project", "-id"], name="block_purchase_of_project"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(calls__lte=1), name="block_is_ordered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.machines} × {self.instance_type} in {self.zone} ({self.public_id})"


class BlockPurchaseResult(models.Model):
    """What a cloud answered to a purchase. Insert-only and unfenced: facts are never thrown away."""

    purchase = models.ForeignKey(BlockPurchase, on_delete=models.PROTECT, related_name="results")
    ref = models.CharField(max_length=500)
    answer = models.JSONField()
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.purchase} -> {self.ref}"


class PaidCapacityQuerySet(models.QuerySet["PaidCapacity"]):
    def with_room(self) -> models.QuerySet[Any]:
        """Rows with `taken`: attempts whose hold is open, so sent or about to be, given up ones too."""
        held = models.Q(attempts__hold__released_at=None, attempts__hold__pk__gt=0)
        return self.annotate(taken=models.Count("attempts", filter=held))

    def open_to(self, projects: Collection[int] | None) -> PaidCapacityQuerySet:
        """Rows that one of these projects may use, and so hear of: its own, shared ones and nobody's. None: all rows.

        Plans and launches ask the same of a row that was read: `kept_for`.
        """
        if projects is None:
            return self
        nobodys, shared, own = models.Q(project=None), models.Q(shared=True), models.Q(project__in=projects)
        return self.filter(nobodys | shared | own)


class PaidCapacity(models.Model):
    """Machines of one type in one zone that an account pays for whether it uses them or not, as the cloud tells it."""

    public_id = models.CharField(max_length=48, unique=True, default=paid_capacity_id, editable=False)
    account = models.ForeignKey(CloudAccount, on_delete=models.PROTECT, related_name="paid_capacity")
    ref = models.CharField(max_length=500, help_text="The cloud's own id")
    kind = models.CharField(max_length=16, choices=PaidKind.choices)
    purchase = models.OneToOneField(
        BlockPurchase, null=True, blank=True, on_delete=models.PROTECT, related_name="capacity"
    )
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="paid_capacity",
        help_text="Who keeps it, and bears the hours nobody uses; empty: the installation",
    )  # fmt: skip
    shared = models.BooleanField(
        default=False, db_default=False, help_text="Other projects than the one that keeps it may use it"
    )
    instance_type = models.CharField(max_length=100)
    region = models.CharField(max_length=64)
    zone = models.CharField(max_length=64)
    machines = models.PositiveIntegerField()
    available = models.PositiveIntegerField(null=True, blank=True, help_text="Free by the cloud's word; empty: unsaid")
    used_by_others = models.PositiveIntegerField(default=0, help_text="Taken by machines that are not ours")
    state = models.CharField(max_length=32, help_text="The cloud's own word")
    usable = models.BooleanField(default=False, help_text="Machines may be launched into it now")
    listed = models.BooleanField(default=True, help_text="The cloud still tells of it")
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Business time")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Business time; paid for until then")
    machines_until = models.DateTimeField(
        null=True, blank=True, help_text="Business time; the cloud takes its machines back then"
    )
    fee = models.DecimalField(
        max_digits=20, decimal_places=9, null=True, blank=True, help_text="Of a block, in total; empty: not known"
    )
    price_per_hour = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, blank=True, help_text="Of one machine; empty: not known"
    )
    currency = models.CharField(max_length=3, default="USD")
    first_seen_at = models.DateTimeField(help_text="Business time")
    seen_at = models.DateTimeField(help_text="Business time")

    objects = PaidCapacityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "paid capacity"
        indexes = [models.Index(fields=["account"], condition=models.Q(usable=True), name="paid_capacity_usable")]
        constraints = [models.UniqueConstraint(fields=["account", "ref"], name="one_row_per_paid_capacity")]

    def __str__(self) -> str:
        return f"{self.ref} ({self.machines} × {self.instance_type} in {self.zone})"

    @property
    def kept_for(self) -> int | None:
        """The one project that may use it; None: every project may."""
        return None if self.shared else self.project_id

    @property
    def payment_open(self) -> bool:
        """The cloud has not taken the fee yet; it may still fail."""
        return self.state == "payment-pending"

    @property
    def never_paid(self) -> bool:
        """The cloud says that it took no fee."""
        return self.state in ("payment-failed", "failed")
