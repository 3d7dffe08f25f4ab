"""Forms of the console: as strict as the API's bodies, and refused with a sentence beside the field.

A view does `form = SomeForm(request.POST)`, calls one service inside `with form.refusals():` and redirects with
`done(request, "…")`; when the form is not valid after that, it shows the page again with status 422. Nothing typed
is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from fleet.domain.refusals import Refused
from fleet.domain.text import first_invisible, invisible_sentence

FRAME = frozenset({"csrfmiddlewaretoken", "next", "idempotency_key"})
"""What every form may carry besides its own fields."""
TICKS = frozenset({"", "on", "true", "True", "false", "False"})
"""How a box comes: as browsers send it, as it is kept in a hidden field, and as links write it."""
DJANGO_SAYS = forms.ChoiceField.default_error_messages["invalid_choice"]


class StrictForm(forms.Form):
    """Refuses fields it does not have, and text one cannot see: control, zero-width and direction characters."""

    undrawn: tuple[str, ...] = ()
    """Fields a page does not draw: what is wrong with them is said above the form."""
    use_required_attribute = False  # the server's sentence is better than the browser's bubble, and reads everywhere

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField) and field.error_messages["invalid_choice"] == DJANGO_SAYS:
                field.error_messages["invalid_choice"] = "Choose one of those offered."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        unknown = sorted(set(self.data) - set(self.fields) - FRAME)
        if unknown:
            self.add_error(None, f"This form has no field {unknown[0][:40]!r}. Load the page again and repeat.")
        for name in set(self.undrawn) & set(self.errors):
            self.add_error(None, self.errors.pop(name))
        for name in self._misticked():
            self.add_error(name, "Tick it or leave it empty.")
        for name, value in list(cleaned.items()):  # an error takes its field out
            if sentence := invisible(self.fields[name], value):
                self.add_error(name, sentence)
        return cleaned

    def _misticked(self) -> list[str]:
        """Boxes with something else in them, which Django takes for ticked."""
        boxes = [name for name, field in self.fields.items() if type(field) is forms.BooleanField]
        return [name for name in boxes if name in self.data and self.data[name] not in TICKS]

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """What a service refuses inside becomes an error of the field it names."""
        try:
            yield
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.sentence)


class AsRead(StrictForm):
    """Which version of a row was on the screen: nobody sets back unseen what somebody else has changed."""

    undrawn = ("generation",)
    generation = forms.IntegerField(
        min_value=0,
        max_value=2**62,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Load the page again."),
    )


def invisible(field: forms.Field, value: object) -> str | None:
    """The sentence about a character of a text that nobody would see; only a text area has line breaks and tabs."""
    if not isinstance(value, str):
        return None
    found = first_invisible(value, lines=isinstance(field.widget, forms.Textarea))
    return None if found is None else invisible_sentence(found)


def not_done(request: HttpRequest, sentence: str, *, to: str) -> HttpResponse:
    """It is not, and why: in a toast of its own kind, where a form has no place for it."""
    messages.error(request, sentence)
    return HttpResponseRedirect(to)


def done(request: HttpRequest, sentence: str, *, to: str, undo: str = "") -> HttpResponse:
    """It is done: say so in a toast on the page they go to next. `undo` is the path that takes it back by POST."""
    messages.success(request, sentence, extra_tags=undo)
    return HttpResponseRedirect(to)
