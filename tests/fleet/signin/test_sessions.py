"""A session ends when it is old, idle, revoked, or when its person is switched off or has another password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from fleet.models import Event, Session
from fleet.services import audit_log, sessions
from fleet.signin.browsers import in_words
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture(autouse=True)
def empty_buckets(valkey: Any) -> None:
    """The buckets of other tests are gone."""


def logged_in(user: User, **headers: str) -> Client:
    client = fresh_client()
    login = {"username": user.username, "password": factories.PASSWORD}
    assert client.post("/login/", login, headers=headers).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/sessions").status_code == 200


def aged(user: User, **columns: timedelta) -> None:
    """Move times of this person's sessions into the past."""
    for row in Session.objects.filter(user=user):
        Session.objects.filter(pk=row.pk).update(**{name: getattr(row, name) - by for name, by in columns.items()})


def test_what_the_database_holds_opens_nothing() -> None:
    client = logged_in(factories.user())
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    row = Session.objects.get()
    assert key not in (row.session_key, row.session_data, row.public_id)
    thief = fresh_client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = row.session_key
    assert not is_in(thief)
    assert is_in(client)


def test_a_login_and_a_proof_change_the_key() -> None:
    user, client, keys = factories.user(), fresh_client(), []
    given = {"username": user.username, "password": factories.PASSWORD, "next": "/settings/sessions"}
    for path in ("/login/", "/prove/", "/login/"):  # the last over their own live session
        client.post(path, given if path == "/login/" else {"password": factories.PASSWORD, "next": "/settings"})
        keys.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
        assert is_in(client)
    assert len(set(keys)) == 3
    assert Session.objects.count() == 1
    for former in keys[:-1]:
        thief = fresh_client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = former
        assert not is_in(thief)


def test_an_idle_session_is_over() -> None:
    user = factories.user()
    client = logged_in(user)
    aged(user, last_seen_at=timedelta(seconds=settings.SESSION_IDLE_S - 60))
    assert is_in(client)
    aged(user, last_seen_at=timedelta(seconds=settings.SESSION_IDLE_S + 1))
    answer = client.get("/settings/sessions")
    assert answer["Location"].startswith("/login/?next=")
    assert "Your session ended" in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("path", "headers", "counts"),
    [
        ("/settings/sessions", {}, True),
        ("/settings/sessions", {"Sec-Fetch-Mode": "navigate"}, True),
        ("/settings/sessions", {"HX-Request": "true"}, False),
        ("/settings/sessions", {"Sec-Fetch-Mode": "cors"}, False),
        ("/feed?after=0-0", {}, False),
        ("/api/v1/allocations", {}, False),
    ],
)
def test_what_a_page_asks_for_by_itself_keeps_no_session_alive(
    path: str, headers: dict[str, str], counts: bool
) -> None:
    user = factories.user()
    client = logged_in(user)
    aged(user, last_seen_at=timedelta(minutes=20))
    before = Session.objects.get().last_seen_at
    assert client.get(path, headers=headers).status_code in (200, 403)
    assert (Session.objects.get().last_seen_at > before) is counts


def test_use_is_written_at_most_once_a_minute(django_assert_num_queries: Any) -> None:
    user = factories.user()
    client = logged_in(user)
    before = Session.objects.get().last_seen_at
    assert is_in(client)
    assert Session.objects.get().last_seen_at == before


def test_a_session_ends_so_long_after_the_login_whatever_is_saved_meanwhile() -> None:
    user = factories.user()
    client = logged_in(user)
    session = client.session
    begun = session[sessions.BEGUN]
    session[sessions.BEGUN] = {**begun, "at": begun["at"] - settings.SESSION_COOKIE_AGE + 60}
    session.save()
    client.post("/prove/", {"password": factories.PASSWORD})  # saves it, under another key
    left = Session.objects.get().expire_date - datetime.now(UTC)
    assert timedelta() < left <= timedelta(seconds=60)
    assert 0 < int(client.cookies[settings.SESSION_COOKIE_NAME]["max-age"]) <= 60
    aged(user, expire_date=timedelta(seconds=61))
    assert not is_in(client)


