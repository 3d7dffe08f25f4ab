"""How each vendor says no: its own code, HTTP status and scope for every kind of refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "stock-out",
    "spot-stock-out",
    "quota",
    "throttle",
    "unauthenticated",
    "forbidden",
    "bad-request",
    "unsupported",
    "internal",
    "not-found",
    "token-mismatch",
    "token-ended",
]
CLOUDS = ("aws", "gcp", "azure")
NOTICE_SECONDS = {"aws": 120, "gcp": 30, "azure": 30}

# kind -> cloud -> (code, HTTP status, scope)
_MANNERS: dict[Kind, dict[str, tuple[str, int, str]]] = {
    "stock-out": {
        "aws": ("InsufficientInstanceCapacity", 500, "pool"),
        "gcp": ("ZONE_RESOURCE_POOL_EXHAUSTED", 503, "pool"),
        "azure": ("ZonalAllocationFailed", 409, "zone"),
    },
    "spot-stock-out": {
        "aws": ("InsufficientInstanceCapacity", 500, "pool"),
        "gcp": ("ZONE_RESOURCE_POOL_EXHAUSTED", 503, "pool"),
        "azure": ("SkuNotAvailable", 409, "pool"),
    },
    "quota": {
        "aws": ("VcpuLimitExceeded", 400, "region"),
        "gcp": ("QUOTA_EXCEEDED", 403, "region"),
        "azure": ("OperationNotAllowed", 409, "region"),
    },
    "throttle": {
        "aws": ("RequestLimitExceeded", 503, "region"),
        "gcp": ("rateLimitExceeded", 429, "account"),
        "azure": ("TooManyRequests", 429, "region"),
    },
    "unauthenticated": {
        "aws": ("AuthFailure", 401, "account"),
        "gcp": ("UNAUTHENTICATED", 401, "account"),
        "azure": ("InvalidAuthenticationToken", 401, "account"),
    },
    "forbidden": {
        "aws": ("UnauthorizedOperation", 403, "account"),
        "gcp": ("forbidden", 403, "account"),
        "azure": ("AuthorizationFailed", 403, "account"),
    },
    "bad-request": {
        "aws": ("InvalidParameterValue", 400, "request"),
        "gcp": ("invalid", 400, "request"),
        "azure": ("InvalidParameter", 400, "request"),
    },
    "unsupported": {
        "aws": ("Unsupported", 400, "pool"),
        "gcp": ("invalid", 400, "request"),
        "azure": ("SkuNotAvailable", 409, "pool"),
    },
    "internal": {
        "aws": ("InternalError", 500, "request"),
        "gcp": ("backendError", 503, "request"),
        "azure": ("InternalServerError", 500, "request"),
    },
    "not-found": {
        "aws": ("InvalidInstanceID.NotFound", 404, "request"),
        "gcp": ("notFound", 404, "request"),
        "azure": ("ResourceNotFound", 404, "request"),
    },
    "token-mismatch": {
        "aws": ("IdempotentParameterMismatch", 409, "request"),
        "gcp": ("alreadyExists", 409, "request"),
        "azure": ("PropertyChangeNotAllowed", 409, "request"),
    },
    "token-ended": {
        "aws": ("IdempotentInstanceTerminated", 400, "request"),
        "gcp": ("alreadyExists", 409, "request"),
        "azure": ("ResourceNotFound", 404, "request"),
    },
}
_BY_CODE = {
    (cloud, code): (status, scope)
    for manners in reversed(_MANNERS.values())
    for cloud, (code, status, scope) in manners.items()
}


@dataclass
class VendorError(Exception):
    """A refusal in one vendor's words."""

    code: str
    status: int
    message: str
    scope: str = "request"
    retry_after_seconds: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The JSON every refusal has."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "scope": self.scope}
        if self.retry_after_seconds is not None:
            error["retry_after_seconds"] = self.retry_after_seconds
        return {"error": {**error, "details": dict(self.details)}}


def refusal(cloud: str | None, kind: Kind, message: str, **details: Any) -> VendorError:
    """The refusal of a kind, as this cloud words it."""
    code, status, scope = _MANNERS[kind][cloud or "aws"]
    retry_after_seconds = 1.0 if kind == "throttle" else None
    return VendorError(code, status, message, scope, retry_after_seconds, details)


def planted(cloud: str | None, code: str, status: int | None) -> VendorError:
    """An injected refusal: the code's usual status and scope unless a status is given; 500 for a code nobody uses.

    A kind of refusal, as `stock-out`, is said in the cloud's own words.
    """
    if code in _MANNERS:
        code = _MANNERS[code][cloud or "aws"][0]
    usual, scope = _BY_CODE.get((cloud or "aws", code), (500, "request"))
    text = f"Injected by the sandbox: {code}."
    if (cloud or "aws", code) == ("azure", "OperationNotAllowed"):
        text = "Injected by the sandbox: exceeding the approved Cores quota. Current Limit: 0."
    retry_after_seconds = 1.0 if (status or usual) == 429 or code == "RequestLimitExceeded" else None
    return VendorError(code, status or usual, text, scope, retry_after_seconds)
