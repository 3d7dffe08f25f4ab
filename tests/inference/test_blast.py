"""Who would notice: endpoints on a machine, with what runs there now, or that nobody knows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inference.blast import serving_on
from inference.models import Replica, Window
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def replicas() -> list[Replica]:
    project = factories.project()
    endpoint = factories.endpoint(project, name="chat")
    held = factories.allocation(project, endpoint_ref=endpoint.public_id)
    return [factories.replica(endpoint, factories.slot(held)) for _ in range(2)]


def minute(of: Replica, ago: timedelta, running: float, waiting: float = 0) -> None:
    Window.objects.create(
        endpoint=of.endpoint, replica=of, source="scrape", start=NOON - ago, scrapes=30,
        running_mean=running, waiting_mean=waiting,
    )  # fmt: skip


def test_each_replica_counts_with_its_own_newest_minute(replicas):
    minute(replicas[0], 2 * MINUTE, 90)
    minute(replicas[0], MINUTE, 7, 1)
    minute(replicas[1], 2 * MINUTE, 4)
    held = replicas[0].slot.allocation.public_id
    assert serving_on(held, NOON) == [
        "Endpoint chat loses 2 of 2 ready replicas; about 12 requests run there now and may end first."
    ]


def test_a_machine_counts_its_own_replica_only(replicas):
    minute(replicas[0], MINUTE, 1)
    minute(replicas[1], MINUTE, 4)
    assert serving_on(replicas[0].slot.public_id, NOON) == [
        "Endpoint chat loses 1 of 2 ready replicas; about 1 request runs there now and may end first."
    ]


def test_what_was_measured_long_ago_does_not_run_now(replicas):
    minute(replicas[0], 16 * MINUTE, 7)
    (said,) = serving_on(replicas[0].slot.public_id, NOON)
    assert said.endswith("how many requests run there was not measured of late.")


def test_nobody_notices_an_empty_machine():
    held = factories.allocation(factories.project())
    assert serving_on(factories.slot(held).public_id, NOON) == []
