"""One AWS account as a cloud.

Options of an account: `regions` (a list, required), `endpoint_url` (one address for every service: an emulator or a
private endpoint), `queue_url` (the SQS queue that EventBridge feeds with interruption warnings) or `queue_urls` (one
of each region: region -> queue), `image` and
`neuron_image`, `root_device`, `subnets` (zone -> subnet), `security_groups`, `instance_profile`, `pricing_region`,
`role_arn` and `external_id` (a role to assume with the credential), `fleets` (false: machines are never bought several
in one call), `buy_blocks` (true: capacity blocks may be bought), `read_seconds` and `write_seconds` (how long a call
may be silent), `page_size`, `hidden_seconds` (after which a notice that was not settled comes again).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard, TypeVar

from fleet.crashpoints import reach
from fleet.domain.outcomes import (
    Advice,
    AdviceAsk,
    BlockAsk,
    BlockBought,
    BlockFound,
    BlockOffer,
    BlockOrder,
    BuyOutcome,
    Check,
    CloudQuota,
    ErrorClass,
    FindBlockOutcome,
    FindOutcome,
    FleetOutcome,
    FleetRequest,
    Found,
    Inventory,
    Launched,
    LaunchOutcome,
    LaunchRequest,
    Machine,
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
from fleet.providers.aws import advice, blocks, checking, clients, fleets, order, prices, quotas, shapes
from fleet.providers.aws.machines import LIVE_STATES, machine_of
from fleet.providers.aws.notices import LEAD, Queue, notice_of, queues
from fleet.providers.base import Account, AccountFacts, ReadFailed
from fleet.providers.failing import NONSENSE, reading
from fleet.providers.listed import Listed
from fleet.providers.options import positive, refused, region_names

log = logging.getLogger(__name__)
Read = TypeVar("Read")

READ_SECONDS, WRITE_SECONDS = 15.0, 30.0
PAGE = 1000
HIDDEN_SECONDS = 30
PRICING_REGION = ALWAYS_OPEN = "us-east-1"
OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-")
BLOCKS_NOT_BOUGHT = (
    "This account buys no capacity blocks. Who keeps it can set its option buy_blocks to true, and grant "
    "ec2:PurchaseCapacityBlock."
)
SETTLED_AFTER = timedelta(minutes=5)
"""Spot prices younger than this may not all be in the history yet."""
OPENS_AGAIN_WITHIN = timedelta(hours=1)
"""A key that was just made is not known in every region at once. What is closed for longer is meant to be."""
IDS_AT_ONCE = 200  # as many values as a filter takes
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+){1,3}-\d{1,2}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_ADDRESS = re.compile(r"https?://[!-~]{1,500}")


class Aws:
    """One account of AWS, in some regions."""

    def __init__(self, account: Account) -> None:
        """Raises Refused when the account's options make no sense."""
        options = account.options
        self.account = account
        self.regions = region_names(options.get("regions"), _REGION, of="An AWS", example="us-east-1")
        self.endpoint_url = _address(options.get("endpoint_url", ""))
        self.read_seconds = positive(options.get("read_seconds", READ_SECONDS), "read_seconds")
        self.write_seconds = positive(options.get("write_seconds", WRITE_SECONDS), "write_seconds")
        self.hidden_seconds = int(positive(options.get("hidden_seconds", HIDDEN_SECONDS), "hidden_seconds"))
        self.role = _role(options, self.regions[0])
        self.fleets = _switch(options.get("fleets", True), "fleets")
        self.buys_blocks = _switch(options.get("buy_blocks", False), "buy_blocks")
        self.queues = queues(options, self.regions)
        self._closed: dict[str, Refusal] = {}
        self.page_size = int(positive(options.get("page_size", PAGE), "page_size"))

    def facts(self) -> AccountFacts:
        with self._reading("who we are"):
            who = self._who()
            zones = dict(self._in_each_region(lambda region: (region, self._zones(region))))
            first = next(iter(zones))
            several = self.fleets and checking.may_launch_fleets(
                self._client("ec2", first), first, self.account.installation()
            )
            closed = tuple(self._closed.values())
            lead = int(LEAD.total_seconds())
            return AccountFacts(who, zones, lead, spot_price_rule="market", fleets=several, closed=closed)

    def checks(self) -> list[Check]:
        with_tags = self.account.installation()
        return list(checking.checks(self._client, self._known_in, self.regions, self.account.options, with_tags))

    def instance_types(self) -> list[OfferedType]:
        with self._reading("instance types"):
            kinds: dict[str, OfferedType] = {}
            wanted = [{"Name": "instance-type", "Values": list(shapes.FAMILIES)}]

            def read(region: str) -> None:
                for page in self._pages(region, "describe_instance_types", least=5, most=100, Filters=wanted):
                    found = (shapes.shape_of(row) for row in page["InstanceTypes"])
                    kinds.update({shape.name: shape for shape in found if shape is not None})

            self._in_each_region(read)
            return list(kinds.values())

    def offerings(self) -> list[OfferedPool]:
        with self._reading("offerings"):
            known = {shape.name for shape in self.instance_types()}
            found = self._in_each_region(lambda region: list(self._offered(region, known)))
            return [pool for pools in found for pool in pools]

    def price_history(self, since: datetime) -> PriceHistory:
        with self._reading("the price history"):
            self._require_account()
            changes, horizons = [], []
            for pages in self._in_each_region(lambda region: list(self._spot_prices(region, since))):
                horizons.append(_answered_at(pages[0]) - SETTLED_AFTER)
                changes += [prices.spot_change(row) for page in pages for row in page["SpotPriceHistory"]]
            # EC2 begins with the price that held at `since`, from before it.
            told = tuple(dict.fromkeys(change for change in changes if change.effective_from > since))
            until = min(horizons)
            if self._closed:  # what it would have told is asked for again, should it open soon
                until = max(since, until - OPENS_AGAIN_WITHIN)
            return PriceHistory(told, until, tuple(self._closed.values()))

    def quotas(self) -> list[CloudQuota]:
        """None of a region whose quotas may not be read: what is not known does not stop a launch."""
        with self._reading("quotas"):
            known = {shape.name for shape in self.instance_types()}
            found = self._in_each_region(lambda region: self._quotas_in(region, known))
            return [quota for quotas_there in found for quota in quotas_there]

    def paid_capacity(self) -> list[PaidCapacity]:
        """Reservations and blocks in any state: one that ended is told for a while."""
        with self._reading("paid capacity"):
            self._require_account()
            return [
                blocks.capacity_of(row, region=region) for region in self.regions for row in self._reservations(region)
            ]

    def block_offers(self, ask: BlockAsk) -> list[BlockOffer]:
        if ask.region not in self.regions:
            return []
        with self._reading("offers of capacity blocks"):
            return [
                blocks.offer_of(row, region=ask.region)
                for page in self._pages(
                    ask.region, "describe_capacity_block_offerings", least=1, most=1000, **blocks.ask(ask)
                )
                for row in page["CapacityBlockOfferings"]
            ]

    def advice(self, asks: Sequence[AdviceAsk]) -> list[Advice]:
        """One question for all types of a chip in a region; none where EC2 may not be asked, or not again today."""
        found: list[Advice] = []
        with self._reading("advice on capacity"):
            for (region, machines), group in advice.questions(asks):
                said = advice.question(region, sorted({ask.instance_type for ask in group}), machines)
                try:
                    pages = list(self._pages(region, "get_spot_placement_scores", least=10, most=1000, **said))
                except Exception as error:
                    if clients.meaning_of(error).code in advice.NO_ANSWER:
                        break
                    raise
                rows = [row for page in pages for row in page["SpotPlacementScores"]]
                zones = self._client("ec2", region).describe_availability_zones()["AvailabilityZones"]
                found += advice.advice_of(group, rows, {str(zone["ZoneName"]): str(zone["ZoneId"]) for zone in zones})
        return found

    def buy_block(self, order: BlockOrder) -> BuyOutcome:
        if not self.buys_blocks:
            return Refusal(ErrorClass.BAD_REQUEST, "blocks-not-bought", BLOCKS_NOT_BOUGHT, Scope.REQUEST)
        try:
            answer = self._client("ec2", order.region, write=True).purchase_capacity_block(**blocks.purchase(order))
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            return self._meaning_of(error)
        finally:
            reach("buy-block", "K3")
        try:
            return BlockBought(blocks.capacity_of(answer["CapacityReservation"], region=order.region))
        except NONSENSE as error:
            return Unclear("garbled", f"the answer to the purchase makes no sense: {type(error).__name__}")

    def find_block(self, order: BlockOrder) -> FindBlockOutcome:
        """What carries the order's tag. A block of the last minutes may not show yet."""
        try:
            with self._reading("capacity blocks"):
                self._require_account()
                wanted = [{"Name": f"tag:{key}", "Values": [value]} for key, value in sorted(order.tags.items())]
                rows = list(self._reservations(order.region, Filters=wanted))
                found = [blocks.capacity_of(row, region=order.region) for row in rows]
        except ReadFailed as error:
            meaning = error.meaning
            known = meaning is None or meaning.classified
            return Unclear(meaning.code if meaning else "read-failed", str(error), classified=known)
        return BlockFound(next(iter(found), None))

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        try:
            said = order.run_instances(request, self.account.options)
        except ValueError as error:
            return Refusal(ErrorClass.BAD_REQUEST, "cannot-be-said", str(error), Scope.REQUEST)
        try:
            answer = self._client("ec2", request.region, write=True).run_instances(**said)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            return self._meaning_of(error)
        finally:
            reach("launch", "K3")
        try:
            [found] = answer["Instances"]
            machine = machine_of(found, region=request.region, seen_at=_answered_at(answer))
        except NONSENSE as error:
            return Unclear("garbled", f"the answer to the launch makes no sense: {type(error).__name__}")
        if not machine.live:  # EC2 repeats its first answer for a while after the machine has ended
            return Refusal(ErrorClass.GONE, "terminated", f"{machine.provider_id} has ended.", Scope.REQUEST)
        return Launched(machine, replayed=None)

    def launch_fleet(self, request: FleetRequest) -> FleetOutcome:
        options, region = self.account.options, request.machine.region
        try:
            template, said = fleets.create_template(request, options), fleets.create_fleet(request, options)
        except ValueError as error:
            return Refusal(ErrorClass.BAD_REQUEST, "cannot-be-said", str(error), Scope.REQUEST)
        try:
            ec2 = self._client("ec2", region, write=True)
            ec2.create_launch_template(**template)
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing has been bought by it
            meaning = self._meaning_of(error)
            if meaning.code != fleets.IS_THERE:
                return meaning if isinstance(meaning, Refusal) else _not_sent(meaning.code, meaning.message)
        try:
            answer = ec2.create_fleet(**said)
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            meaning = self._meaning_of(error)
            # Somebody else's call of the same fleet was answered, and its template is gone.
            return _not_sent(meaning.code, meaning.message) if meaning.code == fleets.IS_NOT_THERE else meaning
        finally:
            reach("launch", "K3")
        try:
            seen = self._described(region, fleets.ids_in(answer))
            known = {machine.provider_id: machine for machine in seen.machines}
            outcome = fleets.made(answer, request, known, _answered_at(answer))
        except NONSENSE as error:
            return Unclear("garbled", f"the answer to the fleet makes no sense: {type(error).__name__}")
        self._drop_template(request)
        return outcome

    def find_fleet(self, request: FleetRequest) -> Inventory:
        region, tags = request.machine.region, request.machine.tags
        machines: list[Machine] = []
        try:
            with self._reading("a fleet"):
                self._require_account()
                wanted = [{"Name": "tag:purser:fleet", "Values": [tags["purser:fleet"]]}]
                self._machines(region, wanted, into=machines)
        except ReadFailed as error:
            return Inventory(tuple(machines), False, problem=str(error), meaning=error.meaning)
        return Inventory(tuple(machines), True)

    def find(self, request: LaunchRequest) -> FindOutcome:
        """What carries the token. A machine of the last minutes may not show yet: EC2's lists follow its launches."""
        filters = [{"Name": "client-token", "Values": [request.token]}]
        try:
            machines = self._machines(request.region, filters)
            if not machines:
                self._require_account()  # in another account there is none either
        except NONSENSE as error:
            return Unclear("garbled", f"the answer about the token makes no sense: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            return self._meaning_of(error)
        living = [machine for machine in machines if machine.live]
        return Found(next(iter(living or machines), None))

    def terminate(self, provider_id: str, region: str) -> TerminateOutcome:
        try:
            answer = self._client("ec2", region, write=True).terminate_instances(InstanceIds=[provider_id])
        except Exception as error:  # noqa: BLE001 - whatever it was, the cloud may have had the call
            outcome = self._meaning_of(error)
            if isinstance(outcome, Refusal) and outcome.error_class == ErrorClass.GONE:
                return Terminated(None, already_gone=True)
            return outcome
        finally:
            reach("terminate", "K3")
        if [row.get("InstanceId") for row in answer.get("TerminatingInstances") or ()] != [provider_id]:
            return Unclear("garbled", "the answer to the terminate is about something else")
        seen = self._described(region, [provider_id])
        return Terminated(next(iter(seen.machines), None))

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        machines: tuple[Machine, ...] = ()
        missing: Inventory | None = None
        for region in self.regions if provider_ids else ():
            part = self._described(region, provider_ids)
            machines += part.machines
            if not part.complete:
                missing = missing or part
                if not _is_closed(part.meaning):  # the next one would hardly do better
                    break
        return replace(missing, machines=machines) if missing else Inventory(machines, True)

    def inventory(self, installation: str) -> Inventory:
        filters = [
            {"Name": "tag:purser:installation", "Values": [installation]},
            {"Name": "instance-state-name", "Values": list(LIVE_STATES)},
        ]
        machines: list[Machine] = []
        who = ""
        try:
            with self._reading("machines"):
                # Asked each time: a key that now belongs to another account would show an empty one.
                who = self._who()
                self._in_each_region(lambda region: self._machines(region, filters, into=machines))
                for said in self._closed.values():  # what is there cannot be seen, and is not gone
                    raise ReadFailed(f"{self.account.name}: machines: {said.code}: {said.message}", said)
        except ReadFailed as error:
            return Inventory(tuple(machines), False, who, str(error), error.meaning)
        return Inventory(tuple(machines), True, who)

    def notices(self, after: int) -> list[Notice]:
        """Warnings in the queues, each until it is settled; none without a queue. They have no sequence.

        A queue that gives no answer holds back no warning of another one.
        """
        found: list[Notice] = []
        failed: ReadFailed | None = None
        for queue in self.queues:
            try:
                with self._reading(f"notices of {queue.region}"):
                    found += self._waiting_in(queue)
            except ReadFailed as error:
                failed = error
        if failed is not None and not found:
            raise failed
        return found

    def _waiting_in(self, queue: Queue) -> list[Notice]:
        answer = self._client("sqs", queue.region).receive_message(
            QueueUrl=queue.url, MaxNumberOfMessages=min(self.page_size, 10), VisibilityTimeout=self.hidden_seconds
        )
        if not answer["ResponseMetadata"].get("RequestId"):
            raise ValueError("an answer that SQS did not give")
        return [notice_of(message, queue.url) for message in answer.get("Messages") or ()]

    def settle(self, notices: Sequence[Notice]) -> None:
        regions = {queue.url: queue.region for queue in self.queues}
        with self._reading("settled notices"):
            for notice in notices:
                sqs = self._client("sqs", regions[notice.queue])
                sqs.delete_message(QueueUrl=notice.queue, ReceiptHandle=notice.receipt)

    def _drop_template(self, request: FleetRequest) -> None:
        """It costs nothing, and counts against a limit of thousands: one that cannot be taken away is left."""
        try:
            ec2 = self._client("ec2", request.machine.region, write=True)
            ec2.delete_launch_template(LaunchTemplateName=fleets.template_name(request))
        except Exception as error:  # noqa: BLE001 - the machines are what matters
            log.info("a launch template is left behind: %s", clients.meaning_of(error).code)

    # --- Reading -----------------------------------------------------------------------------------------------

    def _who(self) -> str:
        return self._known_in()[0]

    def _known_in(self, *besides: str) -> tuple[str, str]:
        """Whose the credential is, and the first region that says so. Raises what the last one says instead."""
        return clients.who(lambda region: self._client("sts", region), self._places(*besides))

    def _places(self, *besides: str) -> tuple[str, ...]:
        """Where it may be asked who we are: in our regions, and in one that nobody can switch off."""
        always = () if self.regions[0].startswith(OTHER_PARTITIONS) else (ALWAYS_OPEN,)
        return tuple(region for region in dict.fromkeys((*self.regions, *always)) if region not in besides)

    def _in_each_region(self, read: Callable[[str], Read]) -> list[Read]:
        """What each says. One that the account has not switched on is left out, and kept with what it said.

        Raises when there is no other.
        """
        found = []
        for region in self.regions:
            if region in self._closed:
                continue
            try:
                found.append(read(region))
            except Exception as error:
                meaning = self._meaning_of(error)
                if not _is_closed(meaning):
                    raise
                self._closed[region] = meaning
        if not found:
            told = next(iter(self._closed.values()))
            raise ReadFailed(f"{self.account.name}: {told.code}: {told.message}", told)
        return found

    def _meaning_of(self, error: Exception) -> Refusal | Unclear:
        """A wrong key and a region that is not switched on sound alike: another region tells them apart."""
        meaning, region = clients.meaning_of(error), clients.region_of(error)
        if not isinstance(meaning, Refusal) or meaning.code not in clients.NOT_LET_IN or not region:
            return meaning
        others = self._places(region)
        try:
            return clients.not_enabled(meaning, region, self._known_in(region)[1])
        except Exception:  # noqa: BLE001 - whatever it was, it is not known to work elsewhere
            elsewhere = f"; it was refused or not answered in {', '.join(others)} as well" if others else ""
            either = f"Either the credential does not work{elsewhere}, or {region} is not switched on for the account."
            return replace(meaning, message=f"In {region}: {meaning.message}. {either}")

    def _zones(self, region: str) -> tuple[str, ...]:
        wanted = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
        answer = self._client("ec2", region).describe_availability_zones(Filters=wanted)
        return tuple(str(zone["ZoneName"]) for zone in answer["AvailabilityZones"])

    def _offered(self, region: str, known: set[str]) -> Iterator[OfferedPool]:
        """On-demand and spot of each type and zone, where there is a price."""
        wanted = [{"Name": "instance-type", "Values": list(shapes.FAMILIES)}]
        where = [
            (str(row["InstanceType"]), str(row["Location"]))
            for page in self._pages(
                region,
                "describe_instance_type_offerings",
                least=5,
                most=1000,
                LocationType="availability-zone",
                Filters=wanted,
            )
            for row in page["InstanceTypeOfferings"]
            if row["InstanceType"] in known
        ]
        listed, asked_at = self._list_prices(region)
        now = {
            (row["InstanceType"], row["AvailabilityZone"]): row
            for page in self._spot_prices(region, asked_at)
            for row in sorted(page["SpotPriceHistory"], key=lambda row: row["Timestamp"])
        }
        for kind, zone in where:
            if kind in listed:
                said = listed[kind]
                yield OfferedPool(
                    kind, region, zone, "on-demand", said.price, "USD", asked_at, "AWS price list", said.row,
                    said.problem,
                )  # fmt: skip
            if (kind, zone) in now:
                change = prices.spot_change(now[kind, zone])
                yield OfferedPool(
                    kind, region, zone, "spot", change.price_per_hour, "USD", change.effective_from, "EC2 spot history"
                )

    def _reservations(self, region: str, **said: Any) -> Iterator[dict[str, Any]]:
        for page in self._pages(region, "describe_capacity_reservations", least=1, most=1000, **said):
            yield from page["CapacityReservations"]

    def _quotas_in(self, region: str, known: set[str]) -> list[CloudQuota]:
        try:
            pages = list(
                self._pages(
                    region, "list_service_quotas", service="service-quotas", least=1, most=100, ServiceCode="ec2"
                )
            )
        except Exception as error:
            if clients.meaning_of(error).code in clients.NOT_GRANTED:
                return []
            raise
        told = (quotas.quota_of(row, region=region, known=known) for page in pages for row in page["Quotas"])
        return [quota for quota in told if quota is not None]

    def _list_prices(self, region: str) -> tuple[dict[str, Listed], datetime]:
        pricing = str(self.account.options.get("pricing_region") or PRICING_REGION)
        products: list[str] = []
        asked_at = None
        for page in self._pages(
            pricing,
            "get_products",
            service="pricing",
            least=1,
            most=100,
            ServiceCode="AmazonEC2",
            Filters=prices.product_filters(region),
        ):
            asked_at = asked_at or _answered_at(page)
            products += page["PriceList"]
        assert asked_at is not None, "there is always a first page"
        return prices.list_prices(products), asked_at

    def _spot_prices(self, region: str, since: datetime) -> Iterator[dict[str, Any]]:
        wanted = [{"Name": "instance-type", "Values": list(shapes.FAMILIES)}]
        return self._pages(
            region,
            "describe_spot_price_history",
            least=1,
            most=1000,
            ProductDescriptions=[prices.LINUX],
            StartTime=since,
            Filters=wanted,
        )

    def _described(self, region: str, provider_ids: Sequence[str]) -> Inventory:
        machines: list[Machine] = []
        try:
            with self._reading("machines"):
                self._require_account()
                for start in range(0, len(provider_ids), IDS_AT_ONCE):
                    # By a filter: asked for by name, one unknown id would refuse the whole list.
                    ids = list(provider_ids[start : start + IDS_AT_ONCE])
                    self._machines(region, [{"Name": "instance-id", "Values": ids}], into=machines)
        except ReadFailed as error:
            return Inventory(tuple(machines), False, problem=str(error), meaning=error.meaning)
        return Inventory(tuple(machines), True)

    def _machines(
        self, region: str, filters: list[dict[str, Any]], *, into: list[Machine] | None = None
    ) -> list[Machine]:
        """Every instance these filters leave. `into` keeps what was read before a page failed."""
        found = into if into is not None else []
        for page in self._pages(region, "describe_instances", least=5, most=1000, Filters=filters):
            seen_at = _answered_at(page)
            found += [
                machine_of(row, region=region, seen_at=seen_at)
                for reservation in page["Reservations"]
                for row in reservation["Instances"]
            ]
        return found

    def _pages(
        self, region: str, verb: str, *, least: int, most: int, service: str = "ec2", **said: Any
    ) -> Iterator[dict[str, Any]]:
        """Every page of a list, one call each."""
        ask: Callable[..., dict[str, Any]] = getattr(self._client(service, region), verb)
        following: str | None = None
        while True:
            more = {"NextToken": following} if following else {}
            page = ask(MaxResults=max(min(self.page_size, most), least), **said, **more)
            yield page
            if not page.get("NextToken"):
                return
            if page["NextToken"] == following:
                raise ValueError(f"the list of {verb} goes round in a circle")
            following = page["NextToken"]

    def _reading(self, what: str) -> AbstractContextManager[None]:
        return reading(self.account.name, what, self._meaning_of)

    def _client(self, service: str, region: str, *, write: bool = False) -> Any:
        keys = clients.read_keys(self.account.secret)
        seconds = self.write_seconds if write else self.read_seconds
        if write:
            self._require_account()
        return clients.client(service, region, self.endpoint_url, keys, seconds, self.role)

    def _require_account(self) -> None:
        """Raises what says that the credential is another account's by now, or that nobody can tell."""
        if expected := self.account.expected_ref:
            keys = clients.read_keys(self.account.secret)
            clients.require_account(expected, self._places(), self.endpoint_url, keys, self.read_seconds, self.role)


def _is_closed(meaning: Refusal | Unclear | None) -> TypeGuard[Refusal]:
    """Whether it is said of one region, and would be said of everything in it."""
    return isinstance(meaning, Refusal) and (meaning.error_class, meaning.scope) == (ErrorClass.AUTH, Scope.REGION)


def _answered_at(answer: dict[str, Any]) -> datetime:
    """The cloud's own clock, as it stands in every answer of it."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).astimezone(UTC)


def _not_sent(code: str, message: str) -> Refusal:
    """The call that buys was not made, or found nothing to buy with: the same again, a little later."""
    return Refusal(ErrorClass.TRANSIENT, code, message, Scope.REQUEST)


def _role(options: dict[str, Any], region: str) -> clients.Role | None:
    arn, external_id = options.get("role_arn", ""), options.get("external_id", "")
    if arn and (not isinstance(arn, str) or not _ROLE.fullmatch(arn)):
        raise refused("The option role_arn names a role, such as arn:aws:iam::123456789012:role/purser.")
    if external_id and (not isinstance(external_id, str) or not _EXTERNAL_ID.fullmatch(external_id)):
        raise refused("The option external_id has 2 to 1,224 letters, digits or any of + = , . @ : / _ and -.")
    if external_id and not arn:
        raise refused("The option external_id belongs to a role: give role_arn as well.")
    return clients.Role(arn, external_id, region) if arn else None


def _switch(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise refused(f"The option {name} is true or false.")
    return value


def _address(value: Any) -> str:
    if value and (not isinstance(value, str) or not _ADDRESS.fullmatch(value)):
        raise refused("The option endpoint_url is an http or https address.")
    return value or ""
