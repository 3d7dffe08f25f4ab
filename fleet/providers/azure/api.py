"""The calls of Azure that Purser makes, each once, with lists as rows of all their pages. What goes wrong is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from fleet.providers.azure import clients, permissions, prices

Row = dict[str, Any]


@dataclass(frozen=True)
class Api:
    """One subscription, with its machines in one resource group."""

    place: Callable[[], clients.Place]
    group: str
    base_url: str
    prices_url: str
    ca_file: str
    read_seconds: float
    write_seconds: float

    # --- Machines ----------------------------------------------------------------------------------------------

    def put(self, name: str, body: Mapping[str, Any]) -> None:
        """A virtual machine of a name that is not taken."""
        from azure.core import MatchConditions

        self._compute(self.write_seconds).virtual_machines.begin_create_or_update(
            self.group, name, body, match_condition=MatchConditions.IfMissing, polling=False
        ).result()

    def delete(self, name: str) -> int:
        """The status of the answer: 202 for a beginning, 204 when there was nothing."""
        machines = self._compute(self.write_seconds).virtual_machines
        told = machines.begin_delete(
            self.group, name, polling=False, cls=lambda answer, *_: answer.http_response.status_code
        )
        return int(told.result())

    def machine(self, name: str) -> Row:
        """With its instance view."""
        return dict(self._compute().virtual_machines.get(self.group, name, expand="instanceView").as_dict())

    def machines(self) -> Iterator[Row]:
        return self._pages(self._compute().virtual_machines.list(self.group))

    def powers(self) -> Iterator[Row]:
        """Machines with their states. Azure lists these for the whole subscription only."""
        return self._pages(self._compute().virtual_machines.list_all(status_only="true"))

    def disks(self) -> Iterator[Row]:
        return self._pages(self._compute().disks.list_by_resource_group(self.group))

    def interfaces(self) -> Iterator[Row]:
        return self._pages(self._network().network_interfaces.list(self.group))

    def delete_disk(self, name: str) -> None:
        self._compute(self.write_seconds).disks.begin_delete(self.group, name, polling=False).result()

    def delete_interface(self, name: str) -> None:
        self._network(self.write_seconds).network_interfaces.begin_delete(self.group, name, polling=False).result()

    # --- What there is -----------------------------------------------------------------------------------------

    def skus(self, region: str) -> Iterator[Row]:
        """What is sold in a region, to whomever."""
        return self._pages(self._compute().resource_skus.list(filter=f"location eq '{region}'"))

    def usages(self, region: str) -> Iterator[Row]:
        return self._pages(self._compute().usage.list(region))

    def reservation_groups(self) -> Iterator[Row]:
        """Of the whole subscription."""
        return self._pages(self._compute().capacity_reservation_groups.list_by_subscription())

    def reservations(self, group: str, name: str) -> Iterator[Row]:
        """Of a reservation group, which may be in another resource group than our machines."""
        return self._pages(self._compute().capacity_reservations.list_by_capacity_reservation_group(group, name))

    def reservation_group(self, group: str, name: str) -> tuple[Row, datetime]:
        """With what of it is in use, and Azure's time."""

        def told(answer: Any, found: Any, headers: Any) -> tuple[Row, datetime]:
            return found.as_dict(), _time_of(answer.http_response)

        groups = self._compute().capacity_reservation_groups
        answered: tuple[Row, datetime] = groups.get(group, name, expand="instanceView", cls=told)
        return answered

    def granted(self, group: str) -> list[Row]:
        """What our roles give in a resource group. No SDK of ours speaks of it, so it is asked as the SDKs ask."""
        from azure.core.rest import HttpRequest

        subscription = self.place().subscription_id
        first = f"{self.base_url}{permissions.PATH.format(subscription, group)}"
        request, found, before = HttpRequest("GET", first, params={"api-version": permissions.API_VERSION}), [], ""
        while True:
            answer = self._compute().send_request(request)
            answer.raise_for_status()
            page = answer.json()
            found += page["value"]
            if not (link := str(page.get("nextLink") or "")):
                return found
            _check_link(link, self.base_url, before)
            request, before = HttpRequest("GET", link), link

    def price_rows(self, region: str, size: str) -> tuple[list[Row], datetime]:
        """The retail list's rows of a size, and when they were asked for by the list's clock."""
        from azure.core.rest import HttpRequest

        client = clients.retail(self.prices_url, self.ca_file, self.read_seconds)
        rows: list[Row] = []
        link, asked_at = "", None
        while True:
            asked, first = {"$filter": prices.price_filter(region, size)}, f"{self.prices_url}{prices.PATH}"
            request = HttpRequest("GET", link) if link else HttpRequest("GET", first, params=asked)
            answer = client.send_request(request)
            answer.raise_for_status()
            asked_at = asked_at or _time_of(answer)
            page, following = prices.read_page(answer.text())
            rows += page
            if not following:
                return rows, asked_at
            _check_link(following, self.prices_url, link)
            link = following

    # --- How ---------------------------------------------------------------------------------------------------

    def _pages(self, listed: Any) -> Iterator[Row]:
        """Every row of a list, one call for each page."""
        pages, link = listed.by_page(), ""
        for page in pages:
            yield from (row.as_dict() for row in page)
            if pages.continuation_token:
                _check_link(pages.continuation_token, self.base_url, link)
                link = pages.continuation_token

    def _compute(self, seconds: float = 0) -> Any:
        return clients.compute(self.place(), seconds or self.read_seconds)

    def _network(self, seconds: float = 0) -> Any:
        return clients.network(self.place(), seconds or self.read_seconds)


def _time_of(answer: Any) -> datetime:
    return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)


def _check_link(link: str, url: str, before: str) -> None:
    """Raises ValueError for a list that leads elsewhere, where our token has no business, or round in a circle."""
    if not clients.same_place(link, url) or link == before:
        raise ValueError("the link to the next page leads elsewhere or round in a circle")