def test_the_list_tells_browsers_apart_and_marks_this_one() -> None:
    user = factories.user()
    logged_in(user, **{"User-Agent": "curl/8.5"})
    page = logged_in(user, **{"User-Agent": FIREFOX}).get("/settings/sessions").content.decode()
    assert page.index("Firefox on Linux") < page.index("curl")
    assert page.count("This one") == 1
    assert "127.0.0.1" in page


def test_a_person_ends_one_of_their_sessions_and_no_one_elses() -> None:
    user, other = factories.user(), factories.user()
    here, there, stranger = logged_in(user), logged_in(user), logged_in(other)
    for row in Session.objects.filter(user=other):
        here.post("/settings/sessions/end", {"session": row.public_id})
    assert is_in(stranger)
    of_there = Session.objects.get(session_key=sessions.hashed(there.session.session_key or ""))
    answer = here.post("/settings/sessions/end", {"session": of_there.public_id}, follow=True)
    assert "Session ended." in answer.content.decode()
    assert (is_in(here), is_in(there)) == (True, False)
    event = Event.objects.get(topic="session.revoked")
    assert (event.subject, event.data["session"]) == (f"user:{user.pk}", of_there.public_id)


def test_a_person_ends_all_other_sessions() -> None:
    user = factories.user()
    here, there = logged_in(user), logged_in(user)
    assert "1 other session ended." in here.post("/settings/sessions/end", follow=True).content.decode()
    assert (is_in(here), is_in(there)) == (True, False)


def test_an_administrator_ends_anybodys_sessions() -> None:
    user, admin = factories.user(), factories.user(is_staff=True, is_superuser=True)
    client, by = logged_in(user), logged_in(admin)
    chosen = {"action": "end_sessions", "_selected_action": [user.pk]}
    assert "1 session ended." in by.post("/admin/auth/user/", chosen, follow=True).content.decode()
    assert (is_in(client), is_in(by)) == (False, True)
    assert Event.objects.get(topic="session.revoked").actor == admin.username


def test_whoever_is_switched_off_is_out_at_once() -> None:
    user = factories.user()
    client = logged_in(user)
    user.is_active = False
    user.save()
    assert not is_in(client)
    assert not Session.objects.filter(user=user).exists()
    assert Event.objects.get(topic="session.revoked").data["why"] == "switched off"


def test_coming_failing_and_going_leave_events_with_the_address() -> None:
    user = factories.user()
    fresh_client().post("/login/", {"username": user.username, "password": "guess"}, REMOTE_ADDR="203.0.113.9")
    fresh_client().post("/login/", {"username": "my secret word", "password": "guess"})
    logged_in(user).post("/logout/")
    found = list(Event.objects.order_by("pk").values_list("topic", "subject", "address", "principal"))
    person = f"user:{user.pk}"
    assert found == [
        ("login.failed", person, "203.0.113.9", ""),
        ("login.failed", "user:unknown", "127.0.0.1", ""),
        ("session.started", person, "127.0.0.1", person),
        ("session.ended", person, "127.0.0.1", person),
    ]
    kinds = [audit_log.told(row)["actor_kind"] for row in audit_log.as_rows(audit_log.found(audit_log.Sought()))]
    assert kinds == ["person", "person", "stranger", "stranger"]
    assert "my secret word" not in str(list(Event.objects.values()))


def test_what_ended_is_forgotten() -> None:
    user = factories.user()
    logged_in(user)
    sessions.forget_ended(now=datetime.now(UTC))
    assert Session.objects.count() == 1
    sessions.forget_ended(now=datetime.now(UTC) + timedelta(seconds=settings.SESSION_IDLE_S + 60))
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
    ],
)
def test_a_browser_is_named_in_words(agent: str, words: str) -> None:
    assert in_words(agent) == words
