"""Models and serving configurations over REST: read with what follows from them, changed while nothing uses them."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.models import Event
from inference.models import Model, ServingConfig
from tests import factories
from tests.api_client import ApiClient, fresh_client

SMALL = factories.LLAMA | {"num_hidden_layers": 16}


def test_a_model_says_what_its_replicas_would_need(api: ApiClient, project: Any) -> None:
    model = factories.model(project)
    body = api.get(f"models/{model.public_id}").json()
    fits = {row["quantization"]: row for row in body["fits"]}
    assert (body["kv_bytes_per_token"], body["config"]) == (131_072, factories.LLAMA)
    assert fits[""]["accelerators_needed"]["H100"] == 1
    assert fits[""]["weights_gib"] > 1.5 * fits["fp8"]["weights_gib"]
    assert fits[""]["accelerators_needed"]["T4"] > fits["awq"]["accelerators_needed"]["T4"]


def test_a_model_nothing_uses_is_counted_anew_and_the_tag_changes(api: ApiClient, project: Any) -> None:
    path = f"models/{factories.model(project, name='org/a').public_id}"
    tag = api.get(path)["ETag"]
    answer = api.patch(path, {"name": "org/b", "config": SMALL}, match=tag)
    assert (answer.status_code, answer.json()["name"], answer.json()["layers"]) == (200, "org/b", 16)
    assert answer.json()["parameters"] < 8e9
    assert api.patch(path, {"name": "org/c"}, match=tag).status_code == 412
    assert api.patch(path, {"name": "org/c"}, match=None).status_code == 428
    event = Event.objects.get(topic="model.changed")
    assert (event.data["before"]["name"], event.data["after"]["name"]) == ("org/a", "org/b")


def test_what_endpoints_were_made_of_stays_as_it_is(api: ApiClient, project: Any) -> None:
    config = factories.serving_config(factories.model(project))
    factories.endpoint(project, serving_config=config, name="chat", state="deleted")
    for path, change in (
        (f"models/{config.model.public_id}", {"name": "org/other"}),
        (f"serving-configs/{config.public_id}", {"max_num_seqs": 8}),
    ):
        for answer in (api.patch(path, change), api.delete(path)):
            assert (answer.status_code, answer.json()["code"]) == (409, "in-use")
            assert "chat" in answer.json()["detail"]


def test_a_model_goes_with_its_configurations_and_leaves_an_event(api: ApiClient, project: Any) -> None:
    config = factories.serving_config(factories.model(project))
    assert api.delete(f"models/{config.model.public_id}").status_code == 204
    assert not Model.objects.exists() and not ServingConfig.objects.exists()
    assert Event.objects.get(topic="model.deleted").data["before"]["serving_configs"] == [config.name]
    assert api.get(f"models/{config.model.public_id}").status_code == 404


def test_a_shared_model_does_not_tell_what_others_made_of_it(api: ApiClient, project: Any) -> None:
    config = factories.serving_config(factories.model(None))
    factories.endpoint(factories.project(), serving_config=config)
    for path in ("models", "serving-configs"):
        [listed] = api.get(path).json()["items"]
        assert listed["endpoints"] == 0
        assert api.get(f"{path}/{listed['id']}").json()["endpoints"] == 0
    factories.endpoint(project, serving_config=config)
    for path in ("models", "serving-configs"):
        [listed] = api.get(path).json()["items"]
        assert listed["endpoints"] == api.get(f"{path}/{listed['id']}").json()["endpoints"] == 1
    browser = fresh_client()
    browser.force_login(factories.user(is_superuser=True))
    root = ApiClient(session=browser)
    assert root.get("models").json()["items"][0]["endpoints"] == 2


def test_a_shared_model_is_changed_by_no_project(api: ApiClient) -> None:
    shared = factories.serving_config(factories.model(None))
    assert api.patch(f"models/{shared.model.public_id}", {"name": "mine"}).status_code == 403
    assert api.delete(f"serving-configs/{shared.public_id}").status_code == 403
    assert api.get(f"serving-configs/{shared.public_id}").status_code == 200


def test_a_configuration_nothing_uses_takes_other_settings(api: ApiClient, project: Any) -> None:
    config = factories.serving_config(factories.model(project), quantization="fp8")
    path = f"serving-configs/{config.public_id}"
    answer = api.patch(path, {"quantization": "", "max_num_seqs": 64})
    assert (answer.json()["quantization"], answer.json()["max_num_seqs"]) == ("", 64)
    assert api.patch(path, {"engine": "abacus"}).json()["code"] == "engine"
    assert api.patch(path, {"model": "x"}).status_code == 400
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("accelerator", "fits", "said"),
    [("h100", True, ""), ("T4", False, "T4 has no bfloat16; use dtype float16.")],
)
def test_a_fit_shows_where_the_memory_would_go(
    api: ApiClient, project: Any, accelerator: str, fits: bool, said: str
) -> None:
    config = factories.serving_config(factories.model(project))
    path = f"serving-configs/{config.public_id}/fit"
    (body,) = api.get(f"{path}?accelerator={accelerator}").json()["items"]
    assert (body["fits"], body["problem"]) == (fits, said)
    assert body["weights_gib"] > 10
    assert (body["speed"] is not None) == fits
    assert body in api.get(path).json()["items"]
    unknown = api.get(f"{path}?accelerator=H1000").json()
    assert (unknown["code"], unknown["status"]) == ("unknown-accelerator", 422)


def test_registering_again_with_the_same_key_is_one_model(api: ApiClient) -> None:
    body = {"name": "org/llama-8b", "config": factories.LLAMA}
    first, again = (api.post("models", body, key="k") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert again["Idempotency-Replayed"] == "true"
    assert first["Location"] == f"/api/v1/models/{first.json()['id']}"


def test_lists_are_narrowed(api: ApiClient, project: Any) -> None:
    mine = factories.serving_config(factories.model(project, name="org/mine"))
    factories.serving_config(factories.model(None, name="org/shared"), engine="other")
    assert [row["name"] for row in api.get("models?project=research").json()["items"]] == ["org/mine"]
    assert [row["name"] for row in api.get("models?name=org/shared").json()["items"]] == ["org/shared"]
    found = api.get(f"serving-configs?model={mine.model.public_id}").json()["items"]
    assert [row["id"] for row in found] == [mine.public_id]
    assert len(api.get("serving-configs?engine=vllm").json()["items"]) == 1
