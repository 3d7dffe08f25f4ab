"""Clouds' SDKs are large and slow to import: no page and no route of REST brings one into the web process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from fleet.models import BlockQuestion
from tests import factories
from tests.api_client import fresh_client
from tests.security import estate as estates
from tests.security.routes import API_RULES, PAGE_RULES, address

REPOSITORY = Path(__file__).resolve().parents[2]
PLANS = """
import sys
import purser.wsgi
from fleet.api import urls  # every view
from fleet.domain.demand import Demand
from fleet.domain.market import Market
from fleet.domain.memories import Memories
from fleet.domain.room import Room
from fleet.domain.weighing import plan
from datetime import UTC, datetime
now = datetime(2026, 1, 1, tzinfo=UTC)
plan(Demand(8, "H100"), Market.of([]), Memories({}, now), Room(), now=now)
"""
ASKS = """
import json, sys
from django.test import Client
from purser.wsgi import application
calls = json.load(sys.stdin)
client = Client(raise_request_exception=True)
client.cookies[calls["cookie"]] = calls["session"]
seen = []
for method, path, body in calls["calls"]:
    send = getattr(client, method)
    more = {} if method == "get" else {"data": json.dumps(body), "content_type": "application/json"}
    answer = send(path, headers={"Idempotency-Key": path[-200:], "If-Match": "*"}, **more)
    seen.append((method, path, answer.status_code))
print(json.dumps(seen))
"""
LOADED = """
sdks = ("boto3.", "botocore.", "google.cloud.", "google.auth.", "azure.", "kubernetes.")
print(json.dumps(sorted(name for name in sys.modules if f"{name}.".startswith(sdks))))
"""


def run(script: str, *, said: str = "", **environment: str) -> list[Any]:
    """The lines it prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script + "\nimport json" + LOADED],
        cwd=REPOSITORY, env=os.environ | environment, input=said, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_web_process_plans_without_any_sdk_of_a_cloud() -> None:
    assert run(PLANS) == [[]]


def test_what_a_process_loaded_is_told() -> None:
    [loaded] = run("import sys, botocore.session")
    assert "botocore.session" in loaded


@pytest.mark.django_db(transaction=True)
def test_no_page_and_no_route_loads_an_sdk_of_a_cloud() -> None:
    """With an account of every cloud that sells, read by a superuser; then what asks a cloud: it only leaves a row."""
    estate = estates.build()
    for provider, options in REAL.items():
        factories.account(name=f"real-{provider}", provider=provider, cloud=provider, options=options)
    client = fresh_client()
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    read = [
        ["get", address(route, estate) + rule.query, None]
        for route, rule in (PAGE_RULES | API_RULES).items()
        if rule.get
    ]
    asked = [
        ["post", "/api/v1/block-offers", BLOCK | {"project": "mine", "region": "us-east-1"}],
        ["post", f"/api/v1/accounts/{estate.account.public_id}/trials", {}],
        ["post", "/api/v1/plans", {"project": "mine", "accelerator": "H100", "accelerator_count": 8}],
        [
            "post",
            "/api/v1/allocations?dry_run=true",
            {"name": "tried", "project": "mine", "accelerator": "H100", "accelerator_count": 8},
        ],
    ]
    name = settings.SESSION_COOKIE_NAME
    calls = {"calls": read + asked, "cookie": name, "session": client.cookies[name].value}
    seen, loaded = run(ASKS, said=json.dumps(calls), **_this_database())
    statuses = {(method, path): status for method, path, status in seen}
    assert len(statuses) > 100
    wrong = {call: status for call, status in statuses.items() if status not in (200, 202)}
    assert not wrong
    assert loaded == []
    assert BlockQuestion.objects.filter(state="waiting").count() == 1


REAL: dict[str, dict[str, Any]] = {
    "aws": {"regions": ["us-east-1"], "endpoint_url": "http://127.0.0.1:9"},
    "gcp": {"project": "my-project-123"},
    "azure": {"subscription_id": "00000000-0000-0000-0000-000000000000"},
    "kubernetes": {},
}
"""An account of every cloud that has an SDK, with options its adapter takes; nobody listens there."""
BLOCK = {"hours": 24, "instance_type": "p5.48xlarge", "machines": 1}


def _this_database() -> dict[str, str]:
    values = connection.settings_dict
    login = f"{quote(values['USER'])}:{quote(values['PASSWORD'])}"
    database = f"postgresql://{login}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    return {"DATABASE_URL": database, "SECRET_KEY": settings.SECRET_KEY}
