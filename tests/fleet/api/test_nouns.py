"""Every noun of fleet over REST: what may be read, changed and given up, by whom, and what an event says of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fleet.models import (
    Allocation,
    CapacityMemory,
    CloudAccount,
    Event,
    Incident,
    Installation,
    PricePoint,
    Slot,
    Sweep,
)
from fleet.services import sweeping
from fleet.services.clock import business_now
from fleet.sudo import PROVED_AT
from tests import factories
from tests.api_client import ApiClient


@pytest.fixture
def root(db: None) -> ApiClient:
    """A superuser's browser that has just proved itself."""
    browser = ApiClient()
    browser.client.force_login(factories.user(is_superuser=True))
    return browser


def held(project: Any, account: Any, **changes: Any) -> Slot:
    """A ready machine of an allocation."""
    slot = factories.slot(changes.pop("of", None) or factories.allocation(project), account=account, **changes)
    factories.instance(slot, account, attempt=factories.attempt(slot, account))
    return slot


class TestAllocations:
    def test_a_change_tells_before_and_after(self, api: ApiClient, project: Any) -> None:
        allocation = factories.allocation(project, labels={"team": "a"})
        ends = business_now() + timedelta(days=1)
        change = {"name": "other", "labels": {"team": "b"}, "expires_at": ends.isoformat(), "idle_release_seconds": 600}
        answer = api.patch(f"allocations/{allocation.public_id}", change)
        assert (answer.status_code, answer.json()["name"]) == (200, "other")
        event = Event.objects.get(topic="allocation.changed")
        assert event.data["before"]["labels"] == {"team": "a"}
        assert event.data["after"]["name"] == "other"
        assert event.actor == "token:test"

    def test_a_change_to_the_same_is_none(self, api: ApiClient, project: Any) -> None:
        allocation = factories.allocation(project)
        api.patch(f"allocations/{allocation.public_id}", {"name": allocation.name})
        assert Allocation.objects.get().generation == 1
        assert not Event.objects.filter(topic="allocation.changed").exists()

    def test_it_may_end_never_by_itself(self, api: ApiClient, project: Any) -> None:
        allocation = factories.allocation(project, expires_at=business_now() + timedelta(days=1))
        answer = api.patch(f"allocations/{allocation.public_id}", {"expires_at": None})
        assert answer.json()["expires_at"] is None

    def test_growing_is_wanted_and_bought_later(self, api: ApiClient, project: Any) -> None:
        allocation = factories.allocation(project)
        answer = api.patch(f"allocations/{allocation.public_id}", {"accelerator_count": 16, "name": "big"})
        assert (answer.json()["accelerator_count"], answer.json()["name"]) == (16, "big")
        assert Event.objects.filter(topic="allocation.resized").count() == 1

    def test_shrinking_lets_the_machine_without_work_go(self, api: ApiClient, project: Any, market: Any) -> None:
        allocation = factories.allocation(project, accelerator_count=16)
        busy, free = held(project, market, of=allocation, drained=False), held(project, market, of=allocation)
        assert api.patch(f"allocations/{allocation.public_id}", {"accelerator_count": 8}).status_code == 202
        assert Slot.objects.get(pk=busy.pk).desired == "present"
        assert (Slot.objects.get(pk=free.pk).desired, Slot.objects.get(pk=free.pk).state) == ("absent", "draining")

    def test_nothing_changes_when_a_part_is_refused(self, api: ApiClient, project: Any, market: Any) -> None:
        allocation = factories.allocation(project, accelerator_count=16)
        held(project, market, of=allocation), held(project, market, of=allocation)
        answer = api.patch(f"allocations/{allocation.public_id}", {"name": "other", "accelerator_count": 12})
        assert (answer.status_code, answer.json()["code"]) == (422, "part-of-a-machine")
        assert Allocation.objects.get().name == allocation.name

    def test_an_endpoint_decides_about_its_own(self, api: ApiClient, project: Any) -> None:
        allocation = factories.allocation(project, endpoint_ref="ep_1")
        path = f"allocations/{allocation.public_id}"
        tomorrow = (business_now() + timedelta(days=1)).isoformat()
        for answer in (
            api.patch(path, {"accelerator_count": 16}),
            api.patch(path, {"expires_at": tomorrow}),
            api.patch(path, {"idle_release_seconds": 60}),
            api.post(f"{path}/extend", {"expires_at": tomorrow}, key="longer"),
            api.delete(path),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "endpoint-decides")
        many = {"items": [{"id": allocation.public_id, "if_match": "*"}]}
        [line] = api.post("allocations/bulk-release", many, key="many").json()["items"]
        assert line["problem"]["code"] == "endpoint-decides"
        assert (Allocation.objects.get().desired, Allocation.objects.get().expires_at) == ("present", None)
        assert api.patch(path, {"expires_at": None, "name": "other"}).status_code == 200

    @pytest.mark.parametrize(
        ("change", "status"),
        [({"expires_at": "2001-01-01T00:00:00Z"}, 422), ({"state": "active"}, 400), ({"accelerator_count": 0}, 400),
         ({"idle_release_seconds": 5}, 400), ({"labels": {"purser:slot": "x"}}, 422)],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, api: ApiClient, project: Any, change: dict[str, Any], status: int) -> None:
        path = f"allocations/{factories.allocation(project).public_id}"
        assert api.patch(path, change).status_code == status

    def test_what_ends_cannot_be_changed(self, api: ApiClient, project: Any) -> None:
        path = f"allocations/{factories.allocation(project, desired='absent').public_id}"
        answer = api.patch(path, {"name": "other"})
        assert (answer.status_code, answer.json()["code"]) == (409, "allocation-ended")


