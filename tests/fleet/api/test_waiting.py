"""Waiting for an event or an end: woken by what happened, by nothing else, and holding no database connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from fleet.models import Allocation, Membership, Project, Session, Token
from fleet.services import events, waiting
from fleet.services.clock import business_now
from tests import factories
from tests.api_client import ApiClient, fresh_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team() -> Project:
    return factories.project(slug="research")


@pytest.fixture
def api(team: Project) -> ApiClient:
    return ApiClient(factories.token(team))


class Asking(threading.Thread):
    """A request of its own thread, whose answer can be waited for."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        super().__init__()
        self.ask, self.answer = ask, None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self.ask()
        finally:
            connection.close()

    def result(self) -> Any:
        self.join(20)
        assert self.answer is not None, "no answer within 20 seconds"
        return self.answer


@pytest.fixture
def waiting_now(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """Released once for each request that has let go of the database and waits."""
    reached = threading.Semaphore(0)
    let_go = waiting._let_go_of_the_database

    def tell() -> None:
        let_go()
        assert connection.connection is None, "a waiting request holds a connection"
        reached.release()

    monkeypatch.setattr(waiting, "_let_go_of_the_database", tell)
    yield reached


def say(project: Project, subject: str = "alloc_1") -> None:
    events.record("allocation.active", subject=subject, project=project, now=business_now())


def test_an_event_ends_the_wait(api: ApiClient, team: Project, waiting_now: threading.Semaphore) -> None:
    cursor = api.get("events?after=now").json()["cursor"]
    asking = Asking(lambda: api.get(f"events?after={cursor}&wait=30"))
    assert waiting_now.acquire(timeout=20)
    say(team)
    assert [event["subject"] for event in asking.result().json()["items"]] == ["alloc_1"]


def test_what_is_there_already_is_not_waited_for(api: ApiClient, team: Project) -> None:
    cursor = api.get("events?after=now").json()["cursor"]
    say(team)
    assert len(api.get(f"events?after={cursor}&wait=30").json()["items"]) == 1


def test_patience_ends_with_an_empty_answer_that_goes_on_from_the_same_place(api: ApiClient) -> None:
    cursor = api.get("events?after=now").json()["cursor"]
    body = api.get(f"events?after={cursor}&wait=1").json()
    assert (body["items"], body["cursor"]) == ([], cursor)


def test_another_projects_events_wake_nobody(api: ApiClient, team: Project, waiting_now: threading.Semaphore) -> None:
    cursor = api.get("events?after=now").json()["cursor"]
    asking = Asking(lambda: api.get(f"events?after={cursor}&wait=30"))
    assert waiting_now.acquire(timeout=20)
    say(factories.project(), "theirs")
    say(team, "ours")
    assert [event["subject"] for event in asking.result().json()["items"]] == ["ours"]


def _revoke(team: Project) -> None:
    Token.objects.update(revoked_at=timezone.now())


def _expire(team: Project) -> None:
    Token.objects.update(expires_at=timezone.now())


def _take_the_role(team: Project) -> None:
    Membership.objects.filter(project=team).delete()


@pytest.mark.parametrize(("lose", "status"), [(_revoke, 401), (_expire, 401), (_take_the_role, 403)])
def test_whoever_lost_their_rights_while_they_waited_is_told_nothing(
    api: ApiClient, team: Project, waiting_now: threading.Semaphore, lose: Callable[[Project], None], status: int
) -> None:
    cursor = api.get("events?after=now").json()["cursor"]
    asking = Asking(lambda: api.get(f"events?after={cursor}&wait=30"))
    assert waiting_now.acquire(timeout=20)
    lose(team)
    say(team)
    answer = asking.result()
    assert answer.status_code == status
    assert "alloc_1" not in answer.content.decode()


def test_a_session_that_ended_while_it_waited_is_told_nothing(team: Project, waiting_now: threading.Semaphore) -> None:
    browser = fresh_client()
    browser.force_login(factories.member(team))
    api = ApiClient(session=browser)
    cursor = api.get("events?after=now").json()["cursor"]
    asking = Asking(lambda: api.get(f"events?after={cursor}&wait=30"))
    assert waiting_now.acquire(timeout=20)
    Session.objects.all().delete()
    say(team)
    assert asking.result().status_code == 401


def test_what_happened_in_a_project_one_left_while_one_waited_is_not_told(
    team: Project, waiting_now: threading.Semaphore
) -> None:
    person, other = factories.member(team), factories.project()
    Membership.objects.create(project=other, user=person, role="operator")
    browser = fresh_client()
    browser.force_login(person)
    api = ApiClient(session=browser)
    cursor = api.get("events?after=now").json()["cursor"]
    asking = Asking(lambda: api.get(f"events?after={cursor}&wait=30"))
    assert waiting_now.acquire(timeout=20)
    Membership.objects.filter(project=other).delete()
    with transaction.atomic():
        say(other, "theirs")
        say(team, "ours")
    assert [event["subject"] for event in asking.result().json()["items"]] == ["ours"]


def test_an_event_whose_transaction_ends_late_is_not_slept_through(
    api: ApiClient, team: Project, waiting_now: threading.Semaphore
) -> None:
    cursor = api.get("events?after=now").json()["cursor"]
    with transaction.atomic():
        say(team, "late")
        asking = Asking(lambda: api.get(f"events?after={cursor}&wait=30"))
        assert waiting_now.acquire(timeout=20)
    assert [event["subject"] for event in asking.result().json()["items"]] == ["late"]


def test_many_are_woken_by_one_event(api: ApiClient, team: Project, waiting_now: threading.Semaphore) -> None:
    cursor = api.get("events?after=now").json()["cursor"]
    all_asking = [Asking(lambda: api.get(f"events?after={cursor}&wait=30")) for _ in range(8)]
    for _ in all_asking:
        assert waiting_now.acquire(timeout=20)
    say(team)
    assert all(len(asking.result().json()["items"]) == 1 for asking in all_asking)
    assert len([thread for thread in threading.enumerate() if thread.name == "feed"]) <= 1


def test_when_too_many_wait_the_next_is_answered_at_once(api: ApiClient, settings: Any) -> None:
    settings.LONG_POLL_WAITERS = 0
    assert api.get("events?after=now&wait=30").json()["items"] == []


@pytest.mark.parametrize("seconds", ["31", "-1", "x"])
def test_nobody_waits_longer_than_half_a_minute(api: ApiClient, seconds: str) -> None:
    assert api.get(f"events?wait={seconds}").status_code == 400


def test_whoever_prefers_to_wait_gets_the_end(api: ApiClient, team: Project, waiting_now: threading.Semaphore) -> None:
    factories.offering(factories.account())
    wanted = {"name": "train", "accelerator": "H100", "accelerator_count": 8}
    asking = Asking(lambda: api.post("allocations", wanted, Prefer="wait=30"))
    assert waiting_now.acquire(timeout=20)
    Allocation.objects.update(state="active", first_ready_at=business_now())
    say(team)
    answer = asking.result()
    assert (answer.status_code, answer["Preference-Applied"], answer.json()["state"]) == (202, "wait=30", "active")


def test_whoever_lost_their_rights_waiting_for_an_end_is_not_told_it(
    api: ApiClient, team: Project, waiting_now: threading.Semaphore
) -> None:
    factories.offering(factories.account())
    wanted = {"name": "train", "accelerator": "H100", "accelerator_count": 8}
    path = f"operations/{api.post('allocations', wanted).json()['operation']}"
    asking = Asking(lambda: api.get(path, Prefer="wait=30"))
    assert waiting_now.acquire(timeout=20)
    making = Asking(lambda: api.post("allocations", wanted, Prefer="wait=30"))
    assert waiting_now.acquire(timeout=20)
    _revoke(team)
    Allocation.objects.update(state="active", first_ready_at=business_now())
    say(team)
    assert asking.result().status_code == 401
    answer = making.result()
    assert (answer.status_code, answer.json()["state"]) == (202, "requested"), "what was accepted is said, no more"


def test_whoever_waits_for_an_operation_gets_where_it_is_by_then(api: ApiClient, team: Project) -> None:
    factories.offering(factories.account())
    wanted = {"name": "train", "accelerator": "H100", "accelerator_count": 8}
    path = f"operations/{api.post('allocations', wanted).json()['operation']}"
    answer = api.get(path, Prefer="respond-async, wait=1")
    assert (answer["Preference-Applied"], answer.json()["done"]) == ("wait=1", False)
    assert "Preference-Applied" not in api.get(path)
