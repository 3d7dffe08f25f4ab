"""The schema as schemathesis reads it, with what both of its tests expect of the answers."""

from __future__ import annotations

from typing import Any

import schemathesis
from drf_spectacular.generators import SchemaGenerator
from schemathesis.config import SchemathesisConfig

from fleet.api.schema import IDEMPOTENCY_KEY_UNLESS_DRY
from purser.wsgi import application
from tests.security.estate import Estate

# A request may be well formed and still impossible: no such accelerator (422), changed meanwhile (412).
IMPOSSIBLE = ["2xx", "3xx", "401", "403", "404", "409", "412", "422"]
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": IMPOSSIBLE},
        "missing_required_header": {"expected-statuses": [400, 401, 403, 404, 406, 415, 422, 428]},
    },
    "generation": {"allow-x00": False},
}


def read_schema() -> Any:
    """The whole schema, answered in process."""
    schema = schemathesis.openapi.from_dict(
        SchemaGenerator().get_schema(public=True), config=SchemathesisConfig.from_dict(CONFIG)
    )
    schema.app = application
    return schema


def without_waiting(case: Any) -> None:
    """Nothing goes on while one process asks and answers, so who waits only loses time."""
    if "wait" in (case.headers or {}).get("Prefer", ""):
        case.headers["Prefer"] = "wait=0"


def with_key_where_it_spends(case: Any) -> None:
    """Only a dry run goes without an Idempotency-Key, which a schema can say to people only."""
    takes = case.operation.definition.raw.get("parameters", [])
    needed = any(parameter.get("description") == IDEMPOTENCY_KEY_UNLESS_DRY.description for parameter in takes)
    if needed and (case.query or {}).get("dry_run") != "true":
        case.headers.setdefault("Idempotency-Key", "a-key-of-schemathesis")


def row_like(public_id: str, estate: Estate) -> str:
    """The id of the estate's row of the same noun; the same id where there is none."""
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
        "bq": estate.block_question,
        "acct": estate.account,
        "off": estate.offering,
        "rule": estate.price_rule,
        "cap": estate.paid_capacity,
        "buy": estate.purchase,
        "mem": estate.memory,
        "proj": estate.mine,
        "svc": estate.service_account,
        "tok": estate.robots_row,
        "swp": estate.sweep,
        "hook": estate.webhook,
        "msg": estate.webhook_message,
    }
    row = rows.get(public_id.partition("_")[0])
    return row.public_id if row else public_id
