"""Owned hosts as a cloud: a launch claims accelerators of one, and an end gives them back.

Options of an account (docs/howto/own-hardware.md): `folder` (required) where claims are kept, `hosts` (required),
`region`, `notice_seconds`, `wait_seconds`, `page_size`; and how engines are started on them, `command`, `environment`,
`ports`, `log_mib`, `stop_seconds`. There is no credential: who may write in the folder may claim.

This is the cloud and its client in one. Its clock is this computer's.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from fleet.crashpoints import reach
from fleet.domain.cluster_chips import load_cluster_chips
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
    QuotaUnit,
    Refusal,
    Terminated,
    TerminateOutcome,
    Unclear,
)
from fleet.domain.owned import price_of
from fleet.providers.base import Account, AccountFacts, GivesNoAdvice, ReadFailed, SellsNoBlocks
from fleet.providers.classify import classify
from fleet.providers.local import detect, engines
from fleet.providers.local.book import (
    AnotherFolder,
    Book,
    Busy,
    Claim,
    Claimed,
    MaybeDone,
    NoIdentity,
    Unreadable,
    machine_id,
)
from fleet.providers.local.options import OwnedHost, read, share_of
from fleet.providers.local.room import free_block

INSTALLATION = "purser:installation"
ON_DEMAND = "on-demand"
ENDED_BY_US, SWITCHED_OFF = "terminated", "preempted"  # what closing a slot knows a take-back by
CHIPS = Path(__file__).resolve().parents[2] / "catalog" / "kubernetes.toml"
TROUBLES = (OSError, Busy, NoIdentity, AnotherFolder, Unreadable, MaybeDone)


CODES: dict[type[Exception], str] = {
    Busy: "folder-busy",
    NoIdentity: "folder-unknown",
    AnotherFolder: "another-account",
    Unreadable: "claims-unreadable",
}


class Local(GivesNoAdvice, SellsNoBlocks):
    """The hosts of one account."""

    def __init__(self, account: Account) -> None:
        """Raises Refused when the account's options make no sense."""
        self.account = account
        self.options = read(account.options)
        self.book = Book(self.options.folder, account.expected_ref)

    @cached_property
    def hosts(self) -> dict[str, OwnedHost]:
        """By name, with what was found of those that declare nothing. One with nothing to offer is left out."""
        return {host.name: host for host in map(_completed, self.options.hosts) if host.accelerator_count}

    # --- What there is -----------------------------------------------------------------------------------------

    def facts(self) -> AccountFacts:
        with self._reading("who we are"):
            zones = {self.options.region: tuple(self.hosts)}
            return AccountFacts(self.book.found(), zones, self.options.notice_seconds, spot_price_rule="launch")

    def checks(self) -> list[Check]:
        """The folder as a claim would use it, and each host of this computer for the accelerators it declares."""
        checks = [_tried(f"The folder {self.options.folder}", self._try_folder)]
        if not checks[0].ok:
            return checks
        checks.append(_tried("The claims in it", lambda: self.book.live()))
        for host in self.options.hosts:
            if host.here:
                checks.append(_accelerators_of(host))
        return checks

    def instance_types(self) -> list[OfferedType]:
        with self._reading("hosts"):
            self.book.found()
            return [
                OfferedType(
                    name=_type_name(host, count),
                    accelerator=host.accelerator,
                    accelerator_count=count,
                    vcpus=host.vcpus * count // host.accelerator_count,
                    memory_gib=host.memory_gib * count / host.accelerator_count,
                    interconnect=host.interconnect,
                )
                for host in self.hosts.values()
                for count in _shapes(host)
            ]

    def offerings(self) -> list[OfferedPool]:
        """Every part of every host, at its share of the host's price; without a price where the price book has it."""
        with self._reading("hosts"):
            self.book.found()
            now = self._now()
            return [
                OfferedPool(
                    instance_type=_type_name(host, count),
                    region=self.options.region,
                    zone=host.name,
                    capacity_type=ON_DEMAND,
                    price_per_hour=_price(host, count, now),
                    currency=host.cost.currency if host.cost else "USD",
                    observed_at=now,
                    price_source="cost of the host" if host.cost else "",
                )
                for host in self.hosts.values()
                if not host.off
                for count in _shapes(host)
            ]

    def price_history(self, since: datetime) -> PriceHistory:
        """None: a host costs what its owner says now."""
        return PriceHistory((), since)

    def quotas(self) -> list[CloudQuota]:
        """Of each host its accelerators. How many are used is not said: whoever asks knows what it holds by now."""
        with self._reading("hosts"):
            return [
                CloudQuota(
                    region=self.options.region,
                    name=f"{host.accelerator} of {host.name}",
                    unit=QuotaUnit.ACCELERATORS,
                    most=host.accelerator_count,
                    used=None,
                    instance_types=tuple(_type_name(host, count) for count in _shapes(host)),
                    zone=host.name,
                )
                for host in self.hosts.values()
                if not host.off
            ]

    def paid_capacity(self) -> list[PaidCapacity]:
        """None: a host is claimed at its price, as machines elsewhere are."""
        return []

    # --- Claims ------------------------------------------------------------------------------------------------

    def launch(self, request: LaunchRequest) -> LaunchOutcome:
        try:
            with self.book.locked(self.options.wait_seconds):
                return self._claim(request)
        except MaybeDone as error:
            return Unclear("not-flushed", f"The claim may not outlast a loss of power: {error}.")
        except TROUBLES as error:
            return self._meaning(error)
        finally:
            reach("launch", "K3")

    def find(self, request: LaunchRequest) -> FindOutcome:
        try:
            claim = self.book.get(machine_id(request.token))
        except Unreadable as error:
            return Unclear("claim-unreadable", f"The claim cannot be read: {error}.")
        except TROUBLES as error:
            return self._meaning(error)
        return Found(None if claim is None else self._machine(claim))

    def terminate(self, provider_id: str, region: str) -> TerminateOutcome:
        """End the machine's engines, then give its accelerators back."""
        try:
            with self.book.locked(self.options.wait_seconds):
                claim = self.book.get(provider_id)
                if claim is None:
                    return Terminated(None, already_gone=True)
                if claim.ended_at is not None:
                    return Terminated(self._machine(claim), already_gone=True)
                if claim.ending_at is None:
                    claim = self.book.change(claim, ending_at=self._now())
            return Terminated(self._machine(self._end(claim, ENDED_BY_US)))
        except engines.StillThere as error:
            return Unclear("engine-runs", str(error))
        except MaybeDone as error:
            return Unclear("not-flushed", f"The end may not outlast a loss of power: {error}.")
        except TROUBLES as error:
            return self._meaning(error)
        finally:
            reach("terminate", "K3")

    def describe(self, provider_ids: Sequence[str]) -> Inventory:
        machines: list[Machine] = []
        if not provider_ids:
            return Inventory((), True)
        try:
            with self._reading("machines"):
                self._take_back_overdue()
                for provider_id in provider_ids:
                    if (claim := self.book.get(provider_id)) is not None:
                        machines.append(self._machine(claim))
        except ReadFailed as error:
            return Inventory(tuple(machines), False, problem=str(error), meaning=error.meaning)
        return Inventory(tuple(machines), True)

    def inventory(self, installation: str) -> Inventory:
        try:
            with self._reading("machines"):
                account_ref = self.book.own()
                machines = [self._machine(claim) for claim in self.book.live()]
        except ReadFailed as error:
            return Inventory((), False, problem=str(error), meaning=error.meaning)
        ours = tuple(machine for machine in machines if machine.tags.get(INSTALLATION) == installation)
        return Inventory(ours, True, account_ref)

    def notices(self, after: int) -> list[Notice]:
        """Claims on hosts that their owner switched off, or took out of the account's options."""
        with self._reading("notices"):
            if any(self._to_be_noticed(claim) for claim in self.book.live()):
                self._give_notice()
            self._take_back_overdue()
            given = [(claim, claim.notice) for claim in self.book.live() if claim.notice is not None]
        told = [
            Notice(notice.sequence, claim.machine_id, notice.noticed_at, notice.ends_at)
            for claim, notice in given
            if notice.sequence > after
        ]
        return sorted(told, key=lambda notice: notice.sequence)[: self.options.page_size]

    def settle(self, notices: Sequence[Notice]) -> None:
        """Nothing waits in a queue."""

    # --- What a launch does ------------------------------------------------------------------------------------

    def _claim(self, request: LaunchRequest) -> LaunchOutcome:
        asked = request.as_json()
        machine = machine_id(request.token)
        try:
            earlier = self.book.get(machine)
        except Unreadable as error:
            return Unclear("claim-unreadable", f"The claim of this token cannot be read: {error}.")
        if earlier is not None:
            if earlier.request != asked:
                return _refused("token-reused", "The token was sent with other parameters before.")
            if earlier.ended_at is not None:
                return _refused("claim-ended", "What the token claimed has ended.")
            return Launched(self._machine(earlier), replayed=True)
        host = self.hosts.get(request.zone)
        count = _count_of(request.instance_type, host)
        if host is None or count is None or (request.region, request.capacity_type) != (self.options.region, ON_DEMAND):
            where = f"{request.instance_type} in {request.zone}"
            return _refused("no-such-shape", f"No host offers {where}, {request.capacity_type}.")
        if host.off:
            return _refused("host-off", f"{host.name} is switched off by its owner.")
        held = {index for claim in self.book.live() if claim.host == host.name for index in claim.accelerators}
        block = free_block(host.accelerator_count, held, count)
        if block is None:
            return _refused("host-full", f"{host.name} has {host.accelerator_count - len(held)} accelerators free.")
        now = self._now()
        price = _price(host, count, now)
        claim = Claim(
            machine_id=machine,
            host=host.name,
            accelerator=host.accelerator,
            accelerators=block,
            price_per_hour="" if price is None else str(price),
            request=asked,
            launched_at=now,
        )
        self.book.add(claim)
        return Launched(self._machine(claim), replayed=False)

    # --- Ends --------------------------------------------------------------------------------------------------

    def _end(self, claim: Claim, reason: str) -> Claim:
        """No engine starts on it any more; those that run are ended first. Raises StillThere."""
        for engine in engines.all_of(engines.of_machine(self.options.folder, claim.machine_id)):
            engine.stop(self.options.engine.stop_seconds)
        with self.book.locked(self.options.wait_seconds):
            return self.book.end(claim, at=self._now(), reason=reason)

    def _to_be_noticed(self, claim: Claim) -> bool:
        host = self.hosts.get(claim.host)
        return claim.notice is None and claim.ending_at is None and (host is None or host.off)

    def _give_notice(self) -> None:
        with self.book.locked(self.options.wait_seconds):
            for claim in self.book.live():
                if self._to_be_noticed(claim):
                    now = self._now()
                    ends_at = now + timedelta(seconds=self.options.notice_seconds)
                    self.book.change(claim, notice=Claimed(self.book.next_notice(), now, ends_at))

    def _take_back_overdue(self) -> None:
        """A host that was switched off is given back when the time for leaving is over."""
        now = self._now()
        for claim in self.book.live():
            if claim.notice is None or claim.notice.ends_at > now:
                continue
            with self.book.locked(self.options.wait_seconds):
                again = self.book.get(claim.machine_id)
                if again is None or again.ended_at is not None:
                    continue
                claim = again if again.ending_at else self.book.change(again, ending_at=now)
            self._end(claim, SWITCHED_OFF)

    # --- Reading -----------------------------------------------------------------------------------------------

    def _machine(self, claim: Claim) -> Machine:
        request = LaunchRequest.from_json(claim.request)
        host = self.hosts.get(claim.host)
        state = MachineState.RUNNING if claim.ending_at is None else MachineState.STOPPING
        return Machine(
            provider_id=claim.machine_id,
            state=MachineState.TERMINATED if claim.ended_at else state,
            region=request.region,
            zone=request.zone,
            instance_type=request.instance_type,
            accelerator=claim.accelerator,
            accelerator_count=len(claim.accelerators),
            capacity_type=request.capacity_type,
            price_per_hour=Decimal(claim.price_per_hour) if claim.price_per_hour else None,
            launched_at=claim.launched_at,
            running_at=claim.launched_at,
            terminated_at=claim.ended_at,
            end_reason=claim.end_reason,
            private_ip="" if host is None or host.here else host.address,
            endpoints={"dcgm": host.dcgm_url} if host is not None and host.dcgm_url else {},
            tags=request.tags,
            token=request.token,
        )

    def _try_folder(self) -> None:
        self.book.found()
        self.book.try_writing()

    def _now(self) -> datetime:
        return datetime.now(UTC)

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        """Turns whatever goes wrong into ReadFailed."""
        try:
            yield
        except engines.StillThere as error:
            raise ReadFailed(f"{self.account.name}: {what}: {error}") from error
        except TROUBLES as error:
            raise ReadFailed(f"{self.account.name}: {what}: {_sentence(error)}", self._meaning(error)) from error

    def _meaning(self, error: Exception) -> Refusal | Unclear:
        """What a trouble that came before anything was claimed or ended means."""
        refusal = _refused(_code(error), _sentence(error))
        unclear = refusal.error_class == ErrorClass.UNKNOWN
        return Unclear(refusal.code, refusal.message, refusal.classified) if unclear else refusal


