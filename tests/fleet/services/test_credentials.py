"""Credentials of accounts: sealed for one account, never told, replaced only by one that will do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from fleet.domain.refusals import Refused
from fleet.models import AccountTrial, CloudAccount, Event
from fleet.services import account_changes, account_trials
from fleet.services.access import caller_at_the_server
from fleet.services.account_changes import AccountSpec
from fleet.services.accounts import adapter, credential_of
from fleet.services.clock import business_now
from tests import factories
from tests.sandbox_server import Sandbox, sandbox_process

pytestmark = pytest.mark.django_db
BY = caller_at_the_server("test")
SECRET = "hush-hush-credential"
OLD, NEW = "old:" + "o" * 32, "new:" + "n" * 32


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox_process(tmp_path_factory.mktemp("sandbox"), seed=7, time_factor=1) as cloud:
        yield cloud


@pytest.fixture
def account(cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> CloudAccount:
    """One whose credential is in the environment."""
    monkeypatch.setenv("IN_USE", "sandbox")
    return added(cloud, "in-use", credentials_ref="env:IN_USE")


def added(cloud: Sandbox, name: str = "sealed", **changes: object) -> CloudAccount:
    spec = AccountSpec(name, "aws", "sandbox", options={"url": cloud.url}, **changes)
    return account_changes.add_account(spec=spec, by=BY, now=business_now())


def rotated(account: CloudAccount, **how: object) -> AccountTrial:
    trial = account_trials.request_rotation(account, by=BY, now=business_now(), **how)
    account_trials.try_waiting(now=business_now())
    trial.refresh_from_db()
    account.refresh_from_db()
    return trial


# --- Sealed ------------------------------------------------------------------------------------------------------


def test_a_sealed_credential_is_in_no_row_and_no_event_as_it_is(cloud):
    account = added(cloud, credential=SECRET)
    assert credential_of(account) == SECRET
    account.refresh_from_db()
    kept = json.dumps({name: str(value) for name, value in vars(account).items()})
    assert SECRET not in kept
    assert SECRET not in json.dumps([event.data for event in Event.objects.all()])
    assert SECRET not in repr(AccountSpec("a", "aws", "sandbox", credential=SECRET))


def test_an_envelope_copied_to_another_account_opens_nothing(cloud):
    account, other = added(cloud, credential=SECRET), added(cloud, "other")
    CloudAccount.objects.filter(pk=other.pk).update(
        credentials_ref="sealed", sealed_credential=account.sealed_credential
    )
    other.refresh_from_db()
    with pytest.raises(Refused, match="cannot be opened"):
        credential_of(other)


def test_a_lost_key_is_said_and_stops_only_this_account(cloud):
    account = added(cloud, credential=SECRET)
    with override_settings(ENCRYPTION_KEYS=NEW), pytest.raises(Refused) as refused:
        adapter(account)
    assert refused.value.code == "credentials-unreadable"


def test_keys_of_envelopes_are_sealed_anew_so_that_an_old_ring_key_may_go(cloud):
    with override_settings(ENCRYPTION_KEYS=OLD):
        account = added(cloud, credential=SECRET)
    with override_settings(ENCRYPTION_KEYS=f"{NEW},{OLD}"):
        assert account_changes.rewrap_credentials(by=BY, now=business_now()) == 1
        assert account_changes.rewrap_credentials(by=BY, now=business_now()) == 0
    account.refresh_from_db()
    with override_settings(ENCRYPTION_KEYS=NEW):
        assert credential_of(account) == SECRET


def test_a_reference_takes_the_place_of_an_envelope_and_nothing_of_it_stays(cloud, monkeypatch):
    monkeypatch.setenv("ELSEWHERE", "another")
    account = added(cloud, credential=SECRET)
    changed = account_changes.change_account(
        account.public_id, changes={"credentials_ref": "env:ELSEWHERE"}, by=BY, now=business_now()
    )
    assert (credential_of(changed), changed.sealed_credential) == ("another", "")


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"credential": SECRET, "credentials_ref": "env:X"}, "credentials-twice"),
        ({"credential": "x" * 20_001}, "credential"),
        ({"credential": " \n"}, "credential"),
        ({"credentials_ref": "sealed"}, "credentials-reference"),
        ({"credentials_ref": SECRET}, "credentials-reference"),
    ],
)
def test_what_is_no_credential_or_no_reference_is_refused(cloud, spec, code):
    with pytest.raises(Refused) as refused:
        added(cloud, **spec)
    assert refused.value.code == code
    assert not CloudAccount.objects.filter(name="sealed").exists()


# --- Tried -------------------------------------------------------------------------------------------------------


def test_an_account_is_tried_by_a_worker_and_what_was_tried_is_kept(account):
    trial = account_trials.request_trial(account, by=BY, now=business_now())
    assert account_trials.request_trial(account, by=BY, now=business_now()) == trial
    assert account_trials.try_waiting(now=business_now()) == 1
    trial.refresh_from_db()
    assert trial.ok
    assert {"what", "ok", "detail", "needs"} == set(trial.checks[0])
    assert Event.objects.filter(topic="account.verified").count() == 1


def test_a_trial_of_an_account_that_another_one_took_the_place_of_says_so_and_how_that_is_accepted(account):
    CloudAccount.objects.filter(pk=account.pk).update(expected_account_ref="000000000000")
    trial = account_trials.request_trial(account, by=BY, now=business_now())
    account_trials.try_waiting(now=business_now())
    trial.refresh_from_db()
    assert trial.ok is False
    [whose] = [check for check in trial.checks if not check["ok"]]
    assert whose["what"] == "Whose account it is"
    assert "not to 000000000000" in whose["detail"]
    assert "set expected_account_ref" in whose["detail"]
    with pytest.raises(CommandError, match="1 of"):
        call_command("account", "verify", account.name)


def test_a_trial_whose_worker_died_is_begun_again_and_ends_once(account):
    trial = account_trials.request_trial(account, by=BY, now=business_now())
    assert account_trials._begun() == trial  # and its worker dies
    assert account_trials.try_waiting(now=business_now()) == 0
    AccountTrial.objects.update(begun_at=trial.requested_at - timedelta(minutes=3))
    assert account_trials.try_waiting(now=business_now()) == 1
    account_trials._finish(trial, [], "", now=business_now())  # it was only slow
    assert AccountTrial.objects.get().checks


# --- Rotated -----------------------------------------------------------------------------------------------------


def test_a_credential_that_will_do_takes_the_place_of_the_old_one(account):
    trial = rotated(account, credential="sandbox")
    assert trial.ok, trial.problem
    assert (account.credentials_ref, credential_of(account)) == ("sealed", "sandbox")
    assert trial.next_sealed == ""
    assert account.generation == 2
    assert Event.objects.filter(topic="account.rotated").exists()


def test_one_that_does_not_work_changes_nothing(cloud, account):
    before = account.credentials_ref
    cloud.put("/v1/credentials/revoked-one", {"status": "revoked"})
    trial = rotated(account, credential="revoked-one")
    assert trial.ok is False
    assert "does not work" in trial.problem
    assert (account.credentials_ref, trial.next_sealed) == (before, "")


def test_one_of_another_account_of_the_cloud_changes_nothing(account):
    before = account.credentials_ref
    CloudAccount.objects.filter(pk=account.pk).update(expected_account_ref="000000000000")
    trial = rotated(account, credential="sandbox")
    assert "not to 000000000000" in trial.problem
    assert account.credentials_ref == before


def test_a_reference_that_leads_nowhere_changes_nothing(account):
    before = account.credentials_ref
    trial = rotated(account, reference="env:NOBODY_HAS_SET_THIS")
    assert "no NOBODY_HAS_SET_THIS" in trial.problem
    assert account.credentials_ref == before


def test_two_credentials_are_not_tried_at_once(account):
    account_trials.request_rotation(account, by=BY, now=business_now(), credential="one")
    with pytest.raises(Refused) as refused:
        account_trials.request_rotation(account, by=BY, now=business_now(), credential="two")
    assert refused.value.code == "rotation-waits"


@pytest.mark.parametrize("how", [{}, {"credential": "a", "reference": "env:B"}])
def test_a_rotation_names_one_next_credential(account, how):
    with pytest.raises(Refused):
        account_trials.request_rotation(account, by=BY, now=business_now(), **how)


def test_a_credential_tried_while_the_account_was_changed_is_not_put_in_its_place(account, monkeypatch):
    """It was tried with other options, and might replace a credential that somebody gave meanwhile."""
    monkeypatch.setenv("GIVEN_MEANWHILE", "sandbox")
    account_trials.request_rotation(account, by=BY, now=business_now(), credential="sandbox")
    trial = account_trials._begun()
    assert trial is not None
    tried = account_trials._tried(trial, business_now())
    changes = {"credentials_ref": "env:GIVEN_MEANWHILE"}
    account_changes.change_account(account.public_id, changes=changes, by=BY, now=business_now())
    account_trials._finish(trial, *tried, now=business_now())
    trial.refresh_from_db()
    account.refresh_from_db()
    assert (trial.ok, account.credentials_ref) == (False, "env:GIVEN_MEANWHILE")
    assert "changed while it was tried" in trial.problem


# --- Where its machines are --------------------------------------------------------------------------------------


PLACES = [
    ("aws", {"regions": ["us-east-1", "eu-west-1"]}, {"regions": ["us-east-1"]}),
    ("kubernetes", {"namespace": "one"}, {"namespace": "two"}),
    ("kubernetes", {"leader_worker_sets": True}, {}),
]


@pytest.mark.parametrize(("provider", "before", "after"), PLACES)
def test_options_do_not_lose_sight_of_machines(provider, before, after):
    """A machine that no list shows counts as gone, and costs money that nobody sees."""
    account = factories.account(provider=provider, cloud=provider, options=before)
    machine = factories.instance(None, account, region="eu-west-1")
    said = {"changes": {"options": after}, "by": BY, "now": business_now()}
    with pytest.raises(Refused, match="until they have ended") as refused:
        account_changes.change_account(account.public_id, **said)
    assert refused.value.field == "options"
    machine.terminated_at = business_now()
    machine.save()
    assert account_changes.change_account(account.public_id, **said).options == after
