"""The admin: for superusers who proved themselves, through the services, many rows at once with a preview."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fleet.models import Budget, CloudAccount, Event, Installation, Membership, Offering, PricePoint, Project, Quota
from fleet.sudo import PROVED_AT
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db
APPEND_ONLY = ["event", "eventseal", "launchattempt", "launchresult", "terminationfact", "pricepoint", "sweep"]


@pytest.fixture
def root() -> Client:
    return _in_browser(factories.user(is_superuser=True, is_staff=True))


@pytest.fixture
def project() -> Project:
    return factories.project(slug="research")


def _in_browser(person: Any) -> Client:
    client = fresh_client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(b"".join(answer).decode())


def last_id() -> int:
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0


def test_staff_who_are_no_superusers_stay_out() -> None:
    client = _in_browser(factories.user(is_staff=True))
    assert client.get("/admin/fleet/quota/").status_code == 302


def test_who_has_not_proved_themselves_lately_reads_lists_and_changes_nothing(root: Client, project: Project) -> None:
    row = factories.quota(project)
    session = root.session
    session[PROVED_AT] = 0
    session.save()
    assert root.get("/admin/fleet/quota/").status_code == 200
    for path in (
        f"/admin/fleet/quota/{row.pk}/change/",
        "/admin/fleet/quota/add/",
        f"/admin/fleet/quota/{row.pk}/delete/",
    ):
        assert root.post(path, {"max_accelerators": "1"})["Location"].startswith("/prove/")
    assert Quota.objects.get().max_accelerators == 64


def test_money_and_times_are_written_as_on_every_page(root: Client, project: Project) -> None:
    sold = factories.offering(factories.account(), price_per_hour=Decimal("0.804800"), observed_at=factories.NOON)
    old = PricePoint.objects.create(offering=sold, effective_from=factories.NOON, price_per_hour=Decimal("55.040000"))
    noon = f"{factories.NOON:%Y-%m-%d} 12:00:00 UTC"
    listed = root.get("/admin/fleet/offering/").content.decode()
    assert ">$0.8048<" in listed
    assert noon in listed
    assert "sortable column-price_per_hour" in listed
    alone = root.get(f"/admin/fleet/pricepoint/{old.pk}/change/").content.decode()
    assert ">$55.04<" in alone
    assert noon in alone


def test_every_list_search_and_form_opens(root: Client, project: Project) -> None:
    from tests.security.estate import build

    build()
    for model, noun in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for query in ("", "?q=a" if noun.search_fields else ""):
            assert root.get(path + query).status_code == 200, path + query
        row = model._default_manager.first()
        if row is not None:
            for view in ("change", "history"):
                assert root.get(f"{path}{row.pk}/{view}/").status_code == 200, (path, view)
        if noun.has_add_permission(_request(root)):
            assert root.get(f"{path}add/").status_code == 200, path


def test_a_date_and_its_time_each_have_a_label(root: Client) -> None:
    page = text(root.get("/admin/fleet/pricerule/add/"))
    inputs = re.findall(r'<input[^>]*id="id_(?:starts|ends)_at_[01]"[^>]*>', page)
    labels = [label for found in inputs for label in re.findall(r'aria-label="([^"]+)"', found)]
    assert labels == ["Starts at: date", "Starts at: time", "Ends at: date", "Ends at: time"]


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_what_the_database_keeps_for_good_has_no_buttons(root: Client, name: str) -> None:
    from tests.security.estate import build

    build()
    noun = next(noun for model, noun in admin.site._registry.items() if model._meta.model_name == name)
    request = _request(root)
    assert not noun.has_add_permission(request)
    assert not noun.has_change_permission(request)
    assert not noun.has_delete_permission(request)
    assert "delete_selected" not in text(root.get(f"/admin/fleet/{name}/"))
    assert root.post(f"/admin/fleet/{name}/add/", {}).status_code == 403


def test_a_quota_is_made_changed_and_deleted_through_the_service(root: Client, project: Project) -> None:
    last = last_id()
    form = {"project": project.pk, "cloud": "", "accelerator": "h100", "max_accelerators": "16"}
    assert root.post("/admin/fleet/quota/add/", form).status_code == 302
    made = Quota.objects.get()
    assert made.accelerator == "H100"
    root.post(f"/admin/fleet/quota/{made.pk}/change/", {"max_accelerators": "8", "as_read": "1"})
    made.refresh_from_db()
    assert (made.max_accelerators, made.generation) == (8, 2)
    page = text(root.get(f"/admin/fleet/quota/{made.pk}/change/"))
    assert "<del>16</del>" in page
    assert "quota.changed" in text(root.get(f"/admin/fleet/quota/{made.pk}/history/"))
    root.post(f"/admin/fleet/quota/{made.pk}/delete/", {"post": "yes", "as_read": "2"})
    topics = list(Event.objects.filter(id__gt=last).order_by("id").values_list("topic", flat=True))
    assert topics == ["quota.created", "quota.changed", "quota.deleted"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"max_accelerators": "1", "accelerator": "H10"}, "Did you mean A10 or H100"),
        ({"max_accelerators": "1", "cloud": "awz"}, "No account is of a cloud called"),
        ({"max_accelerators": "-1"}, "greater than or equal to 0"),
        ({"max_accelerators": "9999999999999"}, "from 0 to 1,000,000"),
        ({"max_accelerators": "x"}, "Enter a whole number"),
        ({"max_accelerators": "1", "cloud": "a\u202ews"}, "U+202E"),
        ({"max_accelerators": "1", "project": "999999"}, "Select a valid choice"),
    ],
)
def test_odd_input_is_answered_with_a_sentence(root: Client, form: dict[str, str], words: str) -> None:
    answer = root.post("/admin/fleet/quota/add/", form)
    assert answer.status_code == 200
    assert words in text(answer)
    assert not Quota.objects.exists()


def test_a_raised_cap_waits_in_the_admin_too(root: Client, project: Project) -> None:
    Installation.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})
    row = factories.quota(project)
    form = {"max_accelerators": "99", "as_read": "1"}
    page = text(root.post(f"/admin/fleet/quota/{row.pk}/change/", form, follow=True))
    assert "Somebody else has to approve it" in page
    assert "was changed successfully" not in page
    assert Quota.objects.get().max_accelerators == 64


def _stale(root: Client, noun: str, row: Any) -> tuple[str, str]:
    """What the forms to change and to delete it say of the row as it is shown now."""
    pages = [text(root.get(f"/admin/{noun}/{row.pk}/{what}/")) for what in ("change", "delete")]
    read = [re.search(r'name="as_read" value="(\d+)"', page) for page in pages]
    assert all(read), "the form does not carry what was read"
    return str(read[0][1]), str(read[1][1])  # type: ignore[index]


def test_a_limit_changed_since_it_was_shown_is_neither_changed_nor_deleted(root: Client, project: Project) -> None:
    row = factories.quota(project)
    for_change, for_deletion = _stale(root, "fleet/quota", row)
    Quota.objects.update(max_accelerators=4, generation=2)
    path = f"/admin/fleet/quota/{row.pk}"
    answer = root.post(f"{path}/change/", {"max_accelerators": "64", "as_read": for_change})
    assert "It has changed since you read it" in text(answer)
    answer = root.post(f"{path}/delete/", {"post": "yes", "as_read": for_deletion}, follow=True)
    assert "Nothing was changed. It has changed since you read it" in text(answer)
    assert Quota.objects.get().max_accelerators == 4
    assert "Load the page again" in text(root.post(f"{path}/change/", {"max_accelerators": "64"}))
    assert "Load the page again" in text(root.post(f"{path}/delete/", {"post": "yes"}, follow=True))
    assert Quota.objects.get().max_accelerators == 4


def test_an_account_changed_since_it_was_shown_is_neither_changed_nor_deleted(root: Client) -> None:
    row = factories.account(name="aws-main")
    for_change, for_deletion = _stale(root, "fleet/cloudaccount", row)
    CloudAccount.objects.update(enabled=False, generation=2)
    path = f"/admin/fleet/cloudaccount/{row.pk}"
    form = {"name": "aws-main", "credentials_ref": row.credentials_ref, "options": '{"url": "http://127.0.0.1:1"}'}
    form |= {"expected_account_ref": row.expected_account_ref, "enabled": "on"}
    assert "It has changed since" in text(root.post(f"{path}/change/", form | {"as_read": for_change}))
    answer = root.post(f"{path}/delete/", {"post": "yes", "as_read": for_deletion}, follow=True)
    assert "It has changed since" in text(answer)
    assert not CloudAccount.objects.get().enabled
    root.post(f"{path}/change/", form | {"as_read": "2"})
    assert CloudAccount.objects.get().enabled


def test_rows_are_deleted_through_their_service_only(root: Client, project: Project) -> None:
    row = factories.quota(project)
    assert "delete_selected" not in text(root.get("/admin/fleet/quota/"))
    form = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    root.post("/admin/fleet/quota/", form, follow=True)
    assert Quota.objects.get() == row


# --- Many at once ---


def _bulk(root: Client, noun: str, rows: list[Any], **form: str) -> Any:
    chosen = {"action": "change_selected", "_selected_action": [row.pk for row in rows]}
    return root.post(f"/admin/fleet/{noun}/", {**chosen, **form}, follow=True)


def _seen(answer: Any) -> str:
    [seen] = re.findall(r'name="seen" value="([0-9a-f]{64})"', text(answer))
    return str(seen)


def test_many_budgets_are_changed_after_a_preview_with_an_event_each(root: Client, project: Project) -> None:
    rows = [factories.budget(project, cloud=cloud) for cloud in ("aws", "gcp", "azure")]
    assert "What is to change" in text(_bulk(root, "budget", rows))
    shown = _bulk(root, "budget", rows, stage="preview", cap_per_hour="250")
    assert "3 of 3 rows change something" in text(shown)
    assert text(shown).count("<ins>$250.00</ins>") == 3
    last = last_id()
    assert set(Budget.objects.values_list("cap_per_hour", flat=True)) == {Decimal(1000)}
    done = _bulk(root, "budget", rows, stage="apply", cap_per_hour="250", seen=_seen(shown))
    assert "3 of 3 rows were changed" in text(done)
    assert set(Budget.objects.values_list("cap_per_hour", flat=True)) == {Decimal(250)}
    assert Event.objects.filter(id__gt=last, topic="budget.changed").count() == 3


def test_one_refused_row_leaves_all_as_they_were(root: Client, project: Project) -> None:
    rows = [factories.budget(project, cloud="aws"), factories.budget(project, cap_per_hour=None, cap_per_month=10)]
    Installation.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})
    _bulk(root, "budget", rows[:1], stage="preview", past_the_cap="warn")
    factories.change_request(factories.quota(project), noun="budget", subject=rows[1].public_id)
    shown = text(_bulk(root, "budget", rows, stage="preview", past_the_cap="warn"))
    assert "Another change of this waits for approval" in shown
    assert "nothing can be applied" in shown
    assert 'value="apply"' not in shown


def test_what_changed_since_the_preview_is_not_overwritten(root: Client, project: Project) -> None:
    row = factories.quota(project)
    shown = _bulk(root, "quota", [row], stage="preview", max_accelerators="8")
    Quota.objects.update(max_accelerators=7)
    done = text(_bulk(root, "quota", [row], stage="apply", max_accelerators="8", seen=_seen(shown)))
    assert "something was changed since this was shown" in done
    assert Quota.objects.get().max_accelerators == 7


def test_nothing_filled_in_is_said(root: Client, project: Project) -> None:
    shown = text(_bulk(root, "quota", [factories.quota(project)], stage="preview", max_accelerators=""))
    assert "Fill in at least one field" in shown


def test_members_accounts_and_tokens_are_changed_in_bulk(root: Client, project: Project) -> None:
    factories.member(project, "admin")
    people = [factories.member(project).memberships.get() for _ in range(2)]
    shown = _bulk(root, "membership", people, stage="preview", role="viewer")
    _bulk(root, "membership", people, stage="apply", role="viewer", seen=_seen(shown))
    assert Membership.objects.filter(role="viewer").count() == 2
    accounts = [factories.account() for _ in range(2)]
    shown = _bulk(root, "cloudaccount", accounts, stage="preview", enabled="no")
    _bulk(root, "cloudaccount", accounts, stage="apply", enabled="no", seen=_seen(shown))
    assert not CloudAccount.objects.filter(enabled=True).exists()
    factories.token(project)
    tokens = list(project.tokens.all())
    shown = _bulk(root, "token", tokens, stage="preview", revoke="on")
    _bulk(root, "token", tokens, stage="apply", revoke="on", seen=_seen(shown))
    assert not project.tokens.filter(revoked_at=None).exists()
    counts = {topic: Event.objects.filter(topic=topic).count() for topic in ("member.changed", "account.changed")}
    assert counts == {"member.changed": 2, "account.changed": 2}


# --- Prices ---


def test_a_price_is_set_from_now_on_and_the_past_stays(root: Client) -> None:
    row = factories.offering(factories.account(name="aws-main"))
    old = PricePoint.objects.create(offering=row, effective_from=factories.NOON, price_per_hour=row.price_per_hour)
    root.post(f"/admin/fleet/offering/{row.pk}/change/", {"price_per_hour": "44.5"})
    row.refresh_from_db()
    assert (row.price_per_hour, row.price_source) == (Decimal("44.5"), "set by hand")
    assert PricePoint.objects.count() == 2
    old.refresh_from_db()
    assert old.price_per_hour == Decimal("55.04")
    assert Event.objects.get(topic="price.changed").data["before"]["price_per_hour"] == "55.04"


def test_prices_come_from_a_file_with_a_preview(root: Client) -> None:
    row = factories.offering(factories.account(name="aws-main"))
    head = b"account,instance_type,zone,capacity_type,price_per_hour\n"
    good = head + b"aws-main,h100x8,us-east-1a,on-demand,44.50\n"
    bad = good + b"aws-main,h100x9,us-east-1a,on-demand,44.50\naws-main,h100x8,us-east-1a,on-demand,$5\n"
    page = text(_send(root, bad))
    assert "Did you mean h100x8" in page
    assert "digits and a point only" in page
    assert 'name="seen"' not in page
    shown = _send(root, good)
    assert "1 of 1 rows change a price" in text(shown)
    form = {"seen": _seen(shown), "table": good.decode()}
    assert "1 of 1 prices were set" in text(root.post("/admin/fleet/offering/import/", form, follow=True))
    row.refresh_from_db()
    assert row.price_per_hour == Decimal("44.5")
    assert "larger than 1 MB" in text(_send(root, head + b"x" * 1_000_001))


def test_the_last_superuser_stays_one(root: Client) -> None:
    from django.contrib.auth.models import User

    me = User.objects.get(is_superuser=True)
    form = {"username": me.username, "is_active": "on", "is_staff": "on"}
    page = text(root.post(f"/admin/auth/user/{me.pk}/change/", form, follow=True))
    assert "This is the last superuser" in page
    me.refresh_from_db()
    assert me.is_superuser


def test_the_installations_switches_keep_their_reason(root: Client) -> None:
    Installation.objects.get_or_create(pk=1)
    path = "/admin/fleet/installation/1/change/"
    assert "Say why in 8 to 500 characters" in text(root.post(path, {"launches_paused": "on", "reason": ""}))
    root.post(path, {"launches_paused": "on", "reason": "Prices went mad"})
    row = Installation.objects.get()
    assert (row.launches_paused, row.pause_reason) == (True, "Prices went mad")
    assert Offering.objects.count() == 0


def _send(root: Client, data: bytes) -> Any:
    return root.post("/admin/fleet/offering/import/", {"file": SimpleUploadedFile("prices.csv", data)})


def _request(client: Client) -> Any:
    return client.get("/admin/").wsgi_request
