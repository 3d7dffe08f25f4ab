"""The forms that pages draw for somebody, read from their HTML as a browser reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.test import Client

from tests import factories
from tests.security.estate import Estate
from tests.security.routes import PAGE_RULES, PAGES, address

ROW = re.compile(r"\b[a-z]+_[0-9a-f]{32}|(?<=/)[0-9]+\b")
TEXT, CHOICE, HIDDEN = "text", "choice", "hidden"
NOT_OURS = frozenset({"csrfmiddlewaretoken"})
ABOUT_THE_LOGIN = ("/login", "/logout", "/prove", "/settings/password", "/settings/second-factor", "/settings/sessions")
"""Forms with tests of their own in tests/fleet/signin; they count attempts."""


@dataclass
class Form:
    """A form as a browser would send it: pressed by its first button."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    asks: str = ""  # the word that has to be typed

    @property
    def written(self) -> list[str]:
        """Fields somebody types into or chooses."""
        return [name for name, kind in self.kinds.items() if kind != HIDDEN and name not in NOT_OURS]

    @property
    def hidden(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind == HIDDEN and name not in NOT_OURS]

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """The same form on two pages, or about two rows, is one."""
        return ROW.sub("…", self.action.partition("?")[0]), tuple(sorted(self.written))

    def fill(self, words: Mapping[str, str]) -> None:
        """Write where it is empty, and what a name is typed for."""
        empty = [name for name in self.written if not self.fields.get(name)]
        self.fields |= {name: words[name] for name in empty if name in words}
        self.fields |= {name: self.asks for name in ("typed", "confirm") if name in self.kinds and self.asks}


class Forms(HTMLParser):
    """The forms of a page that POST."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.form: Form | None = None
        self.into: Form | None = None  # the form of the open select or textarea
        self.open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._begin(given)
            return
        if tag == "option" and self.into is not None:
            if "selected" in given or self.open not in self.into.fields:
                self.into.fields[self.open] = given.get("value", "")
            return
        form, name = self.by_id.get(given.get("form", ""), self.form), given.get("name", "")
        if form is None or not name or given.get("type") == "file":
            return
        if tag == "input":
            _input(form, name, given)
        elif tag == "button":
            pressed = not set(form.kinds.values()) & {"button"} and given.get("type", "submit") == "submit"
            if pressed and name not in form.fields:
                form.fields[name] = given.get("value", "")
        elif tag in ("select", "textarea"):
            self.into, self.open = form, name
            form.kinds[name] = CHOICE if tag == "select" else TEXT
            if tag == "textarea":
                form.fields[name] = ""

    def handle_data(self, data: str) -> None:
        if self.form is not None and (asked := re.match(r"Type (.+?),? (?:to|exactly) ", data.strip())):
            self.form.asks = asked[1]
        if self.into is not None and self.into.kinds[self.open] == TEXT:
            self.into.fields[self.open] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            self.into = None
        elif tag == "form":
            self.form = None

    def _begin(self, given: dict[str, str]) -> None:
        if given.get("method", "").lower() != "post":
            return
        self.form = Form(given.get("action") or self.path)
        self.found.append(self.form)
        if given.get("id"):
            self.by_id[given["id"]] = self.form


def _input(form: Form, name: str, given: dict[str, str]) -> None:
    kind = given.get("type", "text")
    choice = kind in ("checkbox", "radio")
    if not choice or "checked" in given:
        form.fields.setdefault(name, given.get("value", "on" if choice else ""))
    form.kinds[name] = HIDDEN if kind == "hidden" else CHOICE if choice else TEXT


def forms_of(client: Client, pages: Iterable[str], words: Mapping[str, str]) -> list[Form]:
    """Each form that is drawn on these pages once, filled in where it comes empty."""
    found: dict[object, Form] = {}
    for path in pages:
        answer = client.get(path)
        if "html" not in answer.get("Content-Type", "") or answer.status_code != 200:
            continue
        for form in Forms(answer.content.decode(), path.partition("?")[0]).found:
            if not form.action.startswith(ABOUT_THE_LOGIN):
                form.fill(words)
                found.setdefault(form.key, form)
    return list(found.values())


def pages_of(estate: Estate) -> list[str]:
    """Pages about rows that nothing holds fast, then every page about the estate's own."""
    model = factories.model(estate.mine)
    config = factories.serving_config(model)
    free = factories.allocation(estate.mine, name="free")
    unused = factories.account(name="unused")
    mine = estate.mine.slug
    return [
        f"/models/{model.public_id}/change",
        f"/models/{factories.model(estate.mine).public_id}/delete",
        f"/serving-configs/{config.public_id}/change",
        f"/serving-configs/{config.public_id}/delete",
        *(f"/fleet/{free.public_id}/{verb}" for verb in ("extend", "resize", "release")),
        *(f"/fleet/bulk?do={verb}&id={free.public_id}" for verb in ("extend", "release")),
        f"/settings/accounts/{unused.public_id}",
        f"/settings/members?project={mine}",
        f"/settings/limits/{estate.budget.public_id}",
        *(address(route, estate) + PAGE_RULES[route].query for route in PAGES if _is_drawn(route)),
    ]


def words_for(estate: Estate) -> dict[str, str]:
    """What somebody writes where a form comes empty."""
    return {
        "name": "typed",
        "slug": "typed",
        "url": "https://ops.example.com/typed",
        "max_accelerators": "8",
        "cap_per_hour": "5",
        "max_model_len": "8192",
        "reason": "It is over by now.",
        "scopes": "read",
        "accelerator": "H100",
        "accelerator_count": "8",
        "hours": "24",
        "user": estate.stranger.username,
        "credentials_ref": "env:NEXT",
        "options": '{"regions": ["us-east-1"]}',
        "config": json.dumps(factories.LLAMA),
    }


def _is_drawn(route: str) -> bool:
    return bool(PAGE_RULES[route].get) and route != "feed"
