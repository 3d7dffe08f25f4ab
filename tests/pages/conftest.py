"""Fixtures of the pages' tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.pages.rows import Installation

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def people(db: None) -> dict[str, Any]:
    from tests.pages import rows

    return rows.people()


@pytest.fixture
def full(db: None) -> Installation:
    """An installation at work."""
    from tests.pages import rows

    return rows.build(datetime.now(UTC))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Its event loop runs in this thread, which Django would otherwise refuse to share; it
    ends with this package's last test, since the tests after that want loops of their own."""
    if not CHROMIUM.exists():
        pytest.skip("pages are not looked at: there is no /usr/bin/chromium (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(live_server: Any, browser: Browser) -> Iterator[Page]:
    """A logged-in administrator's window; what the browser complains of is a failure."""
    from tests.pages import rows

    rows.people()
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}, bypass_csp=True)
    found = context.new_page()
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.goto("/login/")
    found.fill("input[name=username]", "ada")
    found.fill("input[name=password]", "correct horse battery")
    found.click("button[type=submit]")
    found.wait_for_selector("#live")
    yield found
    context.close()
    assert complaints == []


@pytest.fixture
def window(live_server: Any, browser: Browser) -> Iterator[Callable[..., Page]]:
    """`window(user)`: a browser of that person's own, who has just logged in. What its script complains of fails."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_for(user: Any, **context: Any) -> Page:
        made = browser.new_context(
            base_url=live_server.url, viewport={"width": 1440, "height": 900}, bypass_csp=True, **context
        )
        opened.append(made)
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            made.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = made.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_for
    for context in opened:
        context.close()
    assert complaints == []
