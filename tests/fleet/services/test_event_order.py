"""A restore into a server with younger transactions: old events stay readable, new ones come after them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from fleet.models import Event
from fleet.services import events
from fleet.services.clock import business_now

pytestmark = pytest.mark.django_db
OLD_SERVER = 10**12  # a transaction number that this server will not reach


def came_back() -> Event:
    """An event as a restore leaves it: numbered by a server that had done far more."""
    now = timezone.now()
    return Event.objects.create(topic="thing.happened", subject="old", occurred_at=now, tx=OLD_SERVER)


def test_without_the_offset_an_old_event_is_never_settled_and_a_new_one_sorts_before_it():
    old = came_back()
    new = events.record("thing.happened", subject="new", now=business_now())
    new.refresh_from_db()
    assert not events.settled().filter(pk=old.pk).exists()
    assert new.tx < old.tx


def test_with_it_old_events_are_settled_and_every_new_one_comes_after_their_cursor():
    old = came_back()
    events.go_on_after_restore()
    new = events.record("thing.happened", subject="new", now=business_now())
    new.refresh_from_db()
    assert events.settled().filter(pk=old.pk).exists()
    assert (new.tx, new.pk) > (old.tx, old.pk)
    assert events.latest_cursor() == (old.tx, old.pk)  # the new one's own transaction still runs


def test_a_second_restore_goes_on_above_the_first():
    came_back()
    first = events.go_on_after_restore()
    events.record("thing.happened", subject="new", now=business_now())
    assert events.go_on_after_restore() > first
