"""What a request for capacity may say, word by word, and the demand it makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from fleet.api.fields import Flag, Money, Strict, Whole, Word
from fleet.api.problems import Problem
from fleet.api.shapes import shape
from fleet.domain.demand import AllocationSpec, Demand, Need
from fleet.models import CapacityType
from fleet.services import allocations

LONGEST_SECONDS = 5 * 366 * 86_400
NAME = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$",
    "Write 1 to 100 letters, digits, blanks and . _ / -, beginning with a letter or digit.",
)
CLOUD_WORD = shape(
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    "Write 1 to 64 letters, digits and . _ -, beginning with a letter or digit.",
)
CHIP_WORD = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$",
    "Write 1 to 64 letters, digits, blanks and . _ -, beginning with a letter or digit.",
)
RESIDENCY = shape(r"^[a-z]{2,16}$", "Write 2 to 16 small letters, such as de or eu.")
IMAGE = shape(
    r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,299}$",
    "Write 1 to 300 letters, digits and . _ / : @ -, beginning with a letter or digit.",
)
SSH_KEY = shape(
    r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]{20,1800}( [ -~]{1,100})?$",  # noqa: E501
    "Write a public key on one line: its kind, such as ssh-ed25519, the key, and a comment if you like.",
)
LABEL = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,62}$",
    "Write 1 to 63 letters, digits, blanks and . _ / -, beginning with a letter or digit.",
)
OURS = "purser"
MOST_LABELS = 40


class NeedIn(Strict):
    """Accelerators by what they must be able to do, when the name does not matter."""

    memory_gib = serializers.FloatField(required=False, min_value=1, max_value=1_000_000)
    fp8 = Flag(required=False)
    interconnect = serializers.RegexField(CLOUD_WORD, required=False)


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MOST_LABELS,
        "propertyNames": {"pattern": LABEL},
        "additionalProperties": {"type": "string", "pattern": LABEL},
    }
)
class Labels(serializers.DictField):
    """Tags put on the machines, besides Purser's own."""

    child = serializers.RegexField(LABEL)
    default_error_messages = {
        "name": "A label's name is like its value: letters, digits, blanks and . _ / - up to 63 characters.",
        "many": f"At most {MOST_LABELS} labels.",
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        labels: dict[str, str] = super().to_internal_value(data)
        check = serializers.RegexField(LABEL)
        if len(labels) > MOST_LABELS:
            self.fail("many")
        for name in labels:
            if name.lower().startswith(OURS):
                raise Problem(422, "label", "Labels that begin with 'purser' are Purser's own.", field="labels")
            try:
                check.run_validation(name)
            except serializers.ValidationError:
                self.fail("name")
        return labels


class DemandIn(Strict):
    """By `accelerator` name and count, or by `need`."""

    timeless = True

    project = Word(required=False, help_text="Slug or id; needed when you may act in several")
    accelerator = serializers.RegexField(CHIP_WORD, required=False)
    accelerator_count = Whole(min_value=1, max_value=allocations.MOST_ACCELERATORS, default=1)
    accelerators_per_slot = Whole(min_value=1, max_value=1024, required=False, help_text="Exact size of each machine")
    need = NeedIn(required=False)
    gang = Flag(default=False, help_text="All machines in one pool, or none")
    clouds = serializers.ListField(child=serializers.RegexField(CLOUD_WORD), default=list, max_length=20)
    regions = serializers.ListField(child=serializers.RegexField(CLOUD_WORD), default=list, max_length=50)
    capacity_types = serializers.ListField(
        child=serializers.ChoiceField(CapacityType.values), default=list, max_length=4
    )
    max_price_per_hour = Money(required=False, min_value=0, help_text="Of one machine, in USD")
    on_demand_floor = Whole(
        min_value=0,
        max_value=allocations.MOST_ACCELERATORS,
        default=0,
        help_text="So many may not be spot",
    )
    residency = serializers.RegexField(
        RESIDENCY, required=False, help_text="Country (de) or union (eu) that the machines must stand in"
    )
    ttl_seconds = Whole(min_value=60, max_value=LONGEST_SECONDS, required=False)


class AllocationIn(DemandIn):
    """A demand, and what its machines are given."""

    timeless = False  # its script and labels are not for keeping

    name = serializers.RegexField(NAME)
    image = serializers.RegexField(IMAGE, required=False)
    startup_script = serializers.CharField(required=False, max_length=16_000, allow_blank=True, trim_whitespace=False)
    ssh_keys = serializers.ListField(child=serializers.RegexField(SSH_KEY), default=list, max_length=20)
    disk_gib = Whole(min_value=10, max_value=65_536, default=200)
    ports = serializers.ListField(child=Whole(min_value=1, max_value=65_535), default=list, max_length=50)
    labels = Labels(required=False)
    idle_release_seconds = Whole(min_value=60, max_value=LONGEST_SECONDS, required=False)
    deadline_seconds = Whole(min_value=1, max_value=LONGEST_SECONDS, required=False, help_text="Give up filling then")


def spec_of(wanted: dict[str, Any]) -> AllocationSpec:
    """The checked body as the service takes it."""
    return AllocationSpec(
        name=wanted["name"],
        demand=demand_of(wanted),
        image=wanted.get("image", ""),
        startup_script=wanted.get("startup_script", ""),
        ssh_keys=tuple(wanted["ssh_keys"]),
        disk_gib=wanted["disk_gib"],
        ports=tuple(wanted["ports"]),
        labels=wanted.get("labels", {}),
        ttl=_seconds(wanted.get("ttl_seconds")),
        idle_release=_seconds(wanted.get("idle_release_seconds")),
        deadline=_seconds(wanted.get("deadline_seconds")),
    )


def demand_of(wanted: dict[str, Any]) -> Demand:
    """The demand of a checked body."""
    return Demand(
        accelerator_count=wanted["accelerator_count"],
        accelerator=wanted.get("accelerator", ""),
        need=Need(**wanted["need"]) if "need" in wanted else None,
        accelerators_per_slot=wanted.get("accelerators_per_slot"),
        gang=wanted["gang"],
        clouds=tuple(wanted["clouds"]),
        regions=tuple(wanted["regions"]),
        capacity_types=tuple(wanted["capacity_types"]),
        max_price_per_hour=wanted.get("max_price_per_hour"),
        on_demand_floor=wanted["on_demand_floor"],
        residency=wanted.get("residency", ""),
        run_for=_seconds(wanted.get("ttl_seconds")),
    )


def _seconds(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(seconds=count)
