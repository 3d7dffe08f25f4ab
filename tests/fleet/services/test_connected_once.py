"""No account of a cloud is connected twice: two with one list of machines would each take the other's for orphans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet.domain.refusals import Refused
from fleet.models import CloudAccount, Offering
from fleet.services import account_changes, account_trials, catalog, whose_account
from fleet.services.access import caller_at_the_server
from fleet.services.account_changes import AccountSpec
from fleet.services.clock import business_now
from tests.sandbox_server import Sandbox, sandbox_process

pytestmark = pytest.mark.django_db
BY = caller_at_the_server("test")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox_process(tmp_path_factory.mktemp("sandbox"), seed=7, time_factor=1) as cloud:
        yield cloud


def add(cloud: Sandbox, name: str, of: str = "aws", **changes: object) -> CloudAccount:
    given = {"credentials_ref": "env:IN_USE", **changes}
    spec = AccountSpec(name, of, "sandbox", options={"url": cloud.url}, **given)
    return account_changes.add_account(spec=spec, by=BY, now=business_now())


@pytest.fixture
def first(cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> CloudAccount:
    """Connected, and read once: so its cloud has said which of its accounts it is."""
    monkeypatch.setenv("IN_USE", "sandbox")
    account = add(cloud, "first")
    assert catalog.sync_account(account, now=business_now()).problem == ""
    account.refresh_from_db()
    return account


def test_what_is_connected_already_sells_nothing_a_second_time(cloud, first):
    again = add(cloud, "again")
    synced = catalog.sync_account(again, now=business_now())
    assert "is connected already, as first. Change that one instead." in synced.problem
    again.refresh_from_db()
    assert again.last_error == synced.problem
    assert again.expected_account_ref == ""
    assert not Offering.objects.filter(account=again).exists()


def test_one_that_is_switched_off_still_is_connected(cloud, first):
    CloudAccount.objects.filter(pk=first.pk).update(enabled=False)
    assert "as first, which is switched off" in catalog.sync_account(add(cloud, "again"), now=business_now()).problem


def test_a_trial_says_so_before_anything_is_read(cloud, first):
    again = add(cloud, "again")
    trial = account_trials.request_trial(again, by=BY, now=business_now())
    account_trials.try_waiting(now=business_now())
    trial.refresh_from_db()
    assert trial.ok is False
    assert [check["what"] for check in trial.checks if not check["ok"]] == ["Connected once"]


def test_whoever_says_which_account_it_is_is_told_at_once(cloud, first):
    with pytest.raises(Refused) as refused:
        add(cloud, "again", expected_account_ref=first.expected_account_ref)
    assert refused.value.code == "account-twice"
    again = add(cloud, "again")
    with pytest.raises(Refused):
        changes = {"expected_account_ref": first.expected_account_ref}
        account_changes.change_account(again.public_id, changes=changes, by=BY, now=business_now())


def test_another_cloud_may_know_its_account_by_the_same_name(cloud, first):
    assert catalog.sync_account(add(cloud, "elsewhere", of="gcp"), now=business_now()).problem == ""


def test_accounts_that_list_different_places_see_no_machine_of_each_other(cloud, first):
    regions = {"regions": ["us-east-1"]}
    CloudAccount.objects.filter(pk=first.pk).update(provider="aws", options=regions)
    other = CloudAccount(cloud="aws", provider="aws", name="west", options={"regions": ["us-west-2"]})
    whose_account.check_only(other, first.expected_account_ref)
    other.options = {"regions": ["us-west-2", "us-east-1"]}
    with pytest.raises(Refused):
        whose_account.check_only(other, first.expected_account_ref)


def test_what_is_connected_twice_since_before_can_be_switched_off_on_its_page(cloud, first):
    again = add(cloud, "again")
    CloudAccount.objects.filter(pk=again.pk).update(expected_account_ref=first.expected_account_ref)
    changes = {"enabled": False, "expected_account_ref": first.expected_account_ref, "options": again.options}
    account_changes.change_account(again.public_id, changes=changes, by=BY, now=business_now())
    again.refresh_from_db()
    assert not again.enabled
