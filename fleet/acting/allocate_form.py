"""The form that asks for capacity: the API's fields with the API's limits, chosen from what is on sale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, Min

from fleet.acting.fields import Amount, Labels, One, Ports, Several, Span, SshKeys, Whole, Word
from fleet.api.allocation_shapes import IMAGE, MOST_LABELS, NAME
from fleet.domain.demand import AllocationSpec, Demand, Need
from fleet.domain.refusals import Refused
from fleet.formatting import cloud_name
from fleet.forms import StrictForm
from fleet.models import CapacityType, Offering, Project
from fleet.services import allocations, market
from fleet.services.access import Caller
from fleet.services.chips import accelerators

AGREED_LENGTH = 4000
SERVICE_WORDS = {
    "ttl_seconds": "ttl",
    "idle_release_seconds": "idle_release",
    "deadline_seconds": "deadline",
    "need.memory_gib": "need_memory_gib",
    "need.interconnect": "need_interconnect",
}


class AllocateForm(StrictForm):
    """By name and count, or by need."""

    undrawn = ("agreed",)
    project = One("project", help_text="Whose budget and quotas it counts against.")
    name = Word(
        NAME,
        "Letters, digits, blanks and . _ / - up to 100 characters; the first is a letter or a digit.",
        max_length=100,
        help_text="What it is for.",
    )
    accelerator = One("accelerator", required=False, help_text="Leave it open to ask by need instead.")
    accelerator_count = Whole(1, allocations.MOST_ACCELERATORS, initial=1, label="How many")
    accelerators_per_slot = Whole(
        1, 1024, required=False, label="Accelerators a machine", help_text="Exact size of each machine."
    )
    gang = forms.BooleanField(
        required=False, label="All or none", help_text="All machines in one zone and of one kind, or none of them."
    )
    need_memory_gib = Amount(
        Decimal(1),
        Decimal(1_000_000),
        unit="GiB",
        required=False,
        label="Memory, GiB",
        help_text="Of all accelerators together.",
    )
    need_fp8 = forms.BooleanField(required=False, label="Computes in FP8")
    need_interconnect = One("interconnect", required=False, label="Interconnect")
    clouds = Several("cloud", help_text="None ticked: any.")
    regions = Several("region", help_text="None ticked: any.")
    capacity_types = Several("capacity type", help_text="None ticked: any. Spot is cheaper and may be taken back.")
    max_price_per_hour = Amount(
        Decimal(0), Decimal(1_000_000), required=False, label="At most $/h", help_text="Of one machine."
    )
    on_demand_floor = Whole(
        0,
        allocations.MOST_ACCELERATORS,
        required=False,
        label="Not spot, at least",
        help_text="So many accelerators may not be spot; the rest is what is cheapest.",
    )
    residency = One("residency", required=False, label="Residency", help_text="Where the machines must stand.")
    ttl = Span(
        required=False,
        label="Time to live",
        initial="24h",
        help_text="Released by itself after this: 90 min, 24h, 7d. Empty: it runs until somebody releases it.",
    )
    idle_release = Span(
        required=False, label="Release when idle for", help_text="After this long without work, such as 30 min."
    )
    deadline = Span(
        required=False,
        label="Give up after",
        least=timedelta(seconds=1),
        help_text="If it could not be filled by then. Empty: it keeps asking.",
    )
    image = Word(
        IMAGE, "An image's name: letters, digits and . _ / : @ - up to 300 characters.", max_length=300, required=False
    )
    disk_gib = Whole(10, 65_536, initial=200, label="Disk, GiB", required=False)
    ports = Ports(label="Open ports", help_text="Such as 22, 8080.")
    ssh_keys = SshKeys(most=20, label="SSH keys", help_text="Public keys, one a line.")
    startup_script = forms.CharField(
        required=False,
        max_length=16_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Runs once at the first boot.",
    )
    labels = Labels(most=MOST_LABELS, help_text="name=value, one a line.")
    agreed = forms.CharField(required=False, max_length=AGREED_LENGTH, widget=forms.HiddenInput)

    def __init__(self, *args: Any, caller: Caller, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Project.objects.filter(pk__in=caller.projects("fleet:write")).order_by("slug")
        self.projects = {project.slug: project for project in mine}
        self._choices("project", {slug: project.name for slug, project in self.projects.items()}, none="")
        if len(self.projects) == 1:
            self.fields["project"].initial = next(iter(self.projects))
        sold = on_sale()
        self._choices("accelerator", sold.chips, none="By need")
        kinds = sorted({chip.interconnect for chip in accelerators().values() if chip.interconnect})
        self._choices("need_interconnect", {kind: kind for kind in kinds}, none="Any")
        words = market.on_sale().market.places.words
        self._choices("residency", {word: word.upper() for word in sorted(words)}, none="Anywhere")
        self.fields["clouds"].offer(sold.clouds, {cloud: cloud_name(cloud) for cloud in sold.clouds})  # type: ignore[attr-defined]
        self.fields["regions"].offer(sold.regions)  # type: ignore[attr-defined]
        self.fields["capacity_types"].offer(CapacityType.values)  # type: ignore[attr-defined]

    def _choices(self, name: str, words: Mapping[str, str], *, none: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*([("", none)] if none else []), *words.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        needs = any(cleaned.get(name) for name in ("need_memory_gib", "need_fp8", "need_interconnect"))
        named = bool(cleaned.get("accelerator"))
        if needs == named and not {"accelerator", "need_memory_gib", "need_interconnect"} & set(self.errors):
            said = "Choose an accelerator, or leave it open and say what you need of one"
            self.add_error("accelerator", f"{said}; not both." if named else f"{said}: memory, FP8 or interconnect.")
        return cleaned

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """The service speaks in the API's field names."""
        with super().refusals():
            try:
                yield
            except Refused as refused:
                field = SERVICE_WORDS.get(refused.field, refused.field)
                raise Refused(refused.code, refused.sentence, field=field, retryable=refused.retryable) from refused

    @property
    def of_project(self) -> Project:
        return self.projects[self.cleaned_data["project"]]

    def spec(self) -> AllocationSpec:
        """What was asked for, as the service takes it."""
        asked = self.cleaned_data
        need = None
        if not asked["accelerator"]:
            memory = asked["need_memory_gib"]
            need = Need(float(memory) if memory else None, asked["need_fp8"], asked["need_interconnect"])
        return AllocationSpec(
            name=asked["name"],
            demand=Demand(
                accelerator_count=asked["accelerator_count"],
                accelerator=asked["accelerator"],
                need=need,
                accelerators_per_slot=asked["accelerators_per_slot"],
                gang=asked["gang"],
                clouds=tuple(asked["clouds"]),
                regions=tuple(asked["regions"]),
                capacity_types=tuple(asked["capacity_types"]),
                max_price_per_hour=asked["max_price_per_hour"],
                on_demand_floor=asked["on_demand_floor"] or 0,
                residency=asked["residency"],
            ),
            image=asked["image"],
            startup_script=asked["startup_script"],
            ssh_keys=tuple(asked["ssh_keys"]),
            disk_gib=asked["disk_gib"] or 200,
            ports=tuple(asked["ports"]),
            labels=asked["labels"],
            ttl=asked["ttl"],
            idle_release=asked["idle_release"],
            deadline=asked["deadline"],
        )


class OnSale:
    """The words a demand may be made of: what the enabled accounts offer right now."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.clouds = sorted({row["account__cloud"] for row in rows})
        self.regions = sorted({row["region"] for row in rows})
        cheapest: dict[str, Decimal] = {}
        for row in rows:
            chip, each = row["instance_type__accelerator"], row["least"]
            cheapest[chip] = min(cheapest.get(chip, each), each)
        known = accelerators()
        self.chips = {
            chip: f"{chip} · {known[chip].memory_gib:g} GiB · machines from ${cheapest[chip]:.2f}/h"
            for chip in sorted(cheapest)
            if chip in known
        }


def on_sale() -> OnSale:
    rows = (
        Offering.objects.filter(offered=True, account__enabled=True)
        .order_by()
        .values("account__cloud", "region", "instance_type__accelerator")
        .annotate(least=Min("price_per_hour"), pools=Count("id"))
    )
    return OnSale([dict(row) for row in rows])
