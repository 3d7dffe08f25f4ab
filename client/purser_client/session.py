"""One connection to a Purser: typed calls, lists as iterators, waiting, and refusals as exceptions."""

from __future__ import annotations

import inspect
import time
import uuid
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from purser_client import config
from purser_client.generated.client import AuthenticatedClient
from purser_client.generated.types import Response
from purser_client.problems import OperationFailed, Unreachable, raise_for_problem
from purser_client.retrying import Retrying

Answer = TypeVar("Answer")

TIMEOUT_SECONDS = 30.0
ONE_WAIT_SECONDS = 20


class Purser:
    """Calls made with one token. Close it, or use it as a context manager."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        attempts: int = 4,
        timeout_seconds: float = TIMEOUT_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`transport` is what Retrying sends with; the network unless said otherwise."""
        retrying = Retrying(transport or httpx.HTTPTransport(), attempts=attempts)
        self.generated = AuthenticatedClient(
            base_url=url.rstrip("/"),
            token=token,
            timeout=httpx.Timeout(timeout_seconds),
            httpx_args={"transport": retrying, "event_hooks": {"response": [raise_for_problem]}},
        )

    @classmethod
    def from_environment(cls, **changes: Any) -> Self:
        """With PURSER_URL and PURSER_TOKEN, else what `purser login` kept."""
        found = config.read()
        return cls(found.url, found.token, **changes)

    def call(self, operation: Callable[..., Response[Answer]], /, *parts: object, **arguments: Any) -> Answer:
        """One call of `generated.api`: `purser.call(get_endpoints.sync_detailed, living=True)`.

        Where the call takes an Idempotency-Key and none is given, it gets a new one, kept over its repeats. Raises
        Problem.
        """
        if "idempotency_key" in inspect.signature(operation).parameters:
            arguments.setdefault("idempotency_key", uuid.uuid4().hex)
        try:
            answer = operation(*parts, client=self.generated, **arguments)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        return answer.parsed  # type: ignore[return-value]  # what is not 2xx was raised before it was read

    def pages(self, operation: Callable[..., Response[Any]], /, *parts: object, **arguments: Any) -> Iterator[Any]:
        """Every row of a list, page after page, as they are asked for."""
        while True:
            page = self.call(operation, *parts, **arguments)
            yield from page.items
            if not page.next_cursor:
                return
            arguments["cursor"] = page.next_cursor

    def get(self, path: str, **parameters: Any) -> Any:
        """What a GET of this path under /api/v1 answers, as plain data."""
        return self.send("GET", path, parameters=parameters).json()

    def send(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Any request under /api/v1, with the same token, repeats and refusals as every other call."""
        http = self.generated.get_httpx_client()
        params = {name: _plain(value) for name, value in (parameters or {}).items() if value is not None}
        try:
            return http.request(method, f"/api/v1/{path.lstrip('/')}", params=params, json=body, headers=headers)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def wait(
        self,
        operation_id: str,
        *,
        timeout_seconds: float = 3600.0,
        tell: Callable[[dict[str, Any]], None] = lambda operation: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> dict[str, Any]:
        """The operation once it has ended. `tell` hears of every look. Raises OperationFailed, or TimeoutError."""
        until = clock() + timeout_seconds
        while True:
            patience = max(min(int(until - clock()), ONE_WAIT_SECONDS), 0)
            answer = self.send("GET", f"operations/{operation_id}", headers={"Prefer": f"wait={patience}"})
            operation: dict[str, Any] = answer.json()
            tell(operation)
            if operation["done"]:
                break
            if clock() >= until:
                raise TimeoutError(f"{operation_id} has not ended after {timeout_seconds:.0f} seconds.")
            if "wait" not in answer.headers.get("Preference-Applied", ""):
                time.sleep(1.0)  # a server that does not hold calls open is asked once a second
        if error := operation.get("error"):
            raise OperationFailed(str(error.get("detail", "It failed.")), code=str(error.get("code", "")))
        return operation

    def close(self) -> None:
        self.generated.get_httpx_client().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _unreachable(self, error: httpx.TransportError) -> Unreachable:
        where = self.generated.get_httpx_client().base_url
        return Unreachable(f"{where.scheme}://{where.netloc.decode()} gave no answer: {error or type(error).__name__}.")


def _plain(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value