class TestSlots:
    def test_a_slot_shows_its_machine_and_its_launches(self, api: ApiClient, project: Any, market: Any) -> None:
        slot = held(project, market)
        shown = api.get(f"slots/{slot.public_id}").json()
        assert shown["instance"] == slot.instance.public_id
        tried = api.get(f"launch-attempts?slot={slot.public_id}").json()["items"]
        assert [attempt["id"] for attempt in tried] == [slot.attempts.get().public_id]
        assert "frozen_params" not in tried[0]
        assert api.get(f"launch-attempts/{tried[0]['id']}").json()["state"] == "launched"

    def test_giving_one_up_wants_one_fewer(self, api: ApiClient, project: Any, market: Any) -> None:
        allocation = factories.allocation(project, accelerator_count=16)
        slot = held(project, market, of=allocation)
        path = f"slots/{slot.public_id}"
        tag = api.get(path)["ETag"]
        assert api.delete(path, match=tag).status_code == 202
        assert Allocation.objects.get().accelerator_count == 8
        assert Slot.objects.get().state == "draining"
        assert api.delete(path, match=tag).status_code == 412
        assert api.delete(path).status_code == 202
        assert Event.objects.filter(topic="slot.release-requested").count() == 1

    def test_one_that_bought_nothing_is_closed(self, api: ApiClient, project: Any) -> None:
        slot = factories.slot(factories.allocation(project), state="wanted")
        assert api.delete(f"slots/{slot.public_id}").json()["state"] == "gone"

    def test_an_endpoints_machine_is_not_given_up_by_hand(self, api: ApiClient, project: Any, market: Any) -> None:
        slot = held(project, market, of=factories.allocation(project, endpoint_ref="ep_1"))
        assert api.delete(f"slots/{slot.public_id}").json()["code"] == "endpoint-decides"

    def test_lists_can_be_narrowed(self, api: ApiClient, project: Any, market: Any) -> None:
        kept, gone = held(project, market), factories.slot(factories.allocation(project), state="gone")
        assert [row["id"] for row in api.get("slots?open=true").json()["items"]] == [kept.public_id]
        assert [row["id"] for row in api.get("slots?state=gone").json()["items"]] == [gone.public_id]


