"""Allocate: nothing is bought before its plan was seen, what was agreed to is bought once, nothing typed is lost."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from fleet.acting.allocate_form import AllocateForm
from fleet.models import Allocation, CapacityMemory, CloudQuota, Event, InstanceType, Offering
from fleet.services.access import caller_at_the_server
from fleet.services.clock import business_now
from tests import factories

pytestmark = pytest.mark.django_db


def hidden(page: str) -> dict[str, Any]:
    """What the plan's form would send."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([\w.-]+)" value="([^"]*)"', page):
        fields.setdefault(name, []).append(unescape(value))
    for name, value in re.findall(r'<textarea name="([\w.-]+)" hidden[^>]*>\n?([^<]*)</textarea>', page):
        fields.setdefault(name, []).append(unescape(value))
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def planned(client: Client, typed: dict[str, Any]) -> str:
    answer = client.post("/fleet/allocate/plan", typed)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_a_plan_shows_price_risk_quota_and_burn_and_writes_nothing(operator, project, typed):
    factories.quota(project, max_accelerators=64)
    factories.budget(project, cap_per_hour=Decimal(100), cap_per_month=Decimal(9000))
    page = planned(operator, typed)
    for said in (
        "Placement plan: allocate 8 × H100",
        "21.35",
        "Medium, 20%",
        "never asked",
        "Not known yet",
        "0 of 64 held",
    ):
        assert said in page, said
    assert "Burn $0.00 → $21.35/h" in page
    assert "$100.00 → $78.65/h" in page
    assert "Allocate on AWS spot, $21.35/h" in page
    assert "Has L4, not H100" in page
    assert not Allocation.objects.exists()


def test_the_form_draws_every_field_it_takes(operator, project):
    page = operator.get("/fleet/allocate").content.decode()
    drawn = set(re.findall(r'<(?:input|select|textarea)[^>]* name="([\w.-]+)"', page))
    form = AllocateForm(caller=caller_at_the_server("test"))
    assert set(form.fields) - set(form.undrawn) <= drawn


def test_what_was_agreed_to_is_bought_once_however_often_it_is_pressed(operator, typed):
    form = hidden(planned(operator, typed))
    first = operator.post("/fleet/allocate/buy", form, follow=True)
    second = operator.post("/fleet/allocate/buy", form, follow=True)
    [made] = Allocation.objects.all()
    assert first.redirect_chain[-1][0] == second.redirect_chain[-1][0] == f"/fleet/{made.public_id}"
    assert "train is asked for: $21.35/h once it runs." in first.content.decode()
    assert "Nothing was bought twice" in second.content.decode()
    assert Event.objects.filter(topic="allocation.requested").count() == 1


def test_everything_typed_reaches_the_allocation(operator, typed):
    more = {
        "accelerators_per_slot": "8", "gang": "on", "clouds": ["aws"], "regions": ["us-east-1"],
        "capacity_types": ["spot", "on-demand"], "max_price_per_hour": "60.5", "idle_release": "30 min",
        "deadline": "2h", "image": "nvcr.io/nim:1", "disk_gib": "500", "ports": "22, 8080",
        "ssh_keys": f"ssh-ed25519 {'A' * 68} ada@host", "startup_script": "#!/bin/sh\necho <hi>\n",
        "labels": "team=search", "on_demand_floor": "4", "residency": "us",
    }  # fmt: skip
    operator.post("/fleet/allocate/buy", hidden(planned(operator, typed | more)))
    made = Allocation.objects.get()
    assert (made.gang, made.clouds, made.regions, made.capacity_types) == (
        True, ["aws"], ["us-east-1"], ["spot", "on-demand"],
    )  # fmt: skip
    assert (made.max_price_per_hour, made.idle_release_seconds, made.disk_gib) == (Decimal("60.5"), 1800, 500)
    assert (made.expires_at - made.created_at).total_seconds() == 86_400
    assert (made.deadline_at - made.created_at).total_seconds() == 7200
    assert (made.ports, made.labels) == ([22, 8080], {"team": "search"})
    assert (made.on_demand_floor, made.residency) == (4, "us")
    assert made.startup_script.splitlines() == ["#!/bin/sh", "echo <hi>"]


