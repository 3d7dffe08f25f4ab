"""The image and the compose file: what they publish, as whom they run, and whose schema they follow."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE_FILE = REPOSITORY / "docker-compose.yml"
COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text())
SERVICES = COMPOSE["services"]


def test_the_compose_file_follows_the_compose_specification():
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.compose-spec", COMPOSE_FILE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_the_web_port_is_published():
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["web"]


def test_it_runs_the_products_processes_and_its_two_servers():
    assert {"web", "worker", "scheduler", "postgres", "redis"} <= SERVICES.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_runs_as_root_or_gains_rights(name):
    service = SERVICES[name]
    assert service["user"].split(":")[0] not in {"root", "0"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_lasting_service_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_no_secret_is_written_down(name):
    service = SERVICES[name]
    tag = service["image"].rpartition(":")[2]
    assert tag[0].isdigit() and "." in tag
    secrets = {key: value for key, value in service.get("environment", {}).items() if "PASSWORD" in key or "KEY" in key}
    assert all(key.endswith("_FILE") for key in secrets)


def test_the_workers_read_every_queue_once():
    from django.conf import settings

    commands = [SERVICES[name]["command"] for name in ("worker", "recovery")]
    queues = [queue for command in commands for queue in command[command.index("-Q") + 1].split(",")]
    assert sorted(queues) == sorted(settings.QUEUES)


@pytest.mark.parametrize("name", ["web", "worker", "recovery", "scheduler"])
def test_a_health_check_asks_for_its_own_kind_and_has_a_file_to_look_at(name):
    service = SERVICES[name]
    assert service["healthcheck"]["test"][-1] == {"recovery": "worker"}.get(name, name)
    assert ("ALIVE_FILE" in service["environment"]) == (name != "web")


def test_make_run_reads_every_queue_and_the_urgent_one_in_a_worker_of_its_own():
    from django.conf import settings

    from purser.run import QUEUES, URGENT, recovery_worker

    assert sorted([*QUEUES.split(","), URGENT]) == sorted(settings.QUEUES)
    assert recovery_worker()[recovery_worker().index("-Q") + 1] == URGENT


def test_the_image_is_pinned_and_does_not_run_as_root():
    lines = (REPOSITORY / "Dockerfile").read_text().splitlines()
    images = [line.split()[1] for line in lines if line.startswith("FROM")]
    assert images and all("slim" in image and image.split(":")[1][0].isdigit() for image in images)
    assert "USER 10001:10001" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
