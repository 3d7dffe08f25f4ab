"""Capacity blocks on a page: asked by a form, answered by a worker, with words for each way it may end."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.models import BlockQuestion, Project
from fleet.services import block_questions
from fleet.services.clock import business_now
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db
FORM = {"project": "research", "accelerator": "H100", "accelerator_count": "8", "hours": "24", "region": "us-east-1"}


@pytest.fixture
def project() -> Project:
    return factories.project(slug="research")


def browser(project: Project, role: str = "operator") -> Any:
    client = fresh_client()
    client.force_login(factories.member(project, role))
    return client


def shown(client: Any, question: BlockQuestion) -> str:
    answer = client.get(f"/capacity/blocks/{question.public_id}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_asking_by_the_form_leaves_a_question_and_shows_that_it_waits(project: Project) -> None:
    factories.offering(factories.account())
    operator = browser(project)
    answer = operator.post("/capacity/blocks", FORM)
    question = BlockQuestion.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/capacity/blocks/{question.public_id}")
    assert "Waits for a worker" in shown(operator, question)
    BlockQuestion.objects.update(state="asking", calls=4, calls_done=1)
    page = shown(operator, question)
    assert "1 of 4 calls answered" in page
    assert 'aria-busy="true"' in page


def test_nothing_for_sale_is_said_so(project: Project) -> None:
    assert "Nothing is for sale" in shown(browser(project), factories.block_question(project))


def test_a_cloud_that_gave_no_answer_is_named_with_what_to_do(project: Project) -> None:
    factories.offering(factories.account(name="locked", credentials_ref="env:NOBODY_SET_THIS"))
    operator = browser(project)
    operator.post("/capacity/blocks", FORM)
    block_questions.answer_waiting(now=business_now())
    page = shown(operator, BlockQuestion.objects.get())
    assert "No answer" in page
    assert "locked, us-east-1" in page
    assert "manage.py account verify" in page
    assert "aria-busy" not in page


def test_what_is_for_sale_stands_with_its_price_and_only_who_asked_can_take_its_name(project: Project) -> None:
    asker = factories.member(project)
    client = fresh_client()
    client.force_login(asker)
    offer = {
        "offer": "a-signed-name", "account": "aws", "cloud": "aws", "instance_type": "p5.48xlarge", "machines": 1,
        "region": "us-east-1", "zone": "us-east-1a", "starts_at": "2150-01-01T00:00:00+00:00",
        "ends_at": "2150-01-02T00:00:00+00:00", "fee": "900.0000", "currency": "USD", "price_per_hour": "37.500000",
        "expires_at": "2150-01-01T00:00:00+00:00",
    }  # fmt: skip
    question = factories.block_question(project, offers=[offer], principal=f"user:{asker.pk}")
    page = shown(client, question)
    assert "$900.00" in page
    assert "$37.50" in page
    assert "a-signed-name" in page
    assert "a-signed-name" not in shown(browser(project), question)
    BlockQuestion.objects.update(offers=[offer | {"expires_at": "2020-01-01T00:00:00+00:00"}])
    page = shown(client, question)
    assert "Ran out" in page
    assert "a-signed-name" not in page


def test_who_only_reads_may_look_and_not_ask_and_others_find_nothing(project: Project) -> None:
    question, viewer = factories.block_question(project), browser(project, "viewer")
    assert viewer.get("/capacity/blocks").status_code == 403
    shown(viewer, question)
    assert browser(factories.project()).get(f"/capacity/blocks/{question.public_id}").status_code == 404


def test_what_cannot_be_read_is_said_beside_the_form(project: Project) -> None:
    answer = browser(project).post("/capacity/blocks", FORM | {"hours": "0"})
    assert answer.status_code == 422
    assert not BlockQuestion.objects.exists()
