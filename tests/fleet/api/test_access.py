"""Who may act, over REST: projects, members, service accounts, tokens, and who am I."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from fleet.domain.refusals import Changed
from fleet.models import Event, IdempotencyRecord, Membership, Project, ServiceAccount, Token
from fleet.services import members
from fleet.services.access import caller_of_user
from fleet.sudo import PROVED_AT
from tests import factories
from tests.api_client import ApiClient, fresh_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(project: Project) -> User:
    return factories.member(project, "admin")


def browser(user: User) -> ApiClient:
    """A browser of somebody who has just proved who they are."""
    session = fresh_client()
    session.force_login(user)
    kept = session.session
    from django.utils import timezone

    kept[PROVED_AT] = timezone.now().timestamp()
    kept.save()
    return ApiClient(session=session)


def test_a_token_is_shown_once_and_a_replay_says_so_without_it(project: Project, admin: User) -> None:
    ask = {"name": "ci", "scopes": ["read"], "cidrs": ["127.0.0.0/8"], "spend_cap_per_hour": "12.50"}
    api = browser(admin)
    first = api.post("tokens", ask, key="one")
    assert (first.status_code, first["Location"]) == (201, f"/api/v1/tokens/{first.json()['id']}")
    secret = first.json()["secret"]
    assert first.json()["key"] == f"prs_{secret.split('_')[1]}_…"
    again = api.post("tokens", ask, key="one")
    assert (again.status_code, again.json()["secret"], again["Idempotency-Replayed"]) == (201, None, "true")
    assert Token.objects.count() == 1
    assert secret.split("_")[2] not in str(IdempotencyRecord.objects.values_list("body", flat=True))
    assert ApiClient(secret).get("me").json()["token"]["spend_cap_per_hour"] == "12.500000"


def test_who_may_read_no_access_sees_their_own_tokens_only(project: Project, admin: User) -> None:
    viewer = factories.member(project, "viewer")
    mine, theirs = factories.token(project, "read", issuer=viewer), factories.token(project, "read", issuer=admin)
    assert len(browser(viewer).get("tokens").json()["items"]) == 1
    assert len(browser(admin).get("tokens").json()["items"]) == 2
    assert [row["key"] for row in ApiClient(mine).get("tokens").json()["items"]] == [f"prs_{mine.split('_')[1]}_…"]
    other = Token.objects.get(key_id=theirs.split("_")[1]).public_id
    assert browser(viewer).get(f"tokens/{other}").status_code == 404


def test_a_token_rotates_itself_over_the_api(project: Project, admin: User) -> None:
    plain = factories.token(project, "read", issuer=admin)
    row = ApiClient(plain).get("me").json()["token"]
    answer = ApiClient(plain).post(f"tokens/{row['id']}/rotate", {"overlap_seconds": 300}).json()
    assert answer["rotated_from"] == row["id"]
    for secret in (plain, answer["secret"]):
        assert ApiClient(secret).get("me").status_code == 200
    ids = {item["id"] for item in ApiClient(plain).get("tokens").json()["items"]}
    assert ids == {row["id"], answer["id"]}
    assert ApiClient(plain).delete(f"tokens/{row['id']}", **{"If-Match": "*"}).status_code == 200
    assert ApiClient(plain).get("me").status_code == 401
    assert ApiClient(answer["secret"]).get("me").status_code == 200


def test_a_stale_change_of_limits_is_refused(project: Project, admin: User) -> None:
    api = browser(admin)
    made = api.post("tokens", {"name": "ci", "scopes": ["read"]}).json()
    path = f"tokens/{made['id']}"
    tag = api.get(path)["ETag"]
    assert api.patch(path, {"requests_per_minute": 60}, **{"If-Match": tag}).status_code == 200
    assert api.patch(path, {"requests_per_minute": 90}, **{"If-Match": tag}).status_code == 412
    assert api.patch(path, {"requests_per_minute": None}, **{"If-Match": "*"}).json()["requests_per_minute"] is None
    assert api.patch(path, {"scopes": ["write"]}, **{"If-Match": "*"}).status_code == 400


def test_a_session_that_proved_itself_long_ago_is_sent_to_prove_itself(project: Project, admin: User) -> None:
    session = fresh_client()
    session.force_login(admin)
    kept = session.session
    kept[PROVED_AT] = 0
    kept.save()
    answer = ApiClient(session=session).post("tokens", {"name": "ci", "scopes": ["read"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "prove-yourself")


def test_members_come_change_and_go_with_events_that_say_from_what_to_what(project: Project, admin: User) -> None:
    api, ada = browser(admin), factories.user(username="ada")
    path = f"projects/{project.public_id}/members"
    assert api.post(path, {"user": "ada", "role": "viewer"}).status_code == 201
    assert api.post(path, {"user": "ada", "role": "viewer"}).json()["code"] == "name-taken"
    assert api.post(path, {"user": "nobody", "role": "viewer"}).json()["code"] == "unknown-user"
    tag = api.get(f"{path}/ada")["ETag"]
    assert api.patch(f"{path}/ada", {"role": "operator"}, **{"If-Match": tag}).json()["role"] == "operator"
    assert api.patch(f"{path}/ada", {"role": "billing"}, **{"If-Match": tag}).status_code == 412
    assert api.delete(f"{path}/ada", **{"If-Match": "*"}).status_code == 204
    assert not Membership.objects.filter(user=ada).exists()
    topics = [
        (e.topic, e.data.get("before"), e.data.get("after"))
        for e in Event.objects.filter(topic__startswith="member.").order_by("id")
    ]
    assert topics == [
        ("member.added", None, {"role": "viewer"}),
        ("member.changed", {"role": "viewer"}, {"role": "operator"}),
        ("member.removed", {"role": "operator"}, None),
    ]


def test_a_role_is_changed_only_in_the_version_that_was_read(project: Project, admin: User) -> None:
    api, ada = browser(admin), factories.member(project, "viewer", username="ada")
    path = f"projects/{project.public_id}/members/ada"
    assert api.patch(path, {"role": "operator"}, **{"If-Match": ""}).status_code == 428
    tag = api.get(path)["ETag"]
    for role in ("operator", "viewer"):  # there and back: it looks as it did, and is not what was read
        tag_now = api.get(path)["ETag"]
        assert api.patch(path, {"role": role}, **{"If-Match": tag_now}).status_code == 200
    assert api.patch(path, {"role": "billing"}, **{"If-Match": tag}).status_code == 412
    assert api.delete(path, **{"If-Match": tag}).status_code == 412
    tag = api.get(path)["ETag"]
    Membership.objects.get(user=ada).delete()
    Membership.objects.create(project=project, user=ada, role="viewer", generation=3)
    assert api.patch(path, {"role": "billing"}, **{"If-Match": tag}).status_code == 412
    assert Membership.objects.get(user=ada).role == "viewer"


def test_two_who_give_a_role_at_once_do_not_overwrite_each_other(project: Project, admin: User) -> None:
    row = Membership.objects.get(user=factories.member(project, "viewer"))
    by = caller_of_user(admin)
    members.change_role(row, role="operator", by=by, now=factories.NOON, generation=1)
    for late in (
        lambda: members.change_role(row, role="billing", by=by, now=factories.NOON, generation=1),
        lambda: members.remove_member(row, by=by, now=factories.NOON, generation=1),
    ):
        with pytest.raises(Changed):
            late()
    assert members.change_role(row, role="operator", by=by, now=factories.NOON, generation=2).generation == 2


def test_the_last_admin_stays(project: Project, admin: User) -> None:
    path = f"projects/{project.public_id}/members/{admin.username}"
    refused = browser(admin).delete(path, **{"If-Match": "*"})
    assert (refused.status_code, refused.json()["code"]) == (422, "last-admin")
    assert browser(admin).patch(path, {"role": "viewer"}, **{"If-Match": "*"}).status_code == 422
    root = factories.user(is_superuser=True)
    assert browser(root).delete(path, **{"If-Match": "*"}).status_code == 204


def test_nobody_gives_a_role_that_may_do_more_than_they(project: Project, admin: User) -> None:
    factories.user(username="ada")
    weak = ApiClient(factories.token(project, "access:read", "access:write", "read", issuer=admin))
    path = f"projects/{project.public_id}/members"
    assert weak.post(path, {"user": "ada", "role": "admin"}).status_code == 403
    assert weak.post(path, {"user": "ada", "role": "viewer"}).status_code == 201
    assert weak.delete(f"{path}/{admin.username}", **{"If-Match": "*"}).status_code == 403
    assert weak.post("service-accounts", {"name": "bot", "role": "operator"}).status_code == 403


def test_a_service_account_is_switched_off_and_deleted_only_if_it_never_acted(project: Project, admin: User) -> None:
    api = browser(admin)
    made = api.post("service-accounts", {"name": "deploy-bot", "role": "operator"}).json()
    token = api.post("tokens", {"name": "ci", "scopes": ["read"], "service_account": made["id"]}).json()
    path, secret = f"service-accounts/{made['id']}", token["secret"]
    me = ApiClient(secret).get("me").json()
    assert (me["kind"], me["name"]) == ("service-account", "service-account:deploy-bot")
    assert api.delete(path, **{"If-Match": "*"}).json()["code"] == "account-acted"
    assert api.patch(path, {"disabled": True}, **{"If-Match": "*"}).json()["disabled"] is True
    assert ApiClient(secret).get("me").json()["code"] == "token-disabled"
    assert api.patch(path, {"disabled": False}, **{"If-Match": "*"}).json()["disabled"] is False
    unused = api.post("service-accounts", {"name": "other-bot"}).json()
    assert api.delete(f"service-accounts/{unused['id']}", **{"If-Match": "*"}).status_code == 204
    assert ServiceAccount.objects.count() == 1


def test_projects_are_made_by_superusers_and_deleted_only_while_empty(project: Project, admin: User) -> None:
    root = browser(factories.user(is_superuser=True))
    made = root.post("projects", {"slug": "vision", "name": "Vision"}).json()
    path = f"projects/{made['id']}"
    assert root.patch(path, {"slug": "research"}, **{"If-Match": "*"}).json()["code"] == "name-taken"
    assert root.patch(path, {"name": "Seeing"}, **{"If-Match": root.get(path)["ETag"]}).json()["name"] == "Seeing"
    assert browser(admin).patch(path, {"name": "x"}, **{"If-Match": "*"}).status_code == 403
    factories.allocation(Project.objects.get(slug="vision"))
    held = root.delete(path, **{"If-Match": "*"})
    assert (held.status_code, held.json()["code"]) == (422, "project-in-use")
    assert "allocations" in held.json()["detail"]
    empty = root.post("projects", {"slug": "empty", "name": "Empty"}).json()
    assert root.delete(f"projects/{empty['id']}", **{"If-Match": "*"}).status_code == 204


def test_me_says_what_i_may_do_where(project: Project, admin: User) -> None:
    me = ApiClient(factories.token(project, "read", issuer=admin)).get("me").json()
    assert (me["kind"], me["user"], me["installation"]) == ("token", admin.username, [])
    assert me["projects"][0]["slug"] == "research"
    assert "fleet:read" in me["projects"][0]["scopes"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["fleet:everything"]}, "scopes"),
        ({"scopes": ["access:write"]}, "scopes"),
        ({"expires_at": "2199-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": 90}, "expires_at"),
        ({"cidrs": ["10.0.0.1/8"]}, "cidrs"),
        ({"cidrs": ["0.0.0.0/0"] * 51}, "cidrs"),
        ({"requests_per_minute": 0}, "requests_per_minute"),
        ({"requests_per_minute": "60"}, "requests_per_minute"),
        ({"spend_cap_per_hour": 12.5}, "spend_cap_per_hour"),
        ({"spend_cap_per_hour": "-1"}, "spend_cap_per_hour"),
        ({"service_account": "svc_" + "0" * 32}, "service_account"),
        ({"project": "somebody-elses"}, "project"),
        ({"secret": "prs_mine"}, "secret"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_the_field(project: Project, change: Any, field: str) -> None:
    factories.project(slug="somebody-elses")
    operator = factories.member(project, "operator")
    answer = browser(operator).post("tokens", {"name": "ci", "scopes": ["read"]} | change)
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["field"].split(".")[0] == field
    assert not Token.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_feed_tells_who_may_do_what_only_to_those_who_may_read_it(project: Project) -> None:
    admin, viewer = factories.member(project, "admin"), factories.member(project, "viewer")
    made = browser(admin).post("tokens", {"name": "ci", "scopes": ["read"], "cidrs": ["203.0.113.0/24"]}).json()
    shown = {
        name: [row for row in browser(user).get("events").json()["items"] if row["subject"] == made["id"]]
        for name, user in (("admin", admin), ("viewer", viewer))
    }
    assert shown["admin"][0]["data"]["after"]["cidrs"] == ["203.0.113.0/24"]
    assert [row["data"] for row in shown["viewer"]] == [{}]
