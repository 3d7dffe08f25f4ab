"""Autoscaling policies in the admin: changed through the service that knows their parameters, one or many at a time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from fleet.models import Event
from inference.models import Endpoint
from tests import factories
from tests.api_client import fresh_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Client:
    client = fresh_client()
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    return client


def form_of(row: Endpoint, **changes: Any) -> dict[str, Any]:
    return {
        "policy": row.policy, "policy_params": "{}", "min_replicas": 1, "max_replicas": 4, "slo_quantile": "0.95",
        "slo_ttft_ms": "", "slo_itl_ms": "", "slo_e2e_ms": "", "drain_seconds": 600, "as_read": row.generation,
    } | changes  # fmt: skip


def test_bounds_are_changed_with_an_event(root: Client) -> None:
    row = factories.endpoint(factories.project())
    root.post(f"/admin/inference/endpoint/{row.pk}/change/", form_of(row, max_replicas=6))
    row.refresh_from_db()
    assert row.max_replicas == 6
    assert Event.objects.get(topic="endpoint.changed").data["after"] == {"max_replicas": 6}


def test_an_endpoint_changed_since_it_was_shown_is_not_changed(root: Client) -> None:
    row = factories.endpoint(factories.project())
    path = f"/admin/inference/endpoint/{row.pk}/change/"
    assert f'name="as_read" value="{row.generation}"' in root.get(path).content.decode()
    Endpoint.objects.update(generation=row.generation + 1, min_replicas=2)
    answer = root.post(path, form_of(row, max_replicas=6))
    assert "It has changed since you read it" in answer.content.decode()
    assert Endpoint.objects.get().min_replicas == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policy_params": "[1]"}, "one JSON object"),
        ({"policy_params": '{"colour": 1}'}, "colour"),
        ({"min_replicas": 9}, "between min_replicas (9)"),
        ({"slo_quantile": "nan"}, "Enter a number"),
    ],
)
def test_what_no_policy_takes_is_said(root: Client, changes: dict[str, Any], words: str) -> None:
    row = factories.endpoint(factories.project())
    answer = root.post(f"/admin/inference/endpoint/{row.pk}/change/", form_of(row, **changes))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Event.objects.filter(topic="endpoint.changed").exists()


def test_many_endpoints_are_bounded_at_once(root: Client) -> None:
    rows = [factories.endpoint(factories.project()) for _ in range(2)]
    form = {"action": "change_selected", "_selected_action": [row.pk for row in rows], "max_replicas": "2"}
    shown = root.post("/admin/inference/endpoint/", form | {"stage": "preview"}).content.decode()
    [seen] = re.findall(r'name="seen" value="([0-9a-f]{64})"', shown)
    root.post("/admin/inference/endpoint/", form | {"stage": "apply", "seen": seen})
    assert set(Endpoint.objects.values_list("max_replicas", flat=True)) == {2}
    assert Event.objects.filter(topic="endpoint.changed").count() == 2
