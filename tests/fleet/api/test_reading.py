"""What may be read: machines, the catalogue, limits, and the feed that misses nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fleet.services import events
from fleet.services.clock import business_now
from tests import factories
from tests.api_client import ApiClient


def test_a_machine_shows_its_attempts_and_an_orphan_stays_out_of_projects(
    api: ApiClient, project: Any, market: Any
) -> None:
    slot = factories.slot(factories.allocation(project), account=market)
    factories.attempt(slot, market, state="refused", error_class="stock-out")
    made = factories.instance(slot, market, attempt=factories.attempt(slot, market))
    factories.instance(None, market)
    assert [item["id"] for item in api.get("instances?live=true").json()["items"]] == [made.public_id]
    assert [a["state"] for a in api.get(f"instances/{made.public_id}").json()["attempts"]] == ["refused", "launched"]


def test_an_administrator_sees_orphans_too(market: Any) -> None:
    factories.instance(None, market)
    browser = ApiClient()
    browser.client.force_login(factories.user(is_superuser=True))
    assert browser.get("instances").json()["items"][0]["project"] is None


def test_the_catalogue_names_its_sources(api: ApiClient) -> None:
    chips = {chip["name"]: chip for chip in api.get("accelerators").json()["items"]}
    assert chips["H100"]["memory_gib"] == 80
    assert chips["H100"]["sources"]["memory_gib"]["source"]


def test_offerings_show_price_and_age(api: ApiClient, market: Any) -> None:
    row = api.get("offerings?accelerator=H100").json()["items"][0]
    assert (row["price_per_hour"], row["account"], row["zone"]) == ("55.040000", market.name, "us-east-1a")
    assert api.get("offerings?accelerator=L4").json()["items"] == []


def test_accounts_never_say_where_their_credential_lies(api: ApiClient) -> None:
    factories.account(
        credentials_ref="env:AWS_KEY_OF_OURS",
        last_error="denied for key AKIA123",
        last_error_code="AuthFailure",
        last_error_step="Renew its credential.",
    )
    answer = api.get("accounts")
    assert b"AWS_KEY_OF_OURS" not in answer.content
    assert b"AKIA123" not in answer.content
    [row] = answer.json()["items"]
    assert row["healthy"] is False
    assert (row["problem_code"], row["what_to_do"]) == ("AuthFailure", "Renew its credential.")


def test_budgets_say_what_is_left(api: ApiClient, project: Any) -> None:
    factories.budget(project, cap_per_hour="100")
    factories.budget(factories.project(), cap_per_hour="7")
    factories.quota(project, max_accelerators=16)
    rows = api.get("budgets").json()["items"]
    assert [(row["project"], row["left_per_hour"]) for row in rows] == [("research", "100.000000")]
    assert api.get("quotas").json()["items"][0]["max_accelerators"] == 16
    assert [row["slug"] for row in api.get("projects").json()["items"]] == ["research"]


@pytest.mark.django_db(transaction=True)
def test_the_feed_goes_on_from_a_cursor_and_is_quiet_when_nothing_happened() -> None:
    project, other = factories.project(), factories.project()
    api = ApiClient(factories.token(project))
    cursor = api.get("events?after=now").json()["cursor"]
    for number in range(5):
        events.record("allocation.active", subject=f"alloc_{number}", project=project, now=business_now())
        events.record("allocation.active", subject="theirs", project=other, now=business_now())
    seen = []
    while True:
        answer = api.get(f"events?after={cursor}&limit=2")
        seen += [event["subject"] for event in answer.json()["items"]]
        cursor = answer.json()["cursor"]
        if not answer.json()["more"]:
            break
    assert seen == [f"alloc_{number}" for number in range(5)]
    quiet = api.get(f"events?after={cursor}&limit=2")
    assert quiet.json()["items"] == []
    assert api.get(f"events?after={cursor}&limit=2", **{"If-None-Match": quiet["ETag"]}).status_code == 304


@pytest.mark.parametrize("cursor", ["x", "1", "1-", "-1", "1-1-1", "99999999999999999999-1"])
def test_a_cursor_that_is_none_is_refused(api: ApiClient, cursor: str) -> None:
    assert api.get(f"events?after={cursor}").status_code == 400


def test_a_token_notes_its_use_once_a_minute(project: Any) -> None:
    from django.utils import timezone

    from fleet.models import Token
    from fleet.services.access import caller_of_token

    plain, now = factories.token(project), timezone.now()
    caller_of_token(plain, now=now)
    caller_of_token(plain, now=now + timedelta(seconds=59))
    assert Token.objects.get().last_used_at == now
    caller_of_token(plain, now=now + timedelta(seconds=61))
    assert Token.objects.get().last_used_at == now + timedelta(seconds=61)
