"""Google's lists and operations, one attempt a call. What an answer must say of itself is checked here.

The SDK takes any object for an answer, and an empty one for an empty list: every answer of Google's says what kind it
is, and one that does not is not Google's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fleet.providers.base import Account
from fleet.providers.gcp.clients import Clients, Garbled, clients, granted, sku_pages
from fleet.providers.gcp.machines import done
from fleet.providers.gcp.options import Options

MOST = 500
IDS_AT_ONCE = 50  # as many as an address is sure to hold
NOTHING_HERE = "NO_RESULTS_ON_PAGE"
BETWEEN_WAITS = 0.5  # Google's wait may come back at once, when it is busy


class Api:
    """Compute Engine and its price list, for one account."""

    def __init__(self, account: Account, options: Options) -> None:
        self._account = account
        self._options = options

    @property
    def clients(self) -> Clients:
        return clients(self._account.secret, self._options.api_endpoint)

    def insert(self, zone: str, instance: dict[str, Any], request_id: str) -> Any:
        """The operation that makes a machine."""
        asked = {"zone": zone, "instance_resource": instance, "request_id": request_id}
        return self._operation(self._write(self.clients.instances.insert_unary, **asked))

    def delete(self, zone: str, machine: str) -> Any:
        return self._operation(self._write(self.clients.instances.delete_unary, zone=zone, instance=machine))

    def instance(self, zone: str, machine: str) -> Any:
        """One machine, by its name or its number."""
        return _of_kind("instance", self._read(self.clients.instances.get, zone=zone, instance=machine))

    def instances(self, said: str) -> Iterator[Any]:
        return self._everywhere(self.clients.instances, "instance", "instances", said)

    def machine_types(self, zone: str) -> Iterator[Any]:
        """By zone: of all zones together there are some ten thousands."""
        for page in self._pages(self.clients.machine_types.list, "machineTypeList", {"zone": zone}):
            yield from page.items

    def regions(self) -> list[Any]:
        pages = self._pages(self.clients.regions.list, "regionList", {})
        return [region for page in pages for region in page.items]

    def reservations(self) -> Iterator[Any]:
        return self._everywhere(self.clients.reservations, "reservation", "reservations", "")

    def future_reservations(self) -> Iterator[Any]:
        kind = "futureReservationsAggregatedListResponse"
        return self._everywhere(self.clients.future_reservations, "", "future_reservations", "", page_kind=kind)

    def advice(self, region: str, question: dict[str, Any]) -> Any:
        """What the capacity advisor says; its answers name no kind."""
        asked = {"region": region, "capacity_advice_request_resource": question}
        return self._read(self.clients.advice.capacity, **asked)

    def project(self) -> Any:
        return _of_kind("project", self._read(self.clients.projects.get))

    def operations(self, said: str) -> Iterator[Any]:
        return self._everywhere(self.clients.global_operations, "operation", "operations", said)

    def operations_of(self, machines: Sequence[str]) -> Iterator[Any]:
        """All that was done with these machines, named by their numbers."""
        for some in _chunks(machines):
            yield from self.operations(" OR ".join(f"(targetId = {number})" for number in some))

    def instances_numbered(self, machines: Sequence[str]) -> Iterator[Any]:
        for some in _chunks(machines):
            yield from self.instances(" OR ".join(f"(id = {number})" for number in some))

    def operations_sent_as(self, zone: str, request_id: str) -> list[Any]:
        asked = {"zone": zone, "filter": f'clientOperationId = "{request_id}"'}
        pages = self._pages(self.clients.zone_operations.list, "operationList", asked)
        return [operation for page in pages for operation in page.items]

    def zones(self) -> list[Any]:
        pages = self._pages(self.clients.zones.list, "zoneList", {})
        return [zone for page in pages for zone in page.items]

    def skus(self) -> Iterator[tuple[list[Any], datetime]]:
        options = self._options
        return sku_pages(self.clients.session, options.billing_endpoint, options.page_size, options.read_seconds)

    def granted(self, permissions: Sequence[str]) -> list[str]:
        """Those of the permissions that the credential has."""
        options = self._options
        address, seconds = options.permissions_endpoint, options.read_seconds
        return granted(self.clients.session, address, options.project, permissions, seconds)

    def followed(self, operation: Any, deadline: float) -> Any:
        """The operation as it is when it is done, or when the time is over.

        The SDK's own way to wait asks Google's public address, whatever address it was given.
        """
        from requests.exceptions import ReadTimeout

        zone = operation.zone.rpartition("/")[2]
        while not done(operation) and (left := deadline - time.monotonic()) > 0:
            began = time.monotonic()
            try:
                asked = {"zone": zone, "operation": operation.name}
                answer = self._sent(self.clients.zone_operations.wait, asked, left)
            except ReadTimeout:  # Google waits for longer than we do
                break
            operation = self._operation(answer)
            if not done(operation) and time.monotonic() - began < BETWEEN_WAITS:
                time.sleep(min(BETWEEN_WAITS, max(deadline - time.monotonic(), 0)))
        return operation

    def _operation(self, answer: Any) -> Any:
        """Raises Garbled for an answer that is no operation."""
        if not _of_kind("operation", answer).name or not answer.zone or not answer.target_id:
            raise Garbled("the answer is no operation")
        return answer

    def _everywhere(self, client: Any, kind: str, field: str, said: str, *, page_kind: str = "") -> Iterator[Any]:
        """Every row of an aggregated list. Raises Garbled where Google says that a place is missing."""
        asked = {"filter": said} if said else {}
        for page in self._pages(client.aggregated_list, page_kind or f"{kind}AggregatedList", asked):
            if page.unreachables:
                raise Garbled(f"Google could not reach {', '.join(page.unreachables)}")
            for place, part in sorted(page.items.items()):
                if part.warning.code not in ("", NOTHING_HERE):
                    raise Garbled(f"Google says {part.warning.code} of {place}")
                yield from getattr(part, field)

    def _pages(self, ask: Any, kind: str, asked: dict[str, Any]) -> Iterator[Any]:
        """Every page of a list, one call each."""
        following = ""
        while True:
            more = {"page_token": following} if following else {}
            pager = self._read(ask, max_results=min(self._options.page_size, MOST), **asked, **more)
            page = _of_kind(kind, next(iter(pager.pages)))
            yield page
            if not page.next_page_token:
                return
            if page.next_page_token == following:
                raise Garbled("the list goes round in a circle")
            following = page.next_page_token

    def _read(self, ask: Any, **asked: Any) -> Any:
        return self._sent(ask, asked, self._options.read_seconds)

    def _write(self, ask: Any, **asked: Any) -> Any:
        return self._sent(ask, asked, self._options.write_seconds)

    def _sent(self, ask: Any, asked: dict[str, Any], seconds: float) -> Any:
        """Once: the SDK would repeat a read by itself. Google writes the reason into its audit log."""
        cause = self._account.request_id()
        reason = [("x-goog-request-reason", cause)] if cause else []
        return ask(request={"project": self._options.project, **asked}, retry=None, timeout=seconds, metadata=reason)


def _of_kind(kind: str, answer: Any) -> Any:
    """Raises Garbled for an answer that does not say it is of the kind."""
    if answer.kind != f"compute#{kind}":
        raise Garbled(f"the answer is no {kind} of Google's")
    return answer


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), IDS_AT_ONCE):
        yield values[start : start + IDS_AT_ONCE]
