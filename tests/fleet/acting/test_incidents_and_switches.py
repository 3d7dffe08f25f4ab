"""Incidents are looked after and closed; switches ask for a proof and a reason; the first steps tick by themselves."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from fleet.models import Event, Incident, Installation
from fleet.services import incidents
from fleet.services.clock import business_now
from fleet.sudo import PROVED_AT
from tests import factories
from tests.fleet.acting.test_changes import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(project) -> Incident:
    return Incident.objects.create(
        project=project, kind="budget", subject="research", detail="$90 of $100 is spent.", opened_at=business_now()
    )


@pytest.fixture
def superuser(client: Client, project) -> Client:
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    session = client.session
    session[PROVED_AT] = time.time()
    session.save()
    return client


def test_an_incident_is_looked_after_by_the_first_and_closed_by_anybody(operator, project, incident):
    path = f"/incidents/{incident.public_id}"
    assert "nobody yet" in page_of(operator, "/incidents")
    operator.post(f"{path}/acknowledge", {"next": "/incidents"})
    first = Incident.objects.get().acknowledged_by
    other = Client()
    other.force_login(factories.member(project))
    other.post(f"{path}/acknowledge")
    assert Incident.objects.get().acknowledged_by == first
    page = operator.post(f"{path}/close", {"next": "/incidents"}, follow=True).content.decode()
    assert "opens again if its cause is still there" in page
    assert "was closed meanwhile" in operator.post(f"{path}/close", follow=True).content.decode()
    told = Event.objects.filter(topic__startswith="incident.").order_by("id")
    assert list(told.values_list("topic", flat=True)) == [
        "incident.acknowledged", "incident.closed",
    ]  # fmt: skip


def test_an_incident_whose_cause_is_there_opens_anew(operator, project, incident):
    operator.post(f"/incidents/{incident.public_id}/close")
    incidents.open_incident(
        kind="budget", subject="research", detail="Still.", doing="", now=business_now(), project=project
    )
    assert Incident.objects.filter(closed_at=None).count() == 1


def test_nobody_closes_what_is_not_theirs_and_no_button_leads_elsewhere(client, incident):
    client.force_login(factories.member(factories.project(), "admin"))
    assert client.post(f"/incidents/{incident.public_id}/close").status_code == 404
    client.force_login(factories.member(incident.project, "viewer"))
    assert client.post(f"/incidents/{incident.public_id}/close").status_code == 403
    client.force_login(factories.member(incident.project))
    for evil in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"):
        answer = client.post(f"/incidents/{incident.public_id}/acknowledge", {"next": evil})
        assert answer["Location"] == "/incidents", evil


def test_a_switch_asks_who_it_is_and_why(superuser):
    page = page_of(superuser, "/settings/switches")
    assert "Pause launches" in page
    superuser.post("/settings/switches", {"what": "launches", "stopped": "yes", "reason": "A bill nobody understands."})
    row = Installation.objects.get()
    assert (row.launches_paused, row.pause_reason) == (True, "A bill nobody understands.")
    assert "A bill nobody understands." in page_of(superuser, "/settings/switches")
    superuser.post("/settings/switches", {"what": "launches", "stopped": "no", "reason": "It was the test account."})
    assert Installation.objects.get().launches_paused is False
    assert Event.objects.filter(topic="launches.resumed", data__reason="It was the test account.").exists()


def test_without_a_late_proof_a_switch_leads_to_one(superuser):
    session = superuser.session
    session[PROVED_AT] = time.time() - 86_400
    session.save()
    answer = superuser.post("/settings/switches", {"what": "sweeper", "stopped": "yes", "reason": "long enough"})
    assert answer["Location"].startswith("/prove/")
    assert not Installation.objects.filter(destructive_frozen=True).exists()


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({"reason": ""}, "This field is required"),
        ({"reason": "x"}, "Say why in 8 to 500"),
        ({"reason": "x" * 501}, "at most 500"),
        ({"reason": "because\u200b of it"}, "U+200B"),
        ({"what": "gravity"}, "There is no such switch"),
        ({"stopped": "maybe"}, "on or off"),
        ({"surprise": "1"}, "has no field"),
    ],
)
def test_a_bad_reason_switches_nothing(superuser, bad, sentence):
    data = {"what": "sweeper", "stopped": "yes", "reason": "Long enough a reason."} | bad
    assert sentence in page_of(superuser, "/settings/switches", data, 422)
    assert not Installation.objects.filter(destructive_frozen=True).exists()


def test_switches_are_for_superusers(operator):
    session = operator.session
    session[PROVED_AT] = time.time()
    session.save()
    assert operator.get("/settings/switches").status_code == 403
    assert "Switches" not in operator.get("/settings").content.decode()


def test_the_first_steps_tick_as_rows_appear_and_can_be_dismissed_and_found_again(operator, project):
    page = page_of(operator, "/")
    assert "1 of 6 done" in page
    assert "/fleet/allocate?name=first&accelerator=L4&accelerator_count=1&ttl=1h" in page
    who = operator.get("/fleet").wsgi_request.user.get_username()
    factories.budget(project)
    factories.allocation(project, requested_by=who, first_ready_at=business_now(), state="active")
    page = page_of(operator, "/guide")
    assert "4 of 6 done" in page
    assert "Release it" in page
    operator.post("/guide/dismiss")
    assert "first steps are done" not in page_of(operator, "/")
    assert "4 of 6 done" in page_of(operator, "/guide")
    operator.post("/guide/dismiss", {"again": "1"})
    assert "4 of 6 first steps are done" in page_of(operator, "/")


def test_the_first_budget_is_set_where_limits_are_by_whoever_may(client, operator, project, account):
    assert "/settings/limits/new/budget" not in page_of(operator, "/guide")
    client.force_login(factories.member(project, role="admin"))
    assert "/settings/limits/new/budget" in page_of(client, "/guide")
