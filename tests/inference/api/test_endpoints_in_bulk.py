"""Changing many endpoints at once: each is judged alone, and a repeat is answered like the first time."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.models import Event
from tests import factories
from tests.api_client import ApiClient


def test_each_is_judged_alone(api: ApiClient, project: Any) -> None:
    first, second, third = (factories.endpoint(project) for _ in range(3))
    theirs = factories.endpoint(factories.project())
    items = [
        {
            "id": first.public_id,
            "if_match": api.get(f"endpoints/{first.public_id}")["ETag"],
            "changes": {"max_replicas": 9},
        },
        {"id": second.public_id, "if_match": '"77"', "changes": {"max_replicas": 9}},
        {"id": third.public_id, "if_match": "*", "changes": {"min_replicas": 9}},
        {"id": third.public_id, "if_match": "*", "changes": {"colour": "red"}},
        {"id": theirs.public_id, "if_match": "*", "changes": {"max_replicas": 9}},
    ]
    answers = [api.post("endpoints/bulk", {"items": items}, key="one").json() for _ in range(2)]
    assert answers[0] == answers[1]
    told = [(item["status"], (item["problem"] or {}).get("code")) for item in answers[0]["items"]]
    assert told == [(200, None), (412, "changed"), (422, "max-replicas"), (400, "invalid"), (404, "not-found")]
    assert (answers[0]["succeeded"], answers[0]["refused"]) == (1, 4)
    first.refresh_from_db()
    assert first.max_replicas == 9
    assert Event.objects.filter(topic="endpoint.changed").count() == 1


@pytest.mark.parametrize("items", [[], "x", [{}], [{"id": "ep_1", "if_match": "*", "changes": {}}]])
def test_what_is_no_list_of_changes_is_refused_whole(api: ApiClient, items: Any) -> None:
    assert api.post("endpoints/bulk", {"items": items}).status_code == 400
