"""Creating, changing and deleting endpoints, and what is refused with which sentence."""

from datetime import UTC, datetime

import pytest

from fleet.domain.refusals import Refused
from fleet.models import Allocation, CloudAccount, Event, InstanceType, Offering, Project
from fleet.providers import REGISTRY
from fleet.services.leases import claim
from inference.domain.lifecycle import EndpointState
from inference.models import Endpoint
from inference.runners import RUNNERS, STARTS_ON
from inference.services import sizing, variants
from inference.services.endpoints import (
    EndpointSpec,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    preview_endpoint,
)
from tests.inference.rows import endpoint_row
from tests.inference.world import TINY

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LLAMA_70B = TINY | {
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "head_dim": 128,
}

pytestmark = pytest.mark.django_db


def spec(**changes) -> EndpointSpec:
    asked = {"name": "chat", "model": "acme/tiny-1b", "serving_config": "default", "accelerators": ("l4",)}
    return EndpointSpec(**{**asked, "min_replicas": 2, "max_replicas": 4, **changes})


def create(project, **changes) -> Endpoint:
    return create_endpoint(project=project, spec=spec(**changes), requested_by="ada", now=NOON, request_id="r-1")


def _topics() -> list[str]:
    """What was recorded since the model was registered."""
    registered = {"model.registered", "serving-config.registered"}
    return list(Event.objects.exclude(topic__in=registered).values_list("topic", flat=True))


def test_an_endpoint_comes_with_the_allocation_it_serves_on(project, config):
    endpoint = create(project)
    allocation = Allocation.objects.get()
    assert endpoint.allocation == allocation
    assert (allocation.endpoint_ref, allocation.accelerator) == (endpoint.public_id, "L4")
    assert (allocation.accelerator_count, allocation.accelerators_per_slot) == (2, 1)
    assert (endpoint.desired_replicas, endpoint.state) == (2, EndpointState.PENDING)
    assert set(_topics()) == {"allocation.requested", "endpoint.created"}


def test_a_replica_over_several_accelerators_asks_for_machines_of_that_size(project, config):
    variants.register_serving_config(model=config.model, name="tp4", tensor_parallel=4, max_model_len=8192, now=NOON)
    create(project, serving_config="tp4")
    allocation = Allocation.objects.get()
    assert (allocation.accelerator_count, allocation.accelerators_per_slot) == (8, 4)


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"name": "Chat!"}, "name", "small letters"),
        ({"model": "acme/tiny-2b"}, "unknown-model", "Did you mean acme/tiny-1b"),
        ({"serving_config": "defualt"}, "unknown-serving-config", "Did you mean default"),
        ({"accelerators": ()}, "accelerators", "at least one"),
        ({"accelerators": ("L5",)}, "unknown-accelerator", "Did you mean"),
        ({"accelerators": ("T4",)}, "does-not-fit", "no bfloat16"),
        ({"min_replicas": 0}, "min-replicas", "scaling to zero"),
        ({"min_replicas": 5}, "max-replicas", "between min_replicas"),
        ({"max_replicas": 5000}, "max-replicas", "1000"),
        ({"initial_replicas": 9}, "initial-replicas", "between 2 and 4"),
        ({"slo_quantile": float("nan")}, "slo-quantile", "between 0.5"),
        ({"slo_ttft_ms": 0}, "slo", "milliseconds"),
        ({"policy": "magic"}, "policy", "There are: target-tracking"),
        ({"policy_params": {"target": 3}}, "policy", "It takes"),
        ({"runner": "nomad"}, "runner", r"There are: cloud_init, .*sandbox"),
        ({"regions": ("atlantis",)}, "unknown-region", "atlantis"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(project, config, changes, code, said):
    with pytest.raises(Refused, match=said) as refusal:
        create(project, **changes)
    assert refusal.value.code == code
    assert not Endpoint.objects.exists() and not Allocation.objects.exists() and not _topics()


def test_a_model_that_does_not_fit_is_refused_with_the_arithmetic(project, config):
    model = variants.register_model(project=None, name="acme/large-70b", config=LLAMA_70B, now=NOON)
    variants.register_serving_config(model=model, name="default", max_model_len=8192, now=NOON)
    with pytest.raises(Refused, match="leaves nothing for the KV cache"):
        create(project, model="acme/large-70b")


def test_a_name_is_free_again_once_its_endpoint_is_deleted(project, config):
    first = create(project)
    with pytest.raises(Refused, match="already"):
        create(project)
    assert Allocation.objects.count() == 1
    Endpoint.objects.filter(pk=first.pk).update(state=EndpointState.DELETED)
    assert create(project).name == "chat"


def test_another_projects_model_is_as_unknown_as_none(project, config):
    stranger = Project.objects.create(slug="stranger", name="Stranger")
    variants.register_model(project=stranger, name="acme/secret", config=TINY, now=NOON)
    with pytest.raises(Refused, match="no model 'acme/secret'") as refusal:
        create(project, model="acme/secret")
    assert "Did you mean acme/secret" not in refusal.value.sentence


def test_a_preview_writes_nothing_and_shows_memory_and_plan(project, config):
    account = CloudAccount.objects.create(cloud="aws", provider="sandbox", name="aws")
    shape = InstanceType.objects.create(cloud="aws", name="g6.xlarge", accelerator="L4", accelerator_count=1)
    pool = {"region": "us-east-1", "zone": "us-east-1a", "capacity_type": "on-demand"}
    Offering.objects.create(account=account, instance_type=shape, price_per_hour="0.8", observed_at=NOON, **pool)
    preview = preview_endpoint(project=project, spec=spec(), now=NOON)
    assert preview.fit.fits and preview.fit.memory_gib == 24
    assert str(preview.plan.price_per_hour).startswith("1.6")
    assert not Endpoint.objects.exists() and not Allocation.objects.exists()


def test_bounds_and_objectives_change_and_say_what_they_were(project, config):
    endpoint = create(project)
    changed = change_endpoint(
        endpoint.public_id, changes={"max_replicas": 9, "slo_ttft_ms": 800}, now=NOON, actor="ada", generation=1
    )
    assert (changed.max_replicas, changed.slo_ttft_ms, changed.generation) == (9, 800, 2)
    assert Event.objects.get(topic="endpoint.changed").data["before"] == {"max_replicas": 4, "slo_ttft_ms": None}


@pytest.mark.parametrize(
    ("changes", "generation", "code"),
    [
        ({"max_replicas": 1}, None, "max-replicas"),
        ({"model": "other"}, None, "not-changeable"),
        ({"policy_params": {"target_ratio": 9}}, None, "policy"),
        ({"max_replicas": 9}, 7, "changed"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(project, config, changes, generation, code):
    endpoint = create(project)
    with pytest.raises(Refused) as refusal:
        change_endpoint(endpoint.public_id, changes=changes, now=NOON, actor="ada", generation=generation)
    assert refusal.value.code == code
    endpoint.refresh_from_db()
    assert (endpoint.max_replicas, endpoint.generation) == (4, 1)


def test_deleting_twice_is_deleting_once(project, config):
    endpoint = create(project)
    for _ in range(2):
        deleted = delete_endpoint(endpoint.public_id, now=NOON, actor="ada")
        assert (deleted.state, deleted.desired_replicas) == (EndpointState.DELETING, 0)
    assert Event.objects.filter(topic="endpoint.delete-requested").count() == 1
    with pytest.raises(Refused, match="being deleted"):
        change_endpoint(endpoint.public_id, changes={"max_replicas": 9}, now=NOON, actor="ada")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"max_num_seqs": 0}, "max_num_seqs"),
        ({"gpu_memory_utilization": 1.5}, "gpu_memory_utilization"),
        ({"tensor_parallel": 0}, "tensor_parallel"),
        ({"engine": "abacus"}, "engine"),
        ({"max_model_len": None}, "max_model_len"),
    ],
)
def test_a_setting_no_engine_takes_is_refused_by_name(config, settings, field):
    with pytest.raises(Refused) as refusal:
        variants.register_serving_config(
            model=config.model, name="odd", now=NOON, **{"max_model_len": 8192, **settings}
        )
    assert refusal.value.field == field


