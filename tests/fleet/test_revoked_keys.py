"""A key that is revoked while machines run: said with what to do, others buy, and nothing is lost or bought twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from fleet.domain.demand import AllocationSpec, Demand
from fleet.models import Allocation, CloudAccount, Incident, Instance, LaunchAttempt, Offering, Project
from fleet.providers.base import Account
from fleet.services import allocations, catalog, clock, observing, reconciling, sweeping
from fleet.services.accounts import watched
from tests import factories
from tests.api_client import ApiClient, fresh_client
from tests.deadline import wait_until
from tests.fleet.providers.aws_emulator import AwsEmulator
from tests.fleet.providers.gcp_emulator import GcpEmulator

pytestmark = pytest.mark.django_db(transaction=True)
Both = dict[str, AwsEmulator | GcpEmulator]
STEP = "Renew its credential"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with ExitStack() as stack:
        yield {
            "aws": stack.enter_context(AwsEmulator.running(tmp_path_factory.mktemp("aws"))),
            "gcp": stack.enter_context(GcpEmulator.running(tmp_path_factory.mktemp("gcp"))),
        }


@dataclass
class TwoClouds:
    """An account of each; the first sells for less, so it is asked first."""

    emulators: Both
    told: dict[str, Account]
    first: CloudAccount
    second: CloudAccount
    project: Project

    def ask(self) -> Allocation:
        demand = Demand(1, "L4", capacity_types=("on-demand",))
        spec = AllocationSpec("train", demand)
        return allocations.request_allocation(
            project=self.project, spec=spec, requested_by="ada", now=clock.business_now()
        )

    def turn(self) -> None:
        for account in watched():
            observing.observe_account(account, now=clock.business_now())
        reconciling.reconcile_due()

    def until_active(self, allocation: Allocation) -> Instance:
        def active() -> bool:
            self.turn()
            allocation.refresh_from_db()
            return allocation.state == "active"

        wait_until(active, "it is active", deadline_s=120)
        return Instance.objects.get(slot__allocation=allocation)

    def made(self) -> list[int]:
        """The clouds' own truth: how many machines each launch that was ever meant has made."""
        attempts = LaunchAttempt.objects.select_related("account")
        return [len(self.emulators[one.account.cloud].machines(one.client_token)) for one in attempts]

    def revoke(self) -> None:
        self.emulators[self.first.cloud].revoke(self.told[self.first.cloud])

    def restore(self) -> None:
        self.emulators[self.first.cloud].restore(self.told[self.first.cloud])


@pytest.fixture(params=["aws", "gcp"])
def clouds(request: pytest.FixtureRequest, running: Both, tmp_path: Path) -> TwoClouds:
    told, rows = {}, {}
    for cloud, emulator in running.items():
        told[cloud] = emulator.account(cloud)
        (tmp_path / cloud).write_text(told[cloud].secret)
        rows[cloud] = CloudAccount.objects.create(
            cloud=cloud, provider=cloud, name=cloud, options=told[cloud].options,
            credentials_ref=f"file:{tmp_path / cloud}",
        )  # fmt: skip
        assert catalog.sync_account(rows[cloud], now=clock.business_now())
    first, second = rows[request.param], next(row for cloud, row in rows.items() if cloud != request.param)
    Offering.objects.filter(account=first).update(price_per_hour=Decimal("0.01"))
    return TwoClouds(running, told, first, second, factories.project(slug="research"))


def listed(name: str) -> Any:
    out = StringIO()
    call_command("account", "list", "--json", stdout=out)
    return next(row for row in json.loads(out.getvalue())["accounts"] if row["name"] == name)


def test_a_key_revoked_mid_run_is_shown_with_its_step_and_the_next_account_buys(clouds: TwoClouds) -> None:
    kept = clouds.until_active(clouds.ask())
    assert kept.account == clouds.first
    clouds.revoke()
    assert not catalog.sync_account(clouds.first, now=clock.business_now())
    clouds.turn()

    clouds.first.refresh_from_db()
    assert STEP in clouds.first.last_error_step
    assert clouds.first.last_error_code
    browser = Client()
    browser.force_login(factories.user(is_superuser=True))
    for page in (f"/settings/accounts/{clouds.first.public_id}", "/settings/accounts", "/capacity"):
        assert STEP in browser.get(page).content.decode(), page
    row = listed(clouds.first.name)
    assert (row["problem_code"], STEP in row["what_to_do"]) == (clouds.first.last_error_code, True)

    other = clouds.until_active(clouds.ask())
    assert other.account == clouds.second
    refused = LaunchAttempt.objects.filter(state="refused").values_list("account", "error_class")
    assert set(refused) == {(clouds.first.pk, "auth")}
    sweeping.sweep_account(clouds.first, now=clock.business_now())
    incident = Incident.objects.get(kind="sweep-held-back", closed_at=None)
    assert "Nothing is ended" in incident.doing
    assert STEP in incident.doing
    assert STEP in browser.get("/fleet").content.decode()

    clouds.restore()
    clouds.turn()
    sweeping.sweep_account(clouds.first, now=clock.business_now())
    clouds.first.refresh_from_db()
    assert (clouds.first.last_error, clouds.first.last_error_code, clouds.first.last_error_step) == ("", "", "")
    assert not Incident.objects.filter(closed_at=None).exists()
    assert set(Instance.objects.filter(terminated_at=None)) == {kept, other}
    assert sorted(clouds.made()) == [0] * len(refused) + [1, 1], "and nothing was bought twice"


def test_the_api_tells_the_step_and_not_the_words(clouds: TwoClouds) -> None:
    clouds.revoke()
    catalog.sync_account(clouds.first, now=clock.business_now())
    browser = fresh_client()
    browser.force_login(factories.user(is_superuser=True))
    rows = {row["name"]: row for row in ApiClient(session=browser).get("accounts").json()["items"]}
    assert STEP in rows[clouds.first.name]["what_to_do"]
    assert (rows[clouds.second.name]["what_to_do"], rows[clouds.second.name]["problem_code"]) == (None, None)
    clouds.restore()
