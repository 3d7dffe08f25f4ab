"""The typed client against a Purser that listens: lists, creation, refusals, and answers that get lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from inference.models import Model
from purser_client import Purser, problems
from purser_client.generated.api.allocations import get_allocations, post_allocations
from purser_client.generated.api.endpoints import get_one_endpoint, patch_one_endpoint
from purser_client.generated.api.models import get_models, post_models
from purser_client.generated.models import AllocationInRequest, ModelInRequest, PatchedSloRequest
from purser_client.problems import Problem
from purser_client.retrying import Retrying
from tests import factories


def a_model(name: str) -> ModelInRequest:
    return ModelInRequest.from_dict({"name": name, "config": factories.LLAMA})


def test_a_list_is_walked_through_page_by_page(purser: Purser, project: Any) -> None:
    names = [f"org/model-{number}" for number in range(7)]
    for name in names:
        factories.model(project, name=name)
    found = [model.name for model in purser.pages(get_models.sync_detailed, limit=3, ordering="name")]
    assert found == names
    assert purser.call(get_models.sync_detailed, name="org/model-3").items[0].parameters == 8_030_261_248


def test_what_is_made_comes_back_typed(purser: Purser, project: Any) -> None:
    made = purser.call(post_models.sync_detailed, body=a_model("org/llama-8b"))
    assert (made.name, made.project, made.created_at.tzinfo is not None) == ("org/llama-8b", "research", True)


def test_a_plan_is_shown_and_capacity_asked_for(purser: Purser, market: Any) -> None:
    body = AllocationInRequest.from_dict({"name": "train", "accelerator": "H100", "accelerator_count": 8})
    plan = purser.call(post_allocations.sync_detailed, body=body, dry_run=True)
    assert plan.feasible and plan.price_per_hour == "55.040000"
    made = purser.call(post_allocations.sync_detailed, body=body)
    assert [one.id for one in purser.pages(get_allocations.sync_detailed)] == [made.id]


@pytest.mark.parametrize(
    ("ask", "kind", "code"),
    [
        (lambda p: p.call(post_models.sync_detailed, body=a_model("org/taken")), problems.Conflict, "name-taken"),
        (lambda p: p.get("models", colour="red"), problems.Invalid, "invalid"),
        (lambda p: p.get("models/model_" + "0" * 32), problems.NotFound, "not-found"),
        (lambda p: p.get("offerings", cursor="x"), problems.Impossible, "cursor"),
        (lambda p: p.send("DELETE", "models/model_" + "0" * 32), problems.Changed, "precondition-required"),
    ],
)
def test_a_refusal_is_an_exception_with_the_sentence(
    purser: Purser, project: Any, ask: Callable[[Purser], Any], kind: type[Problem], code: str
) -> None:
    factories.model(project, name="org/taken")
    with pytest.raises(kind) as refusal:
        ask(purser)
    assert (refusal.value.code, refusal.value.detail[-1] in ".?") == (code, True)
    assert refusal.value.request_id


def test_a_stale_edit_is_told(purser: Purser, project: Any) -> None:
    endpoint = factories.endpoint(project)
    tag = get_one_endpoint.sync_detailed(endpoint.public_id, client=purser.generated).headers["ETag"]
    body = PatchedSloRequest.from_dict({"max_replicas": 6})
    changed = purser.call(patch_one_endpoint.sync_detailed, endpoint.public_id, body=body, if_match=tag)
    assert changed.max_replicas == 6
    with pytest.raises(problems.Changed):
        purser.call(patch_one_endpoint.sync_detailed, endpoint.public_id, body=body, if_match=tag)


def test_who_is_nobody_is_told_so(live_server: Any, project: Any) -> None:
    with Purser(live_server.url, "prs_0_0") as stranger, pytest.raises(problems.NotAuthenticated):
        stranger.get("models")


class Losing(httpx.BaseTransport):
    """Sends every request and loses the first answers."""

    def __init__(self, losses: int) -> None:
        self.inner, self.losses, self.sent = httpx.HTTPTransport(), losses, []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request.headers.get("Idempotency-Key"))
        answer = self.inner.handle_request(request)
        if len(self.sent) <= self.losses:
            answer.close()
            raise httpx.ReadError("the connection broke")
        return answer


def test_a_lost_answer_is_asked_for_again_with_the_same_key(live_server: Any, token: str, project: Any) -> None:
    losing = Losing(losses=2)
    with Purser(live_server.url, token, transport=losing) as purser:
        made = purser.call(post_models.sync_detailed, body=a_model("org/once"))
    assert Model.objects.get().public_id == made.id
    assert len(losing.sent) == 3 and len(set(losing.sent)) == 1


def test_what_has_no_key_is_sent_once(live_server: Any, token: str, project: Any) -> None:
    losing = Losing(losses=1)
    with Purser(live_server.url, token, transport=losing) as purser, pytest.raises(problems.Unreachable, match="broke"):
        purser.send("POST", "models", body=a_model("org/once").to_dict())
    assert losing.sent == [None]


def test_it_waits_as_long_as_it_is_told() -> None:
    answers = [httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(503), httpx.Response(200)]
    waited: list[float] = []
    transport = Retrying(httpx.MockTransport(lambda _: answers.pop(0)), sleep=waited.append)
    assert httpx.Client(transport=transport).get("http://purser").status_code == 200
    assert waited[0] == 7 and 0.4 <= waited[1] <= 0.6


def test_an_answer_that_is_not_from_a_purser_is_told_apart() -> None:
    proxy = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>Bad gateway</html>"))
    with (
        Purser("http://purser", "prs_x", transport=proxy, attempts=1) as purser,
        pytest.raises(problems.Broken) as told,
    ):
        purser.get("models")
    assert "no problem of Purser's" in told.value.detail


@pytest.mark.parametrize(
    ("ends", "error"),
    [
        ({"done": True, "error": None}, None),
        ({"done": True, "error": {"code": "no-offering", "detail": "Nothing on sale."}}, problems.OperationFailed),
    ],
)
def test_an_operation_is_waited_for(ends: dict[str, Any], error: type[Problem] | None) -> None:
    held = {"Preference-Applied": "wait=20"}
    answers = [httpx.Response(200, json={"done": False}, headers=held), httpx.Response(200, json=ends, headers=held)]
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answers.pop(0)

    with Purser("http://purser", "prs_x", transport=httpx.MockTransport(answer)) as purser:
        if error:
            with pytest.raises(error, match="Nothing on sale"):
                purser.wait("op_1")
        else:
            assert purser.wait("op_1") == ends
    assert [request.headers["Prefer"] for request in asked] == ["wait=20", "wait=20"]