def test_a_model_is_registered_once_for_each_project(project, config):
    variants.register_model(project=project, name="acme/tiny-1b", config=TINY, now=NOON)
    with pytest.raises(Refused, match="already"):
        variants.register_model(project=None, name="acme/tiny-1b", config=TINY, now=NOON)
    with pytest.raises(Refused, match="letters, digits"):
        variants.register_model(project=None, name="../etc", config=TINY, now=NOON)
    with pytest.raises(Refused, match="no hidden_size"):
        variants.register_model(
            project=None, name="acme/broken", config={"architectures": ["LlamaForCausalLM"]}, now=NOON
        )


def test_it_is_planned_on_accounts_where_its_runner_starts_engines(project, config):
    shape = InstanceType.objects.create(cloud="aws", name="g6.xlarge", accelerator="L4", accelerator_count=1)
    pool = {"region": "us-east-1", "zone": "us-east-1a", "capacity_type": "on-demand"}
    for provider, price in (("sandbox", "0.8"), ("aws", "0.1")):
        account = CloudAccount.objects.create(cloud="aws", provider=provider, name=provider)
        Offering.objects.create(account=account, instance_type=shape, price_per_hour=price, observed_at=NOON, **pool)
    preview = preview_endpoint(project=project, spec=spec(), now=NOON)
    assert str(preview.plan.price_per_hour).startswith("1.6")
    assert [one.code for one in preview.plan.rejected] == ["runner"]
    assert create(project).allocation.providers == ["sandbox"]


def test_every_runner_says_where_it_starts_engines_and_every_account_has_one():
    assert set(STARTS_ON) == set(RUNNERS)
    assert {provider for able in STARTS_ON.values() for provider in able} == set(REGISTRY)


def test_an_endpoint_that_the_release_before_made_is_kept_to_machines_of_its_runner(project, config):
    endpoint = endpoint_row(project, config, NOON)
    assert Allocation.objects.get().providers == []
    (lease,) = claim(Endpoint, limit=1, only=[endpoint.pk])
    sizing.reconcile_endpoint(lease, now=NOON)
    assert Allocation.objects.get().providers == ["sandbox"]
