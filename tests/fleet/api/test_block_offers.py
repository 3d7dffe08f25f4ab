"""Capacity blocks for sale over REST: a question is posted, and its answer read once a worker has asked the clouds."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.models import BlockQuestion, CloudAccount
from fleet.services import block_questions
from fleet.services.clock import business_now
from tests import factories
from tests.api_client import ApiClient

pytestmark = pytest.mark.django_db
CHIPS = {"hours": 24, "accelerator": "H100", "accelerator_count": 8}
ONE_MACHINE = {"hours": 24, "instance_type": "p5.48xlarge", "machines": 1}


def worker() -> None:
    block_questions.answer_waiting(now=business_now())


def test_asking_is_accepted_at_once_and_asks_no_cloud(api: Any, market: CloudAccount) -> None:
    answer = api.post("block-offers", ONE_MACHINE, key=None)
    assert answer.status_code == 202, answer.content
    question = BlockQuestion.objects.get()
    assert answer["Location"] == f"/api/v1/block-offers/{question.public_id}"
    told = answer.json()
    assert (told["state"], told["progress"], told["items"], told["finished_at"]) == ("waiting", 0.0, [], None)
    assert told["wanted"] == ONE_MACHINE
    assert api.get(f"block-offers/{question.public_id}").json() == told


def test_the_answer_stands_where_location_points(api: Any, market: CloudAccount) -> None:
    CloudAccount.objects.update(credentials_ref="env:NOBODY_SET_THIS")
    name = api.post("block-offers", ONE_MACHINE | {"region": "us-east-1"}).json()["id"]
    tag = api.get(f"block-offers/{name}")["ETag"]
    worker()
    answer = api.get(f"block-offers/{name}", **{"If-None-Match": tag})
    assert answer.status_code == 200, "it has changed"
    assert (answer.json()["state"], answer.json()["progress"]) == ("failed", 1.0)
    [problem] = answer.json()["problems"]
    assert (problem["account"], problem["class"]) == (market.name, "auth")
    assert "manage.py account verify" in problem["what_to_do"]


def test_asking_again_while_it_waits_is_the_same_question_and_after_that_another(
    api: Any, market: CloudAccount
) -> None:
    first, again = (api.post("block-offers", ONE_MACHINE).json()["id"] for _ in range(2))
    assert first == again
    worker()
    assert api.post("block-offers", ONE_MACHINE).json()["id"] != first


def test_a_project_has_only_so_many_questions_waiting(api: Any, market: CloudAccount) -> None:
    for hours in range(1, block_questions.MOST_WAITING + 1):
        assert api.post("block-offers", ONE_MACHINE | {"hours": hours}).status_code == 202
    refused = api.post("block-offers", ONE_MACHINE | {"hours": 99})
    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (409, "questions-wait", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": 24},
        CHIPS | ONE_MACHINE,
        CHIPS | {"account": "nobody"},
        CHIPS | {"hours": 0},
        {"hours": 24, "accelerator": "H100"},
    ],
)
def test_a_question_names_a_chip_or_a_shape_and_an_account_there_is(api: Any, market: CloudAccount, wrong: Any) -> None:
    assert api.post("block-offers", wrong).status_code in (400, 422)
    assert not BlockQuestion.objects.exists()


def test_questions_of_ones_projects_are_listed_newest_first_and_no_others(api: Any, project: Any) -> None:
    mine = [factories.block_question(project) for _ in range(2)]
    theirs = factories.block_question(factories.project())
    assert [row["id"] for row in api.get("block-offers").json()["items"]] == [row.public_id for row in reversed(mine)]
    assert api.get(f"block-offers/{theirs.public_id}").status_code == 404


def test_who_only_reads_may_read_an_answer_and_not_ask(project: Any, market: CloudAccount) -> None:
    viewer = ApiClient(factories.token(project, "read", issuer=factories.member(project, "viewer")))
    assert viewer.post("block-offers", ONE_MACHINE).status_code == 403
    assert viewer.get(f"block-offers/{factories.block_question(project).public_id}").status_code == 200


def test_without_a_shape_that_would_do_the_answer_is_empty_and_says_why(api: Any, market: CloudAccount) -> None:
    name = api.post("block-offers", CHIPS | {"accelerator_count": 7}).json()["id"]
    worker()
    told = api.get(f"block-offers/{name}").json()
    assert (told["state"], told["items"], told["calls"]) == ("answered", [], 0)
    assert "would do" in told["detail"]
