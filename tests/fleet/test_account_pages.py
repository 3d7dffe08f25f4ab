"""Settings → Cloud accounts: added, tried, its credential replaced, switched off; nobody is shown a credential."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now
from django.test import Client

from fleet.models import AccountTrial, CloudAccount, Incident, TrialKind
from fleet.services import account_trials, incidents
from fleet.services.accounts import credential_of
from fleet.services.clock import business_now
from fleet.services.installation import installation
from tests import factories
from tests.fleet.acting.test_changes import page_of

pytestmark = pytest.mark.django_db
NOWHERE = '{"url": "http://127.0.0.1:1"}'
SECRET = "hush-hush-credential"
NEW = {"name": "research", "provider": "sandbox", "cloud": "aws", "options": NOWHERE}


@pytest.fixture
def admin(client: Client) -> Client:
    user = factories.user(is_superuser=True, is_staff=True)
    client.force_login(user)
    return client


def added(admin: Client, **more: str) -> CloudAccount:
    assert admin.post("/settings/accounts", NEW | more).status_code == 302
    return CloudAccount.objects.get()


def test_an_account_is_added_with_a_sealed_credential_and_tried_at_once(admin):
    account = added(admin, credential=SECRET)
    assert credential_of(account) == SECRET
    assert AccountTrial.objects.get().account == account
    for page in ("/settings/accounts", f"/settings/accounts/{account.public_id}"):
        text = page_of(admin, page)
        assert "Sealed here" in text
        assert SECRET not in text


def test_what_was_tried_stands_there_with_what_to_grant(admin):
    account = added(admin)
    AccountTrial.objects.update(
        ok=False, finished_at=business_now(),
        checks=[{"what": "Launching", "ok": False, "detail": "Denied.", "needs": "ec2:RunInstances"}],
    )  # fmt: skip
    page = page_of(admin, f"/settings/accounts/{account.public_id}")
    assert "ec2:RunInstances" in page
    assert "1 of 1 did not work" in page


def test_the_least_policy_is_there_to_paste_with_our_own_id_in_it(admin):
    account = factories.account(provider="aws", cloud="aws", options={"regions": ["us-east-1"]})
    page = page_of(admin, f"/settings/accounts/{account.public_id}")
    assert "aws:ResourceTag/purser:installation" in page
    assert str(installation().uuid) in page


def test_a_credential_is_replaced_only_by_one_that_was_tried(admin):
    account = added(admin, credential=SECRET)
    path = f"/settings/accounts/{account.public_id}"
    assert admin.post(f"{path}/rotate", {"credential": "another"}).status_code == 302
    account_trials.try_waiting(now=business_now())  # nobody listens at its address
    account.refresh_from_db()
    assert credential_of(account) == SECRET
    assert "Not put in place" in page_of(admin, path)
    assert "one of the two" in page_of(admin, f"{path}/rotate", {}, 422)


def test_it_is_switched_off_with_a_box_and_what_is_no_json_is_said_beside_it(admin):
    account = added(admin)
    path = f"/settings/accounts/{account.public_id}"
    form = {"name": "research", "options": NOWHERE, "generation": "1"}
    assert admin.post(path, form).status_code == 302
    account.refresh_from_db()
    assert not account.enabled
    assert "cannot be read as JSON" in page_of(admin, path, form | {"options": "{"}, 422)
    assert "changed since you read it" in page_of(admin, path, form | {"enabled": "on"}, 422)


def test_an_account_is_forgotten_by_its_name_and_not_while_it_has_machines(admin):
    account = added(admin)
    path = f"/settings/accounts/{account.public_id}/delete"
    assert "That is not research" in page_of(admin, path, {"typed": "Research"}, 422)
    project = factories.project()
    factories.instance(factories.slot(factories.allocation(project)), account)
    assert "live machine" in page_of(admin, path, {"typed": "research"}, 422)
    assert CloudAccount.objects.exists()


def test_what_a_refused_credential_may_do_is_not_told_of_the_account(admin):
    account = added(admin, credential=SECRET)
    checks = [{"what": "Zones", "ok": False, "detail": "Not granted.", "needs": "compute.zones.list"}]
    kept = {"account": account, "requested_by": "ada", "checks": checks, "finished_at": Now()}
    AccountTrial.objects.filter(account=account).delete()
    AccountTrial.objects.create(kind=TrialKind.ROTATE, next_reference="env:X", problem="No.", ok=False, **kept)
    path = f"/settings/accounts/{account.public_id}"
    assert "compute.zones.list" not in page_of(admin, path)
    AccountTrial.objects.create(kind=TrialKind.VERIFY, ok=False, **kept)
    assert "compute.zones.list" in page_of(admin, path)


def test_what_is_wrong_with_an_account_ends_with_it(admin):
    account = added(admin)
    said = {"kind": "sweep-held-back", "subject": account.public_id, "detail": "x", "doing": "y", "now": business_now()}
    incidents.open_incident(**said)
    admin.post(f"/settings/accounts/{account.public_id}/delete", {"typed": "research"})
    assert not CloudAccount.objects.exists()
    assert not Incident.objects.filter(closed_at=None).exists()


def test_who_may_only_read_sees_no_form_and_who_may_not_finds_nothing(client):
    project = factories.project()
    client.force_login(factories.member(project))
    assert client.get("/settings/accounts").status_code == 404


def test_machines_and_pools_are_counted_each_by_themselves(admin):
    account = factories.account()
    for zone in ("a", "b", "c"):
        factories.offering(account, zone=f"us-east-1{zone}", offered=zone != "c")
    for number in (1, 2):
        factories.instance(None, account, provider_id=f"i-{number}")
    [row] = admin.get("/settings/accounts").context["accounts"]
    assert (row["live"], row["sold"]) == (2, 2)


def test_a_policy_that_could_spend_at_once_is_granted_only_where_the_account_says_so_and_the_page_tells(admin):
    account = factories.account(provider="aws", cloud="aws", options={"regions": ["us-east-1"]})
    path = f"/settings/accounts/{account.public_id}"
    page = page_of(admin, path)
    assert "ec2:PurchaseCapacityBlock" not in page
    assert "option buy_blocks to true and paste it again" in page
    CloudAccount.objects.update(options={"regions": ["us-east-1"], "buy_blocks": True})
    page = page_of(admin, path)
    assert "ec2:PurchaseCapacityBlock" in page
    assert "paid at once and never given back" in page
