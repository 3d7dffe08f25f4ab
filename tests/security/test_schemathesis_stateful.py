"""The schema against the API, in chains: what one call answers is what the next one asks about.

Every check of schemathesis runs on every call, but that of authentication, which is one of an operation alone; and
what is gone stays gone. PURSER_SCHEMA_CHAINS sets how many chains there are.
"""

from __future__ import annotations

import os

import pytest
from django.utils import timezone

from fleet.domain import rights
from fleet.services import operations, tokens
from tests import factories
from tests.security.chains import Findings, walk
from tests.security.estate import Estate
from tests.security.schema import read_schema

CHAINS = int(os.environ.get("PURSER_SCHEMA_CHAINS", "60"))
NEVER_DONE: dict[str, str] = {}
"""Operations that no chain brings to a 2xx, and why."""

schema = read_schema()


@pytest.fixture
def supers_token() -> str:
    """Of somebody who may do everything everywhere."""
    root = factories.user(is_superuser=True)
    _, plain = tokens.issue_token(
        project=None, issuer=root, name="root", now=timezone.now(), scopes=sorted(rights.SCOPES)
    )
    return plain


@pytest.fixture
def busy_estate(estate: Estate) -> Estate:
    """With rows that may also go: those of an endpoint are its own to end, and those in use are kept."""
    factories.replica(estate.endpoint, factories.slot(estate.allocation))
    factories.offering(estate.account, accelerator_count=1)
    estate.allocation = factories.allocation(estate.mine, accelerator_count=16, accelerators_per_slot=8)
    estate.slot, other = factories.slot(estate.allocation), factories.slot(estate.allocation)
    estate.instance = factories.instance(estate.slot, estate.account)
    factories.instance(other, estate.account)
    estate.account = factories.account()
    estate.operation = operations.start(
        "allocation.resize",
        subject=estate.allocation.public_id,
        project=estate.mine,
        requested_by="matrix",
        now=factories.NOON,
        target={"before": 8, "after": 16, "generation": 1},
    )
    estate.model = factories.model(estate.mine)
    estate.serving_config = factories.serving_config(estate.model)
    return estate


def test_no_chain_of_calls_breaks_the_schema_or_the_server(
    busy_estate: Estate, supers_token: str, one_connection: None
) -> None:
    empty = {"DELETE /api/v1/projects/{public_id}": factories.project(slug="empty").public_id}
    found = walk(schema, busy_estate, [busy_estate.admins_token, supers_token], chains=CHAINS, instead=empty)
    every = sorted(operation.ok().label for operation in schema.get_all_operations())
    print(_told(every, found))
    assert not found.violations, found.told()
    undone = [label for label in every if not found.done(label)]
    assert undone == sorted(NEVER_DONE), _told(undone, found)


def _told(labels: list[str], found: Findings) -> str:
    lines = [f"{label}: {dict(sorted(found.answers[label].items()))}" for label in labels]
    return "\n".join([f"{len(labels)} operations, {found.calls} calls", *lines])
