"""What takes a while: an operation tells how far it is, ends once, and is cancelled at whatever phase it is in."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.models import Allocation, Event, Operation, Slot
from fleet.services import operations
from fleet.services.clock import business_now
from fleet.tasks import settle_operations
from inference.models import Endpoint
from tests import factories
from tests.api_client import ApiClient

WANTED = {"name": "train", "accelerator": "H100", "accelerator_count": 8}


def asked(api: ApiClient) -> tuple[Allocation, str]:
    """An allocation asked for, and the path of its operation."""
    answer = api.post("allocations", WANTED)
    assert answer["Operation-Location"] == f"/api/v1/operations/{answer.json()['operation']}"
    return Allocation.objects.get(), f"operations/{answer.json()['operation']}"


def whole(allocation: Allocation) -> None:
    Allocation.objects.filter(pk=allocation.pk).update(state="active", first_ready_at=business_now())


def test_it_follows_its_machines_from_a_plan_to_the_end(api: ApiClient, market: Any) -> None:
    allocation, path = asked(api)
    first = api.get(path).json()
    assert (first["done"], first["state"], first["detail"], first["next_action"]) == (
        False, "running", "No machine is planned yet", "Plan",
    )  # fmt: skip
    slot = factories.slot(allocation, state="booting")
    assert 0 < api.get(path).json()["progress"] < 1
    Slot.objects.filter(pk=slot.pk).update(state="ready")
    whole(allocation)
    last = api.get(path).json()
    assert (last["done"], last["state"], last["progress"]) == (True, "succeeded", 1.0)
    assert last["result"] == {"allocation": allocation.public_id}


def test_its_end_is_written_once_however_often_the_task_runs(api: ApiClient, market: Any) -> None:
    allocation, path = asked(api)
    settle_operations()
    assert Operation.objects.get().finished_at is None
    whole(allocation)
    late = Operation.objects.get()
    for _ in range(2):
        settle_operations()
    assert not operations.settle(late, now=business_now())
    assert Event.objects.filter(topic="operation.succeeded").count() == 1
    assert api.get(path).json()["finished_at"]
    assert [row["id"] for row in api.get("operations?done=true").json()["items"]] == [late.public_id]


def test_each_has_its_turn_however_many_older_ones_run(
    api: ApiClient, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "AT_ONCE", 2)
    for _ in range(5):
        api.post("allocations", WANTED)
    whole(Allocation.objects.order_by("-id")[0])
    for _ in range(3):
        settle_operations()
    assert Event.objects.filter(topic="operation.succeeded").count() == 1
    whole(Allocation.objects.order_by("id")[0])
    for _ in range(2):
        settle_operations()
    assert Event.objects.filter(topic="operation.succeeded").count() == 2
    assert Operation.objects.filter(finished_at=None).count() == 3


def test_what_becomes_of_its_subject_later_does_not_change_an_end(api: ApiClient, market: Any) -> None:
    allocation, path = asked(api)
    whole(allocation)
    settle_operations()
    Allocation.objects.update(state="released", reason="ttl")
    assert api.get(path).json()["state"] == "succeeded"


def test_one_that_failed_says_why_as_a_problem(api: ApiClient, market: Any) -> None:
    _, path = asked(api)
    Allocation.objects.update(state="failed", reason="deadline", detail="Not filled by 12:00 UTC.")
    error = api.get(path).json()["error"]
    assert (error["code"], error["detail"], error["type"]) == (
        "deadline", "Not filled by 12:00 UTC.", "/api/problems/deadline",
    )  # fmt: skip


@pytest.mark.parametrize("state", [None, "wanted", "launching", "booting", "ready"])
def test_a_creation_is_cancelled_at_every_phase(api: ApiClient, market: Any, state: str | None) -> None:
    allocation, path = asked(api)
    if state:
        factories.slot(allocation, state=state)
    for _ in range(2):
        answer = api.post(f"{path}/cancel", {}, key=None)
        assert (answer.status_code, answer.json()["done"]) == (202, False)
    assert Allocation.objects.get().desired == "absent"
    assert Event.objects.filter(topic="operation.cancel-requested").count() == 1
    Allocation.objects.update(state="released")
    Slot.objects.update(state="gone")
    settle_operations()
    assert api.get(path).json()["state"] == "cancelled"


def test_what_has_ended_is_not_cancelled(api: ApiClient, market: Any) -> None:
    allocation, path = asked(api)
    whole(allocation)
    answer = api.post(f"{path}/cancel", {}, key=None)
    assert (answer.status_code, answer.json()["code"]) == (409, "too-late")
    assert Allocation.objects.get().desired == "present"


def test_a_release_has_one_operation_and_cannot_be_taken_back(api: ApiClient, project: Any, market: Any) -> None:
    allocation = factories.allocation(project)
    slot = factories.slot(allocation, account=market)
    first, second = (api.delete(f"allocations/{allocation.public_id}").json()["operation"] for _ in range(2))
    assert first == second
    assert api.get(f"operations/{first}").json()["detail"] == "0 of 1 machines gone"
    assert api.post(f"operations/{first}/cancel", {}, key=None).status_code == 409
    Slot.objects.filter(pk=slot.pk).update(state="gone")
    Allocation.objects.update(state="released")
    assert api.get(f"operations/{first}").json()["state"] == "succeeded"


class TestResizing:
    def resized(self, api: ApiClient, project: Any, count: int) -> tuple[Allocation, str]:
        allocation = factories.allocation(project, state="active", first_ready_at=factories.NOON)
        answer = api.patch(f"allocations/{allocation.public_id}", {"accelerator_count": count})
        assert answer.status_code == 202
        return allocation, f"operations/{answer.json()['operation']}"

    def test_it_is_done_when_the_planner_has_seen_it_and_all_are_ready(self, api: ApiClient, project: Any) -> None:
        allocation, path = self.resized(api, project, 16)
        assert not api.get(path).json()["done"]
        Allocation.objects.filter(pk=allocation.pk).update(observed_generation=2)
        assert api.get(path).json()["state"] == "succeeded"

    def test_cancelled_it_is_as_large_as_before(self, api: ApiClient, project: Any) -> None:
        _, path = self.resized(api, project, 16)
        assert api.post(f"{path}/cancel", {}, key=None).status_code == 202
        assert Allocation.objects.get().accelerator_count == 8
        assert api.get(path).json()["state"] == "cancelled"

    def test_another_size_overtakes_it(self, api: ApiClient, project: Any) -> None:
        allocation, path = self.resized(api, project, 16)
        api.patch(f"allocations/{allocation.public_id}", {"accelerator_count": 24})
        assert api.get(path).json()["error"]["code"] == "superseded"

    def test_a_change_of_anything_else_is_done_at_once(self, api: ApiClient, project: Any) -> None:
        allocation = factories.allocation(project)
        answer = api.patch(f"allocations/{allocation.public_id}", {"name": "other"})
        assert (answer.status_code, answer.json()["operation"]) == (200, None)


def test_an_endpoint_brings_its_own_kinds(api: ApiClient, project: Any) -> None:
    endpoint = factories.endpoint(project, allocation=factories.allocation(project))
    operation = api.delete(f"endpoints/{endpoint.public_id}").json()["operation"]
    assert api.get(f"operations/{operation}").json()["kind"] == "endpoint.delete"
    Endpoint.objects.update(state="deleted")
    assert api.get(f"operations/{operation}").json()["state"] == "succeeded"


def test_a_token_for_the_fleet_alone_cannot_end_an_endpoint_by_cancelling_its_creation(project: Any) -> None:
    endpoint = factories.endpoint(project)
    started = operations.start(
        "endpoint.create", subject=endpoint.public_id, project=project, requested_by="ada", now=factories.NOON,
        target={"replicas": 2},
    )  # fmt: skip
    narrow = ApiClient(factories.token(project, "read", "fleet:write"))
    refused = narrow.post(f"operations/{started.public_id}/cancel", {}, key=None)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope")
    assert "inference:write" in refused.json()["detail"]
    assert Endpoint.objects.get().state != "deleting"


def test_another_projects_operations_are_not_there(api: ApiClient, market: Any) -> None:
    theirs = factories.project()
    made = operations.start(
        "allocation.create",
        subject=factories.allocation(theirs).public_id,
        project=theirs,
        requested_by="them",
        now=factories.NOON,
    )
    assert api.get("operations").json()["items"] == []
    assert api.get(f"operations/{made.public_id}").status_code == 404
    assert api.post(f"operations/{made.public_id}/cancel", {}, key=None).status_code == 404


class TestBulk:
    def test_each_is_judged_alone(self, api: ApiClient, market: Any) -> None:
        items = [WANTED | {"name": "a"}, WANTED | {"accelerator": "H1000"}, {"colour": "red"}, WANTED | {"name": "b"}]
        body = api.post("allocations/bulk", {"items": items}).json()
        assert [item["status"] for item in body["items"]] == [202, 422, 400, 202]
        assert (body["succeeded"], body["refused"]) == (2, 2)
        assert body["items"][1]["problem"]["code"] == "unknown-accelerator"
        assert sorted(Allocation.objects.values_list("name", flat=True)) == ["a", "b"]
        assert Operation.objects.filter(kind="allocation.create").count() == 2

    def test_one_key_stands_for_the_whole(self, api: ApiClient, market: Any) -> None:
        first, again = (api.post("allocations/bulk", {"items": [WANTED, WANTED]}, key="bulk-1") for _ in range(2))
        assert first.json() == again.json()
        assert again["Idempotency-Replayed"] == "true"
        assert Allocation.objects.count() == 2
        assert api.post("allocations/bulk", {"items": [WANTED]}, key="bulk-1").status_code == 422

    @pytest.mark.parametrize("count", [0, 51])
    def test_a_call_takes_only_so_many(self, api: ApiClient, market: Any, count: int) -> None:
        assert api.post("allocations/bulk", {"items": [WANTED] * count}).status_code == 400

    def test_an_item_over_the_quota_is_refused_and_the_others_stand(
        self, api: ApiClient, project: Any, market: Any
    ) -> None:
        factories.quota(project, max_accelerators=8)
        items = [WANTED | {"accelerator_count": 16}, WANTED]
        body = api.post("allocations/bulk", {"items": items}).json()
        assert [item["status"] for item in body["items"]] == [422, 202]
        assert body["items"][0]["problem"]["code"] == "quota"

    def test_many_are_released_and_only_in_the_version_that_was_read(self, api: ApiClient, project: Any) -> None:
        kept, gone, late = (factories.allocation(project) for _ in range(3))
        theirs = factories.allocation(factories.project())
        tag = api.get(f"allocations/{late.public_id}")["ETag"]
        Allocation.objects.filter(pk=late.pk).update(generation=2)
        items = [
            {"id": gone.public_id, "if_match": api.get(f"allocations/{gone.public_id}")["ETag"]},
            {"id": late.public_id, "if_match": tag},
            {"id": theirs.public_id, "if_match": "*"},
        ]
        body = api.post("allocations/bulk-release", {"items": items}).json()
        assert [item["status"] for item in body["items"]] == [202, 412, 404]
        ending = Allocation.objects.filter(desired="absent").values_list("pk", flat=True)
        assert list(ending) == [gone.pk]
        assert Allocation.objects.get(pk=kept.pk).desired == "present"

    def test_the_whole_is_done_when_its_parts_are_and_cancelled_with_them(self, api: ApiClient, market: Any) -> None:
        body = api.post("allocations/bulk", {"items": [WANTED | {"name": "a"}, WANTED | {"name": "b"}]}).json()
        path = f"operations/{body['operation']}"
        assert api.get(path).json()["detail"] == "0 of 2 done"
        whole(Allocation.objects.get(name="a"))
        assert api.get(path).json()["detail"] == "1 of 2 done"
        assert api.post(f"{path}/cancel", {}, key=None).status_code == 202
        assert Allocation.objects.get(name="b").desired == "absent"
        assert Allocation.objects.get(name="a").desired == "present"
        Allocation.objects.filter(name="b").update(state="released")
        assert api.get(path).json()["error"]["detail"] == "2 of 2 done, 1 failed"

    def test_many_machines_are_drained(self, api: ApiClient, project: Any, market: Any) -> None:
        slots = [factories.slot(factories.allocation(project), account=market) for _ in range(2)]
        ids = [factories.instance(slot, market).public_id for slot in slots]
        missing = f"inst_{'0' * 32}"
        body = api.post("instances/bulk", {"action": "drain", "ids": [*ids, missing]}).json()
        assert [item["status"] for item in body["items"]] == [202, 202, 404]
        assert set(Slot.objects.values_list("state", flat=True)) == {"draining"}
        assert api.post("instances/bulk", {"action": "terminate", "ids": ids}).json()["code"] == "reason"
