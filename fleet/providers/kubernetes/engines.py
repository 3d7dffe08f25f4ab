"""An engine where a machine's accelerators are held: the same workload, told to serve, behind a Service.

The pod is made anew for it, and again when the engine goes: for some seconds nobody holds the accelerators. Only a
Deployment can be told something else: a Job's pods are what they were made as, and a slice's hosts need one another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.providers.kubernetes import api, errors, identity, machines, workloads
from fleet.providers.kubernetes.inventory import pod_request
from fleet.providers.kubernetes.kubeconfig import read_place
from fleet.providers.kubernetes.options import DEFAULT_NAMESPACE, Options, read_options

REPLICA, HOLDER, LEAVING = "purser.dev/replica", "purser.dev/holder", "purser.dev/leaving"
IMAGES = {
    "nvidia.com/gpu": "docker.io/vllm/vllm-openai:latest",
    "amd.com/gpu": "docker.io/rocm/vllm:latest",
    "google.com/tpu": "docker.io/vllm/vllm-tpu:latest",
}
HOPELESS = ("ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError")
MOST_RESTARTS = 3
PROBE = {"periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 3}


class NoMachine(Exception):
    """There is no such machine, or no such engine on it (any more)."""


class WillNotRun(Exception):
    """The machine will never run this engine; the sentence says why."""


@dataclass(frozen=True)
class Seen:
    """What the cluster knows of an engine."""

    ready: bool
    leaving: bool
    began: datetime | None
    base_url: str


class Engines:
    """Engines on the machines of one account. Raises NoMachine, WillNotRun, AnotherCluster, and what a call raises."""

    def __init__(self, secret: str, options: Mapping[str, Any], expected_ref: str = "") -> None:
        """`expected_ref`: which cluster it has to be; empty: whichever."""
        self._expected = expected_ref
        self._options: Options = read_options(options)
        self._place = read_place(secret, self._options.context)
        self._api = api.Api(self._place, self._options.read_seconds)
        self._namespace = self._options.namespace or self._place.namespace or DEFAULT_NAMESPACE

    def start(self, machine: str, replica: str, words: Sequence[str], accelerators: int) -> None:
        """Once, however often it is asked. Whatever ran there before makes room."""
        found = self._machine(machine)
        if _said(found).get(REPLICA) != replica:
            [holder, *_] = workloads.template_of(found)["spec"]["containers"]
            container = self._container(holder, words, accelerators)
            # What holds the accelerators without an engine is kept, to be put back.
            kept = _said(found).get(HOLDER) or json.dumps(holder, sort_keys=True)
            self._change(found, {REPLICA: replica, HOLDER: kept, LEAVING: None}, replica, container)
        self._serve(found)

    def look(self, machine: str, replica: str) -> Seen:
        found = self._of(machine, replica)
        selector = f"{workloads.MACHINE}={machine}"
        pods = self._api.list(api.POD, self._namespace, self._options.page_size, labelSelector=selector)
        ours = [
            pod for pod in machines.current(pods) if (pod["metadata"].get("annotations") or {}).get(REPLICA) == replica
        ]
        if why := next(filter(None, map(_hopeless, ours)), ""):
            raise WillNotRun(why)
        ready = [pod for pod in ours if machines.condition_of(pod, "Ready").get("status") == "True"]
        began = machines.running_since(ours)
        return Seen(bool(ready), LEAVING in _said(found), began, self._address(machine, ready) if ready else "")

    def leave(self, machine: str, replica: str) -> None:
        """It is on its way out; what runs on it goes on."""
        found = self._of(machine, replica)
        if LEAVING not in _said(found):
            body = {"metadata": {"annotations": {LEAVING: "true"}, "resourceVersion": _version(found)}}
            self._api.patch(api.DEPLOYMENT, self._namespace, machine, body)

    def stop(self, machine: str, replica: str) -> None:
        """The machine holds its accelerators again, and nothing else."""
        found = self._of(machine, replica)
        holder = json.loads(_said(found)[HOLDER])
        self._change(found, {REPLICA: None, HOLDER: None, LEAVING: None}, None, holder)
        try:
            self._api.delete(api.SERVICE, self._namespace, machine)
        except errors.Said as error:
            if not errors.is_gone(error, machine):
                raise

    def ask(self, machine: str, path: str) -> str:
        """What the engine answers, through the API server: from wherever that can be reached."""
        port = self._options.engine.port
        return self._api.text(api.SERVICE.path(self._namespace, f"{machine}:{port}", f"proxy/{path}"))

    def _machine(self, machine: str) -> dict[str, Any]:
        if workloads.kind_of(machine) is not api.DEPLOYMENT:
            raise WillNotRun(f"{machine} ends by itself or is a slice of several hosts: no engine is started on such.")
        if self._expected:
            identity.required(self._api, self._expected)
        try:
            found = self._api.get(api.DEPLOYMENT, self._namespace, machine)
        except errors.Said as error:
            if errors.is_gone(error, machine):
                raise NoMachine(f"The machine {machine} is not there.") from error
            raise
        if found["metadata"].get("deletionTimestamp") or workloads.TOKEN not in _said(found):
            raise NoMachine(f"{machine} is being ended, or is none of ours.")
        return found

    def _of(self, machine: str, replica: str) -> dict[str, Any]:
        found = self._machine(machine)
        if _said(found).get(REPLICA) != replica:
            raise NoMachine(f"No engine of {replica} is on {machine}.")
        return found

    def _container(self, holder: Mapping[str, Any], words: Sequence[str], accelerators: int) -> dict[str, Any]:
        engine, port = self._options.engine, self._options.engine.port
        [(resource, held)] = pod_request({"containers": [holder]}).items()
        if accelerators > held:
            raise WillNotRun(f"The configuration needs {accelerators} accelerators, and the machine has {held}.")
        image = engine.image or IMAGES.get(resource, "")
        if not image:
            raise WillNotRun(
                f"No image of an engine is known for {resource}: set image in the account's option engine."
            )
        made: dict[str, Any] = {
            "name": workloads.CONTAINER,
            "image": image,
            "args": [*engine.before, *words, "--host", "0.0.0.0", "--port", str(port)],  # noqa: S104 - in its own pod
            "ports": [{"name": "http", "containerPort": port}],
            "readinessProbe": {"httpGet": {"path": "/health", "port": port}, **PROBE},
            "resources": holder["resources"],
            "volumeMounts": holder["volumeMounts"],
        }
        if engine.secret:
            made["envFrom"] = [{"secretRef": {"name": engine.secret}}]
        return made

    def _change(
        self, found: Mapping[str, Any], said: dict[str, Any], replica: str | None, container: Mapping[str, Any]
    ) -> None:
        """Only what was read is changed: somebody else's change in between is a conflict, and it is looked at anew."""
        template = {"metadata": {"annotations": {REPLICA: replica}}, "spec": {"containers": [dict(container)]}}
        about = {"annotations": said, "resourceVersion": _version(found)}
        body = {"metadata": about, "spec": {"template": template}}
        self._api.patch(api.DEPLOYMENT, self._namespace, str(found["metadata"]["name"]), body)

    def _serve(self, found: Mapping[str, Any]) -> None:
        """A Service that goes when the machine goes."""
        about = found["metadata"]
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": about["name"], "uid": about["uid"]}
        body = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": about["name"], "labels": about["labels"], "ownerReferences": [owner]},
            "spec": {
                "selector": {workloads.MACHINE: about["name"]},
                "ports": [{"name": "http", "port": self._options.engine.port}],
            },
        }
        try:
            self._api.create(api.SERVICE, self._namespace, body)
        except errors.Said as error:
            if error.code != errors.EXISTS:
                raise

    def _address(self, machine: str, ready: Sequence[Mapping[str, Any]]) -> str:
        host = f"{machine}.{self._namespace}.svc"
        if self._options.engine.by_pod:
            host = str(ready[0]["status"]["podIP"])
        return f"http://{f'[{host}]' if ':' in host else host}:{self._options.engine.port}"


def _hopeless(pod: Mapping[str, Any]) -> str:
    """Why a pod will never run; empty while it may."""
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        waiting = (status.get("state") or {}).get("waiting") or {}
        reason, told = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
        if reason in HOPELESS:
            return f"{reason}: {told}"
        if reason == "CrashLoopBackOff" and int(status.get("restartCount") or 0) >= MOST_RESTARTS:
            return f"The engine ended {status['restartCount']} times before it served. {told}"
    return ""


def _said(found: Mapping[str, Any]) -> Mapping[str, str]:
    return dict(found["metadata"].get("annotations") or {})


def _version(found: Mapping[str, Any]) -> str:
    return str(found["metadata"]["resourceVersion"])