class TestInstances:
    def test_a_machine_is_cordoned_and_takes_work_again(self, api: ApiClient, project: Any, market: Any) -> None:
        path = f"instances/{held(project, market).instance.public_id}"
        assert api.post(f"{path}/cordon", {}, key=None).json()["cordoned_at"]
        assert api.post(f"{path}/uncordon", {}, key=None).json()["cordoned_at"] is None
        told = Event.objects.filter(topic__startswith="slot.").order_by("id").values_list("topic", flat=True)
        assert list(told) == ["slot.cordoned", "slot.uncordoned"]

    def test_drained_and_replaced_as_many_are_wanted(self, api: ApiClient, project: Any, market: Any) -> None:
        slot = held(project, market)
        answer = api.post(f"instances/{slot.instance.public_id}/drain", {"replace": True})
        assert (answer.status_code, answer.json()["state"]) == (202, "draining")
        assert Allocation.objects.get().accelerator_count == 8

    def test_ending_one_waits_for_nobody_and_says_why(self, api: ApiClient, project: Any, market: Any) -> None:
        slot = held(project, market, drained=False)
        path = f"instances/{slot.instance.public_id}/terminate"
        assert api.post(path, {"reason": "It is broken."}, key=None).status_code == 400
        assert api.post(path, {"replace": False}).status_code == 400
        assert api.post(path, {"reason": "It is broken."}).status_code == 202
        row = Slot.objects.get()
        assert (row.state, row.desired, row.drain_until <= business_now()) == ("draining", "absent", True)
        assert Event.objects.get(topic="slot.terminate-requested").data["reason"] == "It is broken."
        assert Allocation.objects.get().accelerator_count == 0

    def test_one_that_drains_already_can_be_ended_sooner(self, api: ApiClient, project: Any, market: Any) -> None:
        slot = held(project, market, drained=False)
        path = f"instances/{slot.instance.public_id}"
        api.post(f"{path}/drain", {})
        api.post(f"{path}/terminate", {"reason": "No more patience."})
        assert Slot.objects.get().drain_until <= business_now()

    def test_an_orphan_is_left_to_the_sweeper(self, root: ApiClient, market: Any) -> None:
        orphan = factories.instance(None, market)
        answer = root.post(f"instances/{orphan.public_id}/terminate", {"reason": "It is nobody's."})
        assert (answer.status_code, answer.json()["code"]) == (422, "orphan")


