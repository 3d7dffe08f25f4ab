"""What the clouds sell, at which price, and what we remember of asking for it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from fleet.domain.outcomes import QuotaUnit
from fleet.models.fields import named_by_the_database, public_id


def account_id() -> str:
    return public_id("acct")


def offering_id() -> str:
    return public_id("off")


def signal_id() -> str:
    return public_id("sig")


def memory_id() -> str:
    return public_id("mem")


def price_rule_id() -> str:
    return public_id("rule")


class CapacityType(models.TextChoices):
    ON_DEMAND = "on-demand", "On-demand"
    SPOT = "spot", "Spot"
    RESERVED = "reserved", "Reserved"
    FLEX_START = "flex-start", "Flex-start"


class CloudAccount(models.Model):
    """One account of one cloud.

    Its credential is a reference (`env:NAME`, `file:/path`; empty: the identity of the workers), or it is `sealed`:
    kept here in an envelope that only the key ring opens. Nobody is ever shown it.
    """

    public_id = models.CharField(max_length=48, unique=True, default=account_id, editable=False)
    cloud = models.CharField(max_length=32, help_text="aws, gcp, azure, kubernetes …")
    provider = models.CharField(max_length=32, help_text="Which adapter speaks to it: a name of fleet.providers")
    name = models.CharField(max_length=100, unique=True)
    credentials_ref = models.CharField(max_length=300, blank=True, default="")
    sealed_credential = models.TextField(blank=True, default="", db_default="", editable=False)
    options = models.JSONField(default=dict, blank=True, help_text="Endpoint and other settings of the adapter")
    expected_account_ref = models.CharField(
        max_length=120, blank=True, default="", help_text="The cloud's own account id, seen at the first read"
    )
    enabled = models.BooleanField(default=True)
    last_notice_seq = models.BigIntegerField(default=0, editable=False)
    last_read_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Last good answer (real time)")
    last_error = models.TextField(blank=True, default="", editable=False)
    last_error_code = models.CharField(max_length=120, blank=True, default="", db_default="", editable=False)
    last_error_step = models.TextField(
        blank=True, default="", db_default="", editable=False, help_text="What a person can do about the last error"
    )
    sweep_requested_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Real time")
    prices_complete_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="No price change before this business time is missing"
    )
    unpriced_pools = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Listed at the last read, and not offered: nobody says a price",
    )
    priced_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The price book's turns up to this business time are in prices"
    )
    generation = models.BigIntegerField(default=1, db_default=1, editable=False)

    def __str__(self) -> str:
        return self.name


class InstanceType(models.Model):
    """A cloud's machine shape."""

    cloud = models.CharField(max_length=32)
    name = models.CharField(max_length=100)
    accelerator = models.CharField(max_length=64, db_index=True, help_text="A name of the accelerator catalogue")
    accelerator_count = models.PositiveIntegerField()
    vcpus = models.PositiveIntegerField(default=0)
    memory_gib = models.FloatField(default=0)
    interconnect = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cloud", "name"], name="one_instance_type_per_cloud")]

    def __str__(self) -> str:
        return f"{self.cloud} {self.name}"


class Offering(models.Model):
    """Instance type × zone × capacity type, with the price last seen: one capacity pool of one account."""

    public_id = models.CharField(
        max_length=48, unique=True, default=offering_id, db_default=named_by_the_database("off"), editable=False
    )
    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="offerings")
    instance_type = models.ForeignKey(InstanceType, on_delete=models.PROTECT, related_name="offerings")
    region = models.CharField(max_length=64)
    zone = models.CharField(max_length=64)
    capacity_type = models.CharField(max_length=16, choices=CapacityType.choices)
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3, default="USD")
    price_source = models.CharField(max_length=200, blank=True, default="")
    price_row = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="What it was read from, in the cloud's words"
    )
    list_price_per_hour = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, blank=True, help_text="The cloud's own; empty: it does not say"
    )
    list_source = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Where the list price is from"
    )
    price_rule = models.CharField(
        max_length=48, blank=True, default="", db_default="", help_text="The rule of the price book that decided"
    )
    imported = models.BooleanField(
        default=False, db_default=False, help_text="The price is from a file that somebody read in"
    )
    observed_at = models.DateTimeField(help_text="Business time")
    offered = models.BooleanField(default=True, help_text="The cloud still lists it")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "instance_type", "zone", "capacity_type"], name="one_offering_per_pool"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instance_type} {self.zone} {self.capacity_type}"