def test_a_price_that_rose_meanwhile_is_shown_and_not_paid(operator, typed):
    form = hidden(planned(operator, typed))
    Offering.objects.filter(capacity_type="spot").update(price_per_hour=Decimal(30))
    answer = operator.post("/fleet/allocate/buy", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The price rose from $21.35/h to $30.00/h." in page
    assert not Allocation.objects.exists()
    operator.post("/fleet/allocate/buy", hidden(page))
    assert Allocation.objects.count() == 1


def test_a_place_that_is_gone_meanwhile_is_shown_and_not_replaced_in_silence(operator, typed):
    form = hidden(planned(operator, typed))
    Offering.objects.filter(capacity_type="spot").update(offered=False)
    page = operator.post("/fleet/allocate/buy", form).content.decode()
    assert "h100x8 on-demand in us-east-1 for $55.04/h now" in page
    assert not Allocation.objects.exists()


def test_a_cent_more_or_any_less_asks_nobody_again(operator, typed):
    for price in ("21.36", "19.00"):
        form = hidden(planned(operator, typed | {"name": price}))
        Offering.objects.filter(capacity_type="spot").update(price_per_hour=Decimal(price))
        operator.post("/fleet/allocate/buy", form)
    assert Allocation.objects.count() == 2


def test_a_quota_that_leaves_too_little_is_said_in_the_plan_with_its_numbers(operator, project, typed):
    factories.quota(project, max_accelerators=4)
    answer = operator.post("/fleet/allocate/plan", typed)
    page = unescape(answer.content.decode())
    assert "Needs 8 accelerators; the quota (research: at most 4 accelerators) leaves 4." in page
    assert "raise the quota" in page
    assert "Check again" in page
    assert hidden(page)["name"] == ["train"]


def test_a_quota_set_between_plan_and_press_buys_nothing(operator, project, typed):
    form = hidden(planned(operator, typed))
    factories.quota(project, max_accelerators=4)
    answer = operator.post("/fleet/allocate/buy", form)
    assert answer.status_code == 409
    assert "leaves 4" in answer.content.decode()
    assert not Allocation.objects.exists()


def test_going_back_keeps_what_was_typed_and_judges_nothing(operator, typed):
    page = planned(operator, typed | {"startup_script": "\necho 1", "regions": ["us-east-1"]})
    form = operator.post("/fleet/allocate", hidden(page)).content.decode()
    assert 'value="train"' in form
    assert 'role="alert"' not in form
    assert re.search(r'name="regions" value="us-east-1"[^>]*checked', form)


def test_a_plan_is_a_dialog_where_a_script_asks_for_one(operator, typed):
    answer = operator.post("/fleet/allocate/plan", typed, headers={"X-Purser-Dialog": "1"})
    page = answer.content.decode()
    assert answer["X-Purser-Dialog"] == "1"
    assert "<html" not in page
    done = operator.post("/fleet/allocate/buy", hidden(page), headers={"X-Purser-Dialog": "1"})
    assert (done.status_code, done["X-Purser-Goto"]) == (204, f"/fleet/{Allocation.objects.get().public_id}")
    assert "is asked for" in operator.get("/fleet").content.decode()  # the toast waited for the page


def test_the_same_request_stands_there_as_commands(operator, typed):
    more = {"gang": "on", "regions": ["us-east-1"], "capacity_types": ["spot"], "deadline": "90 min"}
    page = unescape(planned(operator, typed | more))
    line = "purser allocate --project research --name train --accelerator H100 --count 8 --region us-east-1"
    assert f"{line} --capacity-type spot --ttl 24h --deadline 90m --gang" in page
    assert "/api/v1/allocations" in page
    assert '"ttl_seconds": 86400' in page


def test_what_the_command_has_no_word_for_is_left_to_curl(operator, typed):
    page = unescape(planned(operator, typed | {"startup_script": "echo it's"}))
    assert "purser allocate --project" not in page
    assert "no word for a startup script" in page
    assert "echo it" in page.split("curl -X POST")[1]


def test_who_may_only_look_is_offered_nothing_and_may_do_nothing(client, project, account, typed):
    client.force_login(factories.member(project, "viewer"))
    assert "Allocate</a>" not in client.get("/fleet").content.decode()
    for path in ("/fleet/allocate", "/fleet/allocate/plan", "/fleet/allocate/buy"):
        assert client.post(path, typed).status_code == 403, path
    assert client.get("/fleet/allocate").status_code == 403


def test_nobody_buys_for_another_project(operator, typed):
    factories.project(slug="theirs")
    answer = operator.post("/fleet/allocate/plan", typed | {"project": "theirs"})
    assert answer.status_code == 422
    assert "There is no such project here" in answer.content.decode()


HOSTILE = "<script>alert(1)</script>"
BAD: list[tuple[str, Any, str]] = [
    ("project", "", "Choose the project"),
    ("project", "proj_0192", "no such project"),
    ("name", "", "This field is required"),
    ("name", "x" * 101, "at most 100 characters"),
    ("name", HOSTILE, "Letters, digits, blanks"),
    ("name", "train\u202egnp", "Letters, digits, blanks"),
    ("name", "tra\u200bin", "Letters, digits, blanks"),
    ("accelerator", "RTX 5090 from the attic", "no such accelerator"),
    ("accelerator", "", "say what you need"),
    ("accelerator_count", "eight", "A whole number from 1 to 10,000"),
    ("accelerator_count", "0", "A whole number from 1 to 10,000"),
    ("accelerator_count", "8.5", "A whole number from 1 to 10,000"),
    ("accelerator_count", "9" * 30, "A whole number from 1 to 10,000"),
    ("accelerator_count", "٨", "A whole number from 1 to 10,000"),
    ("accelerators_per_slot", "3", "cannot be cut into machines of 3"),
    ("accelerators_per_slot", "-8", "A whole number from 1 to 1,024"),
    ("need_memory_gib", "640 GB", "A number from 1"),
    ("need_memory_gib", "NaN", "A number from 1"),
    ("need_memory_gib", "640", "not both"),
    ("need_interconnect", "string", "no such interconnect"),
    ("clouds", "mars", "no such cloud"),
    ("regions", HOSTILE, "no such region"),
    ("capacity_types", "stolen", "no such capacity type"),
    ("max_price_per_hour", "$60", "A number from 0"),
    ("max_price_per_hour", "-1", "A number from 0"),
    ("max_price_per_hour", "1e9", "A number from 0"),
    ("max_price_per_hour", "60,5", "A number from 0"),
    ("ttl", "24", "Write the unit too"),
    ("ttl", "24 parsecs", "no unit of time"),
    ("ttl", "30 s", "Between 60 s and 5 years"),
    ("ttl", "9000 d", "Between 60 s and 5 years"),
    ("ttl", "1\u200bh", "no unit of time|Write a duration"),
    ("idle_release", "soon", "Write a duration"),
    ("deadline", "-2h", "Write a duration"),
    ("image", "nim;rm -rf", "An image"),
    ("image", "x" * 301, "at most 300"),
    ("disk_gib", "1 TB", "A whole number from 10"),
    ("ports", "22, http", "Ports are whole numbers"),
    ("ports", "70000", "Ports are whole numbers"),
    ("ssh_keys", "my key", "Line 1 is no public key"),
    ("startup_script", "x" * 16_001, "at most 16000"),
    ("startup_script", "echo \u202e", "U\\+202E"),
    ("startup_script", "a\0b", "Null characters"),
    ("labels", "team", "Line 1 is no label"),
    ("labels", "purser=x", "Purser&#x27;s own"),
    ("labels", "\n".join(f"k{n}=v" for n in range(41)), "At most 40"),
    ("surprise", "1", "This form has no field"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "sentence"), BAD)
def test_bad_input_is_a_sentence_beside_its_field_and_keeps_what_was_typed(operator, typed, field, value, sentence):
    for path in ("/fleet/allocate/plan", "/fleet/allocate/buy"):
        answer = operator.post(path, typed | {"image": "kept:1"} | {field: value})
        page = answer.content.decode()
        assert answer.status_code == 422, page
        assert re.search(sentence, page), (field, value)
        if field in typed or field in ("clouds", "labels", "image"):
            part = page.split(f'name="{field}"')[1].split("form-field")[0]
            assert 'class="error"' in part, "the sentence stands elsewhere"
        assert HOSTILE not in page
        if field not in ("image", "name"):
            assert 'value="train"' in page
            assert 'value="kept:1"' in page
    assert not Allocation.objects.exists()


@pytest.mark.parametrize("agreed", ["", "{}", "[", '["NaN", []]', '["1", [["a"]]]', "x" * 5000])
def test_an_agreement_that_is_none_buys_nothing(operator, typed, agreed):
    form = hidden(planned(operator, typed)) | {"agreed": agreed}
    answer = operator.post("/fleet/allocate/buy", form)
    assert answer.status_code in (200, 422)
    assert not Allocation.objects.exists()


@pytest.mark.parametrize("key", ["", "short", "x" * 300, "schlüssel-12345"])
def test_a_key_that_is_none_buys_nothing_and_shows_the_plan_with_one(operator, typed, key):
    form = hidden(planned(operator, typed)) | {"idempotency_key": key}
    answer = operator.post("/fleet/allocate/buy", form)
    assert "console-" in hidden(answer.content.decode())["idempotency_key"][0]
    assert not Allocation.objects.exists()


def test_a_key_used_for_another_request_buys_nothing(operator, typed):
    first = hidden(planned(operator, typed))
    operator.post("/fleet/allocate/buy", first)
    other = hidden(planned(operator, typed | {"name": "other"})) | {"idempotency_key": first["idempotency_key"]}
    answer = operator.post("/fleet/allocate/buy", other)
    assert "was used for another request" in answer.content.decode()
    assert Allocation.objects.count() == 1


def test_a_large_market_is_counted_and_only_its_nearest_are_told(
    operator, account, typed, django_assert_max_num_queries
):
    for k in range(150):
        factories.offering(account, zone=f"us-east-1-{k}", accelerator="L4", accelerator_count=1)
    planned(operator, typed)
    with django_assert_max_num_queries(45):
        page = planned(operator, typed)
    assert "153 placements checked" in page
    assert "151 another accelerator" in page
    assert page.count(">Skipped.</span>") == 100


def test_the_footer_says_how_long_it_takes_and_what_comes_after(operator, account, typed):
    assert "Time to fill is not known yet. If it is refused, Purser goes on to AWS us-east-1a" in planned(
        operator, typed
    )
    CapacityMemory.objects.create(
        account=account, region="us-east-1", zone="us-east-1a", instance_type="h100x8", capacity_type="spot",
        attempts=3, fill_seconds=[240, 240, 1560],
    )  # fmt: skip
    assert "Time to fill p50 4 min, p90 26 min." in planned(operator, typed)


def test_the_quota_of_the_cloud_is_read_beside_our_own(operator, account, project, typed):
    factories.quota(project, max_accelerators=64)
    InstanceType.objects.filter(name="h100x8").update(vcpus=192)
    CloudQuota.objects.create(
        account=account, region="us-east-1", name="All P Spot Instance Requests", unit="vcpus", most=384, used=192,
        capacity_types=["spot"], observed_at=business_now(),
    )  # fmt: skip
    page = planned(operator, typed)
    assert "192 of 384 vCPU used" in page
    assert "ours: 0 of 64 held" in page
