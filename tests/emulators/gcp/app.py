"""The emulated Google: Compute Engine, prices and permissions at one address, in the project of the bearer token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from tests.emulators.faults import Reply, Request
from tests.emulators.gcp import advice, control, instances, operations, permissions, reads, reservations, skus, tpus
from tests.emulators.gcp.discovery import Api, Method, billing, cloud_tpu, compute, projects
from tests.emulators.gcp.wire import Call, Refused, error, rpc_error, written
from tests.emulators.gcp.world import World

METHODS: dict[str, Callable[[World, Call], dict[str, Any]]] = {
    "compute.instances.insert": instances.insert,
    "compute.instances.get": instances.get,
    "compute.instances.list": instances.list_in_zone,
    "compute.instances.aggregatedList": instances.list_everywhere,
    "compute.instances.delete": instances.delete,
    "compute.zoneOperations.get": operations.get,
    "compute.zoneOperations.wait": operations.get,
    "compute.zoneOperations.list": operations.list_in_zone,
    "compute.globalOperations.aggregatedList": operations.list_everywhere,
    "compute.machineTypes.list": reads.machine_types,
    "compute.machineTypes.aggregatedList": reads.machine_types_everywhere,
    "compute.acceleratorTypes.list": reads.accelerator_types,
    "compute.acceleratorTypes.aggregatedList": reads.accelerator_types_everywhere,
    "compute.regions.list": reads.regions,
    "compute.regions.get": reads.region,
    "compute.reservations.aggregatedList": reservations.made,
    "compute.futureReservations.aggregatedList": reservations.coming,
    "compute.zones.list": reads.zones,
    "compute.projects.get": reads.project,
    "compute.advice.capacity": advice.capacity,
    "tpu.projects.locations.list": tpus.locations,
    "tpu.projects.locations.acceleratorTypes.list": tpus.accelerator_types,
    "tpu.projects.locations.nodes.list": tpus.list_nodes,
    "tpu.projects.locations.queuedResources.create": tpus.create,
    "tpu.projects.locations.queuedResources.delete": tpus.delete,
    "tpu.projects.locations.queuedResources.get": tpus.get,
    "tpu.projects.locations.queuedResources.list": tpus.list_queued,
    "cloudbilling.services.skus.list": skus.list_skus,
    "cloudresourcemanager.projects.testIamPermissions": permissions.test,
}
WAIT = "compute.zoneOperations.wait"
LONGEST_WAIT_SECONDS = 120.0


class Google:
    """A `front.Cloud`. One request at a time, but for those that wait."""

    def __init__(self) -> None:
        self.world = World()
        self._lock = threading.RLock()

    def answer(self, request: Request) -> Reply:
        try:
            api, method, path = _method(request)
            with self._lock:
                call = self._call(api, method, path, request)
                until = operations.found(self.world, call).done_at if method.id == WAIT else None
            if until is not None:
                left = (until - datetime.now(UTC)).total_seconds()
                time.sleep(min(max(left, 0.0), LONGEST_WAIT_SECONDS))
            with self._lock:
                answer = METHODS[method.id](self.world, call)
            api.check_answer(method, answer)
            return written(tpus.as_sent(answer))
        except Refused as refused:
            return _said(request, refused)

    def error(self, request: Request, code: str, status: int | None, message: str) -> Reply:
        return _said(request, Refused(code, message or f"The emulator was told to say {code}.", status))

    def names(self, request: Request) -> tuple[str, str]:
        try:
            _, method, _ = _method(request)
        except Refused:
            return "", ""
        return method.id, parse_qs(request.query).get("requestId", [""])[-1]

    def control(self, method: str, name: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        with self._lock:
            return control.obey(self.world, method, name, query, body)

    def reset(self) -> None:
        with self._lock:
            self.world.reset()

    def _call(self, api: Api, method: Method, path: dict[str, str], request: Request) -> Call:
        """Raises Refused for who may not, and for what the method does not take."""
        project = self._project(request)
        if (asked := path.get("project", path.get("projectsId", project))) != project:
            raise Refused("forbidden", f"Required permission for 'projects/{asked}'")
        query, body = api.asked(method, path, request)
        if method.id not in METHODS:
            raise Refused("notImplemented", f"{method.id} is not emulated.", 501)
        call = Call(method.id, project, path, query, body)
        permissions.check(self.world, call)
        return call

    def _project(self, request: Request) -> str:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        credential = self.world.credentials.get(token)
        if credential is None or not credential.works:
            told = (
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
                "valid authentication credential."
            )
            raise Refused("authError", told)
        return credential.project


def _method(request: Request) -> tuple[Api, Method, dict[str, str]]:
    for api in (compute(), billing(), projects(), cloud_tpu()):
        if found := api.find(request):
            return api, *found
    raise Refused("notFound", f"The requested URL {request.path} was not found on this server.")


def _said(request: Request, refused: Refused) -> Reply:
    """Each API in its own envelope."""
    if cloud_tpu().find(request) is None:
        return error(refused)
    words = {"authError": "UNAUTHENTICATED", "forbidden": "PERMISSION_DENIED", "badRequest": "INVALID_ARGUMENT"}
    return rpc_error(Refused(words.get(refused.reason, refused.reason), refused.message, refused.status))
