"""Forms of the console: as strict as the API's bodies, and refused with a sentence beside the field.

A view does `form = SomeForm(request.POST)`, calls one service inside `with form.refusals():` and redirects with
`done(request, "…")`; when the form is not valid after that, it shows the page again with status 422. Nothing typed
is lost.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from fleet.domain.refusals import Refused

FRAME = frozenset({"csrfmiddlewaretoken", "next", "idempotency_key"})
"""What every form may carry besides its own fields."""
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


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
            if isinstance(value, str) and (found := first_invisible(value)) is not None:
                self.add_error(name, f"Take out the invisible character U+{ord(found):04X}.")
        return cleaned

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """What a service refuses inside becomes an error of the field it names."""
        try:
            yield
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.sentence)


def first_invisible(text: str) -> str | None:
    """The first character of a one-line text that nobody would see; line breaks and tabs are fine."""
    return next((c for c in text if unicodedata.category(c) in INVISIBLE and c not in "\n\r\t"), None)


def done(request: HttpRequest, sentence: str, *, to: str, undo: str = "") -> HttpResponse:
    """It is done: say so in a toast on the page they go to next. `undo` is the path that takes it back by POST."""
    messages.success(request, sentence, extra_tags=undo)
    return HttpResponseRedirect(to)
