"""What every answer tells a browser: which scripts run, what it keeps, who may frame it, and cookies of this host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest
from django.test import Client

from fleet.sealed_messages import SealedCookie
from tests import factories
from tests.api_client import fresh_client
from tests.purser.test_settings import PRODUCTION as ENVIRONMENT
from tests.purser.test_settings import settings_of
from tests.security.callers import Caller
from tests.security.estate import Estate
from tests.security.routes import ADMIN, API, API_RULES, PAGE_RULES, PAGES, PUBLIC, address, call

# Read when a request comes or when the middleware is made, so that a test can put on what production has.
OF_PRODUCTION = (
    "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_SAMESITE",
    "CSRF_COOKIE_DOMAIN", "CSRF_COOKIE_PATH", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD", "SECURE_REDIRECT_EXEMPT", "DEBUG",
)  # fmt: skip
JSON_DATA = ("application/json", "application/ld+json")


class Scripts(HTMLParser):
    """What a page would have a browser run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sources: list[tuple[str, str]] = []  # address and nonce
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and given.get("type") not in JSON_DATA:
            if "src" in given:
                self.sources.append((given["src"], given.get("nonce", "")))
            else:
                self.inline.append(f"<script> without an address: {given}")
        self.inline += [f"{tag} {name}" for name in given if name.startswith(("on", "hx-on"))]
        self.inline += [f"{tag} {name}" for name, value in given.items() if value.lower().startswith("javascript:")]


def policy_of(answer: Any) -> dict[str, str]:
    found = {}
    for rule in answer["Content-Security-Policy"].split(";"):
        name, _, value = rule.strip().partition(" ")
        found[name] = value
    return found


def text_of(answer: Any) -> str:
    return b"".join(answer).decode()


@pytest.fixture
def root(estate: Estate) -> Client:
    """A superuser who has proved themselves."""
    somebody = Caller("superuser", user=factories.user(is_superuser=True, is_staff=True))
    somebody.log_in()
    return somebody.session


def every_page(estate: Estate, root: Client) -> Iterator[tuple[str, Any]]:
    """Each page somebody may look at: ours, the admin's lists, forms and histories, the API's, and what goes wrong."""
    for route in PAGES:
        if PAGE_RULES[route].get:
            path = address(route, estate) + PAGE_RULES[route].query
            yield path, call("get", path, client=root)
    for route in ADMIN:
        if "<" not in route and route not in PUBLIC:
            yield f"/{route}", call("get", f"/{route}", client=root)
    for noun, row in (("cloudaccount", estate.account), ("quota", estate.quota), ("token", estate.robots_row)):
        for page in ("change", "delete", "history"):
            path = f"/admin/fleet/{noun}/{row.pk}/{page}/"
            yield path, call("get", path, client=root)
    for path in ("/login/", "/admin/login/", "/login/inactive/", "/api/problems/invalid", "/nowhere"):
        yield path, call("get", path)
    yield "/nowhere, logged in", call("get", "/nowhere", client=root)
    yield "an unknown host", fresh_client().get("/login/", headers={"Host": "elsewhere.example"})


def test_no_page_runs_a_script_that_is_not_a_file_of_this_site(estate: Estate, root: Client) -> None:
    looked_at = set()
    for path, answer in every_page(estate, root):
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        scripts = Scripts(text_of(answer))
        assert scripts.inline == [], path
        wanted = policy_of(answer)["script-src"]
        for source, nonce in scripts.sources:
            assert source.startswith(("/static/", "/admin/jsi18n/")), (path, source)
            assert wanted == f"'nonce-{nonce}'" or (wanted == "'self'" and not nonce), (path, source, wanted)
            looked_at.add((path.startswith("/admin/"), bool(nonce)))
    assert (False, False) not in looked_at, "a page of ours gave no nonce"
    assert {(False, True), (True, False)} <= looked_at


def test_a_script_of_its_own_would_be_seen() -> None:
    for html in ("<script>1</script>", "<a onclick=x>", "<a hx-on:click=x>", "<a href='JavaScript:x'>"):
        assert Scripts(html).inline != []
    assert Scripts("<script type=module src=/static/a.js nonce=n>").sources == [("/static/a.js", "n")]


def test_a_nonce_serves_one_answer() -> None:
    policies = {policy_of(fresh_client().get("/api/problems/invalid"))["script-src"] for _ in range(3)}
    assert len(policies) == 3


def test_every_answer_says_what_a_browser_may_do_with_it(estate: Estate, root: Client) -> None:
    answers = list(every_page(estate, root))
    answers += [(route, call("get", address(route, estate), estate.token)) for route in API]
    answers += [(f"/{route}", call("get", f"/{route}")) for route in ("healthz", "readyz", "metrics", "api/schema")]
    answers.append(("a stylesheet", fresh_client().get("/static/css/purser.css")))
    answers.append(("a form without its token", Client(enforce_csrf_checks=True).post("/login/", {})))
    assert len(answers) > 150
    for path, answer in answers:
        policy = policy_of(answer)
        kind = answer.headers.get("Content-Type", "")
        for rule in ("default-src", "base-uri", "frame-ancestors"):
            assert policy[rule] == "'none'", (path, rule)
        if "json" in kind:
            assert set(policy.values()) == {"'none'"}, path
        else:
            assert (policy["object-src"], policy["form-action"]) == ("'none'", "'self'"), path
            assert "unsafe" not in policy["script-src"], path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer["Referrer-Policy"] == "same-origin", path
        assert "Access-Control-Allow-Origin" not in answer.headers, path
        assert not kind.startswith("text/") or "charset=" in kind, (path, kind)


