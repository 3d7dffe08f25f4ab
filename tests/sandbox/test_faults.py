"""Planted faults do what they say, once each, and the ledger names them."""

import http.client
import json
import sqlite3
import urllib.error

import pytest

from tests.sandbox_server import Sandbox

NO_ANSWER = (ConnectionError, http.client.HTTPException, urllib.error.URLError)
LIST = "/v1/clouds/aws/instances"


def plant(sandbox: Sandbox, verb: str, kind: str, **more: object) -> int:
    answer = sandbox.post("/v1/faults", {"verb": verb, "kind": kind, **more})
    assert answer.status == 201, answer
    return int(answer.body["id"])


def calls(sandbox: Sandbox, verb: str) -> list[tuple[str, int | None, str | None]]:
    with sqlite3.connect(sandbox.ledger) as connection:
        rows = connection.execute("SELECT outcome, status, fault FROM calls WHERE verb = ? ORDER BY seq", (verb,))
        return rows.fetchall()


@pytest.mark.parametrize(
    ("cloud", "code", "status"),
    [
        ("aws", "RequestLimitExceeded", 503),
        ("aws", "UnauthorizedOperation", 403),
        ("aws", "InternalError", 500),
        ("gcp", "rateLimitExceeded", 429),
        ("gcp", "backendError", 503),
        ("azure", "TooManyRequests", 429),
        ("azure", "InternalServerError", 500),
    ],
)
def test_an_error_has_the_status_the_vendor_gives_it_and_does_nothing(
    sandbox: Sandbox, cloud: str, code: str, status: int
) -> None:
    plant(sandbox, "launch", "error", code=code, cloud=cloud)
    answer = sandbox.launch(cloud, token="t")
    assert (answer.status, answer.code) == (status, code)
    assert sandbox.get(f"/v1/clouds/{cloud}/launches/t").status == 404
    assert sandbox.launch(cloud, token="t").status == 201


@pytest.mark.parametrize(
    ("cloud", "code"), [("aws", "InsufficientInstanceCapacity"), ("gcp", "ZONE_RESOURCE_POOL_EXHAUSTED")]
)
def test_a_kind_of_refusal_is_said_in_the_words_of_whoever_is_asked(sandbox: Sandbox, cloud: str, code: str) -> None:
    plant(sandbox, "launch", "error", code="stock-out")
    assert sandbox.launch(cloud, token="t").code == code


def test_a_refused_call_does_nothing(sandbox: Sandbox) -> None:
    plant(sandbox, "launch", "refuse")
    with pytest.raises(NO_ANSWER):
        sandbox.launch(token="t")
    assert sandbox.get("/v1/clouds/aws/launches/t").status == 404
    assert calls(sandbox, "launch") == [("refused", None, "refuse")]


@pytest.mark.parametrize("kind", ["lost", "truncate"])
def test_a_lost_answer_has_done_its_work(sandbox: Sandbox, kind: str) -> None:
    plant(sandbox, "launch", kind)
    with pytest.raises(NO_ANSWER):
        sandbox.launch(token="t")
    assert calls(sandbox, "launch") == [("ok", 201, kind)]
    again = sandbox.launch(token="t")
    assert (again.status, len(again.body["instances"])) == (200, 1)


def test_a_lost_terminate_has_terminated(sandbox: Sandbox) -> None:
    machine = sandbox.launched(token="t")
    plant(sandbox, "terminate", "lost")
    with pytest.raises(NO_ANSWER):
        sandbox.delete(f"{LIST}/{machine['id']}")
    assert sandbox.instance("aws", machine["id"])["reason"] == "user"


def test_a_slow_call_is_done_before_it_answers(sandbox: Sandbox) -> None:
    plant(sandbox, "launch", "slow", delay_seconds_real=0.2)
    assert sandbox.launch(token="t").status == 201
    assert calls(sandbox, "launch") == [("ok", 201, "slow")]


