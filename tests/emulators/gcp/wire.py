"""What Google says when it refuses, and the requests it was asked with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.faults import Reply

JSON = {"Content-Type": "application/json; charset=UTF-8"}
# The status that a reason usually comes with, where it is not 400.
STATUSES = {
    "authError": 401,
    "forbidden": 403,
    "accessNotConfigured": 403,
    "rateLimitExceeded": 403,
    "userRateLimitExceeded": 403,
    "quotaExceeded": 403,
    "notFound": 404,
    "alreadyExists": 409,
    "conditionNotMet": 412,
    "internalError": 500,
    "backendError": 503,
}
USAGE_LIMITS = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "accessNotConfigured")


class Refused(Exception):
    """Google's no, with the reason that programs read."""

    def __init__(self, reason: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.status = status or STATUSES.get(reason, 400)


@dataclass(frozen=True)
class Call:
    """One request, after it was matched with a method of the discovery document."""

    method: str
    project: str
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)

    def most(self, usual: int = 500, largest: int = 500) -> int:
        """maxResults: 0 is as good as none."""
        asked = int(self.query.get("maxResults") or self.query.get("pageSize") or 0)
        if not 0 <= asked <= largest:
            raise Refused("invalid", f"Invalid value for field 'maxResults': '{asked}'. Must be from 0 to {largest}.")
        return asked or usual


def rpc_error(refused: Refused) -> Reply:
    """The envelope of the newer APIs: a word, and no reasons."""
    told = {"code": refused.status, "message": refused.message, "status": refused.reason}
    return Reply(refused.status, json.dumps({"error": told}).encode(), JSON)


def error(refused: Refused) -> Reply:
    """Google's error envelope."""
    domain = "usageLimits" if refused.reason in USAGE_LIMITS else "global"
    told: dict[str, Any] = {
        "code": refused.status,
        "message": refused.message,
        "errors": [{"message": refused.message, "domain": domain, "reason": refused.reason}],
    }
    if refused.status == 401:
        told["status"] = "UNAUTHENTICATED"
    return Reply(refused.status, json.dumps({"error": told}).encode(), JSON)


def written(answer: dict[str, Any]) -> Reply:
    return Reply(200, json.dumps(answer).encode(), JSON)
