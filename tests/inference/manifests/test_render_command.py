"""`manage.py render`: a file or an endpoint in, manifests out; what is wrong is said with its place."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from tests import factories

pytestmark = pytest.mark.django_db
WORKLOAD = "name: chat\nimage: vllm/vllm-openai:v0.32.0\naccelerator: H100\naccelerators: 8\n"


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("render", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "workload.yaml"
    path.write_text(WORKLOAD)
    return path


def kinds(text: str) -> list[str]:
    return [one["kind"] for one in yaml.safe_load_all(text)]


def test_a_file_becomes_documents_that_can_be_applied(file):
    said = kinds(told(str(file), "--environment=eks", "--with=karpenter", "--with=kueue", "--cluster=prod"))
    assert said[:2] == ["NodePool", "EC2NodeClass"]
    assert said[-3:] == ["Deployment", "Service", "PodDisruptionBudget"]


def test_it_is_written_to_a_file_or_as_json(file, tmp_path):
    told(str(file), "--environment=gke", f"--output={tmp_path / 'out.yaml'}")
    assert kinds((tmp_path / "out.yaml").read_text()) == [
        one["kind"] for one in json.loads(told(str(file), "--environment=gke", "--json"))
    ]


def test_an_endpoint_is_written_with_its_engines_arguments():
    made = factories.endpoint(factories.project(), accelerators=["H100"])
    found: list[dict[str, Any]] = list(yaml.safe_load_all(told("--endpoint", made.public_id, "--environment=aks")))
    [deployment] = [one for one in found if one["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"][0] == made.model.name
    assert "--max-model-len" in container["args"]
    assert deployment["metadata"]["labels"]["purser/endpoint"] == made.public_id


def test_an_engine_for_another_chip_needs_its_image_named():
    made = factories.endpoint(factories.project(), accelerators=["MI300X"])
    with pytest.raises(CommandError, match="Name the image"):
        told("--endpoint", made.public_id, "--environment=aks")
    assert "rocm:1" in told("--endpoint", made.public_id, "--environment=aks", "--image=x.com/rocm:1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "one of the two"),
        (["--endpoint", "ep_0"], "no endpoint"),
        (["/nowhere/workload.yaml"], "cannot be read"),
    ],
)
def test_what_there_is_not_is_said(arguments, said):
    with pytest.raises(CommandError, match=said):
        told(*arguments, "--environment=gke")


@pytest.mark.parametrize(
    ("text", "said"),
    [("name: [", "cannot be read as YAML"), ("- a", "a value for each"), (WORKLOAD + "ram: 7\n", "ram")],
)
def test_a_file_that_is_no_workload_is_refused(file, text, said):
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        told(str(file), "--environment=gke")
