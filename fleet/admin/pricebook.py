"""The price book, line by line, and the prices that were read in from files."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from fleet.admin.base import CountsChanges, ReadOnly, ServedForm
from fleet.models import PriceRule, ReferencePrice
from fleet.services import pricebook
from fleet.services.bulk import Done
from fleet.services.pricebook import RuleSpec

ENTERED = (
    "name", "kind", "account", "cloud", "instance_type", "region", "capacity_type", "percent_off", "price_per_hour",
    "committed_per_hour", "cost", "currency", "starts_at", "ends_at", "note",
)  # fmt: skip


class PriceRuleForm(ServedForm):
    class Meta:
        model = PriceRule
        fields = list(ENTERED)


@admin.register(PriceRule)
class PriceRuleAdmin(CountsChanges):
    """Entered and ended; what a line says of the past stays."""

    form = PriceRuleForm
    deletable = True
    list_display = [
        "name", "kind", "account", "cloud", "instance_type", "percent_off", "price_per_hour", "starts_at", "ends_at",
    ]  # fmt: skip
    list_filter = ["kind", "account"]
    list_select_related = ["account"]
    search_fields = ["name", "instance_type", "public_id", "note"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        return [name for name in ENTERED if name not in pricebook.CHANGEABLE] + ["used_up", "public_id", "generation"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*ENTERED, "used_up", "public_id", "generation"] if obj else list(ENTERED)

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        by, now, said = self.caller(request), self.now(), form.cleaned_data
        if row is None:
            form.made = pricebook.add_rule(RuleSpec(**said), by=by, now=now)
            return Done("created", form.made.public_id)
        changes = {name: said[name] for name in pricebook.CHANGEABLE}
        form.made = pricebook.change_rule(row.public_id, changes=changes, by=by, now=now, generation=self.read(request))
        return Done("changed", row.public_id)

    def take_away(self, request: HttpRequest, row: Any) -> Done:
        by, read = self.caller(request), self.read(request)
        left = pricebook.take_rule(row.public_id, by=by, now=self.now(), generation=read)
        return Done("deleted" if left is None else "changed")


@admin.register(ReferencePrice)
class ReferencePriceAdmin(ReadOnly):
    """Imported with manage.py import_prices."""

    list_display = ["instance_type", "cloud", "region", "zone", "capacity_type", "price_per_hour", "imported_at"]
    list_filter = ["cloud", "capacity_type"]
    search_fields = ["instance_type", "region", "file_name"]
