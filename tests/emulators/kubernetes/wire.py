"""How an API server is asked and answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.emulators.faults import Reply, Request

REASONS = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "AlreadyExists": 409,
    "Conflict": 409,
    "Expired": 410,
    "Invalid": 422,
    "TooManyRequests": 429,
    "InternalError": 500,
    "ServiceUnavailable": 503,
}
# Group and version of a path -> plural -> kind; those of no namespace.
KINDS = {
    "/api/v1": {
        "nodes": "Node",
        "namespaces": "Namespace",
        "pods": "Pod",
        "services": "Service",
        "resourcequotas": "ResourceQuota",
    },
    "/apis/apps/v1": {"deployments": "Deployment"},
    "/apis/batch/v1": {"jobs": "Job"},
    "/apis/policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "/apis/leaderworkerset.x-k8s.io/v1": {"leaderworkersets": "LeaderWorkerSet"},
    "/apis/authorization.k8s.io/v1": {"selfsubjectaccessreviews": "SelfSubjectAccessReview"},
}
OF_THE_CLUSTER = ("nodes", "namespaces", "selfsubjectaccessreviews")
_PATH = re.compile(
    r"(?P<base>/api/v1|/apis/[^/]+/[^/]+)(/namespaces/(?P<namespace>[^/]+)(?=/))?"
    r"/(?P<plural>[a-z]+)(/(?P<name>[^/]+)(/(?P<sub>.+))?)?"
)
_OBJECT_TOKEN = re.compile(rb'"purser\.dev/token":\s*"([^"]*)"')


class Refused(Exception):
    """A Status that is no success, as the API server says it."""

    def __init__(self, reason: str, message: str, status: int | None = None, **details: Any) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason, self.message, self.details = reason, message, details
        self.status = status or REASONS.get(reason, 400)


@dataclass(frozen=True)
class Call:
    """One request to a path that the server serves."""

    request: Request
    base: str
    namespace: str
    plural: str
    name: str
    sub: str

    @classmethod
    def of(cls, request: Request) -> Call | None:
        matched = _PATH.fullmatch(request.path)
        if matched is None or matched["plural"] not in KINDS.get(matched["base"], {}):
            return None
        parts = {key: unquote(value or "") for key, value in matched.groupdict().items()}
        if bool(parts["namespace"]) and parts["plural"] in OF_THE_CLUSTER:
            return None
        return cls(request, **parts)

    @property
    def kind(self) -> str:
        return KINDS[self.base][self.plural]

    @property
    def group(self) -> str:
        return self.base.split("/")[2] if self.base.startswith("/apis/") else ""

    @property
    def verb(self) -> str:
        method = self.request.method
        if method == "GET":
            return "watch" if self.query.get("watch") == "true" else "get" if self.name else "list"
        return {"POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}.get(method, method.lower())

    @property
    def resource(self) -> str:
        return f"{self.plural}/{self.sub.partition('/')[0]}" if self.sub else self.plural

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.request.query, keep_blank_values=True))

    @cached_property
    def body(self) -> dict[str, Any]:
        try:
            found = json.loads(self.request.body or b"{}")
        except ValueError as error:
            raise Refused("BadRequest", "the object provided is unrecognized") from error
        if not isinstance(found, dict):
            raise Refused("BadRequest", "the object provided is unrecognized")
        return found


def token_in(request: Request) -> str:
    found = _OBJECT_TOKEN.search(request.body)
    return found[1].decode() if found else ""


def answer(body: Any, status: int = 200, **headers: str) -> Reply:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json", **told})


def error(refused: Refused) -> Reply:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": refused.message,
        "reason": refused.reason,
        "details": refused.details,
        "code": refused.status,
    }
    return answer(body, refused.status, **({"Retry_After": "1"} if refused.status == 429 else {}))


def success(**details: Any) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
