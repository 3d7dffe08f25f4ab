"""The audit reads the ledger alone, agrees with the bill, and finds what is planted in it."""

import json
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.audit import audit, clean
from sandbox.beginning import Options
from sandbox.clock import iso, parse
from sandbox.ledger import Ledger
from sandbox.world import World
from tests.sandbox_server import ROOT, Sandbox

OURS = {"purser:installation": "inst-1", "purser:allocation": "alloc-1"}
EPOCH = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def slot(name: str) -> dict[str, str]:
    return {**OURS, "purser:slot": name}


class Book:
    """A ledger of a sandbox that stood still, into which a test writes machines and calls by hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite3"
        ledger = Ledger(self.path)
        world = World(ledger, Options(seed=1, epoch=EPOCH))
        self.started_real = world.clock.started_at
        ledger.close()

    def write(self, table: str, **values: object) -> None:
        marks = ", ".join("?" * len(values))
        with sqlite3.connect(self.path) as connection:
            connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))

    def machine(self, name: str, *, start: float = 0, end: float | None = None, **values: object) -> None:
        """A machine that lived from `start` to `end` seconds after the epoch (the time factor is 1)."""
        row = {
            "id": name,
            "cloud": "aws",
            "account_id": "sandbox",
            "instance_type": "g6.xlarge",
            "accelerator": "L4",
            "accelerator_count": 1,
            "region": "us-east-1",
            "zone": "us-east-1a",
            "capacity_type": "on-demand",
            "launched_at": iso(EPOCH + timedelta(seconds=start)),
            "launched_at_real": self.started_real + start,
            "terminated_at": iso(EPOCH + timedelta(seconds=end)) if end is not None else None,
            "tags": json.dumps(slot("slot-1")),
            "on_demand_price": "3.6",
            "price_at_launch": "3.6",
        }
        self.write("machines", **{**row, **values})

    def call(self, verb: str, *, at: float, status: int | None = 200, **values: object) -> None:
        moment = {"at": iso(EPOCH + timedelta(seconds=at)), "at_real": self.started_real + at}
        self.write("calls", **moment, cloud="aws", verb=verb, outcome="ok", status=status, **values)

    def audit(self, at: float = 1000.0, **options: object) -> dict:
        return audit(self.path, at=EPOCH + timedelta(seconds=at), **options)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def test_a_clean_ledger_is_clean(book: Book) -> None:
    book.machine("i-1", start=0, end=100)
    book.machine("i-2", start=100, end=200)
    findings = book.audit()
    assert clean(findings)
    assert findings["double_launches"] == 0


@pytest.mark.parametrize(("second", "doubles"), [((99.999, 200), 1), ((100, 200), 0), ((10, 20), 1), ((150, None), 0)])
def test_two_machines_of_one_slot_whose_bills_overlap_are_a_double(
    book: Book, second: tuple[float, float | None], doubles: int
) -> None:
    book.machine("i-1", start=0, end=100)
    book.machine("i-2", start=second[0], end=second[1])
    assert book.audit(at=300)["double_launches"] == doubles


def test_a_double_is_named_with_its_slot(book: Book) -> None:
    book.machine("i-1", start=0)
    book.machine("i-2", start=60)
    [double] = book.audit()["doubles"]
    assert (double["slot"], double["first"], double["second"]) == ("slot-1", "i-1", "i-2")


def test_three_at_once_are_three_pairs(book: Book) -> None:
    for number in range(3):
        book.machine(f"i-{number}", start=number)
    assert book.audit()["double_launches"] == 3


@pytest.mark.parametrize(
    "other",
    [
        {"tags": json.dumps(slot("slot-2"))},
        {"tags": json.dumps({**slot("slot-1"), "purser:installation": "inst-2"})},
        {"foreign_owner": "somebody-else"},
    ],
    ids=["another slot", "another installation", "a foreign machine with copied tags"],
)
def test_other_peoples_machines_are_no_doubles(book: Book, other: dict) -> None:
    book.machine("i-1")
    book.machine("i-2", **other)
    assert book.audit()["double_launches"] == 0


def test_what_came_after_the_cut_off_does_not_count(book: Book) -> None:
    book.machine("i-1", start=0, end=500)
    book.machine("i-2", start=400, end=500)
    assert book.audit(at=400)["double_launches"] == 0
    assert book.audit(at=401)["double_launches"] == 1


def test_a_machine_nobody_names_is_an_orphan_after_grace_and_one_sweep(book: Book) -> None:
    book.machine("i-1")
    assert book.audit(at=420)["orphans"] == 0
    assert book.audit(at=420.1)["orphans"] == 1
    assert book.audit(at=420.1, grace_seconds=600)["orphans"] == 0


@pytest.mark.parametrize(
    ("call", "orphans"),
    [
        ({"verb": "describe", "instance_id": "i-1"}, 0),
        ({"verb": "list", "ids": '["i-0", "i-1"]'}, 0),
        ({"verb": "terminate", "instance_id": "i-1", "status": 500}, 1),
        ({"verb": "list", "ids": None}, 1),
        ({"verb": "launch", "instance_id": "i-1"}, 1),
        ({"verb": "describe", "instance_id": "i-1", "at": 500.0}, 1),
    ],
    ids=["describe", "list by ids", "a failed terminate", "list of all", "the launch itself", "too long ago"],
)
def test_who_names_a_machine_looks_after_it(book: Book, call: dict, orphans: int) -> None:
    book.machine("i-1")
    book.call(**{"at": 900.0, **call})
    assert book.audit(at=1000)["orphans"] == orphans


def test_ended_foreign_and_past_machines_are_no_orphans(book: Book) -> None:
    book.machine("i-1", end=10)
    book.machine("i-2", foreign_owner="somebody-else")
    book.machine("i-3", tags=json.dumps({"team": "x"}))
    assert book.audit()["orphans"] == 0


def test_a_token_sent_with_two_parameter_sets_is_a_mismatch(book: Book) -> None:
    for parameters in ("h1", "h1", "h2"):
        book.call("launch", at=1, token="t-1", params_hash=parameters)
    book.call("launch", at=2, token="t-2", params_hash="h1")
    findings = book.audit()
    assert findings["mismatched_tokens"] == ["t-1"]
    assert (findings["launch_calls"], findings["distinct_tokens"]) == (4, 2)


def test_a_token_used_after_its_machine_ended_is_counted_but_no_violation(book: Book) -> None:
    book.machine("i-1", end=50, token="t-1")
    book.call("launch", at=10, token="t-1", params_hash="h")
    book.call("launch", at=60, token="t-1", params_hash="h", status=400)
    findings = book.audit()
    assert (findings["tokens_reused_after_end"], clean(findings)) == (1, True)


def test_terminating_a_foreign_machine_is_a_violation(book: Book) -> None:
    book.machine("i-9", foreign_owner="somebody-else", tags="{}")
    book.call("terminate", at=5, instance_id="i-9", status=404)
    assert clean(book.audit())
    book.call("terminate", at=6, instance_id="i-9")
    assert book.audit()["foreign_touched"] == 1


def test_the_bill_is_exact_per_second_up_to_the_cut_off(book: Book) -> None:
    book.machine("i-1", start=0, end=100.5)
    book.machine("i-2", start=200, tags=json.dumps(slot("slot-2")))
    bill = book.audit(at=300)["sandbox_bill"]
    assert {line["id"]: Decimal(line["cost"]) for line in bill["machines"]} == {
        "i-1": Decimal("0.1005"),
        "i-2": Decimal("0.1"),
    }
    assert Decimal(bill["total"]) == Decimal("0.2005")
    assert [line["slot"] for line in bill["machines"]] == ["slot-1", "slot-2"]


def test_spot_on_aws_follows_the_market_and_elsewhere_keeps_its_price(book: Book) -> None:
    for seconds, price in ((-10, "9"), (100, "7.2"), (200, "1.8"), (300, "99")):
        at = iso(EPOCH + timedelta(seconds=seconds))
        pool = {"instance_type": "spotty", "zone": "us-east-1a", "capacity_type": "spot"}
        for cloud in ("aws", "gcp"):
            book.write("price_points", cloud=cloud, **pool, effective_from=at, price_per_hour=price)
    for number, cloud in enumerate(("aws", "gcp")):
        shape = {"instance_type": "spotty", "capacity_type": "spot", "cloud": cloud, "tags": json.dumps(slot(cloud))}
        book.machine(f"i-{number}", start=0, end=300, **shape)
    costs = {line["cloud"]: Decimal(line["cost"]) for line in book.audit()["sandbox_bill"]["machines"]}
    assert costs == {"aws": Decimal("0.1") + Decimal("0.2") + Decimal("0.05"), "gcp": Decimal("0.3")}


def test_the_bill_can_be_of_one_installation(book: Book) -> None:
    book.machine("i-1", end=1000)
    book.machine("i-2", end=1000, tags=json.dumps({**OURS, "purser:installation": "inst-2"}))
    bill = book.audit(installation="inst-2")["sandbox_bill"]
    assert [line["id"] for line in bill["machines"]] == ["i-2"]


def test_requests_are_summed_by_endpoint(book: Book) -> None:
    at = iso(EPOCH)
    for number, outcome in enumerate(("ok", "ok", "cut")):
        tokens = {"input_tokens": 10, "cached_input_tokens": 4, "output_tokens": 5}
        book.write("requests", id=f"r{number}", endpoint="ep-1", accepted_at=at, outcome=outcome, **tokens)
    assert book.audit()["requests"] == {
        "ep-1": {
            "requests": 3,
            "cut": 1,
            "retries": 0,
            "input_tokens": 30,
            "cached_input_tokens": 12,
            "output_tokens": 15,
        }
    }


# -- as a command, on a real sandbox's ledger


def test_the_command_is_seen_to_fail_on_a_planted_double(sandbox: Sandbox) -> None:
    sandbox.launched(token="one", tags=slot("slot-1"))
    assert sandbox.audit()["exit_code"] == 0
    sandbox.launched(token="two", tags=slot("slot-1"))
    sandbox.stop()
    findings = sandbox.audit()
    assert (findings["double_launches"], findings["exit_code"]) == (1, 1)


def test_the_command_agrees_with_the_running_sandbox_about_the_bill(sandbox: Sandbox) -> None:
    for cloud in ("aws", "gcp", "azure"):
        sandbox.running(cloud, token="b", capacity_type="spot", tags=slot(cloud))
    now = sandbox.get("/v1/clock").body["now"]
    bill = sandbox.get("/v1/bill", at=now).body
    assert sandbox.audit("--at", now)["sandbox_bill"] == bill
    assert Decimal(bill["total"]) > 0


def test_the_bill_of_a_spot_machine_is_the_sum_over_the_prices_that_were_shown(sandbox: Sandbox) -> None:
    made = sandbox.running(token="b", capacity_type="spot", tags=slot("s"))
    ended = sandbox.delete(f"/v1/clouds/aws/instances/{made['id']}").body
    seconds = (parse(ended["terminated_at"]) - parse(ended["launched_at"])) / timedelta(seconds=1)
    [line] = sandbox.audit()["sandbox_bill"]["machines"]
    low, high = sorted((Decimal(made["price_per_hour"]), Decimal(ended["price_per_hour"])))
    assert low <= Decimal(line["cost"]) * 3600 / Decimal(str(seconds)) * Decimal("1.000001")
    assert Decimal(line["cost"]) * 3600 / Decimal(str(seconds)) <= high * Decimal("1.000001")


def past(name: str, **values: object) -> dict[str, object]:
    return {
        "id": name,
        "cloud": "gcp",
        "instance_type": "g2-standard-4",
        "zone": "us-central1-a",
        "capacity_type": "spot",
        "launched_at": "2026-01-01T00:00:00+00:00",
        "terminated_at": "2026-01-01T10:00:00+00:00",
        "price_per_hour": "0.25",
        "tags": slot("old"),
        **values,
    }


def test_history_is_billed_once_however_often_it_is_recorded(sandbox: Sandbox) -> None:
    first = sandbox.post("/v1/history", {"machines": [past("h-1"), past("h-2", tags=slot("other"))]}).body
    again = sandbox.post("/v1/history", {"machines": [past("h-1")]}).body
    assert (first["recorded"], again["recorded"], again["known"]) == (2, 0, 1)
    assert sandbox.get("/v1/bill").body["total"] == "5.000000000000"
    assert sandbox.instance("gcp", "h-1")["state"] == "terminated"
    assert sandbox.audit()["exit_code"] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"zone": "moon-1"}, "in moon-1"),
        ({"cloud": "oracle"}, "no cloud 'oracle'"),
        ({"terminated_at": "2025-01-01T00:00:00+00:00"}, "before terminated_at"),
        ({"terminated_at": "2999-01-01T00:00:00+00:00"}, "in the past"),
        ({"price_per_hour": "NaN"}, "price_per_hour must be"),
        ({"price_per_hour": "cheap"}, "price_per_hour must be"),
        ({"price_per_hour": 1.5}, "price_per_hour must be text"),
        ({"launched_at": "yesterday"}, "ISO 8601"),
        ({"colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_history_that_makes_no_sense_is_refused_whole(shared_sandbox: Sandbox, change: dict, said: str) -> None:
    answer = shared_sandbox.post("/v1/history", {"machines": [past("h-1"), past("h-2", **change)]})
    assert answer.status == 400
    assert "machines[1]" in answer.body["error"]["message"]
    assert said in answer.body["error"]["message"]
    assert shared_sandbox.get("/v1/clouds/gcp/instances/h-1").status == 404


def test_another_past_under_a_known_id_is_refused(sandbox: Sandbox) -> None:
    sandbox.post("/v1/history", {"machines": [past("h-1")]})
    assert sandbox.post("/v1/history", {"machines": [past("h-1", price_per_hour="9")]}).status == 400


@pytest.mark.parametrize("content", [None, b"", b"not a database at all, only text" * 200])
def test_a_file_that_is_no_ledger_is_a_sentence_and_exit_code_2(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ledger"
    if content is not None:
        path.write_bytes(content)
    command = [sys.executable, "-m", "sandbox.audit", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ledger" in done.stderr and "Traceback" not in done.stderr


def test_the_audit_needs_only_the_standard_library(book: Book) -> None:
    """Run it isolated, with no site-packages at all."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from sandbox.audit import main; main({[str(book.path)]!r})"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nothing is wrong" in done.stdout