class TestCatalogue:
    def test_an_offering_tells_what_it_has_cost(self, api: ApiClient, market: Any) -> None:
        offering = market.offerings.get()
        for hours in range(3):
            PricePoint.objects.create(
                offering=offering, effective_from=factories.NOON + timedelta(hours=hours), price_per_hour=50 + hours
            )
        row = api.get("offerings").json()["items"][0]
        prices = api.get(f"offerings/{row['id']}/prices?limit=2").json()
        assert [price["price_per_hour"] for price in prices["items"]] == ["52.000000", "51.000000"]
        since = (factories.NOON + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
        assert len(api.get(f"offerings/{row['id']}/prices?end={since}").json()["items"]) == 1

    def test_shapes_are_listed(self, api: ApiClient, market: Any) -> None:
        assert api.get("instance-types?accelerator=H100").json()["items"][0]["name"] == "h100x8"

    def test_a_cool_down_is_forgotten_by_whoever_may(self, api: ApiClient, root: ApiClient, market: Any) -> None:
        until = business_now() + timedelta(hours=1)
        row = CapacityMemory.objects.create(account=market, zone="a", cooldown_until=until, refusals_in_a_row=4)
        assert api.get("capacity-memory?cooling=true").json()["items"][0]["refusals_in_a_row"] == 4
        body = {"reason": "The zone was refilled."}
        assert api.post(f"capacity-memory/{row.public_id}/forget", body).status_code == 403
        answer = root.post(f"capacity-memory/{row.public_id}/forget", body, key=None)
        assert (answer.status_code, answer.json()["cooldown_until"]) == (200, None)
        event = Event.objects.get(topic="capacity-memory.cooldown-forgotten")
        assert (event.data["before"]["refusals_in_a_row"], event.data["reason"]) == (4, "The zone was refilled.")


ACCOUNT = {
    "name": "new", "cloud": "aws", "provider": "sandbox", "credentials_ref": "env:THE_KEY_OF_NEW",
    "options": {"url": "http://127.0.0.1:1"},
}  # fmt: skip


class TestAccounts:
    def test_a_reference_goes_in_and_never_comes_out(self, root: ApiClient) -> None:
        made = root.post("accounts", ACCOUNT, key=None)
        assert (made.status_code, made.json()["credentials"]) == (201, True)
        path = made["Location"].removeprefix("/api/v1/")
        changed = root.patch(path, {"credentials_ref": "file:/run/secrets/new", "enabled": False}, match=made["ETag"])
        assert (changed.status_code, changed.json()["enabled"]) == (200, False)
        assert CloudAccount.objects.get().credentials_ref == "file:/run/secrets/new"
        told = str(list(Event.objects.values_list("data", flat=True)))
        for where in (made.content.decode(), changed.content.decode(), root.get(path).content.decode(), told):
            assert "THE_KEY_OF_NEW" not in where
            assert "/run/secrets" not in where
        assert Event.objects.get(topic="account.changed").data["after"]["credential"] == "replaced"

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [({"credentials_ref": "AKIA123"}, 400, "invalid"), ({"provider": "sandbocks"}, 422, "unknown-provider"),
         ({"options": {}}, 422, "account-options"), ({"options": {"url": "http://x", "page_size": 0}}, 422,
          "account-options"), ({"colour": "red"}, 400, "invalid")],
    )  # fmt: skip
    def test_one_that_cannot_be_is_refused(
        self, root: ApiClient, change: dict[str, Any], status: int, code: str
    ) -> None:
        answer = root.post("accounts", ACCOUNT | change)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not CloudAccount.objects.exists()

    def test_a_name_is_taken_once(self, root: ApiClient) -> None:
        assert root.post("accounts", ACCOUNT).status_code == 201
        assert root.post("accounts", ACCOUNT).json()["code"] == "name-taken"

    def test_one_with_a_machine_is_not_forgotten(self, root: ApiClient, market: Any) -> None:
        instance = held(factories.project(), market).instance
        path = f"accounts/{market.public_id}"
        assert root.delete(path).json()["code"] == "account-in-use"
        instance.terminated_at = business_now()
        instance.save()
        assert root.delete(path).json()["code"] == "account-has-history"

    def test_one_that_bought_nothing_is_forgotten(self, root: ApiClient) -> None:
        path = f"accounts/{factories.account().public_id}"
        assert root.delete(path).status_code == 204
        assert root.get(path).status_code == 404
        assert Event.objects.get(topic="account.deleted").data["after"] is None

    def test_a_launch_without_an_answer_keeps_it(self, root: ApiClient, project: Any, market: Any) -> None:
        factories.attempt(factories.slot(factories.allocation(project), account=market), market, state="unknown")
        assert "no answer yet" in root.delete(f"accounts/{market.public_id}").json()["detail"]

    def test_an_operator_changes_none(self, api: ApiClient, market: Any) -> None:
        assert api.patch(f"accounts/{market.public_id}", {"enabled": False}).status_code == 403


class TestIncidents:
    def test_one_is_acknowledged_and_closed_with_a_reason(self, api: ApiClient, project: Any) -> None:
        row = Incident.objects.create(project=project, kind="stuck", subject="x", detail="", opened_at=factories.NOON)
        path = f"incidents/{row.public_id}"
        assert api.post(f"{path}/acknowledge", {}, key=None).json()["acknowledged_by"] == "token:test"
        assert api.get("incidents?open=true&acknowledged=true").json()["items"][0]["id"] == row.public_id
        assert api.post(f"{path}/close", {"reason": "short"}, key=None).status_code == 400
        closed = api.post(f"{path}/close", {"reason": "The key was replaced."}, key=None).json()
        assert (closed["closed_by"], closed["close_reason"]) == ("token:test", "The key was replaced.")
        again = api.post(f"{path}/close", {"reason": "The key was replaced."}, key=None)
        assert (again.status_code, again.json()["code"]) == (409, "incident-closed")
        assert Event.objects.filter(topic="incident.closed").get().data["reason"] == "The key was replaced."

    def test_those_of_the_installation_stay_out_of_projects(self, api: ApiClient, root: ApiClient) -> None:
        row = Incident.objects.create(kind="circuit", subject="x", detail="", opened_at=factories.NOON)
        assert api.get("incidents").json()["items"] == []
        assert root.get("incidents").json()["items"][0]["id"] == row.public_id


