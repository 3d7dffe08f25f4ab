"""Allocation, its slots, their launch attempts and the holds on the budget."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from fleet.domain.lifecycle import (
    ENDED_ALLOCATION_STATES,
    ENDED_SLOT_STATES,
    OPEN_ATTEMPT_STATES,
    AllocationState,
    AttemptState,
    Desired,
    SlotState,
)
from fleet.models.access import Project, Token
from fleet.models.catalog import CapacityType, CloudAccount
from fleet.models.fields import Leased, public_id
from fleet.models.paid import BlockPurchase, PaidCapacity


def allocation_id() -> str:
    return public_id("alloc")


def slot_id() -> str:
    return public_id("slot")


def attempt_id() -> str:
    return public_id("att")


def fleet_id() -> str:
    return public_id("flt")


def _choices(states: type[AllocationState] | type[SlotState] | type[AttemptState]) -> list[tuple[str, str]]:
    return [(state.value, state.value) for state in states]


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def living(self) -> AllocationQuerySet:
        return self.exclude(state__in=ENDED_ALLOCATION_STATES)


class SlotQuerySet(models.QuerySet["Slot"]):
    def open(self) -> SlotQuerySet:
        return self.exclude(state__in=ENDED_SLOT_STATES)


class Allocation(Leased):
    """What a project asked for and holds."""

    public_id = models.CharField(max_length=48, unique=True, default=allocation_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="allocations")
    name = models.CharField(max_length=100)
    requested_by = models.CharField(max_length=200, blank=True, default="")
    requested_token = models.ForeignKey(
        Token,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allocations",
        help_text="Its spend cap counts",
    )
    endpoint_ref = models.CharField(max_length=48, blank=True, default="", db_index=True)
    # The demand. By name (`accelerator`) or by need (`need`: memory_gib, fp8, interconnect).
    accelerator = models.CharField(max_length=64, blank=True, default="")
    accelerator_count = models.PositiveIntegerField()
    accelerators_per_slot = models.PositiveIntegerField(null=True, blank=True, help_text="Exact size of each machine")
    need = models.JSONField(default=dict, blank=True)
    gang = models.BooleanField(default=False)
    clouds = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    regions = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    capacity_types = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    providers = ArrayField(
        models.CharField(max_length=32), default=list, db_default=[], blank=True,
        help_text="Adapters whose machines it can use; empty: any",
    )  # fmt: skip
    max_price_per_hour = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    on_demand_floor = models.PositiveIntegerField(default=0, db_default=0, help_text="So many may not be spot")
    residency = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="Country or union the machines must stand in"
    )
    image = models.CharField(max_length=300, blank=True, default="")
    startup_script = models.TextField(blank=True, default="")
    ssh_keys = models.JSONField(default=list, blank=True)
    disk_gib = models.PositiveIntegerField(default=200)
    ports = models.JSONField(default=list, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    # Life.
    desired = models.CharField(max_length=8, default=Desired.PRESENT)
    state = models.CharField(max_length=16, choices=_choices(AllocationState), default=AllocationState.REQUESTED)
    reason = models.CharField(max_length=32, default="requested")
    detail = models.TextField(blank=True, default="")
    since = models.DateTimeField(help_text="Business time")
    next_action = models.CharField(max_length=200, blank=True, default="")
    next_action_at = models.DateTimeField(null=True, blank=True, help_text="Business time")
    generation = models.BigIntegerField(default=1)
    observed_generation = models.BigIntegerField(default=0)
    plan = models.JSONField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(help_text="Business time")
    deadline_at = models.DateTimeField(null=True, blank=True, help_text="Give up filling after this; empty: never")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="TTL")
    release_at = models.DateTimeField(
        null=True, blank=True, help_text="Real time. Somebody asked for its release and may withdraw that until then"
    )
    idle_release_seconds = models.PositiveIntegerField(null=True, blank=True)
    idle_since = models.DateTimeField(null=True, blank=True)
    first_ready_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True, help_text="Last time it became whole")
    released_at = models.DateTimeField(null=True, blank=True)
    stockouts_met = models.PositiveIntegerField(default=0)
    preemptions_met = models.PositiveIntegerField(default=0)
    stockouts_survived = models.PositiveIntegerField(default=0)
    preemptions_survived = models.PositiveIntegerField(default=0)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="allocation_due"),
            models.Index(fields=["project", "-id"], name="allocation_of_project"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(accelerator="") | ~models.Q(need={}), name="allocation_names_or_needs"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"


class Slot(Leased):
    """One machine of an allocation, for the whole life of that machine."""

    public_id = models.CharField(max_length=48, unique=True, default=slot_id, editable=False)
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="slots")
    ordinal = models.PositiveIntegerField()
    accelerator_count = models.PositiveIntegerField()
    # The pool planned for it; fixed for good once an attempt in it is open.
    account = models.ForeignKey(CloudAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="slots")
    region = models.CharField(max_length=64, blank=True, default="")
    zone = models.CharField(max_length=64, blank=True, default="")
    instance_type = models.CharField(max_length=100, blank=True, default="")
    capacity_type = models.CharField(max_length=16, choices=CapacityType.choices, blank=True, default="")
    accelerator = models.CharField(max_length=64, blank=True, default="")
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    desired = models.CharField(max_length=8, default=Desired.PRESENT)
    state = models.CharField(max_length=16, choices=_choices(SlotState), default=SlotState.WANTED)
    reason = models.CharField(max_length=32, default="planned")
    detail = models.TextField(blank=True, default="")
    since = models.DateTimeField(help_text="Business time")
    drain_until = models.DateTimeField(null=True, blank=True, help_text="Business time; terminated then at the latest")
    cordoned_at = models.DateTimeField(null=True, blank=True, help_text="Business time; takes no new work since then")
    drained = models.BooleanField(default=True, help_text="No work is left on it; inference clears and sets this")
    terminate_attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(help_text="Business time")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SlotQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="slot_due")]
        constraints = [models.UniqueConstraint(fields=["allocation", "ordinal"], name="one_slot_per_ordinal")]

    def __str__(self) -> str:
        return f"{self.allocation.name} #{self.ordinal}"


class FleetLaunch(models.Model):
    """One call that launches a machine for each of several attempts: frozen with its token, answered once.

    A machine's place in `machines` is the `fleet_index` of its attempt. The list only ever grows, so that no machine
    is taken for another attempt's, whoever learnt of it first and however the cloud orders its answers.
    """

    public_id = models.CharField(max_length=48, unique=True, default=fleet_id, editable=False)
    account = models.ForeignKey(CloudAccount, on_delete=models.PROTECT, related_name="fleet_launches")
    size = models.PositiveIntegerField()
    whole = models.BooleanField(help_text="All of them or none: a gang's")
    frozen_params = models.JSONField()
    params_hash = models.CharField(max_length=64)
    client_token = models.CharField(max_length=64, unique=True)
    calls = models.PositiveIntegerField(default=0)
    called_until = models.DateTimeField(null=True, blank=True, help_text="Real time; a worker waits for its answer")
    machines = models.JSONField(default=list, help_text="What it is known to have made, in the order of its attempts")
    short = models.JSONField(null=True, blank=True, help_text="Why it made fewer than were asked for")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="Business time of the cloud's last word")
    asked_again_from = models.DateTimeField(null=True, blank=True, help_text="Business time; its pool is left alone")
    created_at = models.DateTimeField(help_text="Business time")
    created_at_real = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "fleet launches"

    def __str__(self) -> str:
        return f"{self.public_id}: {self.size} machines"


class LaunchAttempt(models.Model):
    """One frozen launch request with its token. Any change of a parameter is another attempt."""

    public_id = models.CharField(max_length=48, unique=True, default=attempt_id, editable=False)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="attempts")
    n = models.PositiveIntegerField()
    account = models.ForeignKey(CloudAccount, on_delete=models.PROTECT, related_name="attempts")
    region = models.CharField(max_length=64)
    zone = models.CharField(max_length=64)
    instance_type = models.CharField(max_length=100)
    capacity_type = models.CharField(max_length=16)
    paid_capacity = models.ForeignKey(
        PaidCapacity, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts", help_text="It goes into"
    )
    frozen_params = models.JSONField()
    params_hash = models.CharField(max_length=64)
    client_token = models.CharField(max_length=64, unique=True)
    sequence = models.BigIntegerField()
    fleet = models.ForeignKey(
        FleetLaunch, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts",
        help_text="The call it shares with others; its own token is never sent then",
    )  # fmt: skip
    fleet_index = models.PositiveIntegerField(default=0, db_default=0)
    state = models.CharField(max_length=16, choices=_choices(AttemptState), default=AttemptState.INTENT)
    provider_id = models.CharField(max_length=200, blank=True, default="")
    error_class = models.CharField(max_length=16, blank=True, default="")
    error_code = models.CharField(max_length=120, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    calls = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(help_text="Business time")
    created_at_real = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot", "n"], name="one_attempt_per_number"),
            models.UniqueConstraint(
                fields=["slot"],
                condition=models.Q(state__in=sorted(OPEN_ATTEMPT_STATES)),
                name="one_open_attempt_per_slot",
            ),
            models.UniqueConstraint(fields=["fleet", "fleet_index"], name="one_attempt_per_place_of_a_fleet"),
        ]

    def __str__(self) -> str:
        return f"{self.slot} attempt {self.n} in {self.zone}"


class LaunchResult(models.Model):
    """What a cloud answered to a launch. Insert-only and unfenced: facts are never thrown away."""

    attempt = models.ForeignKey(LaunchAttempt, on_delete=models.PROTECT, related_name="results")
    provider_id = models.CharField(max_length=200)
    answer = models.JSONField()
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.attempt} -> {self.provider_id}"


class Hold(models.Model):
    """Money and accelerators kept aside: for one attempt, from its intent until its machine is gone, or for a block.

    That of a block is its fee, and shrinks as the fee is drawn hour by hour. A machine that goes into paid capacity
    holds its accelerators and no money.
    """

    attempt = models.OneToOneField(LaunchAttempt, null=True, blank=True, on_delete=models.PROTECT, related_name="hold")
    purchase = models.OneToOneField(BlockPurchase, null=True, blank=True, on_delete=models.PROTECT, related_name="hold")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="holds")
    cloud = models.CharField(max_length=32)
    endpoint_ref = models.CharField(max_length=48, blank=True, default="")
    accelerator = models.CharField(max_length=64)
    accelerator_count = models.PositiveIntegerField()
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6)
    amount = models.DecimalField(max_digits=20, decimal_places=9, help_text="Price × the time to notice and stop")
    currency = models.CharField(max_length=3, default="USD", db_default="USD", help_text="Of the price and the amount")
    created_at = models.DateTimeField(help_text="Business time")
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["project"], condition=models.Q(released_at=None), name="hold_open"),
        ]

    def __str__(self) -> str:
        return f"{self.price_per_hour}/h for {self.attempt or self.purchase}"
