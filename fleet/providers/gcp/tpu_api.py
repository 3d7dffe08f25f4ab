"""Cloud TPU's lists and queued resources, one attempt a call. What an answer must be is checked here.

A list that is empty is `{}`, so that anything would pass for one: an answer that names nothing we know is not Google's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fleet.providers.base import Account
from fleet.providers.gcp.clients import Garbled, tpu_client
from fleet.providers.gcp.options import Options

MOST = 1000
EVERYWHERE = "-"
KNOWN = {"locations", "acceleratorTypes", "queuedResources", "nodes", "nextPageToken", "unreachable", "name"}


class TpuApi:
    """Cloud TPU, for one account."""

    def __init__(self, account: Account, options: Options) -> None:
        self._account = account
        self._options = options

    @property
    def client(self) -> Any:
        return tpu_client(self._account.secret, self._options.tpu_endpoint, _looked_at)

    def create(self, zone: str, name: str, said: dict[str, Any], request_id: str) -> None:
        """Raises Garbled for an answer that is no operation."""
        asked = {"parent": self._parent(zone), "queued_resource_id": name, "queued_resource": said}
        self._operation(self._write(self.client.create_queued_resource, request_id=request_id, **asked))

    def delete(self, zone: str, name: str) -> None:
        """With all that belongs to it. Raises Garbled for an answer that is no operation."""
        self._operation(self._write(self.client.delete_queued_resource, name=self._resource(zone, name), force=True))

    def queued(self, zone: str, name: str) -> Any:
        """One queued resource. Raises Garbled for an answer that is about another."""
        found = self._read(self.client.get_queued_resource, name=self._resource(zone, name))
        if not found.name.endswith(f"/{zone}/queuedResources/{name}"):
            raise Garbled("the answer is no queued resource, or another")
        return found

    def all_queued(self) -> Iterator[Any]:
        """Of every zone."""
        yield from self._everywhere(self.client.list_queued_resources, "queued_resources", self._parent(EVERYWHERE))

    def nodes(self) -> Iterator[Any]:
        yield from self._everywhere(self.client.list_nodes, "nodes", self._parent(EVERYWHERE))

    def accelerator_types(self, zone: str) -> Iterator[Any]:
        yield from self._everywhere(self.client.list_accelerator_types, "accelerator_types", self._parent(zone))

    def zones(self) -> list[str]:
        """Where there may be TPUs."""
        found: list[str] = []
        following = ""
        while True:
            asked = {"name": f"projects/{self._options.project}", "page_size": self._page_size}
            page = self._read(self.client.list_locations, **asked, page_token=following)
            found += [str(location.location_id) for location in page.locations]
            before, following = following, str(page.next_page_token)
            if not following:
                return found
            if following == before:
                raise Garbled("the list goes round in a circle")

    @property
    def _page_size(self) -> int:
        return min(self._options.page_size, MOST)

    def _parent(self, zone: str) -> str:
        return f"projects/{self._options.project}/locations/{zone}"

    def _resource(self, zone: str, name: str) -> str:
        return f"{self._parent(zone)}/queuedResources/{name}"

    def _everywhere(self, ask: Any, field: str, parent: str) -> Iterator[Any]:
        """Every row, page by page. Raises Garbled where Google says that a place is missing."""
        following = ""
        while True:
            pager = self._read(ask, parent=parent, page_size=self._page_size, page_token=following)
            page = next(iter(pager.pages))
            if page.unreachable:
                raise Garbled(f"Google could not reach {', '.join(page.unreachable)}")
            yield from getattr(page, field)
            before, following = following, str(page.next_page_token)
            if not following:
                return
            if following == before:
                raise Garbled("the list goes round in a circle")

    @staticmethod
    def _operation(answer: Any) -> None:
        if not answer.operation.name:
            raise Garbled("the answer is no operation")

    def _read(self, ask: Any, **asked: Any) -> Any:
        return self._sent(ask, asked, self._options.read_seconds)

    def _write(self, ask: Any, **asked: Any) -> Any:
        return self._sent(ask, asked, self._options.write_seconds)

    def _sent(self, ask: Any, asked: dict[str, Any], seconds: float) -> Any:
        """Once. Google writes the reason into its audit log."""
        cause = self._account.request_id()
        reason = [("x-goog-request-reason", cause)] if cause else []
        return ask(request=asked, retry=None, timeout=seconds, metadata=reason)


def _looked_at(response: Any, *_: Any, **__: Any) -> None:
    """Raises Garbled for an answer that is not an error and not Google's either."""
    if response.status_code >= 400:
        return
    try:
        said = response.json() if response.status_code == 200 else None
    except (ValueError, RecursionError) as error:
        raise Garbled("the answer is not JSON") from error
    if not isinstance(said, dict) or (said and not KNOWN & said.keys()):
        raise Garbled("the answer names nothing that was asked for")
