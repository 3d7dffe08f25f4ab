"""Every row of outcomes.toml, as it arrives: the emulated cloud says the code, the real SDK and our adapter read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet.domain.outcomes import ErrorClass, Refusal, Unclear
from fleet.providers import connect
from fleet.providers.classify import Row, table
from tests.fleet.providers.emulators import Emulator
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
    request = emulator.order(spoken, f"wire-{code}"[:60])
    emulator.spoil(account, "launch", "error", code=code, status=STATUS.get(row.error_class, 400), message=row.text)
    outcome = connect(cloud, account).launch(request)
    if row.error_class == ErrorClass.UNKNOWN or (cloud, code) in LOOKED_INTO:
        assert isinstance(outcome, Unclear)
        assert outcome.code in (code, "vanished")
        assert outcome.classified, "the table has it: nobody is asked to classify it"
        return
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.scope, outcome.retry_after) == (row.error_class, row.scope, row.retry_after)
    assert (outcome.code, outcome.classified) == (code, True)
    assert emulator.machines(request.token) == []
