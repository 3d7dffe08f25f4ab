"""Usage events: at least once in, exactly once counted."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from fleet.models import Project
from inference.domain import sketch
from inference.models import Endpoint, HourWindow, UsageEvent, Window, WindowSource
from inference.services import rollup
from inference.services.usage import ingest

NOON = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def endpoint(project, config):
    return Endpoint.objects.create(
        project=project, name="chat", model=config.model, serving_config=config, since=NOON, created_at=NOON
    )


def event(endpoint, number, *, finished=NOON, **changes):
    made = {
        "id": f"request-{number}",
        "endpoint": endpoint.public_id,
        "accepted_at": (finished - timedelta(seconds=2)).isoformat(),
        "first_token_at": (finished - timedelta(seconds=1.5)).isoformat(),
        "finished_at": finished.isoformat(),
        "input_tokens": 100,
        "cached_input_tokens": 40,
        "output_tokens": 20,
        "ttft_ms": 500.0,
        "itl_mean_ms": 75.0,
        "e2e_ms": 2000.0,
        "outcome": "ok",
    }
    return {**made, **changes}


def push(endpoint, *events, now=NOON):
    return ingest(list(events), project_ids_allowed=[endpoint.project_id], now=now)


def window(endpoint, start=NOON):
    return Window.objects.get(endpoint=endpoint, source=WindowSource.EVENTS, start=start.replace(second=0))


def test_a_batch_is_counted_in_the_minutes_its_requests_finished(endpoint):
    later = NOON + timedelta(minutes=1)
    answer = push(endpoint, event(endpoint, 1), event(endpoint, 2), event(endpoint, 3, finished=later), now=later)
    assert answer == {"accepted": 3, "duplicates": 0, "refused": []}
    first = window(endpoint)
    assert (first.requests, first.input_tokens, first.cached_input_tokens, first.output_tokens) == (2, 200, 80, 40)
    assert first.request_seconds == 4.0
    assert sketch.count(bytes(first.ttft_sketch)) == 2
    assert window(endpoint, later).requests == 1


def test_a_repeat_changes_nothing_within_a_batch_and_across_batches(endpoint):
    push(endpoint, event(endpoint, 1))
    answer = push(endpoint, event(endpoint, 1), event(endpoint, 2), event(endpoint, 2))
    assert answer == {"accepted": 1, "duplicates": 2, "refused": []}
    assert window(endpoint).requests == 2
    assert sketch.count(bytes(window(endpoint).e2e_sketch)) == 2


def test_two_endpoints_may_use_the_same_id(endpoint, config):
    other = Endpoint.objects.create(
        project=endpoint.project, name="b", model=config.model, serving_config=config, since=NOON, created_at=NOON
    )
    assert push(endpoint, event(endpoint, 1), event(other, 1))["accepted"] == 2


def test_a_crash_before_the_commit_leaves_nothing_and_the_repeat_does_it_all(endpoint):
    with pytest.raises(RuntimeError), transaction.atomic():
        push(endpoint, event(endpoint, 1))
        raise RuntimeError
    assert not UsageEvent.objects.exists() and not Window.objects.exists()
    assert push(endpoint, event(endpoint, 1))["accepted"] == 1
    assert window(endpoint).requests == 1


@pytest.mark.django_db(transaction=True)
def test_many_pushers_of_overlapping_batches_count_each_event_once(endpoint):
    batches = [[event(endpoint, n) for n in range(start, start + 60)] for start in range(0, 300, 30)]
    accepted, gate = [], threading.Barrier(len(batches))

    def run(batch):
        gate.wait()
        accepted.append(push(endpoint, *batch)["accepted"])
        connection.close()

    threads = [threading.Thread(target=run, args=(batch,)) for batch in batches]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(accepted) == UsageEvent.objects.count() == 330
    found = window(endpoint)
    assert (found.requests, found.output_tokens) == (330, 330 * 20)
    assert sketch.count(bytes(found.ttft_sketch)) == 330


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input_tokens": -1}, "input_tokens must be a whole number"),
        ({"output_tokens": 1.5}, "output_tokens must be a whole number"),
        ({"output_tokens": True}, "output_tokens must be a whole number"),
        ({"cached_input_tokens": 101}, "cannot be more"),
        ({"ttft_ms": float("nan")}, "ttft_ms must be a number"),
        ({"finished_at": "yesterday"}, "finished_at must be a time"),
        ({"finished_at": "2026-11-23T12:00:00"}, "offset from UTC"),
        ({"finished_at": "2026-11-23T13:00:00Z"}, "in the future"),
        ({"accepted_at": "2026-11-23T12:00:31Z"}, "must come in that order"),
        ({"accepted_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:02Z"}, "must come in that order"),
        ({"outcome": "great"}, "one of ok, cut, error"),
        ({"id": ""}, "id must be a text"),
        ({"id": "x" * 129}, "id must be a text"),
        ({"color": "red"}, "color is not a field"),
        ({"endpoint": "ep_other"}, "no endpoint ep_other"),
        ({"project": "elsewhere"}, "no project elsewhere"),
    ],
)
def test_an_event_that_cannot_be_counted_is_refused_alone_with_a_sentence(endpoint, changes, said):
    answer = push(endpoint, event(endpoint, 1), {**event(endpoint, 2), **changes}, event(endpoint, 3))
    assert answer["accepted"] == 2
    assert [said in refusal["detail"] for refusal in answer["refused"]] == [True]


def test_something_that_is_no_event_is_refused_and_an_old_one_too(endpoint):
    old = event(endpoint, 2, finished=NOON - timedelta(days=60))
    answer = push(endpoint, "hello", old)
    assert [refusal["id"] for refusal in answer["refused"]] == [None, "request-2"]
    assert "too old" in answer["refused"][1]["detail"]


def test_another_projects_endpoint_is_as_unknown_as_none(endpoint):
    stranger = Project.objects.create(slug="stranger", name="Stranger")
    answer = ingest([event(endpoint, 1)], project_ids_allowed=[stranger.pk], now=NOON)
    assert answer["accepted"] == 0 and "There is no endpoint" in answer["refused"][0]["detail"]


def test_cut_and_failed_requests_are_counted_but_not_timed(endpoint):
    push(endpoint, event(endpoint, 1, outcome="cut"), event(endpoint, 2, outcome="error"), event(endpoint, 3))
    found = window(endpoint)
    assert (found.requests, found.requests_cut, found.requests_error) == (3, 1, 1)
    assert sketch.count(bytes(found.e2e_sketch)) == 1


def test_hours_hold_their_minutes_however_often_and_late_they_are_rolled_up(endpoint):
    push(
        endpoint,
        event(endpoint, 1),
        event(endpoint, 2, finished=NOON + timedelta(minutes=5)),
        now=NOON + timedelta(minutes=9),
    )
    assert rollup.roll_up() == 2
    assert rollup.roll_up() == 0
    hour = HourWindow.objects.get(endpoint=endpoint)
    assert (hour.requests, hour.minutes, hour.start.minute) == (2, 2, 0)
    push(endpoint, event(endpoint, 3))
    assert rollup.roll_up() == 1
    hour = HourWindow.objects.get(endpoint=endpoint)
    assert (hour.requests, hour.input_tokens, sketch.count(bytes(hour.ttft_sketch))) == (3, 300, 3)


def test_minutes_are_forgotten_only_after_their_hour_holds_them(endpoint):
    push(endpoint, event(endpoint, 1))
    late = NOON + timedelta(days=90)
    rollup.forget(now=late)
    assert Window.objects.count() == 1 and UsageEvent.objects.count() == 0
    rollup.roll_up()
    rollup.forget(now=late)
    assert Window.objects.count() == 0
    assert HourWindow.objects.get(endpoint=endpoint).requests == 1
