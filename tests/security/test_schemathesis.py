"""The schema against the API: random requests, good and bad, with a token and the rows of an estate to hit.

Every check of schemathesis runs on every operation; PURSER_SCHEMA_EXAMPLES sets how many examples each gets.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig

from purser.wsgi import application
from tests.security.estate import Estate

EXAMPLES = int(os.environ.get("PURSER_SCHEMA_EXAMPLES", "50"))
ABOUT_ACCESS = ("tokens", "service-accounts", "projects", "me")
"""Asked by an admin: an operator would only ever be refused."""
# A request may be well formed and still impossible: no such accelerator (422), changed meanwhile (412).
IMPOSSIBLE = ["2xx", "3xx", "401", "403", "404", "409", "412", "422"]
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": IMPOSSIBLE},
        "missing_required_header": {"expected-statuses": [400, 401, 403, 404, 406, 415, 422, 428]},
    },
    "generation": {"allow-x00": False},
}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """As Django's own test client does: the end of a request does not close the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


schema = schemathesis.openapi.from_dict(
    SchemaGenerator().get_schema(public=True), config=SchemathesisConfig.from_dict(CONFIG)
)
schema.app = application


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_to_its_schema(case: Any, estate: Estate, one_connection: None) -> None:
    _aim(case, estate)
    about_access = case.operation.path.removeprefix("/api/v1/").startswith(ABOUT_ACCESS)
    token = estate.admins_token if about_access else estate.token
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"})


def _aim(case: Any, estate: Estate) -> None:
    """Half of the addresses are those of rows that exist: random ids would only ever be not found."""
    wanted = (case.path_parameters or {}).get("public_id", "")
    rows = {
        "alloc": estate.allocation,
        "inst": estate.instance,
        "ep": estate.endpoint,
        "rep": estate.replica,
        "dec": estate.decision,
        "model": estate.model,
        "cfg": estate.serving_config,
        "quota": estate.quota,
        "bud": estate.budget,
        "chg": estate.change_request,
        "slot": estate.slot,
        "att": estate.attempt,
        "inc": estate.incident,
        "op": estate.operation,
        "acct": estate.account,
        "off": estate.offering,
        "mem": estate.memory,
        "proj": estate.mine,
        "svc": estate.service_account,
        "tok": estate.robots_row,
    }
    prefix, _, digits = wanted.partition("_") if isinstance(wanted, str) else ("", "", "")
    if prefix in rows and len(digits) == 32 and int(digits[-1], 16) % 2 == 0:
        case.path_parameters["public_id"] = rows[prefix].public_id
