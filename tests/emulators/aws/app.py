"""The emulated AWS: every service at one address, in the account of the key that signed the request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.emulators.aws import (
    control,
    fleets,
    instances,
    launches,
    permissions,
    pricing,
    quotas,
    reservations,
    roles,
    scores,
    shapes,
    spot_history,
)
from tests.emulators.aws.ask import Ask
from tests.emulators.aws.machines import now
from tests.emulators.aws.plain import Moto
from tests.emulators.aws.wire import Call, Refused, error, written
from tests.emulators.aws.world import Credential, World
from tests.emulators.faults import Reply, Request

# What answers in moto's place, by the service and the operation.
OPERATIONS: dict[tuple[str, str], Callable[[Ask], dict[str, Any]]] = {
    ("ec2", "RunInstances"): launches.run_instances,
    ("ec2", "CreateFleet"): fleets.create_fleet,
    ("ec2", "DescribeInstances"): instances.describe_instances,
    ("ec2", "TerminateInstances"): instances.terminate_instances,
    ("ec2", "DescribeInstanceTypes"): shapes.describe_types,
    ("ec2", "DescribeInstanceTypeOfferings"): shapes.describe_offerings,
    ("ec2", "DescribeSpotPriceHistory"): spot_history.describe_history,
    ("ec2", "GetSpotPlacementScores"): scores.placement_scores,
    ("ec2", "DescribeCapacityBlockOfferings"): reservations.describe_offerings,
    ("ec2", "PurchaseCapacityBlock"): reservations.purchase_block,
    ("ec2", "CreateCapacityReservation"): reservations.create_reservation,
    ("ec2", "CancelCapacityReservation"): reservations.cancel_reservation,
    ("ec2", "DescribeCapacityReservations"): reservations.describe_reservations,
    ("pricing", "GetProducts"): pricing.get_products,
    ("servicequotas", "GetServiceQuota"): quotas.get_quota,
    ("servicequotas", "ListServiceQuotas"): quotas.list_quotas,
}
# The status that a code usually comes with, where it is not 400.
STATUSES = {
    "InsufficientInstanceCapacity": 500,
    "InternalError": 500,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
    "Unavailable": 503,
    "RequestLimitExceeded": 503,
    "UnauthorizedOperation": 403,
    "AccessDeniedException": 403,
    "AuthFailure": 401,
    "OptInRequired": 401,
}


class Aws:
    """A `front.Cloud`. One request at a time: neither moto nor World is safe for threads."""

    def __init__(self) -> None:
        self.moto = Moto()
        self.world = World()
        self.url = "http://127.0.0.1"  # until the front has its port
        self._lock = threading.RLock()

    def answer(self, request: Request) -> Reply:
        call = Call.of(request)
        with self._lock:
            try:
                credential = self._credential(call)
                account = credential.account
                permissions.check(credential, call, self._template(account, call))
                if (call.service, call.operation) == ("ssm", "GetParameters"):
                    return permissions.parameters(call)
                if (call.service, call.operation) == ("sts", "AssumeRole"):
                    return roles.assume(self.world, account, call)
                own = OPERATIONS.get((call.service, call.operation))
                if own is None or (call.service == "servicequotas" and call.params.get("ServiceCode") != "ec2"):
                    return self.moto.answer(request, account, self.url)
                return written(call, own(Ask(self.world, self.moto, account, call)))
            except Refused as refused:
                return error(call, refused)

    def error(self, request: Request, code: str, status: int | None, message: str) -> Reply:
        told = message or f"The emulator was told to say {code}."
        return error(Call.of(request), Refused(code, told, status or STATUSES.get(code, 400)))

    def names(self, request: Request) -> tuple[str, str]:
        call = Call.of(request)
        return call.operation, call.form.get("ClientToken", "")

    def control(self, method: str, name: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        with self._lock:
            return control.obey(self.world, self.moto, self.url, method, name, query, body)

    def reset(self) -> None:
        with self._lock:
            self.moto.reset()
            self.world.reset()

    def warm_up(self) -> None:
        """moto loads a service when it is first asked for, which takes seconds."""
        self.moto.ec2("000000000000", "us-east-1", {"Action": "DescribeInstances", "Version": "2016-11-15"})
        self.moto.sqs("000000000000", "us-east-1", "ListQueues", {}, self.url)

    def _template(self, account: str, call: Call) -> dict[str, Any]:
        """What the launch template of a fleet says, where there is one."""
        if (call.service, call.operation) != ("ec2", "CreateFleet") or call.params.get("DryRun"):
            return {}
        try:
            return fleets.template_of(Ask(self.world, self.moto, account, call))
        except Refused:
            return {}

    def _credential(self, call: Call) -> Credential:
        """Whose request it is. Raises Refused for a key that does not work."""
        if not call.access_key:
            raise Refused("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        credential = self.world.credentials.get(call.access_key)
        # A region that the account has not switched on knows none of its keys.
        closed = credential is not None and (credential.account, call.region) in self.world.closed
        if credential is None or not credential.works or closed:
            if call.service == "ec2":
                told = "AWS was not able to validate the provided access credentials"
                raise Refused("AuthFailure", told, 401)
            code = "InvalidClientTokenId"
            if "x-amz-target" in call.request.headers and call.service != "sqs":
                code = "UnrecognizedClientException"
            raise Refused(code, "The security token included in the request is invalid.", 403)
        if credential.expires_at is not None and credential.expires_at <= now():
            code = "RequestExpired" if call.service == "ec2" else "ExpiredToken"
            raise Refused(code, "The security token included in the request is expired", 400)
        return credential
