"""Endpoints from the console: planned before they are bought, changed with before and after, deleted by name."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from fleet.models import Allocation, Instance, Offering
from inference.models import Endpoint
from tests import factories
from tests.fleet.acting.test_allocate import HOSTILE, hidden
from tests.fleet.acting.test_changes import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(project, config, account) -> Endpoint:
    """Serves with two replicas at $6.88/h each."""
    made = factories.endpoint(project, serving_config=config, name="chat", min_replicas=1, max_replicas=4)
    made.allocation = factories.allocation(project, endpoint_ref=made.public_id, accelerator_count=2, state="active")
    made.save()
    for _ in range(2):
        slot = factories.slot(made.allocation, account=account, accelerator_count=1, price_per_hour=Decimal("6.88"))
        factories.instance(slot, account, price_per_hour=Decimal("6.88"), attempt=factories.attempt(slot, account))
        factories.replica(made, slot)
    return made


def raw(client: Client, typed: dict[str, Any]) -> str:
    return client.post("/endpoints/new/plan", typed).content.decode()


def current(client: Client, endpoint: Endpoint) -> dict[str, Any]:
    """The change form as it stands on the page."""
    page = page_of(client, f"/endpoints/{endpoint.public_id}/change")
    act = page.split('class="card act"')[1].split("</section>")[0]
    form = dict(re.findall(r'<input type="text" name="([\w.-]+)"(?: value="([^"]*)")?', act))
    return {**form, "policy": "target-tracking", **{k: v[0] for k, v in hidden(page).items()}}


def test_a_plan_shows_the_memory_the_price_and_the_bounds_and_writes_nothing(operator, typed):
    page = page_of(operator, "/endpoints/new/plan", typed)
    for said in (
        "Serve acme/chat-8b on H100",
        "1 to begin with, 1 to 4",
        "At least</dt><dd>$6.88/h",
        "At most</dt><dd>$27.52/h",
        "Replicas at today's mean price of $6.88/h each; prices move.",
        "The autoscaler may go up to 4 replicas by itself: $27.52/h at today's mean price of one.",
        "Create on AWS on-demand, $6.88/h",
    ):
        assert said in page, said
    assert re.search(r"Weights <b>1[45]\.\d</b>", page)
    assert not Endpoint.objects.exists()


def test_a_plan_in_another_currency_says_so_everywhere(operator, typed):
    Offering.objects.update(currency="EUR")
    page = page_of(operator, "/endpoints/new/plan", typed)
    for said in (
        "At most</dt><dd>27.52 EUR/h",
        "today's mean price of 6.88 EUR/h each",
        "Create on AWS on-demand, 6.88 EUR/h",
        "Burn $0.00 → $0.00/h, and 6.88 EUR/h beside it",
        '<td class="num">6.88 EUR</td>',
    ):
        assert said in page, said
    answer = operator.post("/endpoints/new/create", hidden(raw(operator, typed)), follow=True)
    assert "6.88 EUR/h to begin with" in answer.content.decode()


def test_what_was_agreed_to_in_one_currency_is_not_bought_in_another(operator, typed):
    form = hidden(raw(operator, typed))
    Offering.objects.update(currency="EUR")
    assert "for 6.88 EUR/h now" in page_of(operator, "/endpoints/new/create", form, 409)
    assert not Endpoint.objects.exists()


def test_what_was_agreed_to_is_created_once(operator, typed):
    form = hidden(raw(operator, typed | {"target-tracking.target_ratio": "0.5"}))
    for _ in range(2):
        answer = operator.post("/endpoints/new/create", form, follow=True)
    [made] = Endpoint.objects.all()
    assert "Nothing was bought twice" in answer.content.decode()
    assert (made.max_replicas, made.slo_ttft_ms, made.policy_params) == (4, 1500, {"target_ratio": 0.5})
    assert Allocation.objects.count() == 1


def test_what_is_refused_and_not_changed_is_still_the_same_request(operator, typed, project):
    form = hidden(raw(operator, typed))
    factories.quota(project, max_accelerators=0)
    page = page_of(operator, "/endpoints/new/create", form, 409)
    assert "Not as things stand" in page
    assert hidden(page)["idempotency_key"] == form["idempotency_key"]
    assert not Endpoint.objects.exists()


def test_a_dearer_plan_is_shown_again_and_nothing_is_created(operator, typed):
    form = hidden(raw(operator, typed))
    Offering.objects.filter(instance_type__accelerator="H100").update(price_per_hour=Decimal(9))
    assert "The price rose from $6.88/h to $9.00/h." in page_of(operator, "/endpoints/new/create", form, 409)
    assert not Endpoint.objects.exists()


def test_a_model_that_does_not_fit_is_refused_beside_the_accelerator(operator, typed, config):
    factories.serving_config(config.model, name="long", max_model_len=131_072, max_num_seqs=4)
    other = config.model.serving_configs.get(name="long")
    page = page_of(operator, "/endpoints/new/plan", typed | {"accelerator": "L4", "config": other.public_id}, 422)
    assert re.search(r"acme/chat-8b on L4: .*KV cache", page)
    assert 'value="chat"' in page


def test_a_change_shows_before_and_after_with_its_money_and_can_be_set_back(operator, endpoint):
    path = f"/endpoints/{endpoint.public_id}/change"
    wanted = current(operator, endpoint) | {"max_replicas": "8", "slo_ttft_ms": "900"}
    page = page_of(operator, path, wanted | {"step": "plan"})
    assert re.search(r"At most</dt><dd><span class=\"was\">\$27\.52/h →</span> \$55\.04/h", page)
    assert "Replicas at today's mean price of $6.88/h each; prices move." in page
    assert "900 ms" in page
    assert Endpoint.objects.get().max_replicas == 4
    toast = operator.post(path, wanted | {"step": "go", "planned": hidden(page)["planned"][0]}, follow=True)
    assert Endpoint.objects.get().max_replicas == 8
    [undo] = re.findall(r'action="(/endpoints/[^"]+/undo\?generation=\d+)"', toast.content.decode())
    operator.post(undo)
    assert (Endpoint.objects.get().max_replicas, Endpoint.objects.get().slo_ttft_ms) == (4, None)
    assert "changed after that" in operator.post(undo, follow=True).content.decode()


def test_a_change_of_an_endpoint_paid_in_two_currencies_tells_no_mean(operator, endpoint):
    Instance.objects.filter(pk=Instance.objects.latest("pk").pk).update(currency="EUR")
    wanted = current(operator, endpoint) | {"max_replicas": "8", "step": "plan"}
    page = page_of(operator, f"/endpoints/{endpoint.public_id}/change", wanted)
    assert "mean price" not in page
    assert "Replicas at most" in page


def test_the_second_of_two_who_edit_is_told_and_overwrites_nothing(operator, project, endpoint):
    other = Client()
    other.force_login(factories.member(project, username="bob"))
    path = f"/endpoints/{endpoint.public_id}/change"
    mine, theirs = current(operator, endpoint) | {"max_replicas": "8"}, current(other, endpoint) | {"max_replicas": "6"}
    plan = hidden(page_of(other, path, theirs | {"step": "plan"}))["planned"][0]
    other.post(path, theirs | {"step": "go", "planned": plan})
    plan = hidden(page_of(operator, path, mine | {"step": "plan", "generation": "1"}))["planned"][0]
    page = page_of(operator, path, mine | {"step": "go", "planned": plan, "generation": "1"}, 422)
    assert "Somebody changed it since you opened this." in page
    assert "bob did at" in page
    assert 'value="8"' in page
    assert "6 →" in page
    assert Endpoint.objects.get().max_replicas == 6


def test_an_endpoint_is_deleted_only_by_its_name(operator, endpoint):
    path = f"/endpoints/{endpoint.public_id}/delete"
    page = page_of(operator, path)
    assert "Endpoint chat loses 2 of 2 ready replicas" in page
    for typed in ("", "Chat", "chat ​"):
        assert "exactly so" in page_of(operator, path, hidden(page) | {"typed": typed, "step": "go"}, 422)
    assert Endpoint.objects.get().state != "deleting"
    operator.post(path, hidden(page) | {"typed": "chat", "step": "go"})
    assert Endpoint.objects.get().state == "deleting"


BAD: list[tuple[str, str, str]] = [
    ("project", "theirs", "no such project"),
    ("name", "Chat Bot", "small letters"),
    ("name", "chat\u200b", "small letters"),
    ("name", "x" * 64, "at most 63"),
    ("config", "cfg_of_somebody", "no such serving configuration"),
    ("accelerator", HOSTILE, "no such accelerator"),
    ("others", "abacus", "no such accelerator"),
    ("min_replicas", "0", "A whole number from 1"),
    ("min_replicas", "9", "must lie between min_replicas"),
    ("max_replicas", "many", "A whole number from 1"),
    ("initial_replicas", "7", "between 1 and 4"),
    ("slo_quantile", "95%", "A number from 0.5"),
    ("slo_quantile", "0.4", "A number from 0.5"),
    ("slo_ttft_ms", "1.5 s", "A whole number from 1"),
    ("slo_itl_ms", "-1", "A whole number from 1"),
    ("slo_e2e_ms", "99999999", "A whole number from 1"),
    ("policy", "hope", "no such policy"),
    ("target-tracking.target_ratio", "2", "at most 1"),
    ("target-tracking.tolerance", "little", "A number from 0"),
    ("drain", "600", "the unit too"),
    ("drain", "3d", "86,400"),
    ("regions", "atlantis", "no such region"),
    ("clouds", "mars", "no such cloud"),
    ("capacity_types", "stolen", "no such capacity type"),
    ("runner", "ant", "no such runner"),
    ("labels", "a:b", "Line 1 is no label"),
    ("surprise", "1", "has no field"),
]


@pytest.mark.parametrize(("field", "value", "sentence"), BAD)
def test_bad_input_creates_nothing_and_keeps_what_was_typed(operator, typed, field, value, sentence):
    for path in ("/endpoints/new/plan", "/endpoints/new/create"):
        answer = operator.post(path, typed | {"agreed": '["6.88", []]', "idempotency_key": "k" * 12} | {field: value})
        page = unescape(answer.content.decode())
        assert answer.status_code == 422, page
        assert re.search(sentence, page), page
        assert HOSTILE not in answer.content.decode()
        assert 'value="1500"' in page or field == "slo_ttft_ms"
    assert not Endpoint.objects.exists()


CHANGES = [row for row in BAD if row[0].startswith(("min", "max", "slo", "policy", "target", "drain", "surprise"))]


@pytest.mark.parametrize(("field", "value", "sentence"), CHANGES)
def test_bad_input_changes_nothing(operator, endpoint, field, value, sentence):
    form = current(operator, endpoint) | {"max_replicas": "5", field: value}
    path = f"/endpoints/{endpoint.public_id}/change"
    first = unescape(operator.post(path, form | {"step": "plan"}).content.decode())
    planned = hidden(first).get("planned", [""])[0]
    answer = operator.post(path, form | {"step": "go", "planned": planned})
    assert answer.status_code == 422
    assert re.search(sentence, unescape(answer.content.decode()))
    assert Endpoint.objects.get().generation == 1
