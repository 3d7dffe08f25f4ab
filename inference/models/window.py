"""What was measured: per minute and per hour, of endpoints, replicas and machines."""

from __future__ import annotations

from django.db import models

from fleet.models import Instance
from inference.models.endpoint import Endpoint
from inference.models.replica import Replica


class WindowSource(models.TextChoices):
    EVENTS = "events", "Usage events"
    SCRAPE = "scrape", "Engine metrics"


class Figures(models.Model):
    """Counters add up; gauges are means over `scrapes` with their largest value; sketches and histograms merge.

    Rows of source `events` speak for the whole endpoint (no replica) and carry sketches; rows of source `scrape`
    speak for one replica and carry histograms. The two count the same requests: never add them together.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    replica = models.ForeignKey(Replica, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=8, choices=WindowSource.choices)
    start = models.DateTimeField(help_text="Business time, inclusive")
    # Counters of what finished in the window.
    requests = models.BigIntegerField(default=0, help_text="Finished, whatever the outcome")
    requests_cut = models.BigIntegerField(default=0)
    requests_error = models.BigIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    cached_input_tokens = models.BigIntegerField(default=0, help_text="Part of input_tokens")
    output_tokens = models.BigIntegerField(default=0)
    request_seconds = models.FloatField(default=0, help_text="Sum of end-to-end seconds of the finished requests")
    preemptions = models.BigIntegerField(default=0, help_text="Sequences the engine pushed out of its KV cache")
    # Gauges.
    running_mean = models.FloatField(null=True, blank=True)
    running_max = models.FloatField(null=True, blank=True)
    waiting_mean = models.FloatField(null=True, blank=True)
    waiting_max = models.FloatField(null=True, blank=True)
    kv_usage_mean = models.FloatField(null=True, blank=True, help_text="Ratio")
    kv_usage_max = models.FloatField(null=True, blank=True, help_text="Ratio")
    # Distributions, in milliseconds.
    ttft_sketch = models.BinaryField(null=True, blank=True)
    itl_sketch = models.BinaryField(null=True, blank=True, help_text="Of each request's mean gap between tokens")
    e2e_sketch = models.BinaryField(null=True, blank=True)
    histograms = models.JSONField(default=dict, blank=True, help_text="ttft, itl, e2e: bounds_ms, counts, sum_ms")
    # How much of it we saw.
    scrapes = models.PositiveIntegerField(default=0)
    scrapes_failed = models.PositiveIntegerField(default=0)
    gap_seconds = models.FloatField(default=0, help_text="Business seconds in which counters may have moved unseen")
    resets = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class Window(Figures):
    """One minute."""

    rolled = models.BooleanField(default=False, help_text="The hour holds this minute as it stands")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "replica", "source", "start"], name="one_window_per_minute", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["start"], name="window_by_start"),
            models.Index(fields=["id"], condition=models.Q(rolled=False), name="window_unrolled"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.start:%Y-%m-%d %H:%M}"


class HourWindow(Figures):
    """One hour, always rebuilt whole from its minutes."""

    minutes = models.PositiveSmallIntegerField(default=0, help_text="How many minutes had a window")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "replica", "source", "start"], name="one_hour_window_per_hour", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["start"], name="hour_window_by_start")]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.start:%Y-%m-%d %H}h"


class MachineFigures(models.Model):
    """Means over `samples` of all the machine's accelerators. Empty means: not reported."""

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="+")
    start = models.DateTimeField(help_text="Business time, inclusive")
    samples = models.PositiveIntegerField(default=0)
    samples_failed = models.PositiveIntegerField(default=0)
    busy_ratio = models.FloatField(null=True, blank=True, help_text="Graphics engine active, else utilisation")
    tensor_ratio = models.FloatField(null=True, blank=True, help_text="Tensor pipes active")
    memory_ratio = models.FloatField(null=True, blank=True, help_text="Device memory used")
    bandwidth_ratio = models.FloatField(null=True, blank=True, help_text="Memory interface active")
    power_watts = models.FloatField(null=True, blank=True, help_text="All accelerators together")
    temperature_celsius = models.FloatField(null=True, blank=True, help_text="The hottest accelerator")
    xid = models.PositiveIntegerField(null=True, blank=True, help_text="Last Xid error seen; 0: none")

    class Meta:
        abstract = True


class MachineWindow(MachineFigures):
    """One minute of one machine."""

    rolled = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instance", "start"], name="one_machine_window_per_minute")]
        indexes = [
            models.Index(fields=["start"], name="machine_window_by_start"),
            models.Index(fields=["id"], condition=models.Q(rolled=False), name="machine_window_unrolled"),
        ]

    def __str__(self) -> str:
        return f"{self.instance} {self.start:%Y-%m-%d %H:%M}"


class MachineHourWindow(MachineFigures):
    """One hour of one machine."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["instance", "start"], name="one_machine_window_per_hour")]
        indexes = [models.Index(fields=["start"], name="machine_hour_by_start")]

    def __str__(self) -> str:
        return f"{self.instance} {self.start:%Y-%m-%d %H}h"


class CounterState(models.Model):
    """The last counters seen of a replica's process: what the next scrape is compared with."""

    replica = models.OneToOneField(Replica, on_delete=models.CASCADE, related_name="counter_state")
    process_start_time = models.FloatField()
    counters = models.JSONField(default=dict)
    observed_at = models.DateTimeField(help_text="Business time")

    def __str__(self) -> str:
        return f"{self.replica} at {self.observed_at:%Y-%m-%d %H:%M:%S}"


class TelemetryGap(models.Model):
    """A stretch in which something may have happened that we did not see. Half-open; no end: still open."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="telemetry_gaps")
    replica = models.ForeignKey(Replica, null=True, blank=True, on_delete=models.CASCADE, related_name="telemetry_gaps")
    kind = models.CharField(max_length=32, help_text="unreachable, refused, counter-reset, unseen-tail …")
    detail = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(help_text="Business time")
    ended_at = models.DateTimeField(null=True, blank=True)
    loses_counts = models.BooleanField(default=False, help_text="Tokens may be missing from the windows for good")

    class Meta:
        indexes = [models.Index(fields=["endpoint", "started_at"], name="telemetry_gap_by_start")]
        constraints = [
            models.UniqueConstraint(
                fields=["replica", "kind"], condition=models.Q(ended_at=None), name="one_open_gap_per_replica_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.kind} from {self.started_at:%Y-%m-%d %H:%M:%S}"
