"""The router between a stand-in for Purser and real engine processes of a sandbox."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.deadline import wait_until
from tests.sandbox.fake_purser import fake_purser
from tests.sandbox.park import Park, Refused
from tests.sandbox_server import sandbox_process

STEADY = {
    "kind": "generator",
    "requests_per_second": 1.0,
    "daily_amplitude": 0,
    "weekend_factor": 1,
    "burst_per_day": 0,
    "output_tokens": {"median": 200, "sigma": 0.5, "max": 800},
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with sandbox_process(tmp_path_factory.mktemp("router"), time_factor=60) as process:
        yield process


@pytest.fixture(scope="module")
def park(sandbox):
    return Park(sandbox)


@pytest.fixture
def purser(park):
    with fake_purser() as stand_in:
        yield stand_in
        park.call("POST", "router/stop-traffic")


@pytest.fixture(scope="module")
def machines(park):
    return [park.rent(), park.rent()]


@pytest.fixture
def replicas(park, machines):
    names = [park.ready(machine) for machine in machines]
    yield names
    for name in names:
        park.call("DELETE", park.replicas[name])


def trace(tmp_path, rows=120):
    """A recorded minute and its sums."""
    lines = [
        f"2024-05-06 10:00:{n // 2:02d}.{n % 2 * 5}00000,{50 + 37 * n % 900},{1 + 11 * n % 60}" for n in range(rows)
    ]
    path = tmp_path / "trace.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(lines) + "\n")
    inputs, outputs = ([int(line.split(",")[column]) for line in lines] for column in (1, 2))
    return {"kind": "file", "path": str(path), "format": "azure"}, sum(inputs), sum(outputs)


def ledger_rows(sandbox, sql, *arguments):
    with closing(sqlite3.connect(sandbox.ledger)) as ledger:
        return ledger.execute(sql, arguments).fetchall()


def finished(state):
    return state["traffic_done"] and state["queued"] == state["in_flight"] == state["pending"] == 0


def test_a_replayed_file_is_served_and_reported_to_the_token(sandbox, park, purser, replicas, tmp_path):
    traffic, inputs, outputs = trace(tmp_path)
    purser.publish("replay", **dict.fromkeys(replicas, 1))
    park.configure(purser, replay=traffic)
    state = park.wait_for("replay", lambda s: s["accepted"] == 120 and finished(s), "the replay is over")
    assert (state["finished"], state["cut"], state["rejected"]) == (120, 0, 0)
    assert (state["input"], state["output"]) == (inputs, outputs)
    assert len(purser.events) == 120
    assert sum(event["output_tokens"] for event in purser.events.values()) == outputs
    sums = "SELECT count(*), sum(input_tokens), sum(output_tokens) FROM requests WHERE endpoint = ? AND outcome = 'ok'"
    assert ledger_rows(sandbox, sums, "replay") == [(120, inputs, outputs)]
    assert sum(park.metric(name, "vllm:generation_tokens_total") for name in replicas) == outputs
    assert sum(park.metric(name, "vllm:prompt_tokens_total") for name in replicas) == inputs


def test_an_event_says_when_and_how_fast_a_request_was_served(park, purser, replicas, tmp_path):
    traffic, _, _ = trace(tmp_path, rows=10)
    purser.publish("timed", **{replicas[0]: 1})
    park.configure(purser, timed=traffic)
    park.wait_for("timed", lambda s: s["accepted"] == 10 and finished(s), "ten requests")
    for event in purser.events.values():
        assert event["accepted_at"] < event["first_token_at"] <= event["finished_at"]
        assert 0 < event["ttft_ms"] <= event["e2e_ms"]
        assert (event["itl_mean_ms"] is None) == (event["output_tokens"] == 1)
        assert (event["replica"], event["model"], event["outcome"]) == (replicas[0], "tiny-llm", "ok")


def test_the_totals_of_engines_outlive_them_in_the_ledger(sandbox, park, purser, machines, tmp_path):
    replica = park.ready(machines[0])
    traffic, inputs, outputs = trace(tmp_path, rows=40)
    purser.publish("totals", **{replica: 1})
    park.configure(purser, totals=traffic)
    park.wait_for("totals", lambda s: s["accepted"] == 40 and finished(s), "forty requests")
    park.call("DELETE", park.replicas[replica])
    totals = "SELECT prompt_tokens, generation_tokens, requests FROM engine_totals WHERE replica = ?"
    assert ledger_rows(sandbox, totals, replica) == [(inputs, outputs, 40)]


def test_a_drained_backend_gets_nothing_new_and_nothing_is_cut(park, purser, replicas):
    leaving, staying = replicas
    purser.publish("drain", **{leaving: 1, staying: 1})
    park.configure(purser, drain=STEADY)
    park.wait_for("drain", lambda s: s["accepted"] > 20, "traffic flows")
    purser.publish("drain", **{leaving: 0, staying: 1})
    park.wait_for("drain", lambda s: s["weights"].get(leaving) == 0, "the router follows")
    served = park.metric(leaving, "vllm:request_success_total") + park.replica(leaving)["running"]
    wait_until(lambda: park.replica(leaving)["running"] + park.replica(leaving)["waiting"] == 0, "the drain is over")
    later = park.state("drain")["finished"] + 20
    park.wait_for("drain", lambda s: s["finished"] > later, "traffic goes on elsewhere")
    assert park.metric(leaving, "vllm:request_success_total") <= served
    park.call("DELETE", park.replicas[leaving])
    park.call("POST", "router/stop-traffic")
    state = park.wait_for("drain", finished, "everything finished")
    assert (state["cut"], state["rejected"]) == (0, 0)
    assert state["finished"] == state["accepted"]


def test_a_replica_that_drains_itself_is_passed_over_though_its_weight_stays(park, purser, replicas):
    draining, other = replicas
    assert park.call("POST", f"{park.replicas[draining]}/drain")["state"] == "draining"
    purser.publish("passing", **{draining: 100, other: 1})
    park.configure(purser, passing=STEADY)
    park.wait_for("passing", lambda s: s["finished"] > 5, "the other serves")
    assert park.metric(draining, "vllm:prompt_tokens_total") == 0


def test_a_dying_engine_cuts_what_had_streamed_and_everything_else_is_served(park, purser, replicas):
    dying, other = replicas
    purser.publish("dying", **{dying: 1, other: 1})
    park.configure(purser, dying=STEADY | {"output_tokens": {"median": 800, "sigma": 0.3, "max": 2000}})
    wait_until(lambda: park.replica(dying)["running"] > 2, "the engine is busy")
    park.call("DELETE", park.replicas[dying])
    park.call("POST", "router/stop-traffic")
    state = park.wait_for("dying", finished, "everything finished")
    assert state["cut"] > 0
    assert state["finished"] + state["cut"] == state["accepted"]
    kinds = [event["outcome"] for event in purser.events.values()]
    assert kinds.count("cut") == state["cut"]
    assert sum(event["output_tokens"] for event in purser.events.values()) == state["output"]


def test_without_a_backend_requests_wait_in_the_router_until_one_comes(park, purser, replicas, tmp_path):
    traffic, _, _ = trace(tmp_path, rows=30)
    purser.publish("waiting")
    park.configure(purser, waiting=traffic)
    state = park.wait_for("waiting", lambda s: s["accepted"] == 30, "all were accepted")
    assert (state["queued"], state["finished"]) == (30, 0)
    purser.publish("waiting", **{replicas[0]: 1})
    assert park.wait_for("waiting", finished, "all were served")["finished"] == 30


def test_weights_are_read_again_only_when_they_changed(park, purser, replicas):
    purser.publish("etag", **{replicas[0]: 1})
    park.configure(purser, etag=None)
    wait_until(lambda: purser.not_modified > 3, "304 answers")
    assert park.state("etag")["weights_version"] == 1
    purser.publish("etag", **{replicas[0]: 2})
    park.wait_for("etag", lambda s: s["weights_version"] == 2, "the new version")


def test_events_reach_purser_once_each_though_it_fails_and_loses_answers(park, purser, replicas, tmp_path):
    traffic, _, outputs = trace(tmp_path, rows=60)
    purser.answers = [503, "lost", 429]
    purser.publish("failing", **{replicas[0]: 1})
    park.configure(purser, failing=traffic)
    state = park.wait_for("failing", lambda s: s["accepted"] == 60 and finished(s), "everything was pushed")
    assert not purser.answers
    assert (state["pushed"], len(purser.events)) == (60, 60)
    assert sum(event["output_tokens"] for event in purser.events.values()) == outputs


def test_an_event_purser_refuses_is_dropped_counted_and_shown(sandbox, park, purser, replicas, tmp_path):
    traffic, _, _ = trace(tmp_path, rows=5)
    purser.refuse["unwanted"] = "this endpoint was deleted"
    purser.publish("unwanted", **{replicas[0]: 1})
    park.configure(purser, unwanted=traffic)
    state = park.wait_for("unwanted", lambda s: s["accepted"] == 5 and finished(s), "answered")
    assert (state["refused"], state["pushed"]) == (5, 0)
    assert park.call("GET", "router/state")["last_refusal"] == "this endpoint was deleted"
    kept = "SELECT DISTINCT refused FROM usage_events WHERE body LIKE '%\"unwanted\"%'"
    assert ledger_rows(sandbox, kept) == [("this endpoint was deleted",)]


def test_a_batch_purser_finds_unacceptable_is_cut_down_and_goes_through(park, purser, replicas, tmp_path):
    traffic, _, _ = trace(tmp_path, rows=40)
    purser.publish("large")
    park.configure(purser, large=traffic)
    park.wait_for("large", lambda s: s["queued"] == 40, "all accepted")
    purser.answers = [413, 413]
    purser.publish("large", **{replicas[0]: 1})
    state = park.wait_for("large", lambda s: s["accepted"] == 40 and finished(s), "all pushed")
    assert (state["pushed"], state["refused"]) == (40, 0)


def test_putting_the_same_configuration_again_restarts_nothing(park, purser, replicas, tmp_path):
    traffic, _, _ = trace(tmp_path, rows=20)
    purser.publish("twice", **{replicas[0]: 1})
    park.configure(purser, twice=traffic)
    park.wait_for("twice", lambda s: s["accepted"] > 0, "it began")
    park.configure(purser, twice=traffic)
    assert park.wait_for("twice", finished, "it ended")["accepted"] == 20


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"purser_url": "http://example.com"}, "on this machine"),
        ({"endpoints": "all"}, "endpoints must be a list"),
        ({"weights_poll_seconds_real": 0}, "weights_poll_seconds_real"),
        ({"colour": "red"}, "colour"),
        ({"endpoints": [{"endpoint": "a", "traffic": {"kind": "storm"}}]}, "traffic.kind"),
        ({"endpoints": [{"endpoint": "a", "traffic": STEADY | {"requests_per_second": 9000}}]}, "requests_per_second"),
        (
            {"endpoints": [{"endpoint": "a", "traffic": {"kind": "file", "path": "/none", "format": "azure"}}]},
            "cannot be",
        ),
        ({"endpoints": [{"endpoint": "a"}, {"endpoint": "a"}]}, "twice"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused_by_a_sentence(park, purser, change, sentence):
    body = {"purser_url": purser.url, "api_token": "t", "endpoints": []} | change
    with pytest.raises(Refused, match=sentence) as refused:
        park.call("PUT", "router/config", body)
    assert refused.value.status == 400


def test_a_malformed_trace_is_refused_with_its_line_number_before_anything_is_replayed(park, purser, tmp_path):
    traffic, _, _ = trace(tmp_path, rows=20)
    with Path(traffic["path"]).open("a") as stream:
        stream.write("2024-05-06 10:01:00,12,none\n")
    with pytest.raises(Refused, match=r"line 22: GeneratedTokens is 'none'"):
        park.configure(purser, malformed=traffic)
    assert "malformed" not in park.call("GET", "router/state")["endpoints"]


def test_a_request_no_engine_can_hold_is_rejected_and_reported(park, purser, replicas, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-06 10:00:00,90000,5\n")
    purser.publish("long", **{replicas[0]: 1})
    park.configure(purser, long={"kind": "file", "path": str(path), "format": "azure"})
    state = park.wait_for("long", lambda s: s["accepted"] == 1 and finished(s), "answered")
    assert (state["rejected"], state["finished"]) == (1, 0)
    (event,) = purser.events.values()
    assert (event["outcome"], event["output_tokens"], event["first_token_at"]) == ("error", 0, None)


def test_everything_accepted_is_written_down_when_the_sandbox_is_stopped_and_pushed_when_it_is_back(tmp_path):
    with fake_purser() as purser:
        purser.publish("stranded")
        purser.answers = [503] * 1000
        with sandbox_process(tmp_path, time_factor=60) as sandbox:
            park = Park(sandbox)
            replica = park.ready(park.rent())
            purser.publish("stopped", **{replica: 1})
            park.configure(purser, stopped=STEADY | {"requests_per_second": 3}, stranded=STEADY)
            state = park.wait_for("stopped", lambda s: s["accepted"] > 30, "traffic flows")
            queued = park.wait_for("stranded", lambda s: s["queued"] > 5, "requests wait without a backend")["queued"]
        rows = ledger_rows(sandbox, "SELECT id, finished_at IS NOT NULL FROM requests")
        assert len(rows) >= state["accepted"] + queued
        outcomes = dict(
            ledger_rows(sandbox, "SELECT outcome, count(*) FROM requests WHERE endpoint = 'stranded' GROUP BY 1")
        )
        assert outcomes.keys() == {"error"}
        assert outcomes["error"] >= queued
        assert all(done for _, done in rows)
        assert not purser.events
        purser.answers = []
        with sandbox_process(tmp_path, time_factor=60) as sandbox:
            park = Park(sandbox)
            park.configure(purser, stopped=None, stranded=None)
            wait_until(lambda: len(purser.events) == len(rows), "the old events arrived")
        assert set(purser.events) == {row[0] for row in rows}
        bodies = [json.loads(body) for (body,) in ledger_rows(sandbox, "SELECT body FROM usage_events")]
        assert all(purser.events[body["id"]] == body for body in bodies)
