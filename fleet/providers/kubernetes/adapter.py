"""One Kubernetes cluster as a cloud. A machine is a workload that holds accelerators of a node, or of a slice of nodes.

The credential is a kubeconfig that holds everything itself, or none for the service account of the pod we run in.
Options of an account, all of them optional: `context`; `namespace` (the kubeconfig's own, else "purser"); `region` (of
nodes that have no such label); `environment` (gke, eks, aks or bare, where nodes do not tell); `prices` ({node type,
node type and capacity type, or accelerator: dollars an hour of a whole node}, in `currency`); `accelerators` ({node
type or label: name in the catalogue}, where no label tells); `pools` (types of nodes that the cluster adds when
something waits for them); `leader_worker_sets` (slices of several hosts are offered); `tolerations`; `image` (of
machines that nothing runs on yet); `pod` (runtime_class, priority_class, service_account, scheduler,
image_pull_secrets); `engine` (image, port, secret, address, before: how the runner starts one); `cordon_nodes` (nodes
may be cordoned and emptied); `page_size`, `read_seconds`, `write_seconds`, and `schedule_seconds` (how long a machine
may find no node before it is sold out).

A machine of some of a node's accelerators costs that share of the node's price, whether or not the rest is used. What
was ended vanishes, so its token makes another machine; a Job that ended by itself is shown for an hour.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fleet.crashpoints import reach
from fleet.domain.outcomes import (
    Check,
    CloudQuota,
    ErrorClass,
    FindOutcome,
    Found,
    Inventory,
    Launched,
    LaunchOutcome,
    LaunchRequest,
    Machine,
    Notice,
    OfferedPool,
    OfferedType,
    PaidCapacity,
    PriceHistory,
    Refusal,
    Scope,
    Terminated,
    TerminateOutcome,
    Unclear,
)
from fleet.providers.base import Account, AccountFacts, Eviction, GivesNoAdvice, ReadFailed, SellsNoBlocks
from fleet.providers.classify import classify
from fleet.providers.failing import NONSENSE, reading
from fleet.providers.kubernetes import (
    api,
    checking,
    errors,
    identity,
    inventory,
    machines,
    notices,
    quotas,
    shapes,
    workloads,
)
from fleet.providers.kubernetes.kubeconfig import Place, read_place
from fleet.providers.kubernetes.options import DEFAULT_NAMESPACE, read_options
from fleet.providers.kubernetes.watching import follow

LIVE_PODS = "status.phase!=Succeeded,status.phase!=Failed"
GONE_POLL_SECONDS = 0.5


class Kubernetes(GivesNoAdvice, SellsNoBlocks):
    """One cluster, as one account."""

    def __init__(self, account: Account) -> None:
        """Raises Refused when the account's options make no sense."""
        self.account = account
        self.options = read_options(account.options)

    def facts(self) -> AccountFacts:
        with self._reading("the cluster"):
            cluster, zones = self._cluster(), dict[str, set[str]]()
            for pool in self._pools():
                zones.setdefault(pool.region, set()).add(pool.zone)
            told = {region: tuple(sorted(names)) for region, names in zones.items()}
            return AccountFacts(cluster, told, notices.NOTICE_SECONDS)

    def checks(self) -> list[Check]:
        def reviewed(attributes: dict[str, Any]) -> bool:
            review = {"spec": {"resourceAttributes": attributes}}
            body = {"apiVersion": "authorization.k8s.io/v1", "kind": api.ACCESS_REVIEW.name, **review}
            return bool(self._api().create(api.ACCESS_REVIEW, "", body)["status"]["allowed"])

        return list(checking.checks(self._cluster, reviewed, self.options, self._namespace_or_default()))

    def instance_types(self) -> list[OfferedType]:
        with self._reading("nodes"):
            return shapes.offered_types(self._pools())

    def offerings(self) -> list[OfferedPool]:
        with self._reading("nodes"):
            return list(shapes.offered_pools(self._pools(), self.options, datetime.now(UTC)))

    def price_history(self, since: datetime) -> PriceHistory:
        """None: a cluster knows no prices. The history stays complete until where it was."""
        return PriceHistory((), since)

    def quotas(self) -> list[CloudQuota]:
        """What is free on the nodes, and what the namespace may have at most."""
        with self._reading("quotas"):
            found = self._pools()
            limits = self._api().list(api.RESOURCE_QUOTA, self._namespace(), self.options.page_size)
            return [*shapes.free_of(found), *quotas.of_namespace(limits, found)]

    def paid_capacity(self) -> list[PaidCapacity]:
        return []

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        """Creates the workload, and waits until a node takes it: only then is it known whether there is room."""
        until = time.monotonic() + self.options.write_seconds
        try:
            kind, body = workloads.fitting(request, self.options), workloads.workload(request, self.options)
        except ValueError as error:
            return Refusal(ErrorClass.BAD_REQUEST, "cannot-be-said", str(error), Scope.REQUEST)
        if refused := self._not_ours():
            return refused
        try:
            made = self._api().create(kind, self._namespace(), body)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cluster may have had the call
            if isinstance(error, errors.Said) and error.code == errors.EXISTS:
                return self._adopted(request, kind, body, until)
            return errors.meaning_of(error)
        finally:
            reach("launch", "K3")
        return self._awaited(request, kind, made, until, replayed=False)

    def find(self, request: LaunchRequest) -> FindOutcome:
        """The workload of the token's name."""
        if refused := self._not_ours():
            return refused
        try:
            kind = workloads.fitting(request, self.options)
            seen = self._seen(kind, workloads.name_of(request, kind))
            if seen is None or seen["metadata"].get("annotations", {}).get(workloads.TOKEN) != request.token:
                return Found(None)
            return Found(machines.machine_of(seen, self._pods_of(seen)))
        except NONSENSE as error:
            return Unclear("garbled", f"the answer about the token makes no sense: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - its meaning is returned
            return errors.meaning_of(error)

    def terminate(self, provider_id: str, region: str) -> TerminateOutcome:
        """The workload with its pods and what was put before them."""
        if refused := self._not_ours():
            return refused
        try:
            self._api().delete(workloads.kind_of(provider_id), self._namespace(), provider_id)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cluster may have had the call
            return Terminated(None, already_gone=True) if errors.is_gone(error, provider_id) else _unsure(error)
        finally:
            reach("terminate", "K3")
        return Terminated(None)

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        """Those of them that are there; Jobs that ended by themselves with their end."""
        if not provider_ids:
            return Inventory((), True)
        wanted = set(provider_ids)
        return self._listed(workloads.OURS, lambda machine: machine.provider_id in wanted)

    def inventory(self, installation: str) -> Inventory:
        value = workloads.label_value(installation)
        return self._listed(
            f"{workloads.OURS},{workloads.INSTALLATION}={value}",
            lambda machine: machine.live and machine.tags.get("purser:installation") == installation,
        )

    def notices(self, after: int) -> list[Notice]:
        """Those that were not acted on, which settle() writes on the machine's pod."""
        with self._reading("notices"):
            self._require_own()
            pods = self._api().list(api.POD, self._namespace(), self.options.page_size, labelSelector=workloads.OURS)
            nodes = self._api().list(api.NODE, "", self.options.page_size) if pods else []
            return notices.notices_of(nodes, pods, datetime.now(UTC))

    def settle(self, notices_told: Sequence[Notice]) -> None:
        with self._reading("notices"):
            self._require_own()
            for notice in notices_told:
                noted = {"metadata": {"annotations": {notices.NOTED: notice.noticed_at.isoformat()}}}
                try:
                    self._api().patch(api.POD, self._namespace(), notice.receipt, noted)
                except errors.Said as error:
                    if not errors.is_gone(error, notice.receipt):
                        raise

    # --- Nodes -------------------------------------------------------------------------------------------------

    def cordon(self, node: str, *, takes_work: bool = False) -> None:
        """No new pod goes there, or some do again. Raises ReadFailed."""
        with self._reading(f"node {node}"):
            self._require_own()
            self._api().patch(api.NODE, "", node, {"spec": {"unschedulable": None if takes_work else True}})

    def empty(self, node: str) -> list[Eviction]:
        """Cordon a node, and ask every machine of ours to leave it for another one. Raises ReadFailed.

        One that a disruption budget keeps is asked again later: that is no failure, and nothing is forced.
        """
        self.cordon(node)
        with self._reading(f"machines on {node}"):
            told = {"labelSelector": workloads.OURS, "fieldSelector": f"spec.nodeName={node},{LIVE_PODS}"}
            pods = self._api().list(api.POD, self._namespace(), self.options.page_size, **told)
            return [self._evicted(pod) for pod in pods]

    def _evicted(self, pod: machines.Object) -> Eviction:
        name, machine = str(pod["metadata"]["name"]), str(pod["metadata"]["labels"][workloads.MACHINE])
        try:
            self._api().evict(self._namespace(), name)
        except errors.Said as error:
            if errors.is_gone(error, name):
                return Eviction(machine, left=True)
            return Eviction(machine, left=False, waits=error.code == errors.BUDGET, detail=error.message)
        return Eviction(machine, left=True)

    # --- Launching ---------------------------------------------------------------------------------------------

    def _adopted(self, request: LaunchRequest, kind: api.Kind, body: dict[str, Any], until: float) -> LaunchOutcome:
        """What is there under the name already: our own, whose answer was lost, or somebody else's."""
        name = str(body["metadata"]["name"])
        try:
            seen = self._seen(kind, name)
        except Exception as error:  # noqa: BLE001 - a refusal of a look says nothing about the launch
            return _unsure_of_launch(error)
        if seen is None:
            return Unclear("vanished", f"{name} was there a moment ago.")
        said, ours = seen["metadata"].get("annotations") or {}, body["metadata"]["annotations"]
        if any(said.get(key) != ours[key] for key in (workloads.TOKEN, workloads.REQUEST)):
            sentence = f"{name} is there already, made by another request."
            return Refusal(ErrorClass.BAD_REQUEST, errors.EXISTS, sentence, Scope.REQUEST)
        return self._awaited(request, kind, seen, until, replayed=True)

    def _awaited(
        self, request: LaunchRequest, kind: api.Kind, made: dict[str, Any], until: float, *, replayed: bool
    ) -> LaunchOutcome:
        """Follows the pods of what was created until a node has taken them, or none will."""
        name = str(made["metadata"]["name"])
        patience = min(until, time.monotonic() + self.options.schedule_seconds)
        selector, pods = f"{workloads.MACHINE}={name}", []
        try:
            if made["metadata"].get("deletionTimestamp"):
                return Refusal(ErrorClass.GONE, "deleting", f"{name} is ending.", Scope.REQUEST)
            if machines.machine_of(made, []).terminated_at:
                return Refusal(ErrorClass.GONE, "ended", f"{name} has ended.", Scope.REQUEST)
            seen = follow(
                self._api(), api.POD, self._namespace(), patience, self.options.page_size, labelSelector=selector
            )
            for pods in seen:
                if missing := machines.without_image(machines.current(pods)):
                    return self._without_image(kind, name, missing, until)
                placed = [pod for pod in machines.current(pods) if machines.is_placed(pod)]
                if len(placed) >= machines.hosts_wanted(made):
                    return Launched(machines.machine_of(made, pods), replayed)
            return self._unplaced(request, kind, made, machines.current(pods), until, replayed=replayed)
        except NONSENSE as error:
            return Unclear("garbled", f"the answer to the launch makes no sense: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - a refusal of a look says nothing about the launch
            return _unsure_of_launch(error)

    def _without_image(self, kind: api.Kind, name: str, missing: tuple[str, str], until: float) -> Refusal | Unclear:
        """A node holds accelerators for a container that does not start: they are given back."""
        refused = self._cleared(kind, name, classify(errors.CLOUD, *missing), until)
        if isinstance(refused, Refusal) and refused.error_class == ErrorClass.BAD_REQUEST:
            return replace(refused, of_token=True)  # gone for certain, whichever call had made it
        return refused

    def _unplaced(
        self,
        request: LaunchRequest,
        kind: api.Kind,
        made: dict[str, Any],
        pods: list[machines.Object],
        until: float,
        *,
        replayed: bool,
    ) -> LaunchOutcome:
        """No node took it in time: the cluster grows, or there is no room, or its pods may not even be made."""
        name, shape = str(made["metadata"]["name"]), shapes.parse(request.instance_type)
        if why := machines.why_unplaced(pods):
            if shapes.can_grow(shape, request.region, request.zone, request.capacity_type, self.options):
                return Launched(machines.machine_of(made, pods), replayed)
            return self._cleared(kind, name, classify(errors.CLOUD, errors.UNSCHEDULABLE, why), until)
        if pods:
            return Unclear("still-creating", f"{name} has no node yet, and nobody says that it gets none.")
        refused = self._why_no_pod(made)
        return refused if isinstance(refused, Unclear) else self._cleared(kind, name, refused, until)

    def _why_no_pod(self, made: dict[str, Any]) -> Refusal | Unclear:
        """What keeps the pods from being made: asked by trying one, which is not kept."""
        template = workloads.template_of(made)
        name = f"{made['metadata']['name']}-try"
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**template["metadata"], "name": name},
            "spec": template["spec"],
        }
        try:
            self._api().create(api.POD, self._namespace(), pod, dryRun="All")
        except errors.Said as error:
            return errors.meaning_of(error)
        return Unclear("still-creating", f"{made['metadata']['name']} has no pod yet, though it may have one.")

    def _cleared(self, kind: api.Kind, name: str, why: Refusal, until: float) -> Refusal | Unclear:
        """The reason, once nothing is left of the attempt: it would take the next node that becomes free."""
        left = Unclear("remains", f"{name} could not be had ({why.code}: {why.message}), and it is still there.")
        try:
            self._api().delete(kind, self._namespace(), name)
        except Exception as error:  # noqa: BLE001 - it is asked after below
            if not errors.is_gone(error, name):
                return left
        while True:
            try:
                if self._seen(kind, name) is None:
                    return why
            except Exception:  # noqa: BLE001 - it may be there
                return left
            pause = min(GONE_POLL_SECONDS, self.options.schedule_seconds)
            if time.monotonic() + pause > until:
                return left
            time.sleep(pause)

    # --- Reading -----------------------------------------------------------------------------------------------

    def _seen(self, kind: api.Kind, name: str) -> dict[str, Any] | None:
        """The workload of that name; None when there is none."""
        try:
            return self._api().get(kind, self._namespace(), name)
        except errors.Said as error:
            if errors.is_gone(error, name):
                return None
            raise

    def _pods_of(self, workload: dict[str, Any]) -> list[dict[str, Any]]:
        selector = f"{workloads.MACHINE}={workload['metadata']['name']}"
        return self._api().list(api.POD, self._namespace(), self.options.page_size, labelSelector=selector)

    def _listed(self, selector: str, wanted: Callable[[Machine], bool]) -> Inventory:
        """What was read before a page failed is kept."""
        found: list[tuple[dict[str, Any], Machine]] = []
        cluster = ""
        try:
            with self._reading("machines"):
                cluster = self._require_own()
                for row in filter(workloads.is_ours, self._workloads(selector)):
                    machine = machines.machine_of(row, [])
                    if wanted(machine):
                        found.append((row, machine))
                pods = self._api().list(api.POD, self._namespace(), self.options.page_size, labelSelector=selector)
                of = machines.by_machine(pods) if found else {}
                told = [machines.machine_of(row, of.get(machine.provider_id, [])) for row, machine in found]
        except ReadFailed as error:
            return Inventory(tuple(machine for _, machine in found), False, cluster, str(error), error.meaning)
        return Inventory(tuple(told), True, cluster)

    def _workloads(self, selector: str) -> Iterator[dict[str, Any]]:
        """Of every kind. The rows of a list do not say their kind, so it is written into them."""
        sets = [api.LEADER_WORKER_SET] if self.options.leader_worker_sets else []
        for kind in (api.DEPLOYMENT, api.JOB, *sets):
            for rows, _ in self._api().pages(
                kind, self._namespace(), self.options.page_size, labelSelector=selector
            ):  # fmt: skip
                yield from ({**row, "kind": kind.name} for row in rows)

    def _pools(self) -> list[shapes.Pool]:
        size = self.options.page_size
        nodes = self._api().list(api.NODE, "", size)
        pods = self._api().list(api.POD, "", size, fieldSelector=LIVE_PODS)
        return shapes.pools(inventory.holdings(nodes, pods, self.options), self.options)

    def _cluster(self) -> str:
        return identity.of(self._api())

    def _require_own(self) -> str:
        """The cluster, which is the account's own. Raises AnotherCluster."""
        return identity.required(self._api(), self.account.expected_ref)

    def _not_ours(self) -> Refusal | None:
        """Why a call is not made: there, a repeated launch would buy again, and what is not found would have ended."""
        if not self.account.expected_ref:
            return None
        try:
            self._require_own()
        except Exception as error:  # noqa: BLE001 - whatever it was, the call that matters was not made
            meaning = errors.meaning_of(error)
            if isinstance(meaning, Refusal) and meaning.error_class in (ErrorClass.AUTH, ErrorClass.THROTTLE):
                return meaning
            told = f"It is not known whose cluster this is: {meaning.message}"
            return Refusal(ErrorClass.TRANSIENT, meaning.code, told, Scope.REQUEST)
        return None

    def _reading(self, what: str) -> AbstractContextManager[None]:
        return reading(self.account.name, what, errors.meaning_of)

    def _api(self) -> api.Api:
        return api.Api(self._place(), self.options.read_seconds)

    def _place(self) -> Place:
        """Read for every call: in a cluster the token is replaced within the hour."""
        return read_place(self.account.secret, self.options.context)

    def _namespace(self) -> str:
        return self.options.namespace or self._place().namespace or DEFAULT_NAMESPACE

    def _namespace_or_default(self) -> str:
        try:
            return self._namespace()
        except Exception:  # noqa: BLE001 - the first check tells what is wrong with the credential
            return DEFAULT_NAMESPACE


def _unsure(error: Exception) -> Refusal | Unclear:
    """A refusal to end something; that there is no such path is no proof that the machine is gone."""
    meaning = errors.meaning_of(error)
    if isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.GONE:
        return Unclear(meaning.code, meaning.message)
    return meaning


def _unsure_of_launch(error: Exception) -> Unclear:
    meaning = errors.meaning_of(error)
    return meaning if isinstance(meaning, Unclear) else Unclear(meaning.code, meaning.message)
