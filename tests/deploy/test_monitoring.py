"""The dashboard and the alert rules: every metric they name is in a real scrape, every expression is PromQL."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from django.conf import settings as django_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from fleet.models import Incident, Installation, Periodic, Sweep
from fleet.schedule import canary
from tests import factories
from tests.api_client import fresh_client

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "purser.rules.yml"
TRIED = DEPLOY / "prometheus" / "purser.rules.test.yml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "purser.json").read_text())
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
SELECTOR = re.compile(r"(purser_[a-z_]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!=|!~|=)")
TOKEN = "metrics-token-of-the-tests"


def panels() -> Iterator[dict[str, Any]]:
    yield from (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


def expressions() -> list[str]:
    queries = [target["expr"] for panel in panels() for target in panel["targets"]]
    queries += [annotation["expr"] for annotation in DASHBOARD["annotations"]["list"]]
    return queries + [rule["expr"] for rule in ALERTS]


def filled_in(expression: str) -> str:
    """As Grafana sends it."""
    return expression.replace("$__rate_interval", "5m").replace("$endpoint", ".*")


@pytest.mark.parametrize("expression", expressions())
def test_every_expression_is_promql(expression):
    promql_parser.parse(filled_in(expression))


def test_what_is_no_promql_is_seen():
    with pytest.raises(ValueError):
        promql_parser.parse("sum by (purser_orphans")


@pytest.mark.django_db
def test_every_metric_and_label_is_in_a_real_scrape(settings):
    settings.METRICS_TOKEN = TOKEN
    live()
    answer = fresh_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    seen: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            seen.setdefault(sample.name, set()).update(sample.labels)
    missing, unlabelled = set(), set()
    for expression in expressions():
        for name, matchers in SELECTOR.findall(expression):
            missing |= {name} - set(seen)
            unlabelled |= {(name, label) for label in LABEL.findall(matchers)} - {
                (name, label) for label in seen.get(name, ())
            }
    assert (missing, unlabelled) == (set(), set())


def live() -> None:
    """Rows that give every family a sample."""
    from fleet.services.clock import business_now

    now, project, account = timezone.now(), factories.project(), factories.account(last_read_at=timezone.now())
    slot = factories.slot(factories.allocation(project, state="active"))
    factories.instance(slot, account)
    factories.budget(project, cap_per_hour="100")
    endpoint = factories.endpoint(project)
    factories.token_price(project, endpoint.public_id, hour=business_now() - timedelta(hours=1))
    Installation.objects.get_or_create(pk=1)
    Sweep.objects.create(account=account, started_at=now, finished_at=now, business_at=now, complete=True)
    Incident.objects.create(kind="sweep-held-back", subject="x", detail="x", opened_at=now)
    for name in ("fleet.reconcile", *(canary(queue) for queue in django_settings.QUEUES)):
        Periodic.objects.create(name=name, every_seconds=1, last_sent_at=now, last_finished_at=now)
    client = fresh_client()
    client.get("/login/")
    client.get("/api/v1/allocations")


def test_every_alert_says_what_is_wrong_and_what_to_do():
    names = [rule["alert"] for rule in ALERTS]
    assert len(names) == len(set(names))
    for rule in ALERTS:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["annotations"]["description"].endswith(".")


def test_the_dashboard_has_what_grafana_wants():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert {variable["name"] for variable in DASHBOARD["templating"]["list"]} == {"datasource", "endpoint"}
    for panel in panels():
        assert panel["title"] and panel["targets"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian's package prometheus) is not installed")
@pytest.mark.parametrize("arguments", [("check", "rules", RULES), ("test", "rules", TRIED)])
def test_prometheus_own_tool_agrees(arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_processes_of_one_container_count_together(tmp_path):
    """Two processes with one folder: a scrape of either tells the sum."""
    import os
    import sys

    program = """
import django; django.setup()
from purser.metrics import RequestMetricsMiddleware, families
from django.http import HttpResponse
from django.test import RequestFactory
RequestMetricsMiddleware(lambda request: HttpResponse())(RequestFactory().get("/fleet/"))
samples = [sample for family in families(None) for sample in family.samples]
print([sample.value for sample in samples if sample.name.endswith("requests_total")])
"""
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "shared"), "PURSER_ENV": "test"}
    environment["DJANGO_SETTINGS_MODULE"] = "purser.settings"
    told = [
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [one.stdout.strip() for one in told] == ["[1.0]", "[2.0]"]


def test_a_probe_is_not_counted_and_a_strangers_method_is_no_label():
    from django.http import HttpResponse
    from django.test import RequestFactory

    from purser.metrics import REQUESTS, RequestMetricsMiddleware

    middleware = RequestMetricsMiddleware(lambda _: HttpResponse(status=405))
    for path, method in (("/healthz", "GET"), ("/fleet/", "PWN")):
        middleware(RequestFactory().generic(method, path))
    found = [sample.labels for family in REQUESTS.collect() for sample in family.samples]
    assert {"kind": "page", "method": "other", "status": "405"} in found
    assert not [labels for labels in found if labels["method"] == "PWN"]
