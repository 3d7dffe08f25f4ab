"""One Azure subscription as a cloud, its machines in one resource group.

Options of an account: `subscription_id`, `resource_group`, `regions` (a list), and to launch `subnets` (region -> id);
`security_groups` (region -> id), `image` (publisher:offer:sku:version, or an id), `admin_user`, `disk_type`,
`read_seconds` (how long a read may be silent), `write_seconds` (how long a launch may take to succeed or fail),
`poll_seconds` (how often it is asked after meanwhile); for other clouds than the public one, and for emulators,
`base_url`, `authority`, `scope`, `prices_url` and `ca_file`.

Azure knows no tokens: a launch is a Put of a name made from the token that may only make something new. What has ended
vanishes, so its token makes another machine, and describe can only leave it out. Interruption notices are seen inside
the machine alone (scheduled events, up to 30 seconds ahead), so there are none here. A spot machine is deleted when
Azure takes it back. The retail list has no history: a change of a price is seen in the offerings.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from fleet.crashpoints import reach
from fleet.domain.outcomes import (
    Check,
    CloudQuota,
    ErrorClass,
    FindOutcome,
    Found,
    Inventory,
    Launched,
    LaunchOutcome,
    LaunchRequest,
    Machine,
    MachineState,
    Notice,
    OfferedPool,
    OfferedType,
    PaidCapacity,
    PriceHistory,
    Refusal,
    Scope,
    Terminated,
    TerminateOutcome,
    Unclear,
)
from fleet.providers.azure import checking, clients, errors, order, prices, shapes
from fleet.providers.azure.machines import ENDS_OF_FAILURE, addresses, failure_of, is_there, machine_of, never_ran
from fleet.providers.base import Account, AccountFacts, ReadFailed, SellsNoBlocks
from fleet.providers.failing import NONSENSE, reading
from fleet.providers.options import positive, refused, region_names

READ_SECONDS, WRITE_SECONDS, POLL_SECONDS = 15.0, 30.0, 2.0
NOTICE_SECONDS = 30
SMALL = "Standard_NC4as_T4_v3"
BASE_URL = "https://management.azure.com"
_NAME = re.compile(r"[\w.()-]{1,90}")
_REGION = re.compile(r"[a-z0-9]{3,30}")
_SUBSCRIPTION = re.compile(r"[0-9a-fA-F-]{36}")
_ADDRESS = re.compile(r"https://[!-~]{1,500}")


class Azure(SellsNoBlocks):
    """One subscription of Azure, in some regions."""

    def __init__(self, account: Account) -> None:
        """Raises Refused when the account's options make no sense."""
        options = account.options
        self.account = account
        self.subscription_id = _text(options, "subscription_id", _SUBSCRIPTION, "the id of a subscription")
        self.resource_group = _text(options, "resource_group", _NAME, "the name of a resource group")
        self.regions = region_names(options.get("regions"), _REGION, of="An Azure", example="eastus")
        self.base_url = _text(options, "base_url", _ADDRESS, "an https address", default=BASE_URL)
        self.prices_url = _text(options, "prices_url", _ADDRESS, "an https address", default=prices.PRICES_URL)
        self.authority = _text(options, "authority", _ADDRESS, "an https address", default="")
        self.scope = _text(options, "scope", _ADDRESS, "an https address", default=clients.SCOPE)
        self.ca_file = str(options.get("ca_file") or "")
        self.read_seconds = positive(options.get("read_seconds", READ_SECONDS), "read_seconds")
        self.write_seconds = positive(options.get("write_seconds", WRITE_SECONDS), "write_seconds")
        self.poll_seconds = positive(options.get("poll_seconds", POLL_SECONDS), "poll_seconds")

    def facts(self) -> AccountFacts:
        with self._reading("the regions"):
            zones = {
                region: tuple(sorted({zone for sku in self._skus(region) for zone in shapes.sold_in(sku, region)}))
                for region in self.regions
            }
            # Resource Manager answers for this subscription only to those whom it knows there.
            return AccountFacts(self.subscription_id, zones, NOTICE_SECONDS)

    def checks(self) -> list[Check]:
        def machines() -> None:
            next(self._pages(self._compute(self.read_seconds).virtual_machines.list(self.resource_group)), None)

        def price(region: str) -> None:
            self._price_rows(region, SMALL)

        return list(checking.checks(self._skus, machines, price, self.regions))

    def instance_types(self) -> list[OfferedType]:
        """Those that this subscription may have: one that it may not have is in no list of ours."""
        with self._reading("instance types"):
            found = (
                shapes.shape_of(sku)
                for region in self.regions
                for sku in self._skus(region)
                if shapes.sold_in(sku, region)
            )
            return list({shape.name: shape for shape in found if shape is not None}.values())

    def offerings(self) -> list[OfferedPool]:
        with self._reading("offerings"):
            return [pool for region in self.regions for pool in self._offered(region)]

    def price_history(self, since: datetime) -> PriceHistory:
        """None: Azure tells the prices of now only. The history stays complete until where it was."""
        return PriceHistory((), since)

    def quotas(self) -> list[CloudQuota]:
        return []

    def paid_capacity(self) -> list[PaidCapacity]:
        return []

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        """Waits until Azure has given a machine or says that it has none to give, which it says only afterwards."""
        until = time.monotonic() + self.write_seconds
        try:
            body = order.virtual_machine(request, self.account.options)
        except ValueError as error:
            return Refusal(ErrorClass.BAD_REQUEST, "cannot-be-said", str(error), Scope.REQUEST)
        try:
            self._put(order.name_of(request.token), body)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            outcome = errors.meaning_of(error)
            if not isinstance(outcome, Refusal) or outcome.code != errors.EXISTS:
                return outcome
            return self._awaited(request, until, replayed=True)
        finally:
            reach("launch", "K3")
        return self._awaited(request, until, replayed=False)

    def find(self, request: LaunchRequest) -> FindOutcome:
        """The machine of the token's name. What remains of one that could not be had is none: a launch removes it."""
        outcome = self._seen(order.name_of(request.token))
        if outcome is None:
            return Found(None)
        if isinstance(outcome, Refusal | Unclear):
            return outcome
        try:
            return Found(None if never_ran(outcome) else machine_of(outcome))
        except NONSENSE as error:
            return Unclear("garbled", f"the answer about the token makes no sense: {type(error).__name__}")

    def terminate(self, provider_id: str, region: str) -> TerminateOutcome:
        """With its disk and its network interface, which were made to go with it."""
        try:
            status = self._delete(provider_id)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            outcome = errors.meaning_of(error)
            if isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.GONE:
                return Terminated(None, already_gone=True)
            return outcome
        finally:
            reach("terminate", "K3")
        return Terminated(None, already_gone=status == 204)

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        """Those of them that are there. One that never ran has ended, at the time at which it was asked for."""
        if not provider_ids:
            return Inventory((), True)
        wanted = set(provider_ids)
        return self._listed(lambda found: found["name"] in wanted, self._looked_at)

    def inventory(self, installation: str) -> Inventory:
        """Every virtual machine that is there. One that never ran is stopping: a leftover, which is to be removed."""
        return self._listed(lambda found: (found.get("tags") or {}).get("purser:installation") == installation)

    def notices(self, after: int) -> list[Notice]:
        """None: Azure tells only the machine itself."""
        return []

    def settle(self, notices: Sequence[Notice]) -> None:
        """Nothing: there is no queue."""

    # --- Launching ---------------------------------------------------------------------------------------------

    def _put(self, name: str, body: Mapping[str, Any]) -> None:
        from azure.core import MatchConditions

        self._compute(self.write_seconds).virtual_machines.begin_create_or_update(
            self.resource_group, name, body, match_condition=MatchConditions.IfMissing, polling=False
        ).result()

    def _delete(self, name: str) -> int:
        """The status of the answer: 202 for a beginning, 204 when there was nothing."""
        return int(
            self._compute(self.write_seconds)
            .virtual_machines.begin_delete(
                self.resource_group, name, polling=False, cls=lambda answer, *_: answer.http_response.status_code
            )
            .result()
        )

    def _awaited(self, request: LaunchRequest, until: float, *, replayed: bool) -> LaunchOutcome:
        """What becomes of the machine of that name, which is there; it may not be ours."""
        name = order.name_of(request.token)
        while True:
            seen = self._seen(name)
            if isinstance(seen, Refusal | Unclear):
                # A refusal of a look says nothing about the launch.
                return Unclear(seen.code, seen.message)
            if seen is None and replayed:
                return Unclear("vanished", f"{name} was there a moment ago.")
            try:
                # One that was just accepted and is not shown yet: a look may be answered from elsewhere.
                if seen is not None and (outcome := self._decided(request, seen, until, replayed=replayed)):
                    return outcome
            except NONSENSE as error:
                return Unclear("garbled", f"the answer to the launch makes no sense: {type(error).__name__}")
            if time.monotonic() + self.poll_seconds > until:
                return Unclear("still-creating", f"{name} is neither there nor refused yet.")
            time.sleep(self.poll_seconds)

    def _decided(
        self, request: LaunchRequest, seen: Mapping[str, Any], until: float, *, replayed: bool
    ) -> LaunchOutcome | None:
        """None while Azure is still at it."""
        name, tags = str(seen["name"]), seen.get("tags") or {}
        ours = (tags.get(order.TOKEN_TAG), tags.get(order.REQUEST_TAG)) == (request.token, order.digest_of(request))
        if not ours:
            sentence = f"{name} is there already, made by another request."
            return Refusal(ErrorClass.BAD_REQUEST, errors.EXISTS, sentence, Scope.REQUEST)
        if seen["properties"]["provisioningState"] == "Deleting":
            return Refusal(ErrorClass.GONE, "deleting", f"{name} is ending.", Scope.REQUEST)
        if never_ran(seen):
            return self._cleared(name, errors.of_operation(*self._why(seen)), until)
        return Launched(machine_of(seen), replayed) if is_there(seen) else None

    @staticmethod
    def _why(seen: Mapping[str, Any]) -> tuple[str, str]:
        code, message = failure_of(seen)
        return code or "ProvisioningFailed", message or "Azure does not say why the machine could not be made."

    def _cleared(self, name: str, why: Refusal, until: float) -> Refusal | Unclear:
        """The reason, once nothing is left of the attempt: its disk would be billed, and its name is taken."""
        left = Unclear(
            "remains", f"{name} could not be had ({why.code}: {why.message}), and its remains are still there."
        )
        try:
            self._delete(name)
        except Exception as error:  # noqa: BLE001 - it is asked after below
            reason = errors.meaning_of(error)
            if not isinstance(reason, Refusal) or reason.error_class != ErrorClass.GONE:
                return left
        while (seen := self._seen(name)) is not None:
            if isinstance(seen, Refusal | Unclear) or time.monotonic() + self.poll_seconds > until:
                return left
            time.sleep(self.poll_seconds)
        return why

    # --- Reading -----------------------------------------------------------------------------------------------

    def _seen(self, name: str) -> dict[str, Any] | Refusal | Unclear | None:
        """The virtual machine of that name with its instance view; None when there is none."""
        try:
            machines = self._compute(self.read_seconds).virtual_machines
            return dict(machines.get(self.resource_group, name, expand="instanceView").as_dict())
        except Exception as error:  # noqa: BLE001 - its meaning is returned
            outcome = errors.meaning_of(error)
            gone = isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.GONE
            return None if gone else outcome

    def _listed(
        self,
        wanted: Callable[[Mapping[str, Any]], bool],
        told: Callable[[Mapping[str, Any], str], Machine] = machine_of,
    ) -> Inventory:
        """`told` makes a machine of a row and of its address. What was read before a page failed is kept."""
        machines: list[Machine] = []
        try:
            with self._reading("machines"):
                found = []
                for row in self._pages(self._compute(self.read_seconds).virtual_machines.list(self.resource_group)):
                    if wanted(row):
                        machines.append(machine_of(row))
                        found.append(row)
                if found:
                    interfaces = clients.network(self._place(), self.read_seconds).network_interfaces
                    known = addresses(self._pages(interfaces.list(self.resource_group)))
                    machines[:] = [told(row, known.get(row["name"].lower(), "")) for row in found]
        except ReadFailed as error:
            return Inventory(tuple(machines), False, self.subscription_id, str(error))
        return Inventory(tuple(machines), True, self.subscription_id)

    def _looked_at(self, row: Mapping[str, Any], private_ip: str) -> Machine:
        """A list does not say whether what failed runs all the same. Raises ReadFailed."""
        if row["properties"]["provisioningState"] not in ENDS_OF_FAILURE:
            return machine_of(row, private_ip)
        seen = self._seen(row["name"])
        if isinstance(seen, Refusal | Unclear):
            raise ReadFailed(f"{self.account.name}: machines: {seen.code}: {seen.message}")
        machine = machine_of(seen or row, private_ip)
        if seen is None or not never_ran(seen):
            return machine
        code, _ = failure_of(seen)
        reason = code or "ProvisioningFailed"
        return replace(machine, state=MachineState.TERMINATED, terminated_at=machine.launched_at, end_reason=reason)

    def _skus(self, region: str) -> list[dict[str, Any]]:
        """What of accelerators is sold in a region, to whomever."""
        listed = self._compute(self.read_seconds).resource_skus.list(filter=f"location eq '{region}'")
        return [sku for sku in self._pages(listed) if shapes.shape_of(sku) is not None]

    def _offered(self, region: str) -> Iterator[OfferedPool]:
        """On-demand and spot of each size and zone, where there is a price."""
        for sku in self._skus(region):
            name, zones = str(sku["name"]), shapes.sold_in(sku, region)
            if not zones:
                continue
            rows, asked_at = self._price_rows(region, name)
            listed = prices.list_prices(rows)
            for market in ("on-demand", "spot") if shapes.sells_spot(sku) else ("on-demand",):
                if (name, market) in listed:
                    price, currency = listed[name, market]
                    for zone in zones:
                        yield OfferedPool(name, region, zone, market, price, currency, asked_at, "Azure retail prices")

    def _price_rows(self, region: str, size: str) -> tuple[list[dict[str, Any]], datetime]:
        from azure.core.rest import HttpRequest

        client = clients.retail(self.prices_url, self.ca_file, self.read_seconds)
        rows: list[dict[str, Any]] = []
        link, asked_at = "", None
        while True:
            asked, first = {"$filter": prices.price_filter(region, size)}, f"{self.prices_url}{prices.PATH}"
            request = HttpRequest("GET", link) if link else HttpRequest("GET", first, params=asked)
            answer = client.send_request(request)
            answer.raise_for_status()
            asked_at = asked_at or parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
            page, following = prices.read_page(answer.text())
            rows += page
            if not following:
                return rows, asked_at
            _check_link(following, self.prices_url, link)
            link = following

    def _pages(self, listed: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, one call for each page."""
        pages, link = listed.by_page(), ""
        for page in pages:
            yield from (row.as_dict() for row in page)
            if pages.continuation_token:
                _check_link(pages.continuation_token, self.base_url, link)
                link = pages.continuation_token

    def _reading(self, what: str) -> AbstractContextManager[None]:
        return reading(self.account.name, what, errors.meaning_of)

    def _compute(self, seconds: float) -> Any:
        return clients.compute(self._place(), seconds)

    def _place(self) -> clients.Place:
        identity = clients.read_identity(self.account.secret)
        return clients.Place(self.subscription_id, self.base_url, self.authority, self.scope, self.ca_file, identity)


def _check_link(link: str, url: str, before: str) -> None:
    """Raises ValueError for a list that leads elsewhere, where our token has no business, or round in a circle."""
    if not clients.same_place(link, url) or link == before:
        raise ValueError("the link to the next page leads elsewhere or round in a circle")


def _text(
    options: Mapping[str, Any], name: str, pattern: re.Pattern[str], what: str, default: str | None = None
) -> str:
    value = options.get(name) or default
    if value == default and default is not None:
        return default
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise refused(f"An Azure account needs the option {name}: {what}.")
    return value.rstrip("/")
