"""One project of Google Cloud as a cloud.

Options of an account: `project` (required), `regions` (a list, required), `tpus` (true: slices of TPUs too),
`api_endpoint`, `tpu_endpoint`, `billing_endpoint` and `permissions_endpoint` (other addresses, with their scheme: an
emulator or a private endpoint), `image`, `network`, `subnetwork` (a name in each region, or a whole path),
`external_ip` (false: none), `network_tags`, `service_account` (the identity of the machines), `read_seconds` (how long
a call may be silent), `write_seconds` (how long a launch is followed), `tpu_wait_seconds` (how long Google may look for
room for a slice), `page_size`.

A credential is the JSON of a service account's key, or {"access_token": "…"}; without one it is whatever identity the
machine has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any

from fleet.crashpoints import reach
from fleet.domain.capacity import FLEX_START
from fleet.domain.outcomes import (
    Advice,
    AdviceAsk,
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
from fleet.providers.base import Account, AccountFacts, ReadFailed, SellsNoBlocks
from fleet.providers.failing import NONSENSE, reading
from fleet.providers.gcp import advice, checking, names, order, prices, quotas, reservations, shapes, tpus
from fleet.providers.gcp.api import Api
from fleet.providers.gcp.errors import meaning_of, of_operation
from fleet.providers.gcp.machines import PREEMPTED, WAITS, done, ended_machines, machine_of, metadata
from fleet.providers.gcp.notices import LEAD, notices_of
from fleet.providers.gcp.options import Options
from fleet.providers.gcp.shapes import Shape
from fleet.providers.gcp.slices import Slices
from fleet.providers.gcp.tpu_api import TpuApi

NOT_YET = Unclear("still-running", "Google has not finished with it.")
INSTALLATION = "purser:installation"
LACKING = ("forbidden", "PERMISSION_DENIED", "IAM_PERMISSION_DENIED")
A_MOMENT = 3.0  # how long an order for flex-start is followed before it is looked at whether it waits


class Gcp(SellsNoBlocks):
    """One project of Google Cloud, in some regions."""

    def __init__(self, account: Account) -> None:
        """Raises Refused when the account's options make no sense."""
        self.account = account
        self.options = Options.of(account.options)
        self._api = Api(account, self.options)
        self._tpus = TpuApi(account, self.options)
        self._slices = Slices(self._tpus, self.options, account.options)

    def facts(self) -> AccountFacts:
        with self._reading("where it sells"):
            # The bill of a spot machine follows the market, but Google does not tell when a price changed: until the
            # invoice says more, the price at launch holds.
            return AccountFacts(
                self.options.project, self._zones(), int(LEAD.total_seconds()), spot_price_rule="launch"
            )

    def checks(self) -> list[Check]:
        return list(checking.checks(self._api, self._tpus, self._zones, self.account.options))

    def instance_types(self) -> list[OfferedType]:
        with self._reading("instance types"):
            types = {shape.name: shape.type for shape, _ in self._sold()}
            return list((types | {shape.name: shape for shape, _ in self._slices_sold()}).values())

    def offerings(self) -> list[OfferedPool]:
        """What each type costs in each zone and however it can be bought, where every part of it has a price."""
        with self._reading("offerings"):
            sold, slices = self._sold(), self._slices_sold()
            pages = list(self._api.skus())
            asked_at = pages[0][1]
            listed = prices.price_list(sku for page, _ in pages for sku in page)

            priced = [(shape.name, zone, partial(prices.price_of, listed, shape)) for shape, zone in sold] + [
                (kind.name, zone, partial(prices.price_of_slice, listed, kind)) for kind, zone in slices
            ]
            return [
                OfferedPool(name, region, zone, how, price, "USD", asked_at, "Google price list")
                for name, zone, price_of in priced
                for region in (names.region_of(zone),)
                for how in prices.CAPACITY_TYPES
                if (price := price_of(region, how)) is not None
            ]

    def price_history(self, since: datetime) -> PriceHistory:
        """None: Google tells the prices of now only. The history stays complete until where it was."""
        return PriceHistory((), since)

    def quotas(self) -> list[CloudQuota]:
        """Those that Compute Engine tells; none where it may not be asked, as `checks` says."""
        with self._reading("quotas"):
            shapes_here: dict[str, list[Shape]] = {}
            for shape, zone in self._sold():
                shapes_here.setdefault(names.region_of(zone), []).append(shape)
            regions = self._permitted(self._api.regions)
            everywhere = [shape for shapes in shapes_here.values() for shape in shapes]
            found = [
                quota
                for region in regions
                if region.name in self.options.regions
                for quota in quotas.quotas_of(region, shapes_here.get(str(region.name), []))
            ]
            projects = self._permitted(lambda: [self._api.project()])
            return found + [quota for one in projects for quota in quotas.quotas_everywhere(one, everywhere)]

    def advice(self, asks: Sequence[AdviceAsk]) -> list[Advice]:
        """One call a pool. None at all where it may not be asked; none of a pool that Google does not advise on."""
        found: list[Advice] = []
        with self._reading("advice on capacity"):
            for ask in filter(advice.answers, asks):
                try:
                    answer = self._api.advice(ask.region, advice.question(ask))
                except NONSENSE:
                    raise
                except Exception as error:
                    meaning = meaning_of(error)
                    if isinstance(meaning, Refusal) and meaning.code in LACKING:
                        return []
                    if isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.BAD_REQUEST:
                        continue  # it knows the type, and has no advice on it
                    raise
                if (said := advice.advice_of(ask, answer)) is not None:
                    found.append(said)
        return found

    def paid_capacity(self) -> list[PaidCapacity]:
        """None where it may not be asked, as `checks` says."""
        with self._reading("reservations"):
            made = self._permitted(lambda: list(self._api.reservations()))
            coming = self._permitted(lambda: list(self._api.future_reservations()))
            return reservations.paid_capacity(made, coming, self.options.regions)

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        """Google answers with an operation, and a refusal for want of capacity comes at its end: it is followed."""
        if tpus.is_slice(request.instance_type):
            try:
                return self._slices.launch(request)
            finally:
                reach("launch", "K3")
        try:
            said = order.instance(request, self.account.options)
        except ValueError as error:
            return Refusal(ErrorClass.BAD_REQUEST, "cannot-be-said", str(error), Scope.REQUEST)
        deadline = time.monotonic() + self.options.write_seconds
        try:
            operation = self._api.insert(request.zone, said, names.request_id(request.token))
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            return self._not_inserted(request, meaning_of(error))
        finally:
            reach("launch", "K3")
        return self._after(lambda: self._outcome(request, operation, deadline))

    def find(self, request: LaunchRequest) -> FindOutcome:
        """What the token did: the machine of its name, or what became of its operation."""
        if tpus.is_slice(request.instance_type):
            return self._slices.find(request)
        machine = None
        try:
            instance = self._api.instance(request.zone, names.machine_name(request.token))
            if metadata(instance).get(names.TOKEN) != request.token:
                return Found(None)
            machine = machine_of(instance)
        except Exception as error:  # noqa: BLE001 - whatever it was, it says nothing of the launch
            outcome = meaning_of(error)
            if not isinstance(outcome, Refusal) or outcome.error_class != ErrorClass.GONE:
                return outcome
        waits = machine is not None and machine.cloud_state == WAITS  # in the queue: there, and to be ended
        if machine is not None and (waits or machine.state != MachineState.PENDING):
            return Found(machine)
        try:
            return self._found(request, machine)
        except Exception as error:  # noqa: BLE001 - as above
            outcome = meaning_of(error)
            gone = isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.GONE
            return Unclear(outcome.code, outcome.message, outcome.classified) if gone else outcome

    def terminate(self, provider_id: str, region: str) -> TerminateOutcome:
        if found := names.zone_and_slice(provider_id):
            try:
                return self._slices.terminate(*found)
            finally:
                reach("terminate", "K3")
        where = names.zone_and_number(provider_id)
        if where is None:
            return Terminated(None, already_gone=True)
        try:
            operation = self._api.delete(*where)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            outcome = meaning_of(error)
            if isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.GONE:
                return Terminated(self._last_word(provider_id), already_gone=True)
            return outcome
        finally:
            reach("terminate", "K3")
        if str(operation.target_id) != where[1] or operation.operation_type != "delete":
            return Unclear("garbled", "the answer to the terminate is about something else")
        return Terminated(self._last_word(provider_id))

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        """Those that are listed, and those whose operations say that they have ended."""
        numbers = [where[1] for where in map(names.zone_and_number, provider_ids) if where is not None]
        machines: list[Machine] = []
        try:
            with self._reading("machines"):
                for instance in self._api.instances_numbered(numbers):
                    machines.append(machine_of(instance))
                listed = {machine.provider_id.rpartition("/")[2] for machine in machines}
                missing = [number for number in numbers if number not in listed]
                machines += ended_machines(self._api.operations_of(missing))
                if any(names.zone_and_slice(one) for one in provider_ids):
                    machines += self._slices.machines()
        except ReadFailed as error:
            return Inventory(tuple(machines), False, problem=str(error), meaning=error.meaning)
        asked = set(provider_ids)
        return Inventory(tuple(machine for machine in machines if machine.provider_id in asked), True)

    def inventory(self, installation: str) -> Inventory:
        key, value = names.label_key(INSTALLATION), names.label_value(installation)
        machines: list[Machine] = []
        project = self.options.project
        try:
            with self._reading("machines"):
                for instance in self._api.instances(f'labels.{key} = "{value}"'):
                    machine = machine_of(instance)
                    if machine.tags.get(INSTALLATION) == installation:
                        machines.append(machine)
                if self.options.tpus:
                    ours = (one for one in self._slices.machines() if one.tags.get(INSTALLATION) == installation)
                    machines += ours
        except ReadFailed as error:
            return Inventory(tuple(machines), False, project, str(error), error.meaning)
        return Inventory(tuple(machines), True, project)

    def notices(self, after: int) -> list[Notice]:
        """Machines that Google is taking back, at most a page of them (see fleet.providers.gcp.notices)."""
        with self._reading("notices"):
            operations = self._api.operations(f'operationType = "{PREEMPTED}"')
            return [notice for notice in notices_of(operations) if notice.sequence > after][: self.options.page_size]

    def settle(self, notices: Sequence[Notice]) -> None:
        """Nothing waits in a queue."""

    # --- What became of a launch -------------------------------------------------------------------------------

    def _not_inserted(self, request: LaunchRequest, meaning: Refusal | Unclear) -> LaunchOutcome:
        if not isinstance(meaning, Refusal):
            return meaning
        if meaning.code == "alreadyExists":
            return self._after(lambda: self._adopted(request, meaning))
        return meaning

    def _after(self, look: Callable[[], LaunchOutcome]) -> LaunchOutcome:
        """What is seen of a launch that Google has had. A look that fails says nothing of the launch."""
        try:
            return look()
        except NONSENSE as error:
            return Unclear("garbled", f"the answer about the launch makes no sense: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - whatever it was, the launch may have had its effect
            meaning = meaning_of(error)
            return Unclear(meaning.code, meaning.message, meaning.classified)

    def _outcome(self, request: LaunchRequest, operation: Any, deadline: float) -> LaunchOutcome:
        queued = request.capacity_type == FLEX_START
        operation = self._api.followed(operation, min(deadline, time.monotonic() + A_MOMENT) if queued else deadline)
        if not done(operation) and queued:
            return self._waiting(request, operation)
        if not done(operation):
            return NOT_YET
        if failed := of_operation(operation):
            return failed
        try:
            # By its number: another machine may have the name by now.
            instance = self._api.instance(request.zone, str(operation.target_id))
        except Exception as error:
            meaning = meaning_of(error)
            if isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.GONE:
                return Refusal(ErrorClass.GONE, "deleted", "What the token made has ended.", Scope.REQUEST)
            raise
        return _as_asked(request, instance)

    def _waiting(self, request: LaunchRequest, operation: Any) -> LaunchOutcome:
        """The machine, if it waits in the queue: it is there already, and can be ended."""
        instance = self._api.instance(request.zone, str(operation.target_id))
        return _as_asked(request, instance) if instance.status == WAITS else NOT_YET

    def _adopted(self, request: LaunchRequest, refused: Refusal) -> LaunchOutcome:
        """There is a machine of the name: it may be the one that an earlier call made."""
        try:
            instance = self._api.instance(request.zone, names.machine_name(request.token))
        except Exception as error:
            meaning = meaning_of(error)
            if isinstance(meaning, Refusal) and meaning.error_class == ErrorClass.GONE:
                return refused  # it went meanwhile; this call has made nothing
            raise
        if metadata(instance).get(names.TOKEN) != request.token:
            return refused
        return _as_asked(request, instance)

    def _found(self, request: LaunchRequest, machine: Machine | None) -> FindOutcome:
        """By the operation that the token began: a machine that starts may still be refused and vanish."""
        begun = self._api.operations_sent_as(request.zone, names.request_id(request.token))
        if not begun:
            return Found(machine)
        operation = self._api.followed(begun[0], time.monotonic() + self.options.read_seconds)
        if not done(operation):
            return NOT_YET
        if (refused := of_operation(operation)) is not None:
            return refused if machine is None else NOT_YET
        if machine is not None:
            return Found(machine)
        ended = ended_machines(self._api.operations_of([str(operation.target_id)]), request)
        if not ended:
            return Unclear("vanished", "Google made the machine and shows neither it nor its end.")
        return Found(ended[0])

    # --- Reading -----------------------------------------------------------------------------------------------

    def _zones(self) -> dict[str, tuple[str, ...]]:
        """Region -> zones that work."""
        zones: dict[str, tuple[str, ...]] = dict.fromkeys(self.options.regions, ())
        for zone in self._api.zones():
            region = names.last_part(zone.region)
            if region in zones and zone.status == "UP":
                zones[region] += (str(zone.name),)
        return zones

    def _sold(self) -> list[tuple[Shape, str]]:
        """Every shape with accelerators, with each zone where it is sold."""
        sold = [
            (shape, zone)
            for zones in self._zones().values()
            for zone in zones
            for found in self._api.machine_types(zone)
            if (shape := shapes.shape_of(found)) is not None
        ]
        return sorted(sold, key=lambda pair: (pair[0].name, pair[1]))

    def _slices_sold(self) -> list[tuple[OfferedType, str]]:
        """The same of slices of TPUs; none where the account does not want them."""
        sold = self._slices.sold(self._zones()) if self.options.tpus else ()
        return sorted(sold, key=lambda pair: (pair[0].name, pair[1]))

    def _permitted(self, read: Callable[[], list[Any]]) -> list[Any]:
        """Nothing, where the credential may not read it."""
        try:
            return read()
        except NONSENSE:
            raise
        except Exception as error:
            meaning = meaning_of(error)
            if isinstance(meaning, Refusal) and meaning.code in LACKING:
                return []
            raise

    def _last_word(self, provider_id: str) -> Machine | None:
        return next(iter(self.describe([provider_id]).machines), None)

    def _reading(self, what: str) -> AbstractContextManager[None]:
        return reading(self.account.name, what, meaning_of)


def _as_asked(request: LaunchRequest, instance: Any) -> LaunchOutcome:
    """The machine, if it is what the request says: Google answers a token sent again without looking at the rest."""
    if metadata(instance).get(names.FINGERPRINT) != names.fingerprint(request):
        sentence = "The token has made another machine than this request asks for."
        return Refusal(ErrorClass.BAD_REQUEST, "token-reused", sentence, Scope.REQUEST)
    return Launched(machine_of(instance), replayed=None)
