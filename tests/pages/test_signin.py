"""The pages of signing in as a person meets them: both themes, narrow, by keyboard, and nothing for axe to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from fleet.domain.groups import read_groups
from fleet.services import people, second_factor
from fleet.services.access import caller_at_the_server
from tests import factories, identity_provider
from tests.fleet.signin.test_second_factor import SECRET, code_of
from tests.pages.browser import looked_at

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.page, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server: Any, browser: Browser, valkey: Any) -> Iterator[Page]:
    """A window that nobody has logged in with; what it complains of is a failure."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}, bypass_csp=True)
    found = context.new_page()
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    context.close()
    assert complaints == []


def log_in(page: Page, user: Any) -> None:
    page.goto("/login/")
    page.get_by_label("Name").fill(user.username)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_every_page_of_signing_in_is_clean_in_both_themes_and_on_a_phone(page: Page, settings: Any) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://id.example.org", "Example ID"
    user = factories.user(is_superuser=True, is_staff=True, username="ada")
    second_factor.add(user, secret=SECRET, code=code_of(steps=-1), actor="test", now=timezone.now())
    page.goto("/login/")
    found = looked_at(page, "login")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    found += looked_at(page, "login-failed")
    log_in(page, user)
    found += looked_at(page, "code")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Log in").click()
    found += looked_at(page, "code-failed")
    page.get_by_label("Code").fill(code_of())
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("#live")
    for path in ("/settings/second-factor", "/settings/sessions"):
        page.goto(path)
        found += looked_at(page, path)
    page.get_by_role("button", name="Log out", exact=True).first.click()
    page.goto(people.password_link(user, by=caller_at_the_server("test"), now=timezone.now()))
    found += looked_at(page, "invited")
    page.goto("/login/password/MQ/nothing/")
    found += looked_at(page, "invited-nothing")
    assert found == []


def test_a_person_sets_up_a_second_factor_and_logs_in_with_it(page: Page, settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    user = factories.user(username="grace")
    log_in(page, user)
    page.wait_for_url("**/settings/second-factor")
    found = looked_at(page, "second-factor-owed")
    page.get_by_role("link", name="Set up a second factor").click()
    found += looked_at(page, "second-factor-add")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Code from the app").fill(code_of(secret))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    found += looked_at(page, "recovery-codes")
    recovery = page.locator(".codes li").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    page.locator("form[action='/logout/'] button").first.click()
    log_in(page, user)
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("#live")
    assert found == []


def test_a_person_comes_in_through_the_identity_provider(page: Page, settings: Any) -> None:
    with identity_provider.running() as provider:
        settings.OIDC_ISSUER, settings.OIDC_NAME = provider.url, "Example ID"
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "purser", "secret"
        settings.OIDC_GROUPS = read_groups("ops = chat:operator")
        cache.clear()
        factories.project(slug="chat")
        provider.person("ada-1", preferred_username="ada", groups=["ops"])
        provider.person("eve-1", preferred_username="eve", groups=["curious"])
        page.goto("/settings/you")
        page.get_by_role("link", name="Log in with Example ID").click()
        page.locator("input[name=sub]").fill("eve-1")
        page.keyboard.press("Enter")
        page.get_by_text("none of your groups gives you anything here").wait_for()
        found = looked_at(page, "nothing-for-you")
        page.get_by_role("link", name="Back to the login").click()
        page.get_by_role("link", name="Log in with Example ID").click()
        page.locator("input[name=sub]").fill("ada-1")
        page.keyboard.press("Enter")
        page.wait_for_selector("#live")
        page.goto("/settings/you")
        page.get_by_text("chat: Operator, by group").wait_for()
        found += looked_at(page, "you-by-group")
        assert found == []
