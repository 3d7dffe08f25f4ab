"""A caller of the API as a script would be: a token, JSON, a new Idempotency-Key for each new request."""

from __future__ import annotations

import json
from functools import cache
from itertools import count
from typing import Any

from django.test import Client

_keys = count(1)


def fresh_client() -> Client:
    """A browser without cookies. All of them share one handler: loading the middleware anew costs 50 ms."""
    client = Client(raise_request_exception=False)
    client.handler = _handler()
    return client


@cache
def _handler() -> Any:
    return Client(raise_request_exception=False).handler


class ApiClient:
    def __init__(self, token: str = "", *, session: Client | None = None) -> None:
        self.client = session or fresh_client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.headers | headers)

    def delete(self, path: str, *, match: str | None = "*", **headers: str) -> Any:
        """`match`: the tag of what is to change; None to send none."""
        headers = headers if match is None else {"If-Match": match} | headers
        return self.client.delete(f"/api/v1/{path}", headers=self.headers | headers)

    def post(self, path: str, body: Any, *, key: str | None = "", **headers: str) -> Any:
        """`key`: empty for a new one, None to send none."""
        if key is not None:
            headers["Idempotency-Key"] = key or f"test-{next(_keys)}"
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any, *, match: str | None = "*", **headers: str) -> Any:
        headers = headers if match is None else {"If-Match": match} | headers
        return self._send("patch", path, body, headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        send = getattr(self.client, method)
        return send(f"/api/v1/{path}", data, content_type="application/json", headers=self.headers | headers)
