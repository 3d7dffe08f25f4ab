"""The demo's hand on the sandbox: plants faults, sets stock, tells the router what to send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fleet.domain.addresses import LOOPBACK_ONLY
from fleet.outbound import OutboundError, fetch
from purser.embedded import EmbeddedError

CALL_SECONDS = 30.0


@dataclass(frozen=True)
class SandboxClient:
    """Calls of the sandbox's own API, as its operator."""

    url: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON. Raises EmbeddedError with what the sandbox said when it refused or did not answer."""
        try:
            answer = fetch(
                f"{self.url}/v1/{path}",
                policy=LOOPBACK_ONLY,
                method=method,
                body=None if body is None else json.dumps(body).encode(),
                headers={"Authorization": "Bearer sandbox", "Content-Type": "application/json"},
                total_seconds=CALL_SECONDS,
                max_bytes=50_000_000,
            )
        except OutboundError as error:
            raise EmbeddedError(f"The sandbox does not answer: {error}") from error
        if answer.status >= 400:
            said = answer.body[:500].decode(errors="replace")
            raise EmbeddedError(f"The sandbox refused {method} {path} with {answer.status}: {said}")
        return json.loads(answer.body or b"null")