class PricePoint(models.Model):
    """A price from an instant on. History is never rewritten."""

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="price_points")
    effective_from = models.DateTimeField()
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6)
    list_price_per_hour = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    price_rule = models.CharField(max_length=48, blank=True, default="", db_default="")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offering", "effective_from"], name="one_price_per_offering_and_instant")
        ]

    def __str__(self) -> str:
        return f"{self.offering}: {self.price_per_hour} from {self.effective_from:%Y-%m-%d %H:%M}"


class PriceRuleKind(models.TextChoices):
    DISCOUNT = "discount", "Discount off the list"
    FIXED = "fixed", "Fixed price"
    COMMITMENT = "commitment", "Commitment"
    OWNED = "owned", "Owned hardware"


class PriceRule(models.Model):
    """One line of the price book. Empty scopes mean any. What it says never changes; it is ended and followed."""

    public_id = models.CharField(max_length=48, unique=True, default=price_rule_id, editable=False)
    name = models.CharField(max_length=100, help_text="What it is called in prices and bills")
    kind = models.CharField(max_length=16, choices=PriceRuleKind.choices)
    account = models.ForeignKey(
        CloudAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="price_rules"
    )
    cloud = models.CharField(max_length=32, blank=True, default="")
    instance_type = models.CharField(
        max_length=100, blank=True, default="", help_text="A name, or a pattern with stars such as p5.*"
    )
    region = models.CharField(max_length=64, blank=True, default="")
    capacity_type = models.CharField(max_length=16, choices=CapacityType.choices, blank=True, default="")
    percent_off = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True, help_text="Off the list")
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    committed_per_hour = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, blank=True, help_text="Owed every hour, used or not"
    )
    cost = models.JSONField(null=True, blank=True, help_text="Of owned hardware: purchase, life_years, power_watts …")
    currency = models.CharField(max_length=3, default="USD")
    starts_at = models.DateTimeField(help_text="Business time")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Business time; it holds no more at this instant")
    note = models.CharField(max_length=500, blank=True, default="", help_text="The contract, who agreed to it …")
    used_up = models.BooleanField(default=False, editable=False, help_text="Machines that run use all of it")
    generation = models.BigIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gte=models.F("starts_at")),
                name="price_rule_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ReferencePrice(models.Model):
    """A price out of a file somebody read in: to compare with, and where policy says so, to buy at."""

    cloud = models.CharField(max_length=32)
    instance_type = models.CharField(max_length=100)
    region = models.CharField(max_length=64)
    zone = models.CharField(max_length=64, blank=True, default="", help_text="Empty: every zone of the region")
    capacity_type = models.CharField(max_length=16, choices=CapacityType.choices)
    accelerator = models.CharField(max_length=64, blank=True, default="")
    accelerator_count = models.FloatField(default=0)
    price_per_hour = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3, default="USD")
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    line = models.PositiveIntegerField(help_text="Of that file")
    imported_at = models.DateTimeField(help_text="Business time")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cloud", "instance_type", "region", "zone", "capacity_type"], name="one_reference_price"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cloud} {self.zone or self.region} {self.instance_type} {self.capacity_type}"


class CloudQuota(models.Model):
    """A limit the cloud keeps on an account in a region, as last read. No number: the cloud does not say."""

    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="cloud_quotas")
    region = models.CharField(max_length=64, blank=True, default="", help_text="Empty: all regions together")
    zone = models.CharField(max_length=64, blank=True, default="", help_text="Empty: the whole region")
    name = models.CharField(max_length=200, help_text="As the cloud calls it")
    unit = models.CharField(max_length=16, choices=[(unit.value, unit.value) for unit in QuotaUnit])
    most = models.BigIntegerField(null=True, blank=True)
    used = models.BigIntegerField(null=True, blank=True)
    instance_types = ArrayField(models.CharField(max_length=100), default=list, blank=True, help_text="Empty: all")
    capacity_types = ArrayField(models.CharField(max_length=16), default=list, blank=True, help_text="Empty: any")
    observed_at = models.DateTimeField(help_text="Business time")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "region", "zone", "name"], name="one_cloud_quota_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.zone or self.region or 'all regions'}"