@pytest.mark.parametrize(("kind", "left"), [("empty", 0), ("partial", 1)])
def test_a_shortened_list_does_not_say_that_it_is_short(sandbox: Sandbox, kind: str, left: int) -> None:
    plant(sandbox, "list", kind)
    short, whole = sandbox.get(LIST), sandbox.get(LIST)
    assert (short.status, len(short.body["items"]), short.body["next_cursor"]) == (200, left, None)
    assert len(whole.body["items"]) == 2


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("account", "account"),
        ("instance_types", "instance-types"),
        ("offerings", "offerings"),
        ("prices", "price-history"),
        ("quotas", "quotas"),
        ("notices", "notices"),
        ("find", "launches/t"),
        ("describe", "instances/i-1"),
        ("list", "instances"),
    ],
)
def test_every_reading_verb_can_be_made_to_fail(sandbox: Sandbox, verb: str, path: str) -> None:
    plant(sandbox, verb, "error", code="InternalError")
    assert sandbox.get(f"/v1/clouds/aws/{path}").code == "InternalError"


def test_a_fault_hits_as_often_as_it_says_and_only_what_it_matches(sandbox: Sandbox) -> None:
    number = plant(sandbox, "launch", "error", code="InternalError", times=2, match={"zone": "us-east-1b"})
    codes = [
        sandbox.launch(token=f"t{n}", zone=zone).status for n, zone in enumerate(["us-east-1a"] + ["us-east-1b"] * 3)
    ]
    assert codes == [201, 500, 500, 201]
    [fault] = sandbox.get("/v1/faults").body["items"]
    assert (fault["id"], fault["hits"]) == (number, 2)


def test_a_fault_can_last_until_it_is_removed(sandbox: Sandbox) -> None:
    number = plant(sandbox, "*", "error", code="InternalError", times=None, cloud="gcp")
    assert {sandbox.get("/v1/clouds/gcp/account").status for _ in range(5)} == {500}
    assert sandbox.get("/v1/clouds/aws/account").status == 200
    assert sandbox.delete(f"/v1/faults/{number}").body == {"removed": 1}
    assert sandbox.get("/v1/clouds/gcp/account").status == 200
    assert sandbox.delete(f"/v1/faults/{number}").status == 404


def test_a_probable_fault_hits_sometimes(sandbox: Sandbox) -> None:
    plant(sandbox, "account", "error", code="InternalError", times=None, probability=0.5)
    statuses = [sandbox.get("/v1/clouds/aws/account").status for _ in range(60)]
    assert 10 < statuses.count(500) < 50


def test_planted_faults_survive_a_crash_of_the_sandbox(sandbox: Sandbox) -> None:
    plant(sandbox, "launch", "error", code="InternalError", times=2)
    assert sandbox.launch(token="a").status == 500
    sandbox.kill()
    sandbox.restart()
    assert [sandbox.launch(token=token).status for token in "bc"] == [500, 201]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"verb": "launch", "kind": "explode"}, "no fault kind 'explode'"),
        ({"kind": "lost"}, "needs a verb"),
        ({"verb": "launch", "kind": "error"}, "needs the vendor's code"),
        ({"verb": "launch", "kind": "lost", "cloud": "oracle"}, "no cloud 'oracle'"),
        ({"verb": "launch", "kind": "lost", "times": 0}, "times is a whole number"),
        ({"verb": "launch", "kind": "lost", "probability": 2}, "probability is a number"),
        ({"verb": "launch", "kind": "lost", "match": {"planet": "mars"}}, "match knows no 'planet'"),
        ({"verb": "launch", "kind": "lost", "often": True}, "no 'often'"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(shared_sandbox: Sandbox, spec: dict, said: str) -> None:
    answer = shared_sandbox.post("/v1/faults", spec)
    assert answer.status == 400
    assert said in json.dumps(answer.body, ensure_ascii=False)