def _refused(code: str, message: str) -> Refusal:
    return classify("local", code, message)


def _code(error: Exception) -> str:
    if isinstance(error, OSError):
        return errno.errorcode.get(error.errno or 0, "EIO")
    return CODES.get(type(error), "EIO")


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'The folder'}: {error.strerror}"
    if isinstance(error, AnotherFolder):
        return str(error)
    return {
        Busy: "Another worker is writing in the folder and does not finish.",
        NoIdentity: "The folder is not the one this account keeps its claims in; is its disk mounted?",
        Unreadable: f"A file in the folder cannot be read: {error}.",
    }.get(type(error), f"The folder cannot be written for good: {error}.")


def _tried(what: str, call: Callable[[], object]) -> Check:
    try:
        call()
    except TROUBLES as error:
        refusal = _refused(_code(error), _sentence(error))
        needs = "to read and write the folder" if refusal.error_class == ErrorClass.AUTH else ""
        return Check(what, False, f"{refusal.code}: {refusal.message}", needs)
    return Check(what, True)


def _accelerators_of(host: OwnedHost) -> Check:
    """Whether as many are there as it declares."""
    what = f"The accelerators of {host.name}"
    found = detect.matching(host.devices) if host.devices else sum(kind.count for kind in detect.seen())
    where = f"{host.devices} matches" if host.devices else "This computer shows"
    if not host.accelerator and _completed(host).accelerator_count:
        return Check(what, True)
    if not host.accelerator:
        return Check(what, False, f"None is declared, and {where.lower()} {found} of no kind that is known.")
    if found < host.accelerator_count:
        return Check(what, False, f"{host.accelerator_count} {host.accelerator} are declared. {where} {found}.")
    return Check(what, True)


def _completed(host: OwnedHost) -> OwnedHost:
    """With what is found here, where it declares nothing."""
    if host.accelerator:
        return host
    by_product = {product: chip.name for chip in load_cluster_chips(CHIPS).values() for product in chip.product}
    for kind in detect.seen():
        name = by_product.get(kind.product.replace(" ", "-"))
        if name is not None:
            return OwnedHost(**{**vars(host), "accelerator": name, "accelerator_count": kind.count})
    return host


def _shapes(host: OwnedHost) -> tuple[int, ...]:
    fitting = tuple(count for count in host.shapes if count <= host.accelerator_count)
    return fitting or (host.accelerator_count,)


def _type_name(host: OwnedHost, count: int) -> str:
    """The host is in it: the same chips beside another processor are another shape."""
    return f"{host.name}.{host.accelerator}x{count}"


def _count_of(instance_type: str, host: OwnedHost | None) -> int | None:
    if host is None:
        return None
    return next((count for count in _shapes(host) if _type_name(host, count) == instance_type), None)


def _price(host: OwnedHost, count: int, now: datetime) -> Decimal | None:
    if host.cost is None:
        return None
    return share_of(price_of(host.cost, on=now.date()).per_hour, count, host.accelerator_count)
