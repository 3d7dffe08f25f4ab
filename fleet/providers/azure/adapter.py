"""One Azure subscription as a cloud, its machines in one resource group.

Options of an account: `subscription_id`, `resource_group`, `regions` (a list), and to launch `subnets` (region -> id);
`security_groups` (region -> id), `image` (publisher:offer:sku:version, or an id), `admin_user`, `disk_type`,
`eviction_policy` (what becomes of a spot machine that is taken back: Delete or Deallocate), `read_seconds` (how long a
read may be silent), `write_seconds` (how long a launch may take to succeed or fail), `poll_seconds` (how often it is
asked after meanwhile); for other clouds than the public one, and for emulators, `base_url`, `authority`, `scope`,
`prices_url` and `ca_file`.

Azure knows no tokens: a launch is a Put of a name made from the token that may only make something new. What has ended
vanishes, so its token makes another machine, and describe can only leave it out. Interruption notices are seen inside
the machine alone (scheduled events, up to 30 seconds ahead), so there are none here. A spot machine that is taken back
vanishes, or by the other policy stays as a deallocated one, which tells that it was, and is ours to delete. The retail
list has no history: a change of a price is seen in the offerings.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

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
from fleet.providers.azure import (
    checking,
    clients,
    errors,
    order,
    prices,
    quotas,
    remains,
    reservations,
    shapes,
)
from fleet.providers.azure.api import Api
from fleet.providers.azure.machines import (
    ENDS_OF_FAILURE,
    addresses,
    ended_of,
    failure_of,
    is_left_over,
    is_there,
    machine_of,
    never_ran,
)
from fleet.providers.base import Account, AccountFacts, GivesNoAdvice, ReadFailed, SellsNoBlocks
from fleet.providers.failing import NONSENSE, reading
from fleet.providers.options import positive, refused, region_names

READ_SECONDS, WRITE_SECONDS, POLL_SECONDS = 15.0, 30.0, 2.0
NOTICE_SECONDS = 30
SMALL = "Standard_NC4as_T4_v3"
NOTHING_THERE = 204
BASE_URL = "https://management.azure.com"
_NAME = re.compile(r"[\w.()-]{1,90}")
_REGION = re.compile(r"[a-z0-9]{3,30}")
_SUBSCRIPTION = re.compile(r"[0-9a-fA-F-]{36}")
_ADDRESS = re.compile(r"https://[!-~]{1,500}")
Read = TypeVar("Read")


class Azure(GivesNoAdvice, SellsNoBlocks):
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
        self.api = Api(
            self._place,
            self.resource_group,
            self.base_url,
            self.prices_url,
            self.ca_file,
            self.read_seconds,
            self.write_seconds,
        )
        if options.get("eviction_policy", order.DELETE) not in (order.DELETE, order.DEALLOCATE):
            raise refused(f"The option eviction_policy must be {order.DELETE} or {order.DEALLOCATE}.")

    def facts(self) -> AccountFacts:
        with self._reading("the regions"):
            zones = {
                region: tuple(sorted({zone for sku in self._skus(region) for zone in shapes.sold_in(sku, region)}))
                for region in self.regions
            }
            # Resource Manager answers for this subscription only to those whom it knows there.
            return AccountFacts(self.subscription_id, zones, NOTICE_SECONDS)

    def checks(self) -> list[Check]:
        api = self.api
        reads = checking.Reads(
            skus=self._skus,
            usages=lambda region: next(api.usages(region), None),
            prices=lambda region: api.price_rows(region, SMALL),
            machines=lambda: next(api.machines(), None),
            power=lambda: next(api.powers(), None),
            disks=lambda: next(api.disks(), None),
            interfaces=lambda: next(api.interfaces(), None),
            reservations=lambda: list(self._reservations()),
            granted=api.granted,
        )
        return list(checking.checks(reads, self.regions, self.resource_group, self.account.options))

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
        """None where the role does not let us ask: `checks` says so."""
        with self._reading("quotas"):
            return [quota for region in self.regions for quota in self._quotas(region)]

    def paid_capacity(self) -> list[PaidCapacity]:
        """Reservations in our regions, in whatever resource group. None where the role does not let us ask."""
        with self._reading("capacity reservations"):
            return [paid for paid in self._if_permitted(self._reservations) if paid.region in self.regions]

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        """Waits until Azure has given a machine or says that it has none to give, which it says only afterwards."""
        until = time.monotonic() + self.write_seconds
        try:
            body = order.virtual_machine(request, self.account.options)
        except ValueError as error:
            return Refusal(ErrorClass.BAD_REQUEST, "cannot-be-said", str(error), Scope.REQUEST)
        if request.reservation and (outcome := self._no_room(request)) is not None:
            return outcome
        try:
            self.api.put(order.name_of(request.token), body)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            outcome = errors.meaning_of(error)
            if not isinstance(outcome, Refusal) or outcome.code != errors.EXISTS:
                return errors.in_market(outcome, request.capacity_type)
            return errors.in_market(self._awaited(request, until, replayed=True), request.capacity_type)
        finally:
            reach("launch", "K3")
        return errors.in_market(self._awaited(request, until, replayed=False), request.capacity_type)

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
        """With its disk and its network interface, which were made to go with it, and are removed if they did not."""
        try:
            status = self.api.delete(provider_id)
            if status == NOTHING_THERE:
                self._remove_remains(provider_id)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            outcome = errors.meaning_of(error)
            if isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.GONE:
                return Terminated(None, already_gone=True)
            return outcome
        finally:
            reach("terminate", "K3")
        return Terminated(None, already_gone=status == NOTHING_THERE)

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        """Those of them that are there. One that never ran has ended, at the time at which it was asked for."""
        if not provider_ids:
            return Inventory((), True)
        wanted = set(provider_ids)
        machines: list[Machine] = []

        def read() -> None:
            rows = self._rows(machines, lambda found: found["name"] in wanted)
            if rows:
                known = addresses(self.api.interfaces())
                shown = self._with_power(rows)
                machines[:] = [self._looked_at(row, known.get(row["name"].lower(), "")) for row in shown]

        return self._listed(machines, read)

    def inventory(self, installation: str) -> Inventory:
        """Every virtual machine that is there, and what is left of others: one that never ran, a disk, an interface."""
        machines: list[Machine] = []

        def read() -> None:
            # What is left over is listed first: so nothing of a machine that is just made is taken for it.
            interfaces = list(self.api.interfaces())
            disks = list(self.api.disks())
            names: list[str] = []
            rows = self._rows(
                machines, lambda found: (found.get("tags") or {}).get("purser:installation") == installation, names
            )
            known = addresses(interfaces)
            shown = self._with_power(rows) if rows else []
            machines[:] = [
                replace(machine_of(row, known.get(row["name"].lower(), "")), remains=is_left_over(row)) for row in shown
            ]
            left = remains.left_over([*disks, *interfaces], installation, names)
            machines.extend(machine for machine in left if not self._is_there(machine.provider_id))

        return self._listed(machines, read)

    def notices(self, after: int) -> list[Notice]:
        """None: Azure tells only the machine itself."""
        return []

    def settle(self, notices: Sequence[Notice]) -> None:
        """Nothing: there is no queue."""

    # --- Launching ---------------------------------------------------------------------------------------------

    def _remove_remains(self, name: str) -> None:
        """What stayed of a machine that is gone. Waits for none of it: what is still there is found again."""
        for left in remains.of_machine(self.api.interfaces(), name):
            self.api.delete_interface(left)
        for left in remains.of_machine(self.api.disks(), name):
            self.api.delete_disk(left)

    def _no_room(self, request: LaunchRequest) -> LaunchOutcome | None:
        """Why the machine is not asked for: into a full reservation Azure would put it all the same, on demand."""
        name = order.name_of(request.token)
        _, resource_group, group_name = reservations.group_of(request.reservation)
        try:
            group, _ = self.api.reservation_group(resource_group, group_name)
            view = reservations.view_of(group, reservations.name_of(request.reservation))
            full = reservations.free_in(view, 1) == 0 and not reservations.holds(view, name)
        except NONSENSE as error:
            return Refusal(ErrorClass.TRANSIENT, "garbled", f"The reservation: {type(error).__name__}.", Scope.REQUEST)
        except Exception as error:  # noqa: BLE001 - its meaning is returned
            return _unread(errors.meaning_of(error))
        if not full:
            return None
        there = self._seen(name)
        if isinstance(there, Refusal | Unclear):
            return Unclear(there.code, there.message, there.classified)
        sentence = f"Every machine of the reservation {group_name} is in use."
        return errors.ours("ReservationFull", sentence) if there is None else None

    def _awaited(self, request: LaunchRequest, until: float, *, replayed: bool) -> LaunchOutcome:
        """What becomes of the machine of that name, which is there; it may not be ours."""
        name = order.name_of(request.token)
        while True:
            seen = self._seen(name)
            if isinstance(seen, Refusal | Unclear):
                # A refusal of a look says nothing about the launch.
                return Unclear(seen.code, seen.message, seen.classified)
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
            self.api.delete(name)
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
            return self.api.machine(name)
        except Exception as error:  # noqa: BLE001 - its meaning is returned
            outcome = errors.meaning_of(error)
            gone = isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.GONE
            return None if gone else outcome

    def _rows(
        self, machines: list[Machine], wanted: Callable[[Mapping[str, Any]], bool], names: list[str] | None = None
    ) -> list[dict[str, Any]]:
        """Wanted virtual machines of the resource group. Each goes into `machines` at once, all into `names`."""
        rows = []
        for row in self.api.machines():
            if names is not None:
                names.append(str(row["name"]))
            if wanted(row):
                machines.append(machine_of(row))
                rows.append(row)
        return rows

    def _with_power(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same with their states. Azure lists these by the subscription, and our role may reach less far."""
        listed = self._if_permitted(self.api.powers)
        group = f"/resourcegroups/{self.resource_group}/".lower()
        views = {
            str(row["name"]).lower(): (row.get("properties") or {}).get("instanceView")
            for row in listed
            if group in str(row.get("id")).lower()
        }
        return [
            {**row, "properties": {**row["properties"], "instanceView": view}}
            if (view := views.get(str(row["name"]).lower()))
            else row
            for row in rows
        ]

    def _listed(self, machines: list[Machine], read: Callable[[], None]) -> Inventory:
        """`read` fills `machines`. What was read before a page failed is kept."""
        try:
            with self._reading("machines"):
                read()
        except ReadFailed as error:
            return Inventory(tuple(machines), False, self.subscription_id, str(error), error.meaning)
        return Inventory(tuple(machines), True, self.subscription_id)

    def _is_there(self, name: str) -> bool:
        """Asked for by name: a list may not show a machine yet, and its disk is no remains. Raises ReadFailed."""
        seen = self._seen(name)
        if isinstance(seen, Refusal | Unclear):
            raise ReadFailed(f"{self.account.name}: machines: {seen.code}: {seen.message}", seen)
        return seen is not None

    def _looked_at(self, row: Mapping[str, Any], private_ip: str) -> Machine:
        """A list does not say why something failed, nor always whether it runs all the same. Raises ReadFailed."""
        if row["properties"]["provisioningState"] not in ENDS_OF_FAILURE:
            return ended_of(row, machine_of(row, private_ip))
        seen = self._seen(row["name"])
        if isinstance(seen, Refusal | Unclear):
            raise ReadFailed(f"{self.account.name}: machines: {seen.code}: {seen.message}", seen)
        machine = machine_of(seen or row, private_ip)
        if seen is None or not is_left_over(seen):
            return ended_of(seen or row, machine)
        code, _ = failure_of(seen)
        reason = code or "ProvisioningFailed"
        return replace(machine, state=MachineState.TERMINATED, terminated_at=machine.launched_at, end_reason=reason)

    def _reservations(self) -> Iterator[PaidCapacity]:
        """Of every group that the subscription has."""
        for found in self.api.reservation_groups():
            _, where, name = reservations.group_of(str(found["id"]))
            group, asked_at = self.api.reservation_group(where, name)
            for reservation in self.api.reservations(where, name):
                yield reservations.paid_capacity(group, reservation, asked_at)

    def _quotas(self, region: str) -> Iterable[CloudQuota]:
        usages = self._if_permitted(lambda: self.api.usages(region))
        return quotas.quotas(region, usages, self._skus(region)) if usages else ()

    def _if_permitted(self, read: Callable[[], Iterable[Read]]) -> list[Read]:
        """Nothing where Azure says that our role does not reach so far."""
        try:
            return list(read())
        except Exception as error:
            if errors.meaning_of(error).code == errors.NOT_PERMITTED:
                return []
            raise

    def _skus(self, region: str) -> list[dict[str, Any]]:
        """What of accelerators is sold in a region, to whomever."""
        return [sku for sku in self.api.skus(region) if shapes.shape_of(sku) is not None]

    def _offered(self, region: str) -> Iterator[OfferedPool]:
        """On-demand and spot of each size and zone, where there is a price."""
        for sku in self._skus(region):
            name, zones = str(sku["name"]), shapes.sold_in(sku, region)
            if not zones:
                continue
            rows, asked_at = self.api.price_rows(region, name)
            listed = prices.list_prices(rows)
            for market in ("on-demand", "spot") if shapes.sells_spot(sku) else ("on-demand",):
                if (name, market) in listed:
                    said, currency = listed[name, market]
                    for zone in zones:
                        yield OfferedPool(
                            name, region, zone, market, said.price, currency, asked_at, "Azure retail prices", said.row,
                            said.problem,
                        )  # fmt: skip

    def _reading(self, what: str) -> AbstractContextManager[None]:
        return reading(self.account.name, what, errors.meaning_of)

    def _place(self) -> clients.Place:
        identity = clients.read_identity(self.account.secret)
        return clients.Place(self.subscription_id, self.base_url, self.authority, self.scope, self.ca_file, identity)


def _unread(meaning: Refusal | Unclear) -> Refusal:
    """What a reservation that could not be read means for a launch, of which nothing was sent."""
    if isinstance(meaning, Refusal) and meaning.error_class in (ErrorClass.GONE, ErrorClass.BAD_REQUEST):
        return errors.ours("ReservationGone", meaning.message)
    if isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.AUTH:
        return replace(meaning, scope=Scope.POOL) if meaning.code == errors.NOT_PERMITTED else meaning
    if isinstance(meaning, Refusal) and meaning.error_class in (ErrorClass.THROTTLE, ErrorClass.TRANSIENT):
        return meaning
    told = f"The reservation: {meaning.message}"
    return Refusal(ErrorClass.TRANSIENT, meaning.code, told, Scope.REQUEST, classified=meaning.classified)


def _text(
    options: Mapping[str, Any], name: str, pattern: re.Pattern[str], what: str, default: str | None = None
) -> str:
    value = options.get(name) or default
    if value == default and default is not None:
        return default
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise refused(f"An Azure account needs the option {name}: {what}.")
    return value.rstrip("/")