class TestInstallation:
    def test_launches_are_paused_with_a_reason(self, root: ApiClient) -> None:
        tag = root.get("installation")["ETag"]
        change = {"launches_paused": True, "destructive_frozen": True, "reason": "An outage until 14:00."}
        answer = root.patch("installation", change, match=tag)
        assert (answer.status_code, answer.json()["pause_reason"]) == (200, "An outage until 14:00.")
        assert Installation.objects.get().destructive_frozen
        told = Event.objects.get(topic="launches.stopped").data
        assert told["before"] == {"launches_paused": False, "pause_reason": ""}
        assert root.patch("installation", change, match=tag).status_code == 412
        assert root.patch("installation", {"launches_paused": False}).status_code == 400

    def test_another_reason_is_told_and_the_same_one_changes_nothing(self, root: ApiClient) -> None:
        change = {"launches_paused": True, "reason": "An outage until 14:00."}
        for reason in ("An outage until 14:00.", "An outage until 18:00.", "An outage until 18:00."):
            assert root.patch("installation", change | {"reason": reason}, match="*").status_code == 200
        told = Event.objects.filter(topic="launches.stopped").order_by("id").values_list("data__after", flat=True)
        assert [after["pause_reason"] for after in told] == ["An outage until 14:00.", "An outage until 18:00."]
        assert Installation.objects.get().generation == 3

    def test_a_browser_has_to_prove_itself_first(self, root: ApiClient) -> None:
        session = root.client.session
        del session[PROVED_AT]
        session.save()
        answer = root.patch("installation", {"launches_paused": True, "reason": "An outage until 14:00."})
        assert (answer.status_code, answer.json()["code"]) == (403, "prove-yourself")
        assert not Installation.objects.filter(launches_paused=True).exists()

    def test_a_sweep_is_asked_for_and_due_at_once(self, root: ApiClient, market: Any) -> None:
        Sweep.objects.create(account=market, started_at=timezone.now(), business_at=factories.NOON)
        assert not sweeping.due(market)
        answer = root.post("sweeps", {"account": market.name}, key=None)
        assert (answer.status_code, answer.json()["account"]) == (202, market.name)
        assert sweeping.due(CloudAccount.objects.get())
        row = root.get("sweeps").json()["items"][0]
        assert root.get(f"sweeps/{row['id']}").json() == row
        assert root.post("sweeps", {"account": "nobody"}).json()["code"] == "unknown-account"


def test_holds_tell_what_is_kept_aside(api: ApiClient, project: Any, market: Any) -> None:
    from fleet.models import Hold

    attempt = held(project, market).attempts.get()
    Hold.objects.create(
        attempt=attempt, project=project, cloud="aws", accelerator="H100", accelerator_count=8, price_per_hour=55,
        amount=110, created_at=factories.NOON,
    )  # fmt: skip
    row = api.get("holds?open=true").json()["items"][0]
    assert (row["attempt"], row["amount"], row["currency"]) == (attempt.public_id, "110.000000000", "USD")


def test_nobodys_token_may_do_what_belongs_to_the_installation(project: Any, market: Any) -> None:
    api = ApiClient(factories.token(project, issuer=factories.member(project, "admin")))
    assert api.get("installation").status_code == 403
    assert api.get("sweeps").status_code == 403
    assert api.post("accounts", ACCOUNT).status_code == 403
