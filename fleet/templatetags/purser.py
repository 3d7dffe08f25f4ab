"""What every template may use: numbers as pages write them, icons, links that keep the time range."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fleet import formatting

register = template.Library()

for _name in ("usd", "usd_per_million", "fixed", "short", "percent", "milliseconds", "duration", "cloud_name"):
    register.filter(_name, getattr(formatting, _name))
register.filter("clock", formatting.clock)


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of static/icons.svg; the word beside it carries the meaning."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, static("icons.svg"), name
    )


@register.simple_tag
def left(at: datetime | None, now: datetime) -> SafeString:
    """A countdown that the page's clock goes on with. Not a live region: nobody wants to hear it tick."""
    if at is None:
        return SafeString("")
    seconds = max(int((at - now).total_seconds()), 0)
    text = formatting.countdown(timedelta(seconds=seconds))
    return format_html('<span class="countdown" data-seconds="{}">{}</span>', seconds, text)


@register.simple_tag(takes_context=True)
def here(context: template.Context, **changes: Any) -> str:
    """This page's address with some parameters changed; an empty value removes one."""
    params: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        if value in ("", None):
            params.pop(name, None)
        else:
            params[name] = str(value)
    query = params.urlencode()
    return f"{context['request'].path}?{query}" if query else context["request"].path
