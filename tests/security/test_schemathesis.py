"""The schema against the API: random requests, good and bad, with a token and the rows of an estate to hit.

Every check of schemathesis runs on every operation; PURSER_SCHEMA_EXAMPLES sets how many examples each gets.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings

from tests.security.estate import Estate
from tests.security.schema import read_schema, row_like, with_key_where_it_spends, without_waiting

EXAMPLES = int(os.environ.get("PURSER_SCHEMA_EXAMPLES", "50"))
OF_ADMINS = ("tokens", "service-accounts", "projects", "me", "audit", "webhook", "quotas", "budgets", "change-requests")
"""Asked by an admin: an operator would only ever be refused."""
schema = read_schema()


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_to_its_schema(case: Any, estate: Estate, one_connection: None) -> None:
    _aim(case, estate)
    without_waiting(case)
    with_key_where_it_spends(case)
    for_admins = case.operation.path.removeprefix("/api/v1/").startswith(OF_ADMINS)
    token = estate.admins_token if for_admins else estate.token
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"})


def _aim(case: Any, estate: Estate) -> None:
    """Half of the addresses are those of rows that exist: random ids would only ever be not found."""
    wanted = (case.path_parameters or {}).get("public_id", "")
    if isinstance(wanted, str) and len(digits := wanted.partition("_")[2]) == 32 and int(digits[-1], 16) % 2 == 0:
        case.path_parameters["public_id"] = row_like(wanted, estate)
