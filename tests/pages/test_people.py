"""Settings about who may act: issue, limit, rotate and revoke a token; members, service accounts, projects."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from fleet.models import Event, Membership, Project, ServiceAccount, Token
from fleet.services import tokens
from fleet.services.access import caller_of_token
from fleet.sudo import PROVED_AT
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db
OWN = {"name": "ci", "holder": "me", "project": "research", "scopes": ["read"], "days": "30"}


@pytest.fixture
def project() -> Project:
    return factories.project(slug="research", name="Research")


@pytest.fixture
def admin(project: Project) -> User:
    return factories.member(project, "admin", username="ada")


def window(user: User, *, proved: bool = True) -> Any:
    client = fresh_client()
    client.force_login(user)
    session = client.session
    session[PROVED_AT] = timezone.now().timestamp() if proved else 0
    session.save()
    return client


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_a_token_is_shown_on_one_page_and_never_again(project: Project, admin: User) -> None:
    here = window(admin)
    answer = here.post("/settings/tokens/new", OWN | {"cidrs": "127.0.0.0/8", "spend_cap_per_hour": "12.50"})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    plain = re.search(r"prs_[0-9a-f]{12}_[a-z0-9]+", answer.content.decode())[0]
    caller = caller_of_token(plain, now=timezone.now(), address="127.0.0.1")[1]
    assert caller.projects("fleet:read") == [project.pk]
    token = Token.objects.get()
    for path in ("/settings/tokens", f"/settings/tokens/{token.public_id}"):
        shown = here.get(path).content.decode()
        assert "ci" in shown
        assert "$12.50/h" in shown or "12.5" in shown
        assert plain.split("_")[2] not in shown


def test_whoever_proved_themselves_long_ago_proves_it_again_before_anything_changes(project, admin) -> None:
    here = window(admin, proved=False)
    for path in ("/settings/tokens/new", "/settings/members", "/settings/service-accounts"):
        answer = here.post(path, OWN)
        assert (answer.status_code, answer["Location"][:7]) == (302, "/prove/"), path
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "a\u202eb"}, "Take out the invisible character U+202E."),
        ({"scopes": []}, "Choose at least one scope."),
        ({"scopes": ["installation:write"]}, "Choose one of those offered."),
        ({"days": "400"}, "less than or equal to 366"),
        ({"cidrs": "10.0.0.5/24"}, "Write 10.0.0.0/24 for the range, or the address without the slash."),
        ({"project": "other"}, "Choose one of those offered."),
        ({"project": ""}, "Choose the project your token is for."),
        ({"spend_cap_per_hour": "-1"}, "greater than or equal to 0"),
        ({"secret": "mine"}, "This form has no field 'secret'."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(project, admin, change, sentence) -> None:
    answer = window(admin).post("/settings/tokens/new", OWN | change)
    assert answer.status_code == 422
    import html

    assert sentence in html.unescape(answer.content.decode())
    assert not Token.objects.exists()


def test_a_token_is_limited_rotated_and_revoked_by_its_name(project: Project, admin: User) -> None:
    here = window(admin)
    here.post("/settings/tokens/new", OWN)
    token = Token.objects.get()
    path = f"/settings/tokens/{token.public_id}"
    limits = {"name": "ci", "cidrs": "", "requests_per_minute": "60", "spend_cap_per_hour": ""}
    read = {"read": tokens.version_of(token)}
    assert here.post(path, limits | read).status_code == 302
    stale = here.post(path, limits | read | {"requests_per_minute": "600"})
    assert (stale.status_code, "It has changed since you read it" in text(stale)) == (422, True)
    assert Token.objects.get().requests_per_minute == 60
    rotated = here.post(f"{path}/rotate", {"overlap": "3600"})
    assert rotated.status_code == 201
    assert "The old secret works until" in text(rotated)
    assert Token.objects.count() == 2
    assert "Rotated to" in text(here.get(path))
    assert here.post(f"{path}/revoke", {"typed": "something"}).status_code == 422
    assert here.post(f"{path}/revoke", {"typed": "ci"}).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_viewer_sees_their_own_tokens_and_no_others(project: Project, admin: User) -> None:
    factories.token(project, issuer=admin, lifetime=timedelta(days=60))
    theirs = Token.objects.get()
    viewer = window(factories.member(project, "viewer"))
    assert "No token was issued yet." in text(viewer.get("/settings/tokens"))
    assert viewer.get(f"/settings/tokens/{theirs.public_id}").status_code == 404
    assert "Members" not in viewer.get("/settings/tokens").content.decode().split('class="settings-nav"')[1][:900]


def test_members_are_added_changed_removed_and_put_back(project: Project, admin: User) -> None:
    here, bob = window(admin), factories.user(username="bob")
    added = here.post("/settings/members?project=research", {"user": "bob", "role": "viewer"}, follow=True)
    assert "bob is viewer of research now." in text(added)
    base = f"/settings/members/{project.public_id}/{bob.pk}"
    changed = here.post(f"{base}/role", {"role": "operator", "generation": "1"}, follow=True).content.decode()
    undo = re.search(r'action="(/settings/members/[^"]*/role/viewer)"', changed)[1]
    assert here.post(undo).status_code == 302
    assert Membership.objects.get(user=bob).role == "viewer"
    removed = here.post(f"{base}/remove", follow=True).content.decode()
    assert not Membership.objects.filter(user=bob).exists()
    here.post(re.search(r'action="(/settings/members/[^"]*/role/viewer)"', removed)[1])
    assert Membership.objects.get(user=bob).role == "viewer"
    assert Event.objects.filter(topic__startswith="member.").count() == 5


def test_a_role_that_somebody_else_changed_meanwhile_is_not_set_back(project: Project, admin: User) -> None:
    here, bob = window(admin), factories.member(project, "viewer", username="bob")
    path = f"/settings/members/{project.public_id}/{bob.pk}/role"
    shown = here.get("/settings/members?project=research").content.decode()
    read = {"generation": re.search(r'name="generation" value="(\d+)"', shown)[1]}
    assert "bob is billing" in text(here.post(path, {"role": "billing"} | read, follow=True))
    late = here.post(path, {"role": "operator"} | read, follow=True)
    assert "It has changed since you read it" in text(late)
    assert "Load the page again." in text(here.post(path, {"role": "operator"}, follow=True))
    assert Membership.objects.get(user=bob).role == "billing"


def test_the_last_admin_is_told_why_they_stay(project: Project, admin: User) -> None:
    base = f"/settings/members/{project.public_id}/{admin.pk}"
    answer = window(admin).post(f"{base}/remove", follow=True)
    assert "ada is the last admin of research. Make another member admin first." in text(answer)
    assert Membership.objects.filter(user=admin).exists()


def test_a_service_account_is_made_switched_off_and_on_again(project: Project, admin: User) -> None:
    here = window(admin)
    form = {"name": "deploy-bot", "description": "Rolls out", "role": "operator"}
    made = here.post("/settings/service-accounts", form, follow=True)
    assert "It holds no token." in text(made)
    account = ServiceAccount.objects.get()
    path = f"/settings/service-accounts/{account.public_id}"
    issued = here.post("/settings/tokens/new", OWN | {"holder": account.public_id, "project": ""})
    assert issued.status_code == 201
    off = here.post(f"{path}/off", follow=True).content.decode()
    assert f'action="{path}/on"' in off
    account.refresh_from_db()
    assert account.disabled_at is not None
    here.post(f"{path}/on")
    account.refresh_from_db()
    assert account.disabled_at is None
    assert here.post(f"{path}/delete", {"typed": "deploy-bot"}).status_code == 302
    assert not ServiceAccount.objects.exists()


def test_projects_are_made_and_deleted_while_empty_by_superusers(project: Project, admin: User) -> None:
    assert window(admin).get("/settings/projects").status_code == 404
    root = window(factories.user(is_superuser=True, is_staff=True))
    made = root.post("/settings/projects", {"name": "Vision", "slug": "vision"}, follow=True)
    assert "Vision is made. Add its first member." in text(made)
    vision = Project.objects.get(slug="vision")
    assert "Only superusers see it." in text(root.get("/settings/members?project=vision"))
    assert "Nothing ever happened in it" in text(root.get(f"/settings/projects/{vision.public_id}"))
    assert root.post(f"/settings/projects/{vision.public_id}/delete", {"typed": "vision"}).status_code == 302
    assert not Project.objects.filter(slug="vision").exists()
    factories.allocation(project)
    kept = root.get(f"/settings/projects/{project.public_id}")
    assert "It holds allocations, and history is kept" in text(kept)
