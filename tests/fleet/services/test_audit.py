"""The chain: what was sealed cannot be changed, removed, added to or put in another order without being found."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from fleet.domain.audit import GENESIS, canonical, digest
from fleet.models import AuditCheck, Event, EventSeal, Incident
from fleet.services import audit, events
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sealed() -> list[Event]:
    """Six events of three transactions, sealed."""
    project = factories.project()
    for number in range(3):
        with transaction.atomic():
            for half in ("a", "b"):
                data = {"before": {"cap": "1.50"}, "after": {"cap": number}, "share": 0.1}
                events.record("budget.changed", subject=f"bud_{number}{half}", project=project, now=NOON, data=data)
    assert audit.seal() == 6
    return list(Event.objects.order_by("tx", "id"))


@pytest.fixture
def tamper() -> Any:
    """Run SQL as somebody who owns the database and has switched its triggers off."""

    def run(sql: str, *parameters: Any) -> None:
        with connection.cursor() as cursor:
            for table in ("fleet_event", "fleet_eventseal"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, parameters)
            for table in ("fleet_event", "fleet_eventseal"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table.removeprefix('fleet_')}_is_never_emptied")

    return run


def found(**how: Any) -> list[tuple[str, int]]:
    return [(finding.kind, finding.event_id) for finding in audit.verify(**how)]


def test_what_nobody_touched_holds(sealed: list[Event]) -> None:
    assert found() == []
    assert [seal.n for seal in EventSeal.objects.order_by("n")] == [1, 2, 3, 4, 5, 6]
    assert audit.seal() == 0


def test_each_seal_is_made_of_the_one_before(sealed: list[Event]) -> None:
    seals = list(EventSeal.objects.order_by("n"))
    assert len({seal.digest for seal in seals}) == 6
    assert all(seal.event_id == event.pk for seal, event in zip(seals, sealed, strict=True))


@pytest.mark.parametrize(
    "change",
    [
        "data = jsonb_set(data, '{after,cap}', '9')",
        "data = jsonb_set(data, '{share}', '0.10')",
        "data = data || '{\"more\": null}'",
        "actor = 'mallory'",
        "principal = 'user:1'",
        "address = '203.0.113.9'",
        "request_id = 'other'",
        "topic = 'budget.read'",
        "subject = 'bud_9'",
        "project_id = NULL",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 day'",
        "traceparent = 'x'",
    ],
)
def test_a_changed_event_is_found_and_named(sealed: list[Event], tamper: Callable[..., None], change: str) -> None:
    tamper(f"UPDATE fleet_event SET {change} WHERE id = %s", sealed[2].pk)
    assert found() == [("changed", sealed[2].pk)]


def test_passing_an_event_on_does_not_break_its_seal(sealed: list[Event]) -> None:
    Event.objects.update(relayed_at=NOON)
    assert found() == []


def test_a_removed_event_is_found_and_named(sealed: list[Event], tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM fleet_event WHERE id = %s", sealed[3].pk)
    assert found() == [("removed", sealed[3].pk)]


def test_an_event_put_in_between_is_found_and_named(sealed: list[Event]) -> None:
    late = Event.objects.create(topic="budget.changed", subject="bud_x", occurred_at=NOON, tx=sealed[1].tx)
    assert found() == [("inserted", late.pk)]
    assert audit.seal() == 0  # and is never sealed as if it had always been there


def test_two_events_that_changed_places_are_found(sealed: list[Event], tamper: Callable[..., None]) -> None:
    a, b = sealed[1].pk, sealed[4].pk
    tamper("UPDATE fleet_eventseal SET event_id = CASE event_id WHEN %s THEN -1 ELSE %s END"
           " WHERE event_id IN (%s, %s)", a, a, a, b)  # fmt: skip
    tamper("UPDATE fleet_eventseal SET event_id = %s WHERE event_id = -1", b)
    assert {("changed", a), ("changed", b)} <= set(found())


def test_a_removed_seal_and_its_event_are_found(sealed: list[Event], tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM fleet_eventseal WHERE n = 3")
    tamper("DELETE FROM fleet_event WHERE id = %s", sealed[2].pk)
    assert ("unsealed", 0) in found()
    assert ("changed", sealed[3].pk) in found()


def test_a_seal_made_anew_is_found_by_the_next_one(sealed: list[Event], tamper: Callable[..., None]) -> None:
    tamper("UPDATE fleet_event SET actor = 'mallory' WHERE id = %s", sealed[0].pk)
    row = _row(sealed[0].pk)
    tamper("UPDATE fleet_eventseal SET digest = %s WHERE n = 1", digest(GENESIS, row))
    assert found() == [("changed", sealed[1].pk)]


def test_a_whole_chain_made_anew_is_found_by_an_anchor_that_was_kept(
    sealed: list[Event], tamper: Callable[..., None]
) -> None:
    kept = audit.anchor()
    tamper("UPDATE fleet_event SET actor = 'mallory' WHERE id = %s", sealed[0].pk)
    tamper("DELETE FROM fleet_eventseal")
    assert audit.seal() == 6
    assert found() == []
    assert found(kept=(kept["n"], kept["digest"])) == [("anchor", 0)]


def test_the_tail_cut_off_is_found_by_an_anchor(sealed: list[Event], tamper: Callable[..., None]) -> None:
    kept = audit.anchor()
    tamper("DELETE FROM fleet_eventseal WHERE n = 6")
    tamper("DELETE FROM fleet_event WHERE id = %s", sealed[5].pk)
    assert found() == []
    assert found(kept=(kept["n"], kept["digest"])) == [("anchor", 0)]


def test_the_database_refuses_to_change_events_and_seals(sealed: list[Event]) -> None:
    for sql in (
        "UPDATE fleet_event SET address = '203.0.113.9'",
        "UPDATE fleet_event SET principal = 'user:1'",
        "DELETE FROM fleet_event",
        "UPDATE fleet_eventseal SET digest = ''",
        "DELETE FROM fleet_eventseal",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_an_event_of_a_transaction_that_still_runs_waits_for_it(sealed: list[Event]) -> None:
    opened, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                events.record("budget.changed", subject="slow", now=NOON)
                opened.set()
                go_on.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    opened.wait(30)
    events.record("budget.changed", subject="fast", now=NOON)
    assert audit.seal() == 0
    go_on.set()
    thread.join()
    assert audit.seal() == 2
    assert [seal.event.subject for seal in EventSeal.objects.order_by("n")[6:]] == ["slow", "fast"]
    assert found() == []


def test_many_sealers_seal_each_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BATCH", 7)
    for number in range(50):
        events.record("budget.changed", subject=f"bud_{number}", now=NOON)

    def work() -> None:
        try:
            audit.seal()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audit.seal()
    assert EventSeal.objects.count() == 50
    assert found() == []


def test_a_check_opens_an_incident_and_a_good_one_closes_it(sealed: list[Event], tamper: Callable[..., None]) -> None:
    tamper("UPDATE fleet_event SET actor = 'mallory' WHERE id = %s", sealed[2].pk)
    broken = audit.check(now=NOON)
    assert (broken.sealed, broken.findings[0]["kind"]) == (6, "changed")
    assert Incident.objects.get(closed_at=None).kind == "audit"
    tamper("UPDATE fleet_event SET actor = %s WHERE id = %s", sealed[2].actor, sealed[2].pk)
    assert audit.check(now=NOON).findings == []
    assert not Incident.objects.filter(closed_at=None).exists()
    assert AuditCheck.objects.count() == 2


def test_the_command_names_what_is_wrong_and_exits_with_one(sealed: list[Event], tamper: Callable[..., None]) -> None:
    said = _command("verify")
    assert said.startswith("6 seals hold. Anchor 6:")
    anchor = _command("anchor").strip()
    assert said.strip().endswith(anchor)
    assert "seals hold" in _command("verify", "--from", "4", "--anchor", anchor)
    tamper("UPDATE fleet_event SET actor = 'mallory' WHERE id = %s", sealed[2].pk)
    with pytest.raises(SystemExit) as left:
        _command("verify")
    assert left.value.code == 1


def test_the_export_holds_who_what_before_and_after(sealed: list[Event]) -> None:
    lines = _command("export").splitlines()
    assert len(lines) == 6
    assert '"before": {"cap": "1.50"}' in lines[0]
    table = _command("export", "--format", "csv", "--since", "2020-01-01T00:00:00Z").splitlines()
    assert table[0].startswith("id,recorded_at")
    assert len(table) == 7
    assert _command("export", "--since", "2100-01-01T00:00:00Z") == ""


def test_one_value_has_one_way_to_be_written() -> None:
    assert canonical({"b": [1, None, True], "a": {"é": "x\u200b"}}) == '{"a":{"\\u00e9":"x\\u200b"},"b":[1,null,true]}'


def _row(pk: int) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {audit._SELECT} FROM fleet_event e WHERE id = %s", [pk])
        return dict(zip(audit.COLUMNS, cursor.fetchone(), strict=True))


def _command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("audit", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()
