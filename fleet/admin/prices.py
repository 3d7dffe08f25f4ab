"""What is sold at which price: prices are set here, by hand or from a file; the rest is what the clouds say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from fleet.admin.base import ReadOnly, ServedForm
from fleet.admin.bulk import BulkEdited, BulkForm
from fleet.domain.limits import read_money
from fleet.domain.refusals import Refused, did_you_mean
from fleet.domain.tables import Columns, Table, read_table
from fleet.models import CapacityType, Offering, PricePoint
from fleet.services import bulk, prices
from fleet.services.bulk import UNCHANGED, Done, Step
from fleet.uploads import uploaded

PRICES = Columns(
    {
        "account": lambda cell: cell or None,
        "instance_type": lambda cell: cell or None,
        "zone": lambda cell: cell or None,
        "capacity_type": lambda cell: cell or None,
        "price_per_hour": lambda cell: read_money(cell, field="price_per_hour"),
    },
    needed=["account", "instance_type", "zone", "capacity_type", "price_per_hour"],
    key=["account", "instance_type", "zone", "capacity_type"],
)


class OfferingForm(ServedForm):
    class Meta:
        model = Offering
        fields = ["price_per_hour"]
        help_texts = {"price_per_hour": "From now on. A cloud that tells its prices replaces it at its next change."}


class OfferingBulk(BulkForm):
    price_per_hour = forms.DecimalField(
        label="Price per hour", required=False, min_value=Decimal(0), max_digits=18, decimal_places=6
    )
    percent = forms.DecimalField(
        label="Of the present price, in percent",
        required=False,
        min_value=Decimal(1),
        max_value=Decimal(1000),
        max_digits=7,
        decimal_places=3,
        help_text="85 takes 15 % off.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("price_per_hour") is not None and cleaned.get("percent") is not None:
            self.add_error("percent", "Give a price or a share of the present one, not both.")
        return cleaned


@admin.register(Offering)
class OfferingAdmin(BulkEdited):
    """What is sold at which price. Its price may be set; everything else is what the cloud says."""

    change_list_template = "admin/purser/change_list.html"
    form = OfferingForm
    bulk_form = OfferingBulk
    list_display = [
        "instance_type",
        "account",
        "zone",
        "capacity_type",
        "price_per_hour",
        "price_source",
        "observed_at",
    ]
    list_filter = ["account", "capacity_type", "offered"]
    list_select_related = ["account", "instance_type"]
    search_fields = ["instance_type__name", "instance_type__accelerator", "zone", "account__name", "public_id"]
    readonly_fields = [
        "account", "instance_type", "region", "zone", "capacity_type", "currency", "price_source", "observed_at",
        "offered",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["account", "instance_type", "zone", "capacity_type", "price_per_hour", *self.readonly_fields[5:]]

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        assert row is not None
        price = form.cleaned_data["price_per_hour"]
        prices.set_price(row, price_per_hour=price, by=self.caller(request), now=self.now())
        form.made = Offering.objects.select_related("account", "instance_type").get(pk=row.pk)
        return Done("changed")

    def step(self, request: HttpRequest, row: Any, wanted: dict[str, Any], place: int) -> Step:
        price = wanted.get("price_per_hour")
        if price is None:
            price = (row.price_per_hour * wanted["percent"] / 100).quantize(Decimal("0.000001"))
        return self._pricing(request, row, price, str(row), place)

    def get_urls(self) -> list[Any]:
        mine = [path("import/", self.admin_site.admin_view(self.import_view), name="fleet_offering_import")]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        more = {"file_url": reverse("admin:fleet_offering_import"), "file_what": "Read a file of prices"}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def import_view(self, request: HttpRequest) -> Any:
        """A file of prices: shown row by row, then applied as it was shown or not at all."""
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Prices from a file",
            "opts": self.opts,
            "columns": list(PRICES.read),
        }
        status = 200
        if request.method == "POST":
            try:
                if self._read(request, context):
                    return HttpResponseRedirect(reverse("admin:fleet_offering_changelist"))
            except Refused as refused:
                context["refusal"], status = refused.sentence, 422
        return TemplateResponse(request, "admin/purser/prices_file.html", context, status=status)

    def _read(self, request: HttpRequest, context: dict[str, Any]) -> bool:
        """True when it was applied."""
        seen = request.POST.get("seen")
        data = uploaded(request, "file") if seen is None else request.POST.get("table", "").encode()
        table = read_table(data, PRICES)
        steps = self._steps(request, table)
        if seen is not None and not table.faults:
            lines = bulk.run_as_seen(steps, seen=seen)
            changed = sum(line.effect != UNCHANGED for line in lines)
            self.message_user(request, f"{changed} of {len(lines)} prices were set.", messages.SUCCESS)
            return True
        lines = bulk.run(steps, dry_run=True)
        context |= {
            "lines": lines[:500],
            "faults": table.faults,
            "table": data.decode("utf-8-sig"),
            "seen": bulk.fingerprint(lines),
            "refused": len(table.faults) + sum(line.refusal is not None for line in lines),
            "changes": sum(line.refusal is None and line.effect != UNCHANGED for line in lines),
            "total": len(lines),
        }
        return False

    def _steps(self, request: HttpRequest, table: Table) -> list[Step]:
        names = {values["account"] for _, values in table.rows}
        found = Offering.objects.filter(account__name__in=names).select_related("account", "instance_type")
        known = {(row.account.name, row.instance_type.name, row.zone, row.capacity_type): row for row in found}
        return [self._from_file(request, known, line, values) for line, values in table.rows]

    def _from_file(self, request: HttpRequest, known: dict[Any, Offering], line: int, values: dict[str, Any]) -> Step:
        key = tuple(values[name] for name in PRICES.key)
        label = " ".join(str(part) for part in key)
        row = known.get(key)
        if row is not None:
            return self._pricing(request, row, values["price_per_hour"], label, line)

        def act() -> Done:
            raise Refused("unknown-offering", f"Nothing is sold as that.{_hint(key, known)}")

        return Step(label, act, line)

    def _pricing(self, request: HttpRequest, row: Offering, price: Decimal, label: str, place: int) -> Step:
        def act() -> Done:
            changed = prices.set_price(row, price_per_hour=price, by=self.caller(request), now=self.now())
            before, after = {"price_per_hour": row.price_per_hour}, {"price_per_hour": price}
            return Done("changed" if changed else UNCHANGED, row.public_id, before, after)

        return Step(label, act, place)


@admin.register(PricePoint)
class PricePointAdmin(ReadOnly):
    """Each price from an instant on; never rewritten."""

    list_display = ["offering", "effective_from", "price_per_hour", "recorded_at"]
    list_filter = ["effective_from", "offering__account"]
    list_select_related = ["offering__account", "offering__instance_type"]
    search_fields = ["offering__instance_type__name", "offering__zone"]
    ordering = ["-effective_from"]


def _hint(key: tuple[Any, ...], known: dict[Any, Offering]) -> str:
    """Which part of a pool's name is wrong, and what is near it."""
    account, shape, _, capacity = (str(part) for part in key)
    if capacity not in CapacityType.values:
        return did_you_mean(capacity, CapacityType.values)
    shapes = {name for owner, name, _, _ in known if owner == account}
    if shape not in shapes:
        return did_you_mean(shape, shapes) if shapes else " Look at the account's name."
    return " Look at the zone."
