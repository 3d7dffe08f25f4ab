"""A row the database wrote is the row Python would have written, value for value, in the order that was asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest
from django.db import connection

from fleet.api.allocation_rows import LISTED, AllocationOut, as_json, rows
from fleet.api.wire import plain
from fleet.models import Allocation
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOSTILE = 'quote " back\\slash \u2028 </script> \U0001f600 \u00e9\n\ttab'


def _all_kinds() -> list[Allocation]:
    project = factories.project()
    bare = factories.allocation(project, detail=HOSTILE)
    full = factories.allocation(
        project,
        accelerator="",
        need={"memory_gib": 80.5, "fp8": True},
        accelerators_per_slot=8,
        clouds=["aws", "gcp"],
        max_price_per_hour=Decimal("0.000001"),
        labels={"team": HOSTILE},
        endpoint_ref="ep_1",
        next_action="plan",
        next_action_at=NOON + timedelta(microseconds=1),
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        idle_release_seconds=600,
    )
    for state in ("ready", "wanted", "gone"):
        factories.slot(full, state=state)
    return [bare, full]


def test_each_row_is_what_python_would_have_written() -> None:
    made = _all_kinds()
    keys = [one.pk for one in made]
    written = [orjson.loads(orjson.dumps(one)) for one in LISTED.show(keys)]
    assert written == [plain(as_json(rows(Allocation.objects.filter(pk=key)).get())) for key in keys]
    assert (written[1]["machines"], written[1]["machines_ready"]) == (2, 1)
    assert list(written[0]) == list(AllocationOut().fields)


def test_only_the_named_fields_come_in_the_order_of_their_names_and_rows_in_that_of_their_keys() -> None:
    first, second = _all_kinds()
    for keys in ([first.pk, second.pk], [second.pk, first.pk]):
        written = [orjson.loads(orjson.dumps(one)) for one in LISTED.show(keys, ("state", "id"))]
        assert [list(one) for one in written] == [["state", "id"]] * 2
        assert [one["id"] for one in written] == [Allocation.objects.get(pk=key).public_id for key in keys]


def test_a_row_that_is_gone_meanwhile_is_left_out() -> None:
    first, second = _all_kinds()
    assert len(list(LISTED.show([first.pk, 10**9, second.pk]))) == 2


def test_the_server_keeps_the_statement() -> None:
    first, _ = _all_kinds()
    list(LISTED.show([first.pk]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%concat%fleet_allocation%'")
        assert cursor.fetchone() == (1,)
