"""Models and serving configurations from the console."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inference.acting import models as acting
from inference.models import Model, ServingConfig
from tests import factories
from tests.fleet.acting.test_allocate import HOSTILE, hidden
from tests.fleet.acting.test_changes import page_of

pytestmark = pytest.mark.django_db
CONFIG = json.dumps(factories.LLAMA)
SERVES = {
    "name": "fast", "engine": "vllm", "dtype": "bfloat16", "tensor_parallel": "1", "pipeline_parallel": "1",
    "max_model_len": "8192", "max_num_seqs": "64", "max_num_batched_tokens": "8192", "gpu_memory_utilization": "0.9",
    "prefix_caching": "on",
}  # fmt: skip


def test_a_model_is_registered_from_a_pasted_or_an_uploaded_config(operator):
    operator.post("/models/new", {"project": "research", "name": "acme/one", "config": CONFIG})
    file = SimpleUploadedFile("config.json", CONFIG.encode())
    answer = operator.post("/models/new", {"project": "research", "name": "acme/two", "file": file})
    assert sorted(Model.objects.values_list("name", "layers")) == [("acme/one", 32), ("acme/two", 32)]
    assert answer["Location"] == f"/models/{Model.objects.get(name='acme/two').public_id}/configs/new"


def test_a_way_to_serve_is_kept_copied_changed_and_deleted_with_its_memory_beside_it(operator, config):
    model = config.model
    assert "Fits" in page_of(operator, f"/models/{model.public_id}")
    page = page_of(operator, f"/models/{model.public_id}/configs/new?like={config.public_id}")
    assert 'value="fast-2"' in page
    operator.post(f"/models/{model.public_id}/configs/new", SERVES | {"name": "fast-2", "quantization": "fp8"})
    made = ServingConfig.objects.get(name="fast-2")
    assert (made.quantization, made.prefix_caching, made.chunked_prefill) == ("fp8", True, False)
    path = f"/serving-configs/{made.public_id}"
    form = hidden(page_of(operator, f"{path}/change"))
    operator.post(f"{path}/change", SERVES | {"name": "slow"} | form)
    made.refresh_from_db()
    assert (made.name, made.quantization) == ("slow", "")
    assert "It has changed since you read it" in page_of(operator, f"{path}/change", SERVES | form, 422)
    assert "exactly so" in page_of(operator, f"{path}/delete", {"typed": "Slow"}, 422)
    operator.post(f"{path}/delete", {"typed": "slow"})
    assert not ServingConfig.objects.filter(name="slow").exists()


def test_what_an_endpoint_was_made_of_stays_as_it_is(operator, project, config):
    factories.endpoint(project, serving_config=config)
    model = f"/models/{config.model.public_id}"
    page_of(operator, f"/serving-configs/{config.public_id}/change", SERVES | {"max_num_seqs": "1"}, 422)
    page_of(operator, f"{model}/delete", {"typed": "acme/chat-8b"}, 422)
    page_of(operator, f"{model}/change", {"name": "acme/other", "config": CONFIG}, 422)
    assert 'disabled title="An endpoint was made of it' in page_of(operator, model)


def test_a_model_is_changed_and_deleted_while_nothing_was_made_of_it(operator, config):
    path = f"/models/{config.model.public_id}"
    form = hidden(page_of(operator, f"{path}/change"))
    operator.post(f"{path}/change", form | {"name": "acme/other", "config": CONFIG})
    assert Model.objects.get().name == "acme/other"
    operator.post(f"{path}/delete", {"typed": "acme/other"})
    assert not Model.objects.exists()


MODEL_BAD: list[tuple[str, Any, str]] = [
    ("project", "theirs", "no such project"),
    ("name", "", "This field is required"),
    ("name", HOSTILE, "Letters, digits and"),
    ("name", "acme/\u202echat", "Letters, digits and"),
    ("name", "x" * 201, "at most 200"),
    ("config", "", "Paste the model"),
    ("config", "{", "This is no JSON: line 1"),
    ("config", "[]", "one object in braces"),
    ("config", '{"hidden_size": NaN}', "NaN is no number"),
    ("config", "{}", "config"),
    ("config", "[" * 100_000, "no JSON|nested too deeply"),
    ("config", " " * 300_000, "at most 262144|Paste"),
    ("config", CONFIG.replace("4096", '"wide"'), "hidden_size"),
    ("config", CONFIG.replace("4096", "\u200b4096"), "invisible|no JSON"),
    ("file", SimpleUploadedFile("config.json", b"\xff\xfe\x00"), "UTF-8"),
    ("file", SimpleUploadedFile("config.json", b"x" * 300_000), "at most 256 KiB"),
    ("file", SimpleUploadedFile("config.json", b""), "empty"),
    ("surprise", "1", "has no field"),
]


@pytest.mark.parametrize(("field", "value", "sentence"), MODEL_BAD)
def test_a_bad_model_is_refused_with_a_sentence(operator, field, value, sentence):
    page = page_of(
        operator, "/models/new", {"project": "research", "name": "acme/one", "config": CONFIG, field: value}, 422
    )
    assert re.search(sentence, page.split("<main")[1]), page.split("<main")[1]
    assert HOSTILE not in page.replace(f'value="{HOSTILE}"', "")
    assert not Model.objects.exists()


CONFIG_BAD = [
    ("name", "", "required"),
    ("name", HOSTILE, "Letters, digits"),
    ("engine", "steam", "no such engine"),
    ("quantization", "guess", "no such quantization"),
    ("dtype", "int1", "no such number format"),
    ("kv_dtype", "tape", "no such KV cache"),
    ("tensor_parallel", "0", "A whole number from 1"),
    ("tensor_parallel", "two", "A whole number from 1"),
    ("pipeline_parallel", "9999", "A whole number from 1"),
    ("max_model_len", "", "A whole number from 1"),
    ("max_model_len", "8k", "A whole number from 1"),
    ("max_num_seqs", "-3", "A whole number from 1"),
    ("max_num_batched_tokens", "1e3", "A whole number from 1"),
    ("gpu_memory_utilization", "90%", "A number from 0.1"),
    ("gpu_memory_utilization", "1", "A number from 0.1"),
    ("generation", "x", "Load the page again"),
    ("surprise", "1", "has no field"),
]


@pytest.mark.parametrize(("field", "value", "sentence"), CONFIG_BAD)
def test_a_bad_serving_configuration_is_refused_with_a_sentence(operator, config, field, value, sentence):
    before = ServingConfig.objects.count()
    for path in (f"/models/{config.model.public_id}/configs/new", f"/serving-configs/{config.public_id}/change"):
        page = page_of(operator, path, SERVES | {"name": "new", field: value}, 422)
        assert re.search(sentence, page), page.split("<main")[1]
    assert ServingConfig.objects.count() == before


def test_a_viewer_reads_and_a_stranger_finds_nothing(client, project, config):
    client.force_login(factories.member(project, "viewer"))
    page = page_of(client, f"/models/{config.model.public_id}")
    assert "data-act" not in page.split("<main")[1]
    assert client.post("/models/new", {}).status_code == 403
    client.force_login(factories.member(factories.project(), "admin"))
    assert client.get(f"/models/{config.model.public_id}").status_code == 404
    assert "acme/chat-8b" not in page_of(client, "/models")


def test_a_list_that_is_cut_says_so(operator, config, monkeypatch):
    assert "The first" not in page_of(operator, "/models")
    monkeypatch.setattr(acting, "MOST_MODELS", 1)
    factories.model(config.model.project, name="zeta/last")
    page = page_of(operator, "/models")
    assert "The first 1 by name" in page and "zeta/last" not in page
