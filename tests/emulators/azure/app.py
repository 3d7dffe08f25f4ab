"""The emulated Azure: Resource Manager, sign-in and retail prices at one address."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

from azure.mgmt.compute import models as compute
from azure.mgmt.network import models as network

from tests.emulators.azure import control, prices, reservations, resources, roles, skus, vms
from tests.emulators.azure.bodies import faults_of
from tests.emulators.azure.routes import Route, routed, routes
from tests.emulators.azure.sign_in import asked_for, sign_in
from tests.emulators.azure.wire import Address, Call, Refused, error
from tests.emulators.azure.world import RESERVED_IN, World
from tests.emulators.faults import Reply, Request

OPERATIONS: dict[str, Callable[[World, Call], Reply]] = {
    "virtual_machines_create_or_update": vms.put,
    "virtual_machines_get": vms.get,
    "virtual_machines_instance_view": vms.view,
    "virtual_machines_list": vms.listed,
    "virtual_machines_list_all": vms.listed,
    "virtual_machines_delete": vms.delete,
    "virtual_machines_simulate_eviction": vms.evict,
    "resource_skus_list": skus.listed,
    "usage_list": skus.usages,
    "network_interfaces_list": resources.list_nics,
    "network_interfaces_list_all": resources.list_nics,
    "network_interfaces_get": resources.get_nic,
    "network_interfaces_create_or_update": resources.put_nic,
    "network_interfaces_delete": resources.delete_nic,
    "disks_list": resources.list_disks,
    "disks_list_by_resource_group": resources.list_disks,
    "disks_get": resources.get_disk,
    "disks_delete": resources.delete_disk,
    "capacity_reservation_groups_list_by_subscription": reservations.groups,
    "capacity_reservation_groups_get": reservations.group,
    "capacity_reservations_list_by_capacity_reservation_group": reservations.listed,
    "permissions_list_for_resource_group": roles.listed,
    "operation": vms.operation,
}
# What the answers of an operation are, whole or as the items of a list.
SAYS: dict[str, type] = {
    "virtual_machines_create_or_update": compute.VirtualMachine,
    "virtual_machines_get": compute.VirtualMachine,
    "virtual_machines_instance_view": compute.VirtualMachineInstanceView,
    "virtual_machines_list": compute.VirtualMachine,
    "virtual_machines_list_all": compute.VirtualMachine,
    "resource_skus_list": compute.ResourceSku,
    "usage_list": compute.Usage,
    "network_interfaces_list": network.NetworkInterface,
    "network_interfaces_list_all": network.NetworkInterface,
    "network_interfaces_get": network.NetworkInterface,
    "network_interfaces_create_or_update": network.NetworkInterface,
    "disks_list": compute.Disk,
    "disks_list_by_resource_group": compute.Disk,
    "disks_get": compute.Disk,
    "capacity_reservation_groups_list_by_subscription": compute.CapacityReservationGroup,
    "capacity_reservation_groups_get": compute.CapacityReservationGroup,
    "capacity_reservations_list_by_capacity_reservation_group": compute.CapacityReservation,
}
# Where an operation is asked after: the SDKs only follow the link they were given.
OPERATION = Route(
    "operation",
    "GET",
    re.compile(
        r"/subscriptions/(?P<subscriptionId>[^/]+)/providers/Microsoft\.Compute/locations/[^/]+"
        r"/operations/(?P<operationId>[^/]+)"
    ),
    "2026-04-01",
    frozenset({"api-version", "p"}),
    0,
)
STATUSES = {
    "TooManyRequests": 429,
    "AuthorizationFailed": 403,
    "InvalidAuthenticationToken": 401,
    "InternalServerError": 500,
    "SkuNotAvailable": 409,
    "OperationNotAllowed": 409,
    "ResourceNotFound": 404,
}
_BEARER = re.compile(r"Bearer (\S+)")
_TOKEN = re.compile(rb'"purser-token":\s*"([^"]*)"')


class Azure:
    """A `front.Cloud`. One request at a time: World is not safe for threads."""

    def __init__(self) -> None:
        self.world = World()
        self._lock = threading.RLock()
        routes()  # read before the first call, which may have little time

    def answer(self, request: Request) -> Reply:
        with self._lock:
            if asked_for(request.path):
                return sign_in(self.world, request)
            address = Address.of(request)
            if address.path == prices.PATH:
                return prices.prices(request)
            self.world.settle()
            try:
                return _checked(*self._managed(request, address.path))
            except Refused as refused:
                return error(refused)

    def error(self, request: Request, code: str, status: int | None, message: str) -> Reply:
        told = message or f"The emulator was told to say {code}."
        return error(Refused(code, told, status or STATUSES.get(code, 400)))

    def names(self, request: Request) -> tuple[str, str]:
        address = Address.of(request)
        if asked_for(request.path):
            return "sign-in", ""
        if address.path == prices.PATH:
            return "prices", ""
        found = _routed(request.method, address.path)
        token = _TOKEN.search(request.body)
        return found[0].operation if found else "", token[1].decode() if token else ""

    def control(self, method: str, name: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        with self._lock:
            return control.obey(self.world, method, name, query, body)

    def reset(self) -> None:
        with self._lock:
            self.world.reset()

    def _managed(self, request: Request, path: str) -> tuple[str, Reply]:
        """The operation, and its answer. Raises Refused."""
        client = self._client(request)
        found = _routed(request.method, path)
        if found is None:
            raise Refused("InvalidResourceType", f"The path {path} could not be found for {request.method}.", 404)
        route, parameters = found
        call = Call(request, route, parameters)
        _check_query(call)
        credential = self.world.credentials[client]
        if parameters.get("subscriptionId") != credential.subscription:
            told = f"The client '{client}' does not have authorization to perform the action over this scope."
            raise Refused("AuthorizationFailed", told, 403)
        roles.check(credential, client, request.method, path, request.body)
        if parameters.get("resourceGroupName") not in (None, credential.group, RESERVED_IN):
            told = f"Resource group '{call.group}' could not be found."
            raise Refused("ResourceGroupNotFound", told, 404)
        own = OPERATIONS.get(route.operation)
        if own is None:
            raise Refused("NotImplemented", f"The emulator does not know {route.operation}.", 501)
        return route.operation, own(self.world, call)

    def _client(self, request: Request) -> str:
        """Whose request it is. Raises Refused for a token that opens nothing."""
        shown = _BEARER.fullmatch(request.headers.get("authorization", ""))
        if shown is None:
            raise Refused("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", 401)
        client = self.world.tokens.get(shown[1], "")
        if not client or not self.world.credentials[client].works:
            raise Refused("InvalidAuthenticationToken", "The access token is invalid.", 401)
        return client


def _routed(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for own in (OPERATION, roles.PERMISSIONS):
        if method == own.method and (matched := own.path.fullmatch(path)):
            return own, matched.groupdict()
    return routed(method, path)


def _check_query(call: Call) -> None:
    version = call.query.get("api-version")
    if version is None:
        told = "The api-version query parameter (?api-version=) is required for all requests."
        raise Refused("MissingApiVersionParameter", told)
    if version != call.route.api_version:
        told = f"{call.route.operation} has the api-version '{call.route.api_version}', not '{version}'."
        raise Refused("NoRegisteredProviderFound", told)
    if unknown := set(call.query) - call.route.query - {"$skiptoken"}:
        raise Refused("BadRequest", f"The query parameters {sorted(unknown)} are not known here.")


def _checked(operation: str, reply: Reply) -> Reply:
    """The answer, if it is one that Azure gives; the emulator must not lie."""
    model = SAYS.get(operation)
    if model is None or not reply.body:
        return reply
    body = json.loads(reply.body)
    for item in body.get("value", [body]):
        if told := faults_of(model, item):
            raise AssertionError(f"{operation} would not say that: {told}")
    return reply
