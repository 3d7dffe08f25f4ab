"""Fields the console's forms share, each with a sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms

from fleet.api.allocation_shapes import LABEL, OURS, SSH_KEY
from fleet.domain.spans import read_span

LONGEST_SPAN = timedelta(days=5 * 366)


class Word(forms.RegexField):
    """A short text of a shape; `says` is the sentence for any other."""

    def __init__(self, shape: str, says: str, **kwargs: Any) -> None:
        messages = {"invalid": says, **kwargs.pop("error_messages", {})}
        super().__init__(regex=re.compile(shape + r"\Z"), error_messages=messages, **kwargs)


class Whole(forms.IntegerField):
    """A whole number between two others."""

    widget = forms.TextInput

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        says = f"A whole number from {least:,} to {most:,}."
        messages = dict.fromkeys(("invalid", "min_value", "max_value"), says)
        super().__init__(min_value=least, max_value=most, error_messages={**messages, "required": says}, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"\s*(-?[0-9]{1,12})?\s*", value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "numeric", "autocomplete": "off"}


class Amount(forms.DecimalField):
    """Dollars, or another number with at most six decimals."""

    widget = forms.TextInput

    def __init__(self, least: Decimal, most: Decimal, *, unit: str = "$", **kwargs: Any) -> None:
        says = f"A number from {least} to {most:,}{f' {unit}' if unit != '$' else ', in $'}, such as 12.50."
        names = ("invalid", "min_value", "max_value", "max_decimal_places", "max_digits", "max_whole_digits")
        messages = dict.fromkeys(names, says)
        super().__init__(
            min_value=least,
            max_value=most,
            max_digits=18,
            decimal_places=6,
            error_messages={**messages, "required": says},
            **kwargs,
        )

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"\s*(-?[0-9]{1,12}(\.[0-9]{1,12})?)?\s*", value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal", "autocomplete": "off"}


class Span(forms.CharField):
    """A duration with its unit."""

    def __init__(self, *, least: timedelta = timedelta(minutes=1), **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)
        self.least = least

    def clean(self, value: Any) -> timedelta | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            span = read_span(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if not self.least <= span <= LONGEST_SPAN:
            raise forms.ValidationError(f"Between {int(self.least.total_seconds())} s and 5 years.")
        return span


class Several(forms.MultipleChoiceField):
    """Any of what is there; none of it means no limit."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, what: str, **kwargs: Any) -> None:
        says = f"There is no such {what} here; choose from the list."
        super().__init__(required=False, error_messages={"invalid_choice": says, "invalid_list": says}, **kwargs)

    def offer(self, words: Iterable[str], names: dict[str, str] | None = None) -> None:
        self.choices = [(word, (names or {}).get(word, word)) for word in words]


class One(forms.ChoiceField):
    """One of what is there."""

    def __init__(self, what: str, **kwargs: Any) -> None:
        none = f"There is no such {what} here; choose from the list."
        super().__init__(error_messages={"invalid_choice": none, "required": f"Choose the {what}."}, **kwargs)


class Lines(forms.CharField):
    """One entry a line; empty lines do not count."""

    def __init__(self, *, most: int, rows: int = 2, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows, "spellcheck": "false"}))
        super().__init__(required=False, max_length=most * 2200, **kwargs)
        self.most = most

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > self.most:
            raise forms.ValidationError(f"At most {self.most} lines.")
        return self.read(lines)

    def read(self, lines: list[str]) -> Any:
        return lines


class SshKeys(Lines):
    def read(self, lines: list[str]) -> list[str]:
        for number, line in enumerate(lines, 1):
            if not re.fullmatch(SSH_KEY, line):
                raise forms.ValidationError(
                    f"Line {number} is no public key in OpenSSH's form, such as ssh-ed25519 AAAA… you@host."
                )
        return lines


class Labels(Lines):
    """`name=value`, one a line."""

    def read(self, lines: list[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            name, equals, value = (part.strip() for part in line.partition("="))
            if not equals or not re.fullmatch(LABEL, name) or not re.fullmatch(LABEL, value):
                raise forms.ValidationError(
                    f"Line {number} is no label. Write name=value; letters, digits, blanks and . _ / -, up to 63 each."
                )
            if name.lower().startswith(OURS):
                raise forms.ValidationError(f"Line {number}: labels that begin with 'purser' are Purser's own.")
            found[name] = value
        return found


class Ports(forms.CharField):
    """`22, 8080`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=400, **kwargs)

    def clean(self, value: Any) -> list[int]:
        words = [word for word in re.split(r"[\s,]+", super().clean(value)) if word]
        if any(not re.fullmatch(r"[0-9]{1,5}", word) or not 1 <= int(word) <= 65_535 for word in words):
            raise forms.ValidationError("Ports are whole numbers from 1 to 65,535, with commas between them.")
        if len(words) > 50:
            raise forms.ValidationError("At most 50 ports.")
        return [int(word) for word in words]
