"""The chart: rendered by Helm's own engine and validated against Kubernetes' own schemas, both offline."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.helm import CHART, RefusedByHelm, linted, rendered, version

VALUES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((Path(__file__).parent / "values").glob("*"))}
KUBERNETES = ("1.37", "1.30")
CUSTOM = {"ServiceMonitor"}
PROCESSES = ("Deployment", "Job", "CronJob")


@cache
def _rendered(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(rendered(VALUES[name]))


def objects(name: str, *kinds: str) -> list[dict[str, Any]]:
    return [one for one in copy.deepcopy(_rendered(name)) if not kinds or one["kind"] in kinds]


def pod(one: dict[str, Any]) -> dict[str, Any]:
    spec = one["spec"]
    return (spec["jobTemplate"]["spec"] if one["kind"] == "CronJob" else spec)["template"]["spec"]


def with_values(**changes: Any) -> dict[str, Any]:
    return {**VALUES["minimal"], **changes}


def test_it_is_helm_that_renders():
    assert version().lstrip("v").startswith("4.")


@pytest.mark.parametrize("name", VALUES)
def test_helm_has_nothing_to_complain_about(name):
    assert linted(VALUES[name]) == []


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@pytest.mark.parametrize("name", VALUES)
def test_kubernetes_accepts_every_object(name, kubernetes):
    for one in objects(name):
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, kubernetes, strict=True)


def test_a_field_that_kubernetes_does_not_know_is_seen():
    [web] = [one for one in objects("minimal", "Deployment") if one["metadata"]["name"].endswith("-web")]
    pod(web)["containers"][0]["livnessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(web, KUBERNETES[0], strict=True)


def test_minimal_makes_every_process_and_no_secret():
    kinds = {(one["kind"], one["metadata"]["name"]) for one in objects("minimal")}
    wanted = {"prod-purser-web", "prod-purser-worker-general", "prod-purser-worker-recovery", "prod-purser-scheduler"}
    assert wanted == {name for kind, name in kinds if kind == "Deployment"}
    assert ("Job", "prod-purser-migrate") in kinds
    assert not [name for kind, name in kinds if kind == "Secret"]


def test_ha_makes_what_it_asks_for():
    kinds = {one["kind"] for one in objects("ha")}
    assert {"HorizontalPodAutoscaler", "Ingress", "PodDisruptionBudget", "ServiceMonitor", "CronJob"} <= kinds
    assert sum(one["kind"] == "PodDisruptionBudget" for one in objects("ha")) == 6
    [web] = [one for one in objects("ha", "Deployment") if one["metadata"]["name"].endswith("-web")]
    assert "replicas" not in web["spec"]  # the autoscaler's to say
    assert "@sha256:" in pod(web)["containers"][0]["image"]


@pytest.mark.parametrize("name", VALUES)
def test_no_container_runs_as_root_writes_to_its_image_or_gains_rights(name):
    for one in objects(name, *PROCESSES):
        assert pod(one)["securityContext"]["runAsNonRoot"] is True
        assert pod(one)["automountServiceAccountToken"] is False
        for container in pod(one)["containers"]:
            context = container["securityContext"]
            assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
            assert context["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("name", VALUES)
def test_every_lasting_process_has_a_probe_and_limits(name):
    for one in objects(name, "Deployment"):
        [container] = pod(one)["containers"]
        assert "livenessProbe" in container
        if name == "minimal":
            assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", VALUES)
def test_the_workers_read_every_queue_once(name):
    from django.conf import settings

    read = []
    for one in objects(name, "Deployment"):
        arguments = pod(one)["containers"][0]["args"]
        if "-Q" in arguments:
            read += arguments[arguments.index("-Q") + 1].split(",")
    assert sorted(read) == sorted(settings.QUEUES)


@pytest.mark.parametrize("name", VALUES)
def test_every_variable_is_one_purser_reads(name):
    from tests.architecture.test_docs import VARIABLES

    for one in objects(name, *PROCESSES):
        names = [variable["name"].removesuffix("_FILE") for variable in pod(one)["containers"][0]["env"]]
        assert [variable for variable in names if variable not in [*VARIABLES, "ALIVE"]] == []


def test_the_web_process_has_the_threads_of_the_shipped_command():
    from purser.run import WEB_THREADS

    [web] = [one for one in objects("minimal", "Deployment") if one["metadata"]["name"].endswith("-web")]
    arguments = pod(web)["containers"][0]["args"]
    assert arguments[arguments.index("--blocking-threads") + 1] == str(WEB_THREADS)


def test_selectors_find_their_own_pods_only():
    for name in VALUES:
        found = [one["spec"]["selector"]["matchLabels"] for one in objects(name, "Deployment")]
        assert len({tuple(sorted(labels.items())) for labels in found}) == len(found)
        for one in objects(name, "Deployment"):
            labels = one["spec"]["template"]["metadata"]["labels"]
            assert one["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_secrets_stand_in_the_secret_alone():
    secrets = list(VALUES["own-secret"]["secrets"].values())
    [own] = objects("own-secret", "Secret")
    assert set(secrets) == set(own["stringData"].values())
    others = yaml.safe_dump([one for one in objects("own-secret") if one["kind"] != "Secret"])
    assert [secret for secret in secrets if secret in others] == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"hosts": ["a.example.org"]}, "there are no default secrets"),
        ({"hosts": ["a.example.org"], "secrets": {"secretKey": "k" * 50}}, "secrets.databaseUrl"),
        ({"existingSecret": "s"}, "Set hosts"),
        (with_values(workers={"recovery": None}), "No worker reads the queue recovery"),
        (with_values(workers={"more": {"queues": ["metering"]}}), "metering is read by two kinds of worker"),
        (with_values(ingress={"enabled": True}), "ingress.tls.secretName"),
        (with_values(backup={"enabled": True}), "backup.existingClaim"),
        (with_values(web={"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}}), "below minReplicas"),
        # The schema's own words:
        (with_values(replicas=3), "replicas"),
        (with_values(web={"replicas": "three"}), "replicas"),
        (with_values(hosts=["*"]), "hosts"),
        (with_values(hosts="purser.example.org"), "hosts"),
        (with_values(image={"tag": "latest"}), "tag"),
        (with_values(logLevel="loud"), "logLevel"),
        (with_values(workers={"x": {"queues": ["unicorns"]}}), "queues"),
        (with_values(secrets={"secretKey": "short"}), "secretKey"),
        (with_values(secrets={"databaseUrl": "mysql://x"}), "databaseUrl"),
        (with_values(database={"sslmode": "maybe"}), "sslmode"),
    ],
)
def test_bad_values_are_refused_in_words(values, sentence):
    with pytest.raises(RefusedByHelm, match=sentence):
        rendered(values)


def test_the_charts_version_is_the_products():
    from django.conf import settings

    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (settings.VERSION, settings.VERSION)


def test_every_value_is_in_the_schema_and_no_other():
    import json

    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(schema["properties"]) - {"global"} == set(values)
