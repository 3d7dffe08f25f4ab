"""What of a cluster the contract does not ask: kinds of workloads, room, growth, disruptions, watches, rights."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet.domain.outcomes import ErrorClass, Found, Launched, MachineState, Refusal, Scope, Terminated, Unclear
from fleet.providers.base import Account, Eviction, ReadFailed
from fleet.providers.classify import next_step
from fleet.providers.kubernetes import api, notices, policy, watching, workloads
from fleet.providers.kubernetes.adapter import Kubernetes
from fleet.providers.kubernetes.errors import Garbled
from fleet.providers.kubernetes.kubeconfig import UnreadableKubeconfig, read_place
from tests.deadline import wait_until
from tests.emulators.certificates import make_certificates
from tests.emulators.kubernetes.nodes import node, of_eks
from tests.fleet.providers.kubernetes_emulator import NAMESPACE, KubernetesEmulator

TPU = {
    "node.kubernetes.io/instance-type": "ct6e-standard-4t",
    "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
    "cloud.google.com/gke-tpu-topology": "2x4",
    "topology.kubernetes.io/region": "us-east5",
    "topology.kubernetes.io/zone": "us-east5-b",
}
GROWING = {"node_type": "g6.xlarge", "accelerator": "L4", "count": 1, "region": "us-east-1", "zones": ["us-east-1a"]}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesEmulator]:
    with KubernetesEmulator.running(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


@pytest.fixture
def account(emulator: KubernetesEmulator) -> Iterator[Account]:
    yield emulator.account("kubernetes")
    emulator.heal()


def order(emulator: KubernetesEmulator, token: str, **changes: Any) -> Any:
    return replace(emulator.order("kubernetes", token), **changes)


def objects(emulator: KubernetesEmulator, account: Account, plural: str) -> list[dict[str, Any]]:
    cluster = account.options["emulated_cluster"]
    return list(emulator.emulated.get("objects", cluster=cluster, plural=plural)["items"])


def denied(emulator: KubernetesEmulator, account: Account, verb: str, resource: str) -> None:
    said = {"cluster": account.options["emulated_cluster"], "verb": verb, "resource": resource, "denied": True}
    emulator.emulated.put("denied", said)


# --- Workloads ------------------------------------------------------------------------------------------------------


def test_a_machine_is_a_deployment_that_asks_for_its_accelerators_and_says_whose_it_is(emulator, account):
    tags = {"purser:installation": "ours", "label:team": "ml"}
    request = order(emulator, "whole", tags=tags, user_data="echo hello", ports=(8000,), capacity_type="on-demand")
    assert isinstance(Kubernetes(account).launch(request), Launched)
    [made] = objects(emulator, account, "deployments")
    assert json.loads(made["metadata"]["annotations"]["purser.dev/tags"]) == tags
    assert made["metadata"]["labels"]["purser.dev/installation"] == "ours"
    [container] = made["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {"requests": {"nvidia.com/gpu": "1"}, "limits": {"nvidia.com/gpu": "1"}}
    assert container["env"] == [{"name": "PURSER_STARTUP", "value": "echo hello"}]
    assert made["spec"]["template"]["spec"]["automountServiceAccountToken"] is False


def test_a_copy_of_a_machine_under_another_name_is_neither_listed_nor_ended(emulator, account):
    tags = {"purser:installation": "ours"}
    assert isinstance(Kubernetes(account).launch(order(emulator, "copied", tags=tags)), Launched)
    [made] = objects(emulator, account, "deployments")
    copy = {**made, "metadata": {**made["metadata"], "name": "restored"}}
    labelled = {**made, "metadata": {"name": "labelled", "labels": made["metadata"]["labels"]}}
    assert workloads.is_ours(made)
    assert not workloads.is_ours(copy)
    assert not workloads.is_ours(labelled)


def test_a_spot_machine_goes_to_spot_nodes_and_an_on_demand_one_to_no_spot_node(emulator, account):
    spot = order(emulator, "on-spot", zone="us-east-1b", capacity_type="spot")
    assert isinstance(Kubernetes(account).launch(spot), Launched)
    [made] = emulator.machines("on-spot")
    assert made["node"] == "l4-spot"
    elsewhere = order(emulator, "not-spot", zone="us-east-1b", capacity_type="on-demand")
    refused = Kubernetes(account).launch(elsewhere)
    assert isinstance(refused, Refusal)
    assert refused.error_class == ErrorClass.STOCK_OUT


def test_a_machine_that_is_to_end_by_itself_is_a_job_that_is_seen_to_have_ended(emulator, account):
    cloud, request = Kubernetes(account), order(emulator, "for-a-while", run_seconds=1)
    launched = cloud.launch(request)
    assert isinstance(launched, Launched)
    assert launched.machine.provider_id.startswith("purser-job-")

    def ended() -> bool:
        [machine] = cloud.describe([launched.machine.provider_id]).machines
        return machine.state == MachineState.TERMINATED and machine.end_reason == "DeadlineExceeded"

    wait_until(ended, "it has ended")
    again = cloud.launch(request)
    assert isinstance(again, Refusal)
    assert again.error_class == ErrorClass.GONE, "its token makes no other while it is known"
    found = cloud.find(request)
    assert isinstance(found, Found)
    assert found.machine is not None
    assert found.machine.terminated_at is not None


def test_a_slice_of_several_hosts_is_one_machine_of_a_leader_worker_set(emulator):
    hosts = [node(f"t{n}", resources={"google.com/tpu": 4}, labels=TPU, provider_id="gce://p/z/n") for n in range(2)]
    account = emulator.account("kubernetes", hosts, leader_worker_sets=True, prices={"ct6e-standard-4t": "5"})
    cloud = Kubernetes(account)
    [offered] = cloud.offerings()
    assert (offered.instance_type, offered.price_per_hour) == ("ct6e-standard-4t/8-tpu-2x4", 10)
    where = {"region": offered.region, "zone": offered.zone, "instance_type": offered.instance_type}
    request = order(emulator, "slice", **where)
    launched = cloud.launch(request)
    assert isinstance(launched, Launched), launched
    assert len(objects(emulator, account, "pods")) == 2
    assert len(emulator.machines("slice")) == 1
    assert [machine.provider_id for machine in cloud.describe([launched.machine.provider_id]).machines]
    cloud.terminate(launched.machine.provider_id, offered.region)
    wait_until(lambda: objects(emulator, account, "pods") == [], "both hosts are free")
    refused = cloud.launch(order(emulator, "slice-2", **where, run_seconds=60))
    assert isinstance(refused, Refusal)
    assert "end by itself" in refused.message


@pytest.mark.parametrize("loss", ["lost", "truncate"])
@pytest.mark.parametrize("plural", ["jobs", "leaderworkersets"])
def test_one_that_was_made_and_whose_answer_was_lost_is_found_and_stays_one_of_one_name(emulator, plural, loss):
    token = f"lost-{plural}-{loss}"
    if plural == "jobs":
        account, request = emulator.account("kubernetes"), order(emulator, token, run_seconds=600)
    else:
        hosts = [node(f"{n}", resources={"google.com/tpu": 4}, labels=TPU, provider_id="gce://p/z/n") for n in range(2)]
        account = emulator.account("kubernetes", hosts, leader_worker_sets=True)
        where = {"region": "us-east5", "zone": "us-east5-b", "instance_type": "ct6e-standard-4t/8-tpu-2x4"}
        request = order(emulator, token, **where)
    cloud = Kubernetes(account)
    emulator.emulated.post("faults", {"kind": loss, "method": "POST", "path": f"/{plural}$"})
    assert isinstance(cloud.launch(request), Unclear), "it may have happened, and it has"
    [made] = objects(emulator, account, plural)
    found = cloud.find(request)
    assert isinstance(found, Found)
    assert found.machine is not None
    again = cloud.launch(request)
    assert isinstance(again, Launched)
    assert again.replayed
    assert made["metadata"]["name"] == found.machine.provider_id == again.machine.provider_id
    assert [body["metadata"]["uid"] for body in objects(emulator, account, plural)] == [made["metadata"]["uid"]]
    assert len(emulator.machines(token)) == 1
    asked = emulator.emulated.get("calls", operation=f"create {plural}", token=token)
    assert asked["calls"] == 2, "the same name was asked for twice, and the second time it was there"
    assert isinstance(cloud.terminate(again.machine.provider_id, request.region), Terminated)
    wait_until(lambda: objects(emulator, account, plural) == objects(emulator, account, "pods") == [], "all has gone")


# --- Room -----------------------------------------------------------------------------------------------------------


def test_a_machine_no_node_has_room_for_is_sold_out_and_leaves_nothing(emulator, account):
    request = order(emulator, "too-many", instance_type="g6.48xlarge/16-gpu")
    refused = Kubernetes(account).launch(request)
    assert isinstance(refused, Refusal)
    assert (refused.error_class, refused.scope, refused.code) == (ErrorClass.STOCK_OUT, Scope.POOL, "Unschedulable")
    assert "nodes are available" in refused.message
    assert objects(emulator, account, "deployments") == objects(emulator, account, "pods") == []


def test_a_pool_that_can_grow_gives_a_machine_that_waits_for_its_node(emulator):
    account = emulator.account("kubernetes", [], pools=[GROWING], schedule_seconds=0.05, prices={"g6.xlarge": "1"})
    template = of_eks("new", "g6.xlarge", "us-east-1a", {"nvidia.com/gpu": 1})
    cluster = {"cluster": account.options["emulated_cluster"]}
    emulator.emulated.put("delays", {"growing": 1.0})
    emulator.emulated.post("nodes", {**cluster, "nodes": [template], "growing": 1})
    cloud, request = Kubernetes(account), order(emulator, "grows", instance_type="g6.xlarge/1-gpu")
    launched = cloud.launch(request)
    assert isinstance(launched, Launched), launched
    assert (launched.machine.state, launched.machine.cloud_state) == (MachineState.PENDING, "unschedulable")
    emulator.emulated.put("delays", {"growing": 0.0})
    running = [MachineState.RUNNING]
    seen = lambda: [machine.state for machine in cloud.describe([launched.machine.provider_id]).machines]  # noqa: E731
    wait_until(lambda: seen() == running, "the node came")


def test_a_quota_of_the_namespace_is_told_before_and_after(emulator, account):
    cluster = {"cluster": account.options["emulated_cluster"]}
    emulator.emulated.put("quotas", {**cluster, "hard": {"requests.nvidia.com/gpu": "1"}})
    cloud = Kubernetes(account)
    assert isinstance(cloud.launch(order(emulator, "within")), Launched)
    told = [quota for quota in cloud.quotas() if quota.name == "accelerators: nvidia.com/gpu"]
    assert [(quota.most, quota.used) for quota in told] == [(1, 1)]
    for token, run_seconds in (("over", 0), ("over-job", 600)):
        refused = cloud.launch(order(emulator, token, run_seconds=run_seconds))
        assert isinstance(refused, Refusal), refused
        assert refused.error_class == ErrorClass.QUOTA
    assert len(objects(emulator, account, "deployments")) == 1
    assert objects(emulator, account, "jobs") == []


def test_free_accelerators_are_told_as_a_limit(emulator, account):
    cloud = Kubernetes(account)
    cloud.launch(order(emulator, "takes-two", instance_type="g6.48xlarge/2-gpu"))
    found = next(q for q in cloud.quotas() if q.zone == "us-east-1a" and "g6.48xlarge/1-gpu" in q.instance_types)
    assert (found.most, found.used) == (40, 2)


def test_somebody_elses_workload_of_the_same_name_is_not_touched(emulator, account):
    cloud, request = Kubernetes(account), order(emulator, "taken")
    cloud.launch(request)
    name = workloads.name_of(request, api.DEPLOYMENT)
    patch = {"metadata": {"annotations": {"purser.dev/token": "another"}}}
    change = {"cluster": account.options["emulated_cluster"], "plural": "deployments", "name": name, "patch": patch}
    emulator.emulated.post("changes", change)
    refused = cloud.launch(request)
    assert isinstance(refused, Refusal)
    assert (refused.error_class, refused.code) == (ErrorClass.BAD_REQUEST, "AlreadyExists")
    assert cloud.find(request) == Found(None)
    assert len(objects(emulator, account, "deployments")) == 1


# --- Images ---------------------------------------------------------------------------------------------------------

IMAGE = "registry.example/ml/trainer:v3"
PULLS = [
    ("ErrImagePull", f'failed to pull and unpack image "{IMAGE}": not found', ErrorClass.BAD_REQUEST),
    ("ImagePullBackOff", f'Back-off pulling image "{IMAGE}": ErrImagePull: manifest unknown', ErrorClass.BAD_REQUEST),
    ("ErrImagePull", "pull access denied, repository does not exist", ErrorClass.BAD_REQUEST),
    ("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"', ErrorClass.TRANSIENT),
    ("ErrImagePull", "503 Service Unavailable", ErrorClass.TRANSIENT),
    ("RegistryUnavailable", "connection reset by peer", ErrorClass.TRANSIENT),
    ("InvalidImageName", "couldn't parse image name: invalid reference format", ErrorClass.BAD_REQUEST),
    ("ErrImageNeverPull", "Container image is not present with pull policy of Never", ErrorClass.BAD_REQUEST),
    ("ErrImagePull", "toomanyrequests: You have reached your pull rate limit", ErrorClass.THROTTLE),
    ("ErrImagePull", "dial tcp 10.0.0.1:443: i/o timeout", ErrorClass.TRANSIENT),
]


@pytest.fixture
def no_image(emulator: KubernetesEmulator) -> Iterator[Any]:
    """Says why nodes do not get the image; from then on every container has been tried at once."""

    def say(reason: str, message: str = "") -> None:
        emulator.emulated.put("delays", {"booting": 0.0})
        emulator.emulated.put("images", {"image": IMAGE, "reason": reason, "message": message})

    yield say
    emulator.emulated.put("images", {"image": IMAGE, "reason": ""})
    emulator.emulated.put("delays", {"booting": 0.02})


@pytest.mark.parametrize(("reason", "message", "error_class"), PULLS)
def test_a_machine_whose_image_is_not_to_be_had_is_refused_by_its_name_and_leaves_nothing(
    emulator, account, no_image, reason, message, error_class
):
    no_image(reason, message)
    request = order(emulator, f"no-image-{reason}-{error_class}", image=IMAGE)
    refused = Kubernetes(account).launch(request)
    assert isinstance(refused, Refusal), refused
    assert (refused.error_class, refused.code, refused.classified) == (error_class, reason, True)
    assert IMAGE in refused.message
    assert message in refused.message
    assert next_step("kubernetes", refused.code, refused.message)
    told = "what was made for it has gone, also when an earlier call had made it: nothing is left to ask for"
    assert refused.of_token == (error_class == ErrorClass.BAD_REQUEST), told
    assert objects(emulator, account, "deployments") == objects(emulator, account, "pods") == []
    assert Kubernetes(account).find(request) == Found(None)


def test_an_image_that_the_answer_of_the_launch_did_not_wait_for_is_told_with_the_machine(emulator, account, no_image):
    emulator.emulated.put("delays", {"booting": 60.0})
    cloud = Kubernetes(account)
    launched = cloud.launch(order(emulator, "image-late", image=IMAGE))
    assert isinstance(launched, Launched), launched
    no_image("ImagePullBackOff")
    [machine] = cloud.describe([launched.machine.provider_id]).machines
    assert (machine.state, machine.cloud_state) == (MachineState.PENDING, "ImagePullBackOff")
    no_image("")
    [machine] = cloud.describe([launched.machine.provider_id]).machines
    assert (machine.state, machine.cloud_state) == (MachineState.RUNNING, "running")


def test_a_job_and_every_host_of_a_slice_need_their_image(emulator, no_image):
    no_image("ErrImagePull")
    hosts = [node(f"t{n}", resources={"google.com/tpu": 4}, labels=TPU, provider_id="gce://p/z/n") for n in range(2)]
    account = emulator.account("kubernetes", hosts, leader_worker_sets=True)
    where = {"region": "us-east5", "zone": "us-east5-b", "instance_type": "ct6e-standard-4t/8-tpu-2x4"}
    cases = (
        (order(emulator, "image-job", image=IMAGE, run_seconds=600), emulator.account("kubernetes")),
        (order(emulator, "image-slice", image=IMAGE, **where), account),
    )
    for request, where_to in cases:
        refused = Kubernetes(where_to).launch(request)
        assert isinstance(refused, Refusal), refused
        assert refused.code == "ErrImagePull"
        assert [objects(emulator, where_to, plural) for plural in ("jobs", "leaderworkersets", "pods")] == [[], [], []]


# --- Disruptions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "node.kubernetes.io/out-of-service"]
)
def test_a_taint_that_announces_an_end_is_a_notice_until_it_is_settled(emulator, account, key):
    cloud = Kubernetes(account)
    launched = cloud.launch(order(emulator, f"taint-{key}"))
    assert isinstance(launched, Launched)
    assert cloud.notices(0) == []
    emulator.emulated.post("taints", {"machine": launched.machine.provider_id, "key": key})
    [notice] = cloud.notices(0)
    assert notice.provider_id == launched.machine.provider_id
    assert notice.terminates_at > notice.noticed_at
    cloud.settle([notice])
    assert cloud.notices(0) == []


def test_conditions_and_disruptions_of_pods_are_notices_too():
    at = "2026-11-26T12:00:00Z"
    condition = {"type": "PreemptScheduled", "status": "True", "lastTransitionTime": at}
    leaving = {"metadata": {"name": "n"}, "status": {"conditions": [condition]}}
    labels = {"purser.dev/machine": "purser-1"}
    pod = {"metadata": {"name": "p", "labels": labels}, "spec": {"nodeName": "n"}, "status": {"phase": "Running"}}
    [notice] = notices.notices_of([leaving], [pod], datetime.now(UTC))
    assert (notice.terminates_at - notice.noticed_at).total_seconds() == 30
    told = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "lastTransitionTime": at}
    preempted = {**pod, "status": {"phase": "Running", "conditions": [told]}}
    assert [notice.provider_id for notice in notices.notices_of([], [preempted], datetime.now(UTC))] == ["purser-1"]
    stranger = {**pod, "metadata": {"name": "p", "labels": {}}}
    assert notices.notices_of([leaving], [stranger], datetime.now(UTC)) == []


def test_a_node_is_emptied_except_of_what_a_disruption_budget_keeps(emulator, account):
    cloud = Kubernetes(replace(account, options={**account.options, "cordon_nodes": True}))
    launched = cloud.launch(order(emulator, "moves"))
    assert isinstance(launched, Launched)
    machine, [made] = launched.machine.provider_id, emulator.machines("moves")
    budget = {"cluster": account.options["emulated_cluster"], "machine": machine}
    emulator.emulated.put("budgets", {**budget, "allowed": 0})
    [kept] = cloud.empty(made["node"])
    assert (kept.machine, kept.left, kept.waits) == (machine, False, True)
    [cordoned] = [body for body in objects(emulator, account, "nodes") if body["metadata"]["name"] == made["node"]]
    assert cordoned["spec"]["unschedulable"] is True
    emulator.emulated.put("budgets", {**budget, "allowed": 1})
    assert cloud.empty(made["node"]) == [Eviction(machine, left=True)]

    def elsewhere() -> bool:
        pods = objects(emulator, account, "pods")
        return [pod["spec"].get("nodeName", made["node"]) != made["node"] for pod in pods] == [True]

    wait_until(elsewhere, "it runs on another node")
    cloud.cordon(made["node"], takes_work=True)
    assert all("unschedulable" not in body["spec"] for body in objects(emulator, account, "nodes"))


def test_a_throttled_eviction_is_not_taken_for_a_disruption_budget(emulator, account):
    cloud = Kubernetes(replace(account, options={**account.options, "cordon_nodes": True}))
    cloud.launch(order(emulator, "throttled"))
    [made] = emulator.machines("throttled")
    emulator.emulated.post("faults", {"kind": "error", "path": "/eviction$", "code": "TooManyRequests"})
    [kept] = cloud.empty(made["node"])
    assert (kept.left, kept.waits) == (False, False)


def test_notices_of_another_cluster_and_its_nodes_are_left_alone(emulator, account):
    other = replace(account, expected_ref="another", options={**account.options, "cordon_nodes": True})
    calls = [
        lambda cloud: cloud.notices(0),
        lambda cloud: cloud.settle([]),
        lambda cloud: cloud.cordon("l4-0"),
        lambda cloud: cloud.empty("l4-0"),
    ]
    for call in calls:
        with pytest.raises(ReadFailed, match="another-account"):
            call(Kubernetes(other))
    assert all("unschedulable" not in body["spec"] for body in objects(emulator, account, "nodes"))


def test_whose_cluster_it_is_is_asked_before_each_call_and_a_launch_without_an_answer_to_it_did_not_happen(
    emulator, account
):
    """Behind the same kubeconfig a cluster may be made anew while a worker lives."""
    cloud, request = Kubernetes(replace(account, expected_ref=emulator.account_ref(account))), order(emulator, "whose")
    emulator.emulated.post("faults", {"kind": "lost", "method": "GET", "path": "/namespaces/kube-system$"})
    refused = cloud.launch(request)
    assert isinstance(refused, Refusal)
    assert (refused.error_class, emulator.machines("whose")) == (ErrorClass.TRANSIENT, [])
    launched = cloud.launch(request)
    assert isinstance(launched, Launched)
    emulator.emulated.put("clusters", {"token": emulator.token(account), "name": "made anew"})
    for outcome in (cloud.launch(request), cloud.find(request), cloud.terminate(launched.machine.provider_id, "")):
        assert isinstance(outcome, Refusal)
        assert outcome.code == "another-account"


# --- Watching -------------------------------------------------------------------------------------------------------


def test_what_changes_is_followed_and_listed_anew_when_the_watch_is_too_old(emulator, account):
    place = read_place(account.secret)
    cluster = {"cluster": account.options["emulated_cluster"]}
    followed = watching.follow(api.Api(place, 5), api.NODE, "", time.monotonic() + 30, 500)
    assert len(next(followed)) == 10
    emulator.emulated.post(
        "nodes", {**cluster, "nodes": [of_eks("late", "g6.xlarge", "us-east-1a", {"nvidia.com/gpu": 1})]}
    )
    assert len(next(followed)) == 11
    emulator.emulated.post("forget", cluster)
    lists = int(emulator.emulated.get("calls", operation="list nodes")["calls"])
    assert len(next(followed)) == 11
    assert int(emulator.emulated.get("calls", operation="list nodes")["calls"]) == lists + 1
    followed.close()


def test_a_watch_goes_on_from_the_last_version_it_heard_of_so_that_nothing_is_listed_again(emulator, account):
    cluster = {"cluster": account.options["emulated_cluster"]}

    def add(name: str) -> None:
        body = of_eks(name, "g6.xlarge", "us-east-1a", {"nvidia.com/gpu": 1})
        emulator.emulated.post("nodes", {**cluster, "nodes": [body]})

    followed = watching.follow(api.Api(read_place(account.secret), 5), api.NODE, "", time.monotonic() + 30, 500)
    assert len(next(followed)) == 10
    lists = int(emulator.emulated.get("calls", operation="list nodes")["calls"])
    add("first")
    assert len(next(followed)) == 11
    emulator.emulated.post("forget", {**cluster, "but_the_newest": True})
    add("second")
    assert len(next(followed)) == 12
    assert int(emulator.emulated.get("calls", operation="list nodes")["calls"]) == lists
    followed.close()


def test_the_howto_has_the_rules_that_are_checked():
    told = Path("docs/howto/connect-kubernetes.md").read_text(encoding="utf-8")
    [text] = policy.policies({}, "installation")
    assert [line for line in text.text.splitlines() if line.startswith("- {") and line not in told] == []


# --- Rights and bad input ---------------------------------------------------------------------------------------------


def test_checks_name_the_lines_to_paste_for_what_is_missing(emulator, account):
    denied(emulator, account, "delete", "deployments")
    denied(emulator, account, "list", "nodes")
    needs = {check.what: check.needs for check in Kubernetes(account).checks() if not check.ok}
    assert needs == {
        "Nodes": 'in a ClusterRole: - {apiGroups: [""], resources: ["nodes"], verbs: ["list"]}',
        "Machines: Deployments": (
            'in a Role of the namespace purser: - {apiGroups: ["apps"], resources: ["deployments"], verbs: ["delete"]}'
        ),
    }
    for line in needs.values():
        assert yaml.safe_load(line.split(": ", 1)[1])


def test_the_roles_to_paste_grant_what_is_checked_and_nothing_else(emulator, account):
    options = {"namespace": "ml", "cordon_nodes": True, "leader_worker_sets": True}
    [text] = policy.policies(options, "installation")
    parts = {(part["kind"], part["metadata"].get("namespace", "")): part for part in yaml.safe_load_all(text.text)}
    whole, own = parts["ClusterRole", ""]["rules"], parts["Role", "ml"]["rules"]
    granted = {(verb, resource) for rule in own for resource in rule["resources"] for verb in rule["verbs"]}
    assert ("create", "leaderworkersets") in granted
    assert not any(verb == "*" or resource in ("secrets", "pods/exec") for verb, resource in granted)
    assert {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]} in whole
    assert [rule["resources"] for rule in whole if "patch" in rule["verbs"]] == [["nodes"]]
    assert parts["RoleBinding", "ml"]["subjects"] == [{"kind": "ServiceAccount", "name": "purser", "namespace": "ml"}]


def test_one_forbidden_verb_stops_only_what_needs_it(emulator, account):
    cloud = Kubernetes(account)
    launched = cloud.launch(order(emulator, "verbs"))
    assert isinstance(launched, Launched)
    denied(emulator, account, "create", "deployments")
    refused = cloud.launch(order(emulator, "verbs-2"))
    assert isinstance(refused, Refusal)
    assert (refused.error_class, refused.scope) == (ErrorClass.AUTH, Scope.ACCOUNT)
    assert "cannot create" in refused.message
    assert cloud.describe([launched.machine.provider_id]).complete
    denied(emulator, account, "list", "pods")
    with pytest.raises(ReadFailed, match="Forbidden"):
        cloud.offerings()


def test_a_server_of_another_authority_is_not_talked_to(emulator, account, tmp_path):
    other = make_certificates(tmp_path, "Somebody else")
    config = emulator.kubeconfig(emulator.token(account), ca_file=other.ca_file)
    refused = Kubernetes(replace(account, secret=config)).launch(order(emulator, "stranger"))
    assert isinstance(refused, Refusal)
    assert (refused.error_class, refused.code) == (ErrorClass.TRANSIENT, "certificate-refused")
    assert emulator.machines("stranger") == []


def test_a_server_that_hangs_is_left(emulator, account):
    emulator.spoil(account, "launch", "hang")
    cloud = Kubernetes(emulator.impatient(account, 0.3))
    assert isinstance(cloud.launch(order(emulator, "hangs")), Unclear)
    emulator.heal()
    assert isinstance(Kubernetes(account).launch(order(emulator, "hangs")), Launched)
    assert len(emulator.machines("hangs")) == 1


def test_an_expired_token_is_told_from_a_missing_right(emulator, account):
    config = emulator.kubeconfig("not-a-token-of-anybody")
    refused = Kubernetes(replace(account, secret=config)).launch(order(emulator, "expired"))
    assert isinstance(refused, Refusal)
    assert (refused.error_class, refused.code) == (ErrorClass.AUTH, "Unauthorized")


def test_a_namespace_that_is_not_there_is_a_mistake_of_the_account(emulator, account):
    cloud = Kubernetes(replace(account, options={**account.options, "namespace": "nowhere"}))
    refused = cloud.launch(order(emulator, "nowhere"))
    assert isinstance(refused, Refusal)
    assert refused.error_class == ErrorClass.BAD_REQUEST
    assert "nowhere" in refused.message


def test_a_misspelt_field_dies_before_the_wire(emulator, account):
    calls = emulator.calls()
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replica": 1}}
    with pytest.raises(ValueError, match="replica"):
        api.Api(read_place(account.secret), 5).create(api.DEPLOYMENT, NAMESPACE, body)
    assert emulator.calls() == calls


def test_an_answer_that_is_no_status_proves_nothing_gone(emulator, account):
    with pytest.raises(Garbled):
        api.Api(read_place(account.secret), 5).get(api.Kind("Thing", "/apis/things/v1", "things"), NAMESPACE, "one")


# --- Kubeconfigs ------------------------------------------------------------------------------------------------------


def config_with(**user: Any) -> str:
    return yaml.safe_dump(
        {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "ml"}}],
            "clusters": [{"name": "k", "cluster": {"server": "https://10.0.0.1:6443", **user.pop("cluster", {})}}],
            "users": [{"name": "u", "user": user}],
        }
    )


def test_a_kubeconfig_that_holds_everything_is_read():
    place = read_place(config_with(token="t"))
    assert (place.server, place.namespace, place.token) == ("https://10.0.0.1:6443", "ml", "t")
    assert "t'" not in repr(place)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (config_with(exec={"command": "rm"}), "exec"),
        (config_with(tokenFile="/etc/passwd"), "tokenFile"),
        (config_with(token="t", cluster={"certificate-authority": "/etc/ca"}), "certificate-authority"),
        (config_with(token="t", cluster={"insecure-skip-tls-verify": True}), "insecure-skip-tls-verify"),
        (config_with(token="t\nInjected: yes"), "character"),
        (config_with(), "neither a token"),
        (config_with(token="t", cluster={"server": "nowhere"}), "no address"),
        (config_with(token="t", cluster={"certificate-authority-data": "%%"}), "base64"),
        ("just text", "is a kubeconfig"),
        ("{: bad", "is a kubeconfig"),
        ("clusters: 7", "has no context"),
    ],
)
def test_a_kubeconfig_that_would_run_read_or_trust_anything_is_refused(config, sentence):
    with pytest.raises(UnreadableKubeconfig, match=sentence):
        read_place(config)


def test_without_a_credential_outside_of_a_cluster_a_sentence_says_so():
    with pytest.raises(UnreadableKubeconfig, match="runs in no cluster"):
        read_place("")


def test_another_context_can_be_named():
    with pytest.raises(UnreadableKubeconfig, match="no context"):
        read_place(config_with(token="t"), "other")


def test_files_with_a_secret_do_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator, account):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert Kubernetes(account).facts().account_ref
    assert list(tmp_path.iterdir()) == []