def test_nothing_behind_a_login_is_kept_by_a_browser_or_a_proxy(estate: Estate, root: Client) -> None:
    for path, answer in every_page(estate, root):
        if answer.status_code != 400:  # that of an unknown host tells nothing
            assert "no-store" in answer.headers.get("Cache-Control", ""), path
    for route in API:
        for method in API_RULES[route].methods:
            answer = call(method, address(route, estate), estate.token)
            assert "no-store" in answer.headers.get("Cache-Control", ""), (method, route)


def test_log_out_is_on_every_page_of_the_console(root: Client) -> None:
    for path in ("/", "/fleet", "/endpoints", "/economics", "/activity", "/settings", "/settings/you", "/api/docs"):
        assert '<form method="post" action="/logout/">' in text_of(root.get(path)), path
    assert 'action="/admin/logout/"' in text_of(root.get("/admin/"))


def test_the_api_speaks_to_programs_only(estate: Estate) -> None:
    """No browsable API and no form of the framework's: what asks for HTML gets JSON or is told there is none."""
    for route in API:
        headers = {"Authorization": f"Bearer {estate.token}", "Accept": "text/html"}
        answer = fresh_client().get(address(route, estate), headers=headers)
        assert not answer.headers.get("Content-Type", "").startswith("text/html"), route
        assert b"<html" not in answer.content, route


def test_no_view_of_the_api_can_render_html() -> None:
    from django.urls import get_resolver

    found = set()
    for view in _views(get_resolver().url_patterns):
        kind = getattr(view, "view_class", None) or getattr(view, "cls", None)
        found |= set(getattr(kind, "renderer_classes", ()))
    assert found
    assert not [one for one in found if "html" in one.media_type]


@pytest.fixture
def production(settings: Any) -> None:
    """The settings that cookies and transport have in production, as a deployment reads them."""
    values = settings_of(ENVIRONMENT, "{" + ", ".join(f"{name!r}: s.{name}" for name in OF_PRODUCTION) + "}")
    for name, value in values.items():
        setattr(settings, name, value)


@pytest.mark.django_db
def test_cookies_are_of_this_host_only_and_sent_over_https_only(production: None, valkey: Any) -> None:
    client = Client()  # its middleware is made with the settings of production
    client.get("/login/", secure=True)
    login = {"username": factories.user().username, "password": factories.PASSWORD}
    assert client.post("/login/", login, secure=True).status_code == 302
    client.post("/settings/display", {}, secure=True)
    assert set(client.cookies) >= {"__Host-purser", "__Host-purser-csrf"}
    for name, cookie in client.cookies.items():
        assert name.startswith("__Host-"), name
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (True, "/", "", "Lax"), name
        assert len(name) + len(cookie.value) < 4096
    assert client.cookies["__Host-purser"]["httponly"] is True


@pytest.mark.django_db
def test_https_is_asked_for_a_year_of_all_subdomains(production: None, estate: Estate) -> None:
    client = Client()
    headers = {"Authorization": f"Bearer {estate.token}"}
    for path in ("/login/", "/healthz", "/static/css/purser.css", "/api/v1/allocations", "/nowhere"):
        answer = client.get(path, secure=True, headers=headers)
        assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload", path


@pytest.mark.django_db
def test_pages_are_led_to_https_and_the_api_refuses_plain_http(production: None, estate: Estate) -> None:
    client = Client()
    for path in ("/login/", "/fleet", "/api/docs", "/admin/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{path}")
    for method in ("get", "post"):
        answer = call(method, "/api/v1/allocations", estate.token, client)
        assert (answer.status_code, answer.json()["code"]) == (403, "https-only")
    path = "/api/v1/allocations"
    assert client.get(path, secure=True, headers={"Authorization": f"Bearer {estate.token}"}).status_code == 200


@pytest.mark.django_db
def test_nobody_but_a_trusted_proxy_says_that_it_came_by_https(production: None) -> None:
    answer = Client().get("/login/", headers={"X-Forwarded-Proto": "https"}, REMOTE_ADDR="203.0.113.5")
    assert answer.status_code == 301


@pytest.mark.django_db
def test_what_is_shown_once_lies_readable_in_no_cookie_and_no_row(estate: Estate, root: Client) -> None:
    """The admin tells a new token on the next page: it travels there sealed."""
    form = {"name": "router", "project": estate.mine.pk, "scopes": ["read"], "days": 30}
    answer = root.post("/admin/fleet/token/add/", form)
    assert answer.status_code == 302
    kept = answer.cookies["purser-messages"].value
    shown = text_of(root.get("/admin/fleet/token/"))
    plain = shown.split("not shown again: ")[1].split("<")[0].strip()
    assert plain.startswith("prs_")
    opened = SealedCookie(HttpRequest())._decode(kept)
    assert plain in str(opened[0])
    from django.core import signing

    with pytest.raises(signing.BadSignature):
        signing.get_cookie_signer(salt=SealedCookie.key_salt).unsign_object(kept)
    assert plain not in text_of(root.get("/admin/fleet/token/"))


def test_a_sealed_sentence_that_was_changed_is_dropped() -> None:
    storage = SealedCookie(HttpRequest())
    sealed = storage._encode([Message(constants.INFO, "Released.")])
    assert [str(one) for one in storage._decode(sealed)] == ["Released."]
    assert storage._decode(sealed[:-6] + "AAAAAA") is None
    assert storage._decode(json.dumps(["no seal"])) is None


def _views(patterns: Any) -> Iterator[Any]:
    for entry in patterns:
        if hasattr(entry, "url_patterns"):
            yield from _views(entry.url_patterns)
        else:
            yield entry.callback
