"""What every noun of the admin is made of: read only, or changed through a service with its history beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import DecimalField, Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.html import format_html

from fleet.domain.refusals import Refused
from fleet.formatting import exact_usd, is_money
from fleet.forms import invisible
from fleet.services import audit_log, bulk
from fleet.services.access import Caller, caller_of_user
from fleet.services.bulk import Done, Step
from fleet.services.clock import business_now

HISTORY = 100
AS_READ = "as_read"
"""What a form calls the generation its row had when it was shown."""


class WithHistory(admin.ModelAdmin):
    """An object's page shows what our events tell of it; Django's own log is not kept beside them."""

    change_form_template = "admin/purser/change_form.html"
    list_per_page = 50
    show_full_result_count = False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [as_written(self.model, name) for name in super().get_list_display(request)]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Django writes words beside the two inputs of an instant, but labels neither."""
        made = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(made, forms.SplitDateTimeField):
            for part, name in zip(made.widget.widgets, ("date", "time"), strict=True):
                part.attrs["aria-label"] = f"{made.label}: {name}"
        return made

    def subjects(self, row: Any) -> list[str]:
        """What events call this object."""
        return [row.public_id] if getattr(row, "public_id", "") else []

    def told(self, row: Any, limit: int) -> list[dict[str, Any]]:
        subjects = self.subjects(row)
        if not subjects:
            return []
        found = audit_log.found(audit_log.Sought()).filter(subject__in=subjects)
        return [audit_log.told(entry) for entry in audit_log.as_rows(found)[:limit]]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = context.get("original")
        context["history"] = self.told(row, 10) if row is not None else []
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            answer: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
                request, self.opts, object_id
            )
            return answer
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}"[:200],
            "opts": self.opts,
            "original": row,
            "history": self.told(row, HISTORY),
        }
        return TemplateResponse(request, "admin/purser/history.html", context)

    def log_addition(self, *args: Any) -> Any:
        """The service has recorded it."""

    def log_change(self, *args: Any) -> Any:
        """The service has recorded it."""

    def log_deletions(self, *args: Any) -> Any:
        """The service has recorded it."""


class Values(admin.AllValuesFieldListFilter):
    """A filter by the values there are; an empty one reads as what it means."""

    empty = "any"

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield choice | ({"display": self.empty} if choice["display"] == "" else {})


class ValuesOrNone(Values):
    empty = "none"


class ReadOnly(WithHistory):
    """Facts. Nobody adds, changes or removes them by hand."""

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return [as_written(self.model, name) for name in super().get_fields(request, obj)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def as_written(model: type[Model], name: Any) -> Any:
    """A column as pages write it: money as $1.23, a price with the digits it has; any other column as it is."""
    try:
        field = model._meta.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        field = None
    return _money(field) if isinstance(field, DecimalField) and is_money(field.name) else name


@cache  # Django tells columns apart by identity: one made anew would not sort
def _money(field: Any) -> Callable[[Model], str]:
    @admin.display(description=str(field.verbose_name), ordering=field.name)
    def money(row: Model) -> str:
        return format_html('<span class="nowrap">{}</span>', exact_usd(getattr(row, field.name)))

    money.__name__ = field.name
    return money


class ServedForm(forms.ModelForm):
    """A form that asks the service before the admin believes that all is well: refusals stand beside their fields."""

    request: HttpRequest
    served_by: Served
    also: Mapping[str, str] = {}  # the service's names for fields -> the form's

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name, value in list(cleaned.items()):
            if name in self.fields and (sentence := invisible(self.fields[name], value)):
                self.add_error(name, sentence)
        if not self.errors:
            self.cleaned_data = cleaned
            step = Step("", lambda: self.served_by.serve(self.request, self, self._existing()))
            [line] = bulk.run([step], dry_run=True)
            if line.refusal is not None:
                field = self.also.get(line.refusal.field, line.refusal.field)
                self.add_error(field if field in self.fields else None, line.refusal.sentence)
        return cleaned

    def _existing(self) -> Any:
        return self.instance if self.instance.pk else None

    def validate_unique(self) -> None:
        """The service says it in words of its own."""

    def validate_constraints(self) -> None:
        """The service says it in words of its own."""


class Chooser(AutocompleteSelect):
    """A list that is searched as one types, which says what is chosen from it and has a name."""

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(js=["js/admin.js"])

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        return attrs | {"data-placeholder": f"Choose a {self.field.verbose_name}"}


class Served(WithHistory):
    """A noun that is changed through a service. A subclass says how in `serve` and, where it may go, in `take_away`."""

    actions: Any = None
    deletable = False

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        """Make or change it by what the form says. Sets `form.made` to the row as it is afterwards."""
        raise NotImplementedError

    def take_away(self, request: HttpRequest, row: Any) -> Done:
        raise NotImplementedError

    def caller(self, request: HttpRequest) -> Caller:
        return caller_of_user(request.user)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = kwargs.get("form") or self.form
        made = super().get_form(request, obj, change, **kwargs)
        return type(made.__name__, (made,), {"request": request, "served_by": self})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = Chooser(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.deletable and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        existing = type(obj).objects.get(pk=obj.pk) if change else None
        done = self.serve(request, form, existing)
        made = getattr(form, "made", None)
        if made is not None:
            obj.__dict__.update(made.__dict__)
        self._tell(request, done)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on it that the service has not written."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._tell(request, self.take_away(request, obj))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return or_say(self, request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return or_say(self, request, super().delete_view, *args, **kwargs)

    def message_user(
        self, request: HttpRequest, message: Any, level: Any = messages.INFO, *args: Any, **kw: Any
    ) -> None:
        """Django says that it was changed; where it only waits for somebody, that would be a lie."""
        waits = getattr(request, "purser_waits", False)
        if not (waits and level == messages.SUCCESS):
            super().message_user(request, message, level, *args, **kw)

    def _tell(self, request: HttpRequest, done: Done) -> None:
        if done.effect == bulk.WAITING:
            request.purser_waits = True  # type: ignore[attr-defined]
        if done.note:
            self.message_user(request, done.note, messages.WARNING)

    @staticmethod
    def now() -> Any:
        return business_now()


class CountsChanges(Served):
    """A noun whose rows count their changes: one that changed since it was shown is not changed or deleted unseen."""

    delete_confirmation_template = "admin/purser/delete_confirmation.html"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            read = forms.CharField(initial=obj.generation, required=False, widget=forms.HiddenInput)
            kwargs["form"] = type(self.form.__name__, (self.form,), {AS_READ: read})
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        return [*shown, (None, {"fields": [AS_READ]})] if obj is not None else shown

    def read(self, request: HttpRequest) -> int:
        """The generation that was on the page they sent. Raises Refused when it says none."""
        text = request.POST.get(AS_READ, "")
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise Refused("changed", "The page does not say which version you read. Load the page again and repeat.")
        return int(text)


def or_say(noun: Any, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """A refusal that came between the form's check and the change is said, and nothing was changed."""
    try:
        answer: HttpResponseBase = view(request, *args, **kwargs)
    except Refused as refused:
        noun.message_user(request, f"Nothing was changed. {refused.sentence}", messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
    return answer
