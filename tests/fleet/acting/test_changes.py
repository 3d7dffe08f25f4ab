"""Extend, resize, release, machines by hand, several at once: numbers first, one press, a way back."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from fleet.models import Allocation, Event, Slot
from fleet.services.clock import business_now
from tests import factories
from tests.fleet.acting.test_allocate import HOSTILE, hidden

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(project, account) -> Allocation:
    """Two machines of eight, busy, three hours to live."""
    now = business_now()
    made = factories.allocation(
        project, name="train", accelerator_count=16, state="active", expires_at=now + timedelta(hours=3), created_at=now
    )
    for price in ("55.04", "21.35"):
        slot = factories.slot(made, account=account, price_per_hour=Decimal(price), instance_type="h100x8", zone="z")
        factories.instance(slot, account, price_per_hour=Decimal(price), attempt=factories.attempt(slot, account))
    return made


def page_of(client: Client, path: str, data: dict[str, Any] | None = None, status: int = 200) -> str:
    answer = client.get(path) if data is None else client.post(path, data)
    assert answer.status_code == status, answer.content.decode()
    return unescape(answer.content.decode())


def test_an_extension_says_what_it_costs_and_can_be_set_back(operator, held, project):
    factories.budget(project, cap_per_hour=Decimal(100), cap_per_month=Decimal(9000))
    path = f"/fleet/{held.public_id}/extend"
    page = page_of(operator, path, {"by": "10h", "step": "plan", "generation": held.generation})
    assert "$763.90 more" in page
    assert "this month, after 10 h of it" in page
    done = operator.post(path, hidden(page) | {"by": "10h", "step": "go"}, follow=True)
    toast = done.content.decode()
    assert "Until then it costs $763.90 more" in toast
    assert Allocation.objects.get().expires_at == held.expires_at + timedelta(hours=10)
    [undo] = re.findall(r'action="(/fleet/[^"]+/undo\?generation=\d+)"', toast)
    operator.post(undo)
    assert Allocation.objects.get().expires_at == held.expires_at
    assert "It has changed since you read it" in operator.post(undo, follow=True).content.decode()


def test_what_was_typed_after_the_plan_is_planned_before_it_is_done(operator, held):
    path = f"/fleet/{held.public_id}/extend"
    page = page_of(operator, path)
    page = page_of(operator, path, hidden(page) | {"by": "9d", "step": "go"})
    assert "Extend to" in page
    assert Allocation.objects.get().expires_at == held.expires_at


def test_a_change_by_somebody_else_is_said_and_the_page_shows_how_it_is_now(operator, held):
    path = f"/fleet/{held.public_id}/extend"
    first = hidden(page_of(operator, path)) | {"by": "24h", "step": "go"}
    operator.post(path, first)
    page = page_of(
        operator, path, hidden(page_of(operator, path)) | {"by": "24h", "step": "go", "generation": "1"}, 422
    )
    assert "It has changed since you read it" in page
    assert hidden(page)["generation"] == ["2"]
    assert Allocation.objects.get().generation == 2


def test_a_release_needs_its_name_while_it_works_and_can_be_taken_back(operator, held):
    path = f"/fleet/{held.public_id}/release"
    page = page_of(operator, path)
    assert "Type train to release it." in page
    assert re.search(r"data-close autofocus>Cancel", page)
    for typed in ("", "Train", "train\u200b", HOSTILE):
        page = page_of(operator, path, hidden(page) | {"typed": typed, "step": "go"}, 422)
        assert HOSTILE not in page.replace(f'value="{HOSTILE}"', "")
    assert Allocation.objects.get().release_at is None
    toast = operator.post(path, hidden(page) | {"typed": "train", "step": "go"}, follow=True).content.decode()
    assert "train is released in 10 s" in toast
    assert Allocation.objects.get().release_at is not None
    assert "It is about to be released" in toast
    kept = operator.post(f"/fleet/{held.public_id}/keep", follow=True).content.decode()
    assert "train is kept" in kept
    assert Allocation.objects.get().release_at is None


def test_an_idle_one_is_released_without_typing(operator, held):
    Allocation.objects.update(idle_since=business_now())
    page = page_of(operator, f"/fleet/{held.public_id}/release")
    assert "Type train" not in page
    operator.post(f"/fleet/{held.public_id}/release", hidden(page) | {"step": "go"})
    assert Allocation.objects.get().release_at is not None


def test_who_would_notice_stands_in_the_release(operator, held, project):
    endpoint = factories.endpoint(project, name="chat")
    factories.replica(endpoint, held.slots.first())
    page = page_of(operator, f"/fleet/{held.public_id}/release")
    assert "Endpoint chat loses 1 of 1 ready replicas" in page


def test_shrinking_names_the_machines_that_end(operator, held):
    path = f"/fleet/{held.public_id}/resize"
    page = page_of(operator, path, {"accelerator_count": "8", "step": "plan", "generation": "1"})
    assert "#0 h100x8" in page
    assert "Shrink to 8, −$55.04/h" in page
    operator.post(path, hidden(page) | {"accelerator_count": "8", "step": "go"})
    assert Allocation.objects.get().accelerator_count == 8
    assert list(Slot.objects.order_by("ordinal").values_list("state", flat=True)) == ["draining", "ready"]


def test_growing_shows_what_is_bought(operator, held):
    page = page_of(operator, f"/fleet/{held.public_id}/resize", {"accelerator_count": "24", "generation": "1"})
    assert "1 × h100x8 spot in AWS us-east-1a" in page
    assert "Grow to 24, $21.35/h" in page


def test_growing_past_a_quota_is_refused_with_its_numbers(operator, held, project):
    factories.quota(project, max_accelerators=4)
    page = page_of(operator, f"/fleet/{held.public_id}/resize", {"accelerator_count": "24", "generation": "1"})
    assert "leaves" in page
    assert "Grow to" not in page


BAD = [
    ("extend", "by", "24", "Write the unit too"),
    ("extend", "by", "", "This field is required"),
    ("extend", "by", "1 parsec", "no unit of time"),
    ("extend", "by", HOSTILE, "Write a duration"),
    ("extend", "by", "x" * 50, "at most 40"),
    ("extend", "by", "1h\u202e", "Write a duration|no unit"),
    ("extend", "generation", "", "Load the page again"),
    ("extend", "generation", "one", "Load it again"),
    ("extend", "surprise", "1", "has no field"),
    ("resize", "accelerator_count", "five", "A whole number"),
    ("resize", "accelerator_count", "0", "A whole number"),
    ("resize", "accelerator_count", "12", "Whole machines make 8 or 16"),
    ("resize", "accelerator_count", "8 H100", "A whole number"),
    ("resize", "step", "leap", "There is no such button"),
    ("release", "typed", "x" * 300, "at most 200"),
]


@pytest.mark.parametrize(("verb", "field", "value", "sentence"), BAD)
def test_bad_input_changes_nothing_and_says_what_to_do(operator, held, verb, field, value, sentence):
    right = {"extend": {"by": "1h"}, "resize": {"accelerator_count": "8"}, "release": {"typed": "train"}}[verb]
    data = right | {"generation": "1", "step": "go", field: value}
    page = page_of(operator, f"/fleet/{held.public_id}/{verb}", data, 422)
    assert re.search(sentence, page), page
    assert HOSTILE not in page.replace(f'value="{HOSTILE}"', "")
    assert Allocation.objects.get().generation == 1


def test_another_projects_rows_are_not_found_and_a_viewer_is_refused(client, held):
    slot = Slot.objects.first()
    paths = [f"/fleet/{held.public_id}/{verb}" for verb in ("extend", "resize", "release", "keep", "undo")]
    paths += [f"/machines/{slot.public_id}/{verb}" for verb in ("cordon", "uncordon", "drain")]
    for user, status in (
        (factories.member(factories.project(), "admin"), 404),
        (factories.member(held.project, "viewer"), 403),
    ):
        client.force_login(user)
        for path in paths:
            assert client.post(path, {}).status_code == status, path
    assert Allocation.objects.get().generation == 1


def test_a_machine_is_cordoned_and_that_is_taken_back(operator, held):
    slot = Slot.objects.first()
    toast = operator.post(f"/machines/{slot.public_id}/cordon", follow=True).content.decode()
    assert "takes no new work" in toast
    assert f'action="/machines/{slot.public_id}/uncordon"' in toast
    assert "Cordoned" in toast
    operator.post(f"/machines/{slot.public_id}/uncordon")
    assert Slot.objects.get(pk=slot.pk).cordoned_at is None
    Slot.objects.filter(pk=slot.pk).update(state="draining")
    refused = operator.post(f"/machines/{slot.public_id}/cordon", follow=True).content.decode()
    assert "It is draining: only one that runs can be cordoned" in refused


def test_a_machine_is_drained_after_it_was_said_what_follows(operator, held):
    slot = Slot.objects.first()
    path = f"/machines/{slot.public_id}/drain"
    assert "Drain Machine 0 of train" in page_of(operator, path)
    for then, sentence in (("", "Choose what follows"), ("explode", "Choose one of the two")):
        assert sentence in page_of(operator, path, {"then": then}, 422)
    operator.post(path, {"then": "give-up"})
    assert Slot.objects.get(pk=slot.pk).state == "draining"
    assert Allocation.objects.get().accelerator_count == 8


def test_several_are_released_with_one_plan_and_a_result_each(operator, held, project):
    other = factories.allocation(project, name="idle", state="active")
    hidden_one = factories.allocation(factories.project(), name="theirs")
    ids = [held.public_id, other.public_id, hidden_one.public_id]
    page = page_of(operator, f"/fleet/bulk?do=release&{'&'.join(f'id={one}' for one in ids)}")
    assert "Release 2 allocations" in page
    assert "theirs" not in page
    assert "Type release 2 to be sure" in page
    form = hidden(page) | {"go": "on"}
    assert "exactly so" in page_of(operator, "/fleet/bulk", form, 422)
    Allocation.objects.filter(pk=other.pk).update(desired="absent")
    page = page_of(operator, "/fleet/bulk", form | {"typed": "release 2"})
    assert page.count("Done") == 2
    assert Allocation.objects.get(pk=held.pk).release_at is not None
    page = page_of(operator, "/fleet/bulk", hidden(page) | {"go": "on"})
    assert "Kept." in page
    assert "being ended already" in page
    assert Allocation.objects.get(pk=held.pk).release_at is None


def test_several_are_extended_and_one_that_ended_is_told(operator, held, project):
    ended = factories.allocation(project, name="ended", desired="absent")
    page = page_of(operator, f"/fleet/bulk?do=extend&id={held.public_id}&id={ended.public_id}")
    page = page_of(operator, "/fleet/bulk", hidden(page) | {"by": "2h", "go": "on"})
    assert "request a new allocation instead" in page
    assert Allocation.objects.get(pk=held.pk).expires_at == held.expires_at + timedelta(hours=2)
    assert Event.objects.filter(topic="allocation.extended").count() == 1


def test_several_pressed_twice_are_extended_once(operator, held):
    form = hidden(page_of(operator, f"/fleet/bulk?do=extend&id={held.public_id}")) | {"by": "2h", "go": "on"}
    page_of(operator, "/fleet/bulk", form)
    assert "It has changed since you read it" in page_of(operator, "/fleet/bulk", form)
    assert Allocation.objects.get(pk=held.pk).expires_at == held.expires_at + timedelta(hours=2)
    del form["seen"]
    assert "It has changed since you read it" in page_of(operator, "/fleet/bulk", form)


def test_bad_input_of_several_does_nothing(operator, held):
    good = {"id": [held.public_id], "do": "extend", "by": "2h", "go": "on"}
    for bad, sentence in (
        ({"do": "explode"}, "Choose what to do"),
        ({"by": "2"}, "unit too"),
        ({"x": "1"}, "no field"),
    ):
        assert sentence in page_of(operator, "/fleet/bulk", good | bad, 422)
    many = good | {"id": [factories.allocation(held.project, name=f"n{k}").public_id for k in range(101)]}
    assert "At most 100 at once" in page_of(operator, "/fleet/bulk", many, 422)
    assert Allocation.objects.get(pk=held.pk).generation == 1


def test_the_fleet_offers_each_row_what_one_may_do_with_it(operator, client, held):
    page = operator.get("/fleet").content.decode()
    for verb in ("extend", "resize", "release"):
        assert f"/fleet/{held.public_id}/{verb}" in page
    client.force_login(factories.member(held.project, "viewer"))
    page = client.get("/fleet").content.decode()
    assert "popovertarget" not in page
    assert "data-pick" not in page


def test_what_an_endpoint_serves_on_ends_with_the_endpoint(operator, held, project):
    Allocation.objects.update(endpoint_ref="ep_1", expires_at=None)
    for verb in ("extend", "release"):
        path = f"/fleet/{held.public_id}/{verb}"
        page = page_of(operator, path)
        assert "It ends with its endpoint; delete the endpoint instead." in page
        assert 'value="go"' not in page
        page = page_of(operator, path, hidden(page) | {"typed": "train", "by": "1h", "step": "go"}, 422)
        assert "It ends with its endpoint" in page
    for path in ("/fleet", f"/fleet/{held.public_id}"):
        page = page_of(operator, path)
        assert "It ends with its endpoint; delete the endpoint instead." in page
        assert f"/fleet/{held.public_id}/release" not in page
    row = Allocation.objects.get()
    assert (row.release_at, row.expires_at, row.desired) == (None, None, "present")


def test_of_several_those_an_endpoint_serves_on_stay(operator, held, project):
    other = factories.allocation(project, name="serves", endpoint_ref="ep_1", state="active")
    ids = [held.public_id, other.public_id]
    page = page_of(operator, f"/fleet/bulk?do=release&id={ids[0]}&id={ids[1]}")
    assert "It ends with its endpoint" in page
    assert "Type release 1 to be sure" in page
    done = page_of(operator, "/fleet/bulk", hidden(page) | {"id": ids, "typed": "release 1", "go": "on"})
    assert "Released in 10 s" in done
    assert "It ends with its endpoint" in done
    assert [row.release_at is None for row in Allocation.objects.order_by("id")] == [False, True]
