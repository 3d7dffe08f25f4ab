"""Settings → Limits: what is shown, what forms refuse, files, and approvals, as somebody at a browser meets them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fleet.domain.outcomes import BlockOffer
from fleet.models import Budget, ChangeRequest, Event, Installation, Project, Quota
from fleet.services import buying_blocks
from fleet.services.access import caller_of_user
from fleet.services.block_offers import Offered
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project(slug="research", name="Research")


@pytest.fixture
def billing(project: Project) -> Client:
    return _in_browser(factories.member(project, "billing"))


@pytest.fixture
def other(project: Project) -> Client:
    return _in_browser(factories.member(project, "admin"))


@pytest.fixture
def four_eyes() -> None:
    Installation.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})


def _in_browser(person: Any) -> Client:
    client = fresh_client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_page_shows_what_is_held_and_left_of_mine_only(billing: Client, project: Project) -> None:
    factories.quota(project, accelerator="H100", max_accelerators=64)
    factories.budget(project)
    theirs = factories.budget(factories.project(slug="theirs"))
    shown = text(billing.get("/settings/limits"))
    assert "0 of 64 held" in shown
    assert "$0.00 of $1,000.00/h held" in shown
    assert theirs.public_id not in shown
    assert "theirs" not in shown


def test_an_operator_sees_limits_and_cannot_set_them(project: Project) -> None:
    row = factories.quota(project)
    operator = _in_browser(factories.member(project))
    shown = text(operator.get("/settings/limits"))
    assert "New quota" not in shown
    assert operator.get("/settings/limits/new/quota").status_code == 403
    assert operator.post(f"/settings/limits/{row.public_id}", {"max_accelerators": "999"}).status_code == 403
    assert Quota.objects.get().max_accelerators == 64


def test_a_quota_is_set_from_the_page(billing: Client) -> None:
    form = {"project": "research", "cloud": "", "accelerator": "h100", "max_accelerators": "16"}
    answer = billing.post("/settings/limits/new/quota", form, follow=True)
    assert "The quota holds from now on" in text(answer)
    made = Quota.objects.get()
    assert (made.accelerator, made.max_accelerators) == ("H100", 16)
    event = Event.objects.get(topic="quota.created")
    assert event.principal.startswith("user:")
    assert event.request_id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_accelerators": "-1"}, "greater than or equal to 0"),
        ({"max_accelerators": "64 GPUs"}, "Enter a whole number"),
        ({"accelerator": "H10"}, "Did you mean A10 or H100"),
        ({"accelerator": "<script>alert(1)</script>"}, "There is no accelerator called"),
        ({"accelerator": "H\u200b100"}, "U+200B"),
        ({"project": "theirs"}, "Choose one of those offered"),
        ({"project": ""}, "This field is required"),
        ({"colour": "red"}, "has no field"),
    ],
)
def test_what_cannot_be_a_quota_is_said_beside_its_field(billing: Client, changes: dict[str, str], words: str) -> None:
    factories.project(slug="theirs")
    form = {"project": "research", "cloud": "", "accelerator": "", "max_accelerators": "16"} | changes
    answer = billing.post("/settings/limits/new/quota", form)
    assert answer.status_code == 422
    assert words in text(answer)
    assert "<script>alert" not in text(answer)
    assert not Quota.objects.exists()


def test_a_limit_is_changed_and_its_history_tells_so(billing: Client, project: Project) -> None:
    row = factories.budget(project)
    path = f"/settings/limits/{row.public_id}"
    form = {"cap_per_hour": "500", "cap_per_month": "", "action": "block", "warn_ratio": "0.8", "why": ""}
    form["generation"] = str(row.generation)
    assert "The limit is changed" in text(billing.post(path, form, follow=True))
    assert Budget.objects.get().cap_per_hour == 500
    shown = text(billing.get(path))
    assert "budget changed" in shown
    assert "1000" in shown


def test_a_cap_somebody_lowered_is_not_raised_again_by_a_page_that_was_open_before(
    billing: Client, other: Client, project: Project
) -> None:
    row = factories.budget(project)
    path = f"/settings/limits/{row.public_id}"
    page = text(billing.get(path))
    assert f'name="generation" value="{row.generation}"' in page
    old = {"cap_per_hour": "1000", "cap_per_month": "", "action": "block", "warn_ratio": "0.9", "why": ""}
    old["generation"] = str(row.generation)
    other.post(path, old | {"cap_per_hour": "10"})
    answer = billing.post(path, old)
    assert (answer.status_code, "It has changed since you read it" in text(answer)) == (422, True)
    assert Budget.objects.get().cap_per_hour == 10


def test_deleting_a_limit_has_its_id_typed(billing: Client, project: Project) -> None:
    row = factories.quota(project)
    path = f"/settings/limits/{row.public_id}/delete"
    slip = billing.post(path, {"confirm": "yes", "generation": "1"})
    assert (slip.status_code, "Nothing was deleted" in text(slip)) == (422, True)
    typed = {"confirm": row.public_id[-6:]}
    stale = billing.post(path, typed | {"generation": "0"})
    assert (stale.status_code, "It has changed since you read it" in text(stale)) == (422, True)
    assert "The limit is deleted" in text(billing.post(path, typed | {"generation": "1"}, follow=True))
    assert not Quota.objects.exists()


def test_a_limit_changed_since_it_was_shown_is_not_deleted(billing: Client, project: Project) -> None:
    row = factories.quota(project)
    page = text(billing.get(f"/settings/limits/{row.public_id}"))
    assert page.count(f'name="generation" value="{row.generation}"') == 2
    Quota.objects.update(max_accelerators=4, generation=2)
    path, form = f"/settings/limits/{row.public_id}/delete", {"confirm": row.public_id[-6:]}
    for stale in ({"generation": "1"}, {"generation": "one"}, {"generation": "9" * 40}, {}):
        answer = text(billing.post(path, form | stale, follow=True))
        assert "It has changed since you read it" in answer or "Load the page again" in answer, stale
    assert Quota.objects.get() == row


def test_raising_a_quota_waits_for_another_person(
    four_eyes: None, billing: Client, other: Client, project: Project
) -> None:
    row = factories.quota(project)
    form = {"max_accelerators": "99", "why": "Launch week", "generation": str(row.generation)}
    assert "Somebody else has to approve it" in text(
        billing.post(f"/settings/limits/{row.public_id}", form, follow=True)
    )
    mine, theirs = text(billing.get("/settings/limits")), text(other.get("/settings/limits"))
    assert "Launch week" in mine
    assert ("/approve" in mine, "/approve" in theirs) == (False, True)
    [path] = re.findall(r'action="(/settings/change-requests/[^"]+/approve)"', theirs)
    assert "another person has to approve" in text(billing.post(path, follow=True))
    assert Quota.objects.get().max_accelerators == 64
    assert "The change is approved" in text(other.post(path, follow=True))
    assert Quota.objects.get().max_accelerators == 99


def test_an_approval_of_somebody_who_left_is_said_to_change_nothing(
    four_eyes: None, billing: Client, other: Client, project: Project
) -> None:
    row = factories.quota(project)
    form = {"max_accelerators": "99", "why": "", "generation": str(row.generation)}
    billing.post(f"/settings/limits/{row.public_id}", form)
    [path] = re.findall(r'action="(/settings/change-requests/[^"]+/approve)"', text(other.get("/settings/limits")))
    project.memberships.filter(role="billing").delete()
    assert "may not set such limits any more, so nothing was changed" in text(other.post(path, follow=True))
    assert Quota.objects.get().max_accelerators == 64


def test_whoever_has_not_proved_themselves_lately_is_sent_to_do_so(billing: Client, project: Project) -> None:
    row = factories.quota(project)
    session = billing.session
    session["proved_at"] = 0
    session.save()
    for path in ("/settings/limits/new/quota", f"/settings/limits/{row.public_id}"):
        for answer in (billing.get(path), billing.post(path, {"max_accelerators": "1"})):
            assert answer["Location"].startswith("/prove/")
    assert Quota.objects.get().max_accelerators == 64


# --- Files ---


def _show(client: Client, noun: str, data: bytes) -> Any:
    return client.post(f"/settings/limits/file/{noun}", {"file": SimpleUploadedFile("limits.csv", data)})


def _apply(client: Client, noun: str, shown: Any) -> Any:
    page = text(shown)
    [seen] = re.findall(r'name="seen" value="([0-9a-f]{64})"', page)
    form = {"seen": seen, "table": shown.context["table"]}
    return client.post(f"/settings/limits/file/{noun}", form, follow=True)


def test_a_file_is_shown_row_by_row_and_then_applied_whole(billing: Client, project: Project) -> None:
    factories.quota(project, accelerator="L4", max_accelerators=4)
    shown = _show(billing, "quota", b"project,accelerator,max_accelerators\nresearch,L4,2\nresearch,H100,8\n")
    assert "2 of 2 rows change something" in text(shown)
    assert Quota.objects.get().max_accelerators == 4
    assert "2 of 2 rows changed something" in text(_apply(billing, "quota", shown))
    assert sorted(Quota.objects.values_list("accelerator", "max_accelerators")) == [("H100", 8), ("L4", 2)]
    assert Event.objects.filter(topic__startswith="quota.").count() == 2


def test_a_file_with_one_bad_row_changes_nothing(billing: Client, project: Project) -> None:
    factories.project(slug="theirs")
    data = b"project,accelerator,max_accelerators\nresearch,L4,2\nresearch,H10,8\ntheirs,L4,1\nresearch,H100,8 GPUs\n"
    page = text(_show(billing, "quota", data))
    assert "A10 or H100" in page
    assert "no project &#x27;theirs&#x27; that you may see" in page
    assert "write digits only" in page
    assert 'name="seen"' not in page
    assert not Quota.objects.exists()


def test_what_was_shown_is_what_is_done_or_nothing(billing: Client, project: Project) -> None:
    row = factories.quota(project, accelerator="L4", max_accelerators=4)
    shown = _show(billing, "quota", b"project,accelerator,max_accelerators\nresearch,L4,2\n")
    Quota.objects.filter(pk=row.pk).update(max_accelerators=3)
    assert "something was changed since this was shown" in text(_apply(billing, "quota", shown))
    assert Quota.objects.get().max_accelerators == 3


def test_a_file_of_a_hundred_thousand_rows_is_refused_with_a_sentence(billing: Client) -> None:
    rows = b"".join(b"research,p%d,64\n" % number for number in range(100_000))
    answer = _show(billing, "quota", b"project,accelerator,max_accelerators\n" + rows)
    assert answer.status_code == 422
    assert "larger than 1 MB; nothing was read" in text(answer)
    short = b"".join(b",p%d,1\n" % number for number in range(6_000))
    assert "More than 5,000 rows" in text(_show(billing, "quota", b"project,accelerator,max_accelerators\n" + short))
    assert not Quota.objects.exists()


def test_without_a_file_it_asks_for_one(billing: Client) -> None:
    assert "Choose a CSV file" in text(billing.post("/settings/limits/file/budget", {}))


def test_the_file_a_page_offers_can_be_read_in_again(billing: Client, project: Project) -> None:
    factories.budget(project, cap_per_month=Decimal("90000.50"))
    offered = b"".join(billing.get("/settings/limits?csv=budgets"))
    assert b"research,,,1000.000000,90000.500000,USD,block,0.800" in offered
    assert "Everything is as the file says already" in text(_show(billing, "budget", offered))


def test_two_pairs_of_eyes_are_switched_by_superusers(billing: Client, project: Project) -> None:
    root = _in_browser(factories.user(is_superuser=True))
    assert billing.post("/settings/limits/two-pairs-of-eyes", {"on": "true"}).status_code == 403
    root.post("/settings/limits/two-pairs-of-eyes", {"on": "true"})
    assert Installation.objects.get().two_pairs_of_eyes
    said = text(root.post("/settings/limits/two-pairs-of-eyes", {"on": "false"}, follow=True))
    assert "Another superuser has to approve it" in said
    assert Installation.objects.get().two_pairs_of_eyes


def test_a_block_that_waits_stands_in_the_list_with_its_price_and_is_approved_there(
    other: Client, billing: Client, project: Project, four_eyes: None
) -> None:
    asker = caller_of_user(factories.member(project))
    start = datetime.now(UTC)
    block = BlockOffer(
        "cb-1", "p5.48xlarge", "us-east-1", "us-east-1a", 1, start, start + timedelta(days=1), Decimal(900), "USD"
    )
    offered = Offered("cb-1", factories.account(cloud="aws"), block, start + timedelta(minutes=10))
    made = buying_blocks.request_purchase(offered, project=project, by=asker, now=start)
    page = text(other.get("/settings/limits"))
    assert "Buy a capacity block for research: $900.00 at once" in page
    assert "1 × p5.48xlarge" in page
    request = ChangeRequest.objects.get()
    assert other.post(f"/settings/change-requests/{request.public_id}/approve").status_code == 302
    made.refresh_from_db()
    assert made.state == "intent"
    assert "Buy a capacity block" not in text(billing.get("/settings/limits"))
