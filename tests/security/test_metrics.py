"""/metrics has a token of its own; /healthz and /readyz tell a stranger next to nothing."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import factories
from tests.api_client import fresh_client

TOKEN = "metrics-token-of-the-tests"


def read(settings: Any) -> dict[str, Any]:
    settings.METRICS_TOKEN = TOKEN
    answer = fresh_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(answer.content.decode())}


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
@pytest.mark.parametrize("configured", ["", TOKEN])
def test_metrics_open_only_for_their_token(settings: Any, header: str, configured: str) -> None:
    settings.METRICS_TOKEN = configured
    answer = fresh_client().get("/metrics", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401


@pytest.mark.django_db
def test_a_token_of_the_api_does_not_open_metrics(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    headers = factories.bearer(factories.token(factories.project()))
    assert fresh_client().get("/metrics", headers=headers).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(("superuser", "status"), [(True, 200), (False, 401)])
def test_an_administrator_may_look(superuser: bool, status: int) -> None:
    client = fresh_client()
    client.force_login(factories.user(is_superuser=superuser))
    assert client.get("/metrics").status_code == status


@pytest.mark.django_db
def test_the_gauges_say_what_the_rows_say(settings: Any) -> None:
    from datetime import timedelta

    from fleet.domain.outcomes import Unclear
    from fleet.services.clock import business_now
    from fleet.services.signals import count_unclassified

    project, account = factories.project(), factories.account()
    slot = factories.slot(factories.allocation(project, state="active"))
    factories.attempt(slot, account, state="unknown", error_class="unknown")
    for _ in range(2):
        count_unclassified("aws", Unclear("BrandNew", "Never heard of.", classified=False), now=factories.NOON)
    count_unclassified("aws", Unclear("answer-lost", "Reset."), now=factories.NOON)
    factories.instance(slot, account)
    factories.instance(None, account)
    factories.budget(project, cap_per_hour="100")
    factories.token_price(project, "ep_1", hour=business_now() - timedelta(hours=1))
    found = read(settings)
    states = {sample.labels["state"]: sample.value for sample in found["purser_allocations"].samples}
    assert (states["active"], states["failed"]) == (1, 0)
    values = {
        name: found[name].samples[0].value
        for name in (
            "purser_orphans",
            "purser_unknown_attempts",
            "purser_burn_rate_per_hour",
            "purser_budget_remaining",
            "purser_cost_per_million_tokens",
            "purser_unclassified",
        )
    }
    assert values == {
        "purser_orphans": 1,
        "purser_unknown_attempts": 1,
        "purser_burn_rate_per_hour": pytest.approx(110.08),
        "purser_budget_remaining": 100,
        "purser_cost_per_million_tokens": pytest.approx(44.032),
        "purser_unclassified": 2,
    }
    [sample] = found["purser_unclassified_signals"].samples
    assert (sample.labels, sample.value) == ({"cloud": "aws", "code": "BrandNew"}, 2)
    assert {"purser_reconcile_lag_seconds", "purser_replicas", "purser_task_age_seconds"} <= set(found)


@pytest.mark.django_db
def test_two_budgets_with_the_same_words_are_two_series(settings: Any) -> None:
    """Prometheus throws a whole answer away that has one series twice."""
    of_cloud = factories.budget(None, cloud="aws", cap_per_hour="100")
    of_project = factories.budget(factories.project(slug="aws"), cap_per_hour="70", currency="EUR")
    assert str(of_cloud) == str(of_project)
    samples = read(settings)["purser_budget_remaining"].samples
    series = {sample.labels["id"]: (sample.labels["currency"], sample.value) for sample in samples}
    assert series == {of_cloud.public_id: ("USD", 100), of_project.public_id: ("EUR", 70)}
    assert {sample.labels["budget"] for sample in samples} == {"aws"}


@pytest.mark.django_db
def test_not_ready_without_the_broker(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = fresh_client().get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (503, "failing")