class CatalogueChange(models.Model):
    """Written by the database in each transaction that changes what is on sale, or what asking taught (`kind`).

    Processes that keep either in memory ask whether there is another one. Nothing is locked for it, and nobody who
    writes has to think of it: its triggers are in the migrations. The database forgets old ones.
    """

    tx = models.BigIntegerField()
    kind = models.CharField(max_length=16, default="market", db_default="market")

    def __str__(self) -> str:
        return f"Change {self.pk}"


class CapacityMemory(models.Model):
    """What asking taught us. Empty zone, instance type or capacity type mean any: the refusal's scope."""

    public_id = models.CharField(
        max_length=48, unique=True, default=memory_id, db_default=named_by_the_database("mem"), editable=False
    )
    account = models.ForeignKey(CloudAccount, on_delete=models.CASCADE, related_name="memories")
    region = models.CharField(max_length=64, blank=True, default="")
    zone = models.CharField(max_length=64, blank=True, default="")
    instance_type = models.CharField(max_length=100, blank=True, default="")
    capacity_type = models.CharField(max_length=16, blank=True, default="")
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_refusal_at = models.DateTimeField(null=True, blank=True)
    last_refusal_class = models.CharField(max_length=16, blank=True, default="")
    last_refusal_code = models.CharField(max_length=120, blank=True, default="")
    last_refusal_quota = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Which quota of the cloud was full, if it was one",
    )
    cooldown_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)
    refusals_in_a_row = models.PositiveIntegerField(default=0)
    fill_seconds = models.JSONField(default=list, help_text="Last 50 times from launch to ready, business seconds")
    interruptions = models.PositiveIntegerField(default=0)
    held_hours = models.FloatField(default=0, help_text="Machine-hours held: the base of the interruption rate")
    # The same counts as they weigh at `counted_at`; from then on they fade (fleet.domain.capacity.faded).
    recent_attempts = models.FloatField(default=0, db_default=0, editable=False)
    recent_refusals = models.FloatField(default=0, db_default=0, editable=False)
    recent_interruptions = models.FloatField(default=0, db_default=0, editable=False)
    recent_hours = models.FloatField(default=0, db_default=0, editable=False)
    counted_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Business time")
    # What the cloud itself said of the pool, when it was asked for advice.
    obtainability = models.FloatField(null=True, blank=True, help_text="0 to 1: how likely it gives a machine")
    advised_uptime_seconds = models.PositiveIntegerField(null=True, blank=True, help_text="Until it is taken back")
    advised_machines = models.PositiveIntegerField(null=True, blank=True, help_text="How many it was asked about")
    advised_at = models.DateTimeField(null=True, blank=True, help_text="Business time")
    named_at = models.DateTimeField(
        null=True, blank=True, help_text="Business time; a refusal elsewhere named this zone as having room"
    )

    class Meta:
        verbose_name_plural = "capacity memories"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "region", "zone", "instance_type", "capacity_type"], name="one_memory_per_scope"
            )
        ]

    def __str__(self) -> str:
        scope = [self.region, self.zone, self.instance_type, self.capacity_type]
        return f"{self.account}: {' '.join(filter(None, scope)) or 'everything'}"


class UnclassifiedSignal(models.Model):
    """A code with which a cloud answered and that no row of outcomes.toml covers: one row a code, counted."""

    public_id = models.CharField(max_length=48, unique=True, default=signal_id, editable=False)
    cloud = models.CharField(max_length=32)
    code = models.CharField(max_length=120)
    message = models.TextField(blank=True, default="", help_text="The cloud's own text, as it was the last time")
    times = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField(help_text="Business time")
    last_seen_at = models.DateTimeField(help_text="Business time")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cloud", "code"], name="one_row_per_unclassified_code")]

    def __str__(self) -> str:
        return f"{self.cloud} {self.code}"
