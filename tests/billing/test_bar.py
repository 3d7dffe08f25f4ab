"""The money bar is read once for all who may see the same, and anew as soon as something happened."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.bar import money_bar
from fleet.services import events
from tests.billing.factories import NOON, allocation, machine, project

pytestmark = pytest.mark.django_db


def test_it_is_asked_for_once_in_a_minute(django_assert_num_queries):
    machine(of=allocation(project()))
    first = money_bar(None, NOON)
    with django_assert_num_queries(1):
        assert money_bar(None, NOON + timedelta(seconds=59)) == first


def test_the_next_minute_reads_it_anew():
    owned = allocation(project())
    machine(of=owned)
    money_bar(None, NOON)
    machine(of=owned)
    assert money_bar(None, NOON + timedelta(seconds=60))["burn"] == Decimal(72)


def test_an_event_has_it_read_anew_at_once():
    owned = allocation(project())
    machine(of=owned)
    money_bar(None, NOON)
    machine(of=owned)
    events.record("instance.launched", subject="inst_1", now=NOON, project=owned.project)
    assert money_bar(None, NOON)["burn"] == Decimal(72)


def test_nobody_sees_the_bar_of_other_projects():
    mine, theirs = project(), project()
    machine(of=allocation(mine))
    machine(of=allocation(theirs), price_per_hour=Decimal(5))
    whole = money_bar(None, NOON)["burn"]
    assert [money_bar([one.pk], NOON)["burn"] for one in (mine, theirs)] == [Decimal(36), Decimal(5)]
    assert money_bar([mine.pk, theirs.pk], NOON)["burn"] == whole == Decimal(41)
    assert money_bar([], NOON)["burn"] == 0
