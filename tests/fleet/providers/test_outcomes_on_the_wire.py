"""Every row of outcomes.toml, as it arrives: the emulated cloud says the code, the real SDK and our adapter read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from fleet.domain.outcomes import ErrorClass, Refusal, Scope, Unclear
from fleet.providers import connect
from fleet.providers.aws.clients import NOT_LET_IN
from fleet.providers.classify import Row, table
from fleet.providers.gcp.errors import WORTH_ANOTHER_TOKEN
from tests.fleet.providers.emulators import Emulator
from tests.fleet.providers.gcp_emulator import GcpEmulator
from tests.fleet.providers.under_contract import EMULATORS

ROWS = [
    pytest.param(cloud, row, match.removesuffix("*"), id=f"{cloud} {match}")
    for cloud, rows in table().items()
    if cloud in EMULATORS and all(words.on_the_wire for words in EMULATORS[cloud].words.values())
    for row in rows
    for match in row.match
]
# EC2 answers a stock-out with 500, and what it refuses for good with 400: neither says what it means.
# Words for "there is one already": a launch looks whose it is, and here there is none.
LOOKED_INTO = {("azure", "PreconditionFailed"), ("kubernetes", "AlreadyExists")}
# Rows of Cloud TPU arrive over its own API, in its own envelope. A name that exists is looked into there.
OVER_CLOUD_TPU = {
    "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED",
    "UNAUTHENTICATED", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED",
}  # fmt: skip
OF_OPERATIONS = [
    pytest.param(row, match.removesuffix("*"), id=match)
    for row in table()["gcp"]
    for match in row.match
    if match.isupper() and match not in OVER_CLOUD_TPU
]
"""What Compute Engine says at the end of an operation, and never as the reason of a refused call."""
STATUS = {ErrorClass.STOCK_OUT: 500, ErrorClass.UNKNOWN: 500, ErrorClass.THROTTLE: 503, ErrorClass.AUTH: 403}


NOT_ON_A_WIRE = {"local"}
"""Proved in tests/fleet/providers/test_outcomes_of_owned_hosts.py."""


def test_every_cloud_that_has_rows_has_them_proved():
    assert {parameters.values[0] for parameters in ROWS} | NOT_ON_A_WIRE == set(table())


@pytest.fixture(scope="module")
def running(emulators: dict[str, Emulator]) -> Iterator[dict[str, Emulator]]:
    yield emulators
    for emulator in emulators.values():
        emulator.heal()


@pytest.mark.parametrize(("cloud", "row", "code"), ROWS)
def test_a_launch_that_is_answered_so_means_what_its_row_says(
    running: dict[str, Emulator], cloud: str, row: Row, code: str
) -> None:
    assert row.then, "a person reads what is done next"
    emulator = running[cloud]
    spoken = "gcp-tpu" if cloud == "gcp" and code in OVER_CLOUD_TPU else cloud
    account = emulator.account(spoken)
    request = replace(emulator.order(spoken, f"wire-{code}"[:60]), capacity_type=_market(cloud, row, code))
    # In one region alone some of AWS's words mean that it is not switched on: these are said of a key by all of them.
    verb, times = ("*", None) if (cloud, row.scope) == ("aws", Scope.ACCOUNT) and code in NOT_LET_IN else ("launch", 1)
    said = {"code": code, "status": STATUS.get(row.error_class, 400), "message": row.text}
    emulator.spoil(account, verb, "error", times=times, **said)
    try:
        outcome = connect(cloud, account).launch(request)
    finally:
        emulator.heal()
    if row.error_class == ErrorClass.UNKNOWN or (cloud, code) in LOOKED_INTO:
        assert isinstance(outcome, Unclear)
        assert outcome.code in (code, "vanished")
        assert outcome.classified, "the table has it: nobody is asked to classify it"
        return
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.scope, outcome.retry_after) == (row.error_class, row.scope, row.retry_after)
    assert (outcome.code, outcome.classified) == (code, True)
    assert emulator.machines(request.token) == []


def _ends_with(running: dict[str, Emulator], code: str, message: str) -> tuple[Refusal, Refusal, Refusal]:
    """What a launch whose operation ends so means, to whom it is sent again, and to whom asks what its token did."""
    emulator = running["gcp"]
    assert isinstance(emulator, GcpEmulator)
    account = emulator.account("gcp")
    request = emulator.order("gcp", f"ends-{code}"[:60])
    emulator.next_operation_ends_with(account, code, message)
    cloud = connect("gcp", account)
    outcomes = cloud.launch(request), cloud.launch(request), cloud.find(request)
    assert emulator.machines(request.token) == [] or all(m["terminated_at"] for m in emulator.machines(request.token))
    first, again, found = outcomes
    assert isinstance(first, Refusal), first
    assert isinstance(again, Refusal), again
    assert isinstance(found, Refusal), found
    return first, again, found


@pytest.mark.parametrize(("row", "code"), OF_OPERATIONS)
def test_an_operation_that_ends_so_is_a_no_that_stands_and_means_what_its_row_says(
    running: dict[str, Emulator], row: Row, code: str
) -> None:
    first, again, found = _ends_with(running, code, row.text)
    assert first == again == found, "the token is spent, whoever asks"
    assert (first.code, first.of_token, first.classified) == (code, True, True)
    if row.error_class in WORTH_ANOTHER_TOKEN:  # with this one it would stay so: elsewhere there is another
        assert (first.error_class, first.scope) == (ErrorClass.STOCK_OUT, Scope.POOL)
    else:
        assert (first.error_class, first.scope) == (row.error_class, row.scope)


def test_an_operation_that_ends_with_a_code_of_no_row_is_a_no_of_its_pool_and_says_that_nobody_classified_it(
    running: dict[str, Emulator],
) -> None:
    first, again, found = _ends_with(running, "BRAND_NEW_CODE", "Never heard of.")
    assert first == again == found
    assert (first.error_class, first.scope, first.classified) == (ErrorClass.STOCK_OUT, Scope.POOL, False)


def _market(cloud: str, row: Row, code: str) -> str:
    """The row's own; of one that speaks of any, one that has no row of its own."""
    own = {other.market for other in table()[cloud] if other.covers(code, row.text, other.market)} - {""}
    return row.market or ("spot" if "on-demand" in own else "on-demand")
