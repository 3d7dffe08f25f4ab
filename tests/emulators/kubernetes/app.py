"""The emulated API servers: which cluster a request is for is told by its token."""

from __future__ import annotations

import copy
import json
import re
import threading
import time
from typing import Any

from tests.emulators.faults import Reply, Request
from tests.emulators.kubernetes import control, engine
from tests.emulators.kubernetes.selecting import by_fields, by_labels
from tests.emulators.kubernetes.store import API_VERSIONS, Cluster, merged, now
from tests.emulators.kubernetes.validating import faults_of
from tests.emulators.kubernetes.wire import Call, Refused, answer, error, success, token_in
from tests.emulators.kubernetes.world import WORKLOADS, World

LARGEST_PAGE = 500
TICK_SECONDS = 0.01
_BEARER = re.compile(r"Bearer (\S+)")


class Kubernetes:
    """A `front.Cloud`. One request at a time, except that watches wait beside the others."""

    def __init__(self) -> None:
        self.world = World()
        self._lock = threading.RLock()
        faults_of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "read-the-schema-now"}})

    def answer(self, request: Request) -> Reply:
        try:
            call = Call.of(request)
            with self._lock:
                cluster = self._opened(request)
                if call is None:
                    return Reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})
                self._let_through(cluster, call)
                self.world.settle_one(cluster)
            if call.verb == "watch":
                return self._watched(cluster, call)
            with self._lock:
                return self._served(cluster, call)
        except Refused as refused:
            return error(refused)

    def error(self, request: Request, code: str, status: int | None, message: str) -> Reply:
        return error(Refused(code, message or f"The emulator was told to say {code}.", status))

    def names(self, request: Request) -> tuple[str, str]:
        call = Call.of(request)
        return (f"{call.verb} {call.resource}" if call else ""), token_in(request)

    def control(self, method: str, name: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        with self._lock:
            try:
                return control.obey(self.world, method, name, query, body)
            except Refused as refused:
                raise LookupError(str(refused)) from refused

    def reset(self) -> None:
        with self._lock:
            self.world.reset()

    def _opened(self, request: Request) -> Cluster:
        shown = _BEARER.fullmatch(request.headers.get("authorization", ""))
        name, works = self.world.tokens.get(shown[1] if shown else "", ("", False))
        if not works:
            raise Refused("Unauthorized", "Unauthorized")
        return self.world.clusters[name]

    @staticmethod
    def _let_through(cluster: Cluster, call: Call) -> None:
        if (call.verb, call.resource) in cluster.denied:
            where = f' in the namespace "{call.namespace}"' if call.namespace else " at the cluster scope"
            told = f'User "purser" cannot {call.verb} resource "{call.resource}" in API group "{call.group}"{where}'
            raise Refused("Forbidden", f"{call.plural} is forbidden: {told}", kind=call.plural)

    def _served(self, cluster: Cluster, call: Call) -> Reply:
        if call.sub:
            return self._below(cluster, call)
        match call.verb:
            case "get":
                return answer(self._one(cluster, call))
            case "list":
                return answer(self._list(cluster, call))
            case "create":
                return self._created(cluster, call)
            case "patch":
                return self._patched(cluster, call)
            case "delete":
                return self._deleted(cluster, call)
        raise Refused("MethodNotAllowed", "the server does not allow this method on the requested resource")

    def _one(self, cluster: Cluster, call: Call) -> dict[str, Any]:
        return cluster.get(call.plural, call.namespace, call.name)

    def _list(self, cluster: Cluster, call: Call) -> dict[str, Any]:
        rows = self._selected(cluster, call, cluster.all(call.plural, call.namespace))
        page, about = cluster.page(rows, int(call.query.get("limit") or LARGEST_PAGE), call.query.get("continue", ""))
        bare = [{key: value for key, value in row.items() if key not in ("kind", "apiVersion")} for row in page]
        return {"kind": f"{call.kind}List", "apiVersion": API_VERSIONS[call.kind], "metadata": about, "items": bare}

    def _selected(self, cluster: Cluster, call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lag = self.world.delays.lag if call.plural in WORKLOADS else 0
        shown = []
        for row in rows:
            age = (now() - cluster.made_at[row["metadata"]["uid"]]).total_seconds()
            if age >= lag and self._wanted(call, row):
                shown.append(row)
        return shown

    @staticmethod
    def _wanted(call: Call, row: dict[str, Any]) -> bool:
        try:
            chosen = by_fields(call.query.get("fieldSelector", ""), row)
        except KeyError as unknown:
            raise Refused("BadRequest", f"field label not supported: {unknown}") from unknown
        return chosen and by_labels(call.query.get("labelSelector", ""), row)

    def _created(self, cluster: Cluster, call: Call) -> Reply:
        body = call.body
        if told := faults_of(body):
            raise Refused("BadRequest", f"{call.kind} in version {call.base} cannot be handled: {told}")
        if body.get("kind") != call.kind:
            raise Refused("BadRequest", f"the object is no {call.kind}")
        if call.kind == "SelfSubjectAccessReview":
            return answer(self._reviewed(cluster, body), 201)
        if call.namespace and ("namespaces", "", call.namespace) not in cluster.objects:
            raise Refused(
                "NotFound", f'namespaces "{call.namespace}" not found', name=call.namespace, kind="namespaces"
            )
        if call.kind == "Pod":
            self.world.admit(cluster, call.namespace, body)
        if call.query.get("dryRun") == "All":
            return answer(body, 201)
        made = cluster.add(call.plural, call.kind, call.namespace, body)
        shown = copy.deepcopy(made)
        self.world.settle_one(cluster)
        return answer(shown, 201)

    @staticmethod
    def _reviewed(cluster: Cluster, body: dict[str, Any]) -> dict[str, Any]:
        asked = body["spec"]["resourceAttributes"]
        resource = "/".join(filter(None, (asked["resource"], asked.get("subresource"))))
        return {**body, "status": {"allowed": (asked["verb"], resource) not in cluster.denied}}

    def _patched(self, cluster: Cluster, call: Call) -> Reply:
        if call.request.headers.get("content-type") != "application/merge-patch+json":
            raise Refused("BadRequest", "the emulator knows merge patches only", 415)
        old = cluster.get(call.plural, call.namespace, call.name)
        said = (call.body.get("metadata") or {}).get("resourceVersion")
        if said not in (None, old["metadata"]["resourceVersion"]):
            raise Refused("Conflict", "the object has been modified; please apply your changes to the latest version")
        new = merged(copy.deepcopy(old), call.body)
        if call.kind == "Job" and new["spec"]["template"] != old["spec"]["template"]:
            raise Refused("Invalid", "spec.template: Invalid value: field is immutable", name=call.name)
        if told := faults_of(new):
            raise Refused("Invalid", f'{call.kind} "{call.name}" is invalid: {told}', name=call.name)
        cluster.put(call.plural, call.kind, new)
        self.world.settle_one(cluster)
        return answer(cluster.get(call.plural, call.namespace, call.name))

    def _deleted(self, cluster: Cluster, call: Call) -> Reply:
        found = cluster.get(call.plural, call.namespace, call.name)
        uid = found["metadata"]["uid"]
        if call.plural in WORKLOADS:
            self.world.delete(cluster, call.plural, call.kind, found)
            return answer(cluster.objects.get((call.plural, call.namespace, call.name)) or success(uid=uid))
        cluster.remove(call.plural, found)
        return answer(success(name=call.name, kind=call.plural, uid=uid))

    def _below(self, cluster: Cluster, call: Call) -> Reply:
        """A subresource: an eviction, or what is behind a service."""
        if call.resource == "pods/eviction" and call.verb == "create":
            if told := faults_of(call.body):
                raise Refused("BadRequest", told)
            self.world.evict(cluster, call.namespace, call.name)
            return answer(success(), 201)
        if call.resource == "services/proxy" and call.verb == "get":
            name = call.name.split(":")[0]
            selector = cluster.get("services", call.namespace, name)["spec"]["selector"]
            labels = ",".join(f"{key}={value}" for key, value in selector.items())
            pods = [pod for pod in cluster.all("pods", call.namespace) if by_labels(labels, pod) and _is_ready(pod)]
            return engine.answer(cluster, pods, call.sub.removeprefix("proxy/"), self.world.requests)
        raise Refused("NotFound", "the server could not find the requested resource")

    def _watched(self, cluster: Cluster, call: Call) -> Reply:
        """What changed since a version: at once when something did, else when it does, and a bookmark at the end."""
        version = int(call.query["resourceVersion"])
        ends = time.monotonic() + float(call.query.get("timeoutSeconds") or 1)
        while True:
            with self._lock:
                self.world.settle_one(cluster)
                try:
                    told = [
                        {"type": how, "object": body}
                        for how, body in cluster.since(call.plural, version)
                        if call.namespace in ("", body["metadata"].get("namespace", "")) and self._wanted(call, body)
                    ]
                except Refused as refused:
                    gone = json.loads(error(refused).body)
                    return _stream([{"type": "ERROR", "object": gone}])
                if told or time.monotonic() >= ends:
                    mark = {"kind": call.kind, "apiVersion": API_VERSIONS[call.kind]}
                    about = {"resourceVersion": str(cluster.newest)}
                    return _stream([*told, {"type": "BOOKMARK", "object": {**mark, "metadata": about}}])
            time.sleep(TICK_SECONDS)


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions") or ()
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _stream(events: list[dict[str, Any]]) -> Reply:
    lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    return Reply(200, lines, {"Content-Type": "application/json"})
