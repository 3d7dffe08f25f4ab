"""Which sections Settings has, for whom; and how a section is drawn. A new section is one line of SECTIONS.

A line names a route; the app that owns the route draws it with `render_section`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from fleet.pages import Frame, render_page
from fleet.services.access import Caller


def everybody(_caller: Caller) -> bool:
    return True


def who_may(scope: str) -> Callable[[Caller], bool]:
    """Whoever may do this in at least one project."""
    return lambda caller: caller.may_somewhere(scope)


@dataclass(frozen=True)
class Section:
    group: str
    key: str
    title: str
    icon: str
    route: str
    shown_to: Callable[[Caller], bool] = everybody


SECTIONS = (
    Section("You", "you", "Profile and password", "people", "you"),
    Section("You", "second-factor", "Second factor", "shield", "second-factor"),
    Section("You", "sessions", "Sessions", "clock", "sessions"),
    Section("You", "display", "Display", "sun", "display"),
    Section("Project", "limits", "Limits", "money", "limits", who_may("limits:read")),
    Section("Project", "audit", "Audit", "audit", "audit", who_may("audit:read")),
    Section("Project", "webhooks", "Webhooks", "bell", "settings-webhooks", who_may("webhooks:read")),
    Section("Access", "tokens", "Tokens", "key", "settings-tokens"),
    Section("Access", "members", "Members", "people", "settings-members", who_may("access:read")),
    Section(
        "Access", "service-accounts", "Service accounts", "machine", "settings-service-accounts", who_may("access:read")
    ),
    Section("Installation", "projects", "Projects", "fleet", "settings-projects", who_may("installation:write")),
    Section("Installation", "accounts", "Cloud accounts", "cloud", "settings-accounts", who_may("installation:read")),
    Section("Installation", "about", "About", "flask", "settings"),
    Section("Installation", "switches", "Switches", "hold", "switches", who_may("installation:write")),
    Section("Installation", "api", "API reference", "table", "api-docs"),
)


def render_section(
    request: HttpRequest, template: str, frame: Frame, key: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponseBase:
    """A section of Settings, with the list of those this caller may open."""
    shown = [section for section in SECTIONS if section.shown_to(frame.caller)]
    groups: dict[str, list[dict[str, str]]] = {}
    for section in shown:
        entry = {"key": section.key, "title": section.title, "icon": section.icon, "href": reverse(section.route)}
        groups.setdefault(section.group, []).append(entry)
    title = next(section.title for section in SECTIONS if section.key == key)
    named = {"settings_nav": list(groups.items()), "settings_key": key, "section_title": title}
    response = render_page(request, template, frame, {**named, **context}, section="settings")
    response.status_code = status
    return response
