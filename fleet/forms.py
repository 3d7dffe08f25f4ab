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


class StrictForm(forms.Form):
    """Refuses fields it does not have, and text one cannot see: control, zero-width and direction characters."""

    undrawn: tuple[str, ...] = ()
    """Fields a page does not draw: what is wrong with them is said above the form."""
    use_required_attribute = False  # the server's sentence is better than the browser's bubble, and reads everywhere

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        unknown = sorted(set(self.data) - set(self.fields) - FRAME)
        if unknown:
            self.add_error(None, f"This form has no field {unknown[0][:40]!r}. Load the page again and repeat.")
        for name in set(self.undrawn) & set(self.errors):
            self.add_error(None, self.errors.pop(name))
        for name, value in list(cleaned.items()):  # an error takes its field out
            if sentence := invisible(self.fields[name], value):
                self.add_error(name, sentence)
        return cleaned

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """What a service refuses inside becomes an error of the field it names."""
        try:
            yield
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.sentence)


def invisible(field: forms.Field, value: object) -> str | None:
    """The sentence about a character of a text that nobody would see; only a text area has line breaks and tabs."""
    if not isinstance(value, str):
        return None
    found = first_invisible(value, lines=isinstance(field.widget, forms.Textarea))
    return None if found is None else invisible_sentence(found)


def done(request: HttpRequest, sentence: str, *, to: str, undo: str = "") -> HttpResponse:
    """It is done: say so in a toast on the page they go to next. `undo` is the path that takes it back by POST."""
    messages.success(request, sentence, extra_tags=undo)
    return HttpResponseRedirect(to)
