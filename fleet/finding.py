"""What the search field finds of fleet: allocations, machines, pages, sections of Settings, actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from fleet.models import Allocation, Instance
from fleet.presenting import short_id
from fleet.queries.rows import in_scope
from fleet.services.access import Caller
from fleet.settings_pages import SECTIONS, everybody, who_may
from fleet.states import allocation_look

MOST_OF_A_KIND = 6


@dataclass(frozen=True)
class Found:
    """One line of the answer. Without an address it is something the page itself does: `act` names it."""

    group: str
    title: str
    about: str
    icon: str
    href: str = ""
    act: str = ""
    keys: str = ""


PAGES: tuple[tuple[str, str, str, str], ...] = (  # title, icon, route, shortcut
    ("Overview", "overview", "overview", "g o"),
    ("Fleet", "fleet", "fleet", "g f"),
    ("Endpoints", "endpoint", "endpoints", "g e"),
    ("Economics", "money", "economics", "g c"),
    ("Activity", "activity", "activity", "g a"),
    ("Settings", "settings", "settings", "g s"),
)
ACTIONS: tuple[tuple[str, str, str, str, str, Callable[[Caller], bool]], ...] = (
    # title, icon, route, what the page does, shortcut, who sees it
    ("Allocate capacity", "plus", "allocate", "", "p", who_may("fleet:write")),
    ("Fleet as CSV", "download", "fleet", "", "", everybody),
    ("Switch theme", "moon", "", "theme", "t", everybody),
    ("Keyboard shortcuts", "more", "", "keys", "?", everybody),
)


def found_pages(caller: Caller, text: str) -> list[Found]:
    """Pages, sections of Settings and actions whose words hold the text; all of them for no text."""
    pages = [Found("Pages", title, "", icon, reverse(route), keys=keys) for title, icon, route, keys in PAGES]
    pages += [
        Found("Settings", section.title, section.group, section.icon, reverse(section.route))
        for section in SECTIONS
        if section.shown_to(caller)
    ]
    pages += [
        Found("Actions", title, "", icon, _action(title, route), act, keys)
        for title, icon, route, act, keys, shown_to in ACTIONS
        if shown_to(caller)
    ]
    words = text.lower().split()
    return [one for one in pages if all(word in f"{one.title} {one.about} {one.group}".lower() for word in words)]


def found_rows(projects: Sequence[int] | None, text: str) -> list[Found]:
    """Allocations and machines of these projects, the living and the newest first."""
    return _allocations(projects, text) + _machines(projects, text) if text else []


def _allocations(projects: Sequence[int] | None, text: str) -> list[Found]:
    rows = in_scope(Allocation.objects.filter(Q(name__icontains=text) | Q(public_id__icontains=text)), projects)
    columns = ("public_id", "name", "state", "project__slug")
    found = rows.order_by("released_at", "-id").values_list(*columns)[:MOST_OF_A_KIND]
    return [
        Found(
            "Allocations",
            name,
            f"{allocation_look(state).word} · {project} · {short_id(public_id)}",
            "fleet",
            reverse("allocation", args=[public_id]),
        )
        for public_id, name, state, project in found
    ]


def _machines(projects: Sequence[int] | None, text: str) -> list[Found]:
    named = Q(provider_id__icontains=text) | Q(public_id__icontains=text)
    rows = in_scope(Instance.objects.filter(named, slot__isnull=False), projects)
    columns = ("provider_id", "instance_type", "zone", "slot__allocation__public_id", "slot__allocation__name")
    found = rows.order_by("-id").values_list(*columns)[:MOST_OF_A_KIND]
    return [
        Found("Machines", machine, f"{kind} in {zone} · {name}", "machine", reverse("allocation", args=[page]))
        for machine, kind, zone, page, name in found
    ]


def _action(title: str, route: str) -> str:
    if not route:
        return ""
    return f"{reverse(route)}?csv=allocations" if title.endswith("CSV") else reverse(route)
