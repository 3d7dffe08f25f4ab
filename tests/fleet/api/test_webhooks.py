"""Webhooks over REST: a secret is shown once, what is wrong is said, and nobody else's hook is there."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.models import Webhook, WebhookMessage
from tests import factories
from tests.api_client import ApiClient

pytestmark = pytest.mark.django_db
URL = "https://ops.example.com/purser"


@pytest.fixture
def admin() -> ApiClient:
    project = factories.project(slug="research")
    by = factories.member(project, "admin")
    return ApiClient(factories.token(project, "webhooks:read", "webhooks:write", issuer=by))


def made(api: ApiClient, **more: Any) -> dict[str, Any]:
    return dict(api.post("webhooks", {"name": "chat", "url": URL, **more}).json())


def test_the_secret_is_shown_once_and_not_in_the_replay(admin: ApiClient) -> None:
    first = admin.post("webhooks", {"name": "chat", "url": URL}, key="one")
    again = admin.post("webhooks", {"name": "chat", "url": URL}, key="one")
    assert first.status_code == 201
    assert first.json()["secret"].startswith("whsec_")
    assert (again.json()["id"], again.json()["secret"]) == (first.json()["id"], None)
    assert "secret" not in admin.get(f"webhooks/{first.json()['id']}").json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "chat"}, "url"),
        ({"name": "", "url": URL}, "name"),
        ({"name": "x" * 101, "url": URL}, "name"),
        ({"name": "chat", "url": "https://u:p@x.example"}, "url"),
        ({"name": "chat", "url": URL, "topics": ["everything"]}, "topics.0"),
        ({"name": "chat", "url": URL, "topic": ["a.b"]}, "topic"),
        ({"name": "chat", "url": 7}, "url"),
        ({"name": "<b>hi</b>", "url": URL}, "name"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(admin: ApiClient, body: dict[str, Any], field: str) -> None:
    answer = admin.post("webhooks", body)
    assert answer.status_code in (400, 422)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Webhook.objects.exists()


def test_a_name_is_taken_once(admin: ApiClient) -> None:
    made(admin)
    assert admin.post("webhooks", {"name": "chat", "url": URL}).json()["code"] == "name-taken"


def test_two_people_who_change_it_do_not_overwrite_each_other(admin: ApiClient) -> None:
    path = f"webhooks/{made(admin)['id']}"
    tag = admin.get(path)["ETag"]
    assert admin.patch(path, {"enabled": False}, match=None).status_code == 428
    assert admin.patch(path, {"enabled": False}, match=tag).json()["enabled"] is False
    assert admin.patch(path, {"enabled": True}, match=tag).status_code == 412


def test_a_message_can_be_read_and_sent_again(admin: ApiClient) -> None:
    hook = made(admin)
    sent = admin.post(f"webhooks/{hook['id']}/test", {})
    assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
    WebhookMessage.objects.update(state="given-up", attempts=10)
    again = admin.post(f"webhook-messages/{sent.json()['id']}/retry", {})
    assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (202, "waiting", 0)
    assert [row["id"] for row in admin.get(f"webhooks/{hook['id']}/messages").json()["items"]] == [sent.json()["id"]]


def test_only_a_superuser_may_hear_of_everything(admin: ApiClient) -> None:
    assert admin.post("webhooks", {"name": "all", "url": URL, "installation": True}).status_code == 403
