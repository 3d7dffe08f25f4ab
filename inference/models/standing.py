"""How each endpoint stands: what it does of late and how often it kept its objectives, read from its windows."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from inference.models.endpoint import Endpoint

LATELY = timedelta(minutes=15)
"""How far back "of late" goes, in rows and on pages."""


class EndpointStanding(models.Model):
    """One row an endpoint, made anew every few seconds: what every page shows of every endpoint.

    Merging a day of sketches of each endpoint for each view of a page would take a second; here it is done once.
    """

    endpoint = models.OneToOneField(Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="standing")
    at = models.DateTimeField(help_text="Business time: the end of what it speaks of")
    # The last quarter of an hour. Empty: nothing was measured.
    requests_per_second = models.FloatField(null=True, blank=True)
    tokens_per_second = models.FloatField(null=True, blank=True)
    in_flight = models.FloatField(null=True, blank=True)
    latency = models.JSONField(default=dict, help_text="ttft, itl, e2e: percentiles with their method and bounds")
    # The last 24 hours, from request records.
    requests_of_day = models.BigIntegerField(default=0)
    kept_ratio = models.FloatField(
        null=True, blank=True, help_text="Requests within the limit; of several limits the one met least often"
    )

    def __str__(self) -> str:
        return f"{self.endpoint} at {self.at:%Y-%m-%d %H:%M:%S}"
