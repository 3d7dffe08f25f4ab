"""What every template may use: numbers as pages write them, icons, links that keep the time range."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from fleet import formatting
from fleet.timerange import TimeRange

register = template.Library()

for _name in (
    "usd", "money", "whole_money", "usd_per_million", "fixed", "short", "percent", "milliseconds", "duration",
    "cloud_name",
):  # fmt: skip
    register.filter(_name, getattr(formatting, _name))
register.filter("clock_text", formatting.clock)


@register.filter
def clock(at: datetime | None, now: datetime | None = None) -> SafeString | str:
    """An instant as pages write it; who reads local times sees it in theirs (static/js/display.js)."""
    if at is None:
        return formatting.NOTHING
    exact = at.astimezone(UTC)
    said = (f"{exact:%Y-%m-%dT%H:%M:%SZ}", f"{exact:%Y-%m-%d %H:%M:%S}", formatting.clock(at, now))
    return format_html('<time datetime="{}" title="{} UTC">{}</time>', *said)


@register.simple_tag
def data_script(value: Any, script_id: str) -> SafeString:
    """A chart's figure for the page's script, as Django's `json_script` and several times as fast.

    In a string of JSON a letter may be written as its code, so nothing in it can end the element.
    """
    text = orjson.dumps(value).decode()
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04X}")
    return format_html('<script id="{}" type="application/json">{}</script>', script_id, mark_safe(text))  # noqa: S308


@register.filter
def coded(text: str) -> SafeString:
    """What stands between backticks, as code."""
    parts = enumerate(text.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", part) if n % 2 else part,) for n, part in parts))


@register.simple_tag
@lru_cache(maxsize=512)  # a page has a hundred of a few dozen
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


@register.simple_tag
def difference(before: Any, after: Any) -> list[dict[str, Any]]:
    """What differs between two mappings, name by name; of one alone, everything it holds."""
    was, now = _as_mapping(before), _as_mapping(after)
    names = [name for name in {**was, **now} if was.get(name) != now.get(name) or not (was and now)]
    return [
        {
            "name": name.replace("_", " "),
            "was": _said(was[name], name) if name in was else None,
            "is": _said(now[name], name) if name in now else None,
        }
        for name in names
        if not (before in (None, {}) and now.get(name) in ("", None))
    ]


def _as_mapping(value: Any) -> dict[str, Any]:
    if value in (None, {}):
        return {}
    return dict(value) if isinstance(value, Mapping) else {"value": value}


def _said(value: Any, name: str = "") -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value)) or "none"
    if value in (None, ""):
        return "none"
    if formatting.is_money(name) and formatting.NUMBER.fullmatch(str(value)):
        return formatting.exact_usd(Decimal(str(value)))
    return formatting.instant(str(value))


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


@register.simple_tag(takes_context=True)
def here_without(context: template.Context, name: str) -> str:
    """This page's address without one of its parameters."""
    return here(context, **{name: "", "page": ""})


@register.simple_tag(takes_context=True)
def sorter(context: template.Context, key: str, label: str, sort: str, classes: str = "") -> SafeString:
    """A column's head that sorts by it, one way and then the other. `sort` is the word in force, `-key` for down."""
    way = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
    address = here(context, sort=f"-{key}" if way == "ascending" else key, page="")
    mark = icon("up" if way == "ascending" else "down") if way else ""
    said = format_html(' aria-sort="{}"', way) if way else ""
    return format_html('<th scope="col" class="{}"{}><a href="{}">{}{}</a></th>', classes, said, address, label, mark)


@register.simple_tag(takes_context=True)
def zoomed(context: template.Context, span: TimeRange) -> str:
    """This page's address with another time range."""
    params: QueryDict = context["request"].GET.copy()
    for name in ("range", "from", "to", "before", "after", "page"):
        params.pop(name, None)
    query = "&".join(filter(None, [params.urlencode(), span.query]))
    return f"{context['request'].path}?{query}"


@register.simple_tag(takes_context=True)
def file_of(context: template.Context, kind: str, name: str) -> str:
    """This page's address, asked for one of its tables as a file."""
    params: QueryDict = context["request"].GET.copy()
    params[kind] = name
    return f"{context['request'].path}?{params.urlencode()}"
