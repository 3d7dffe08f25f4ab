"""What capacity blocks the clouds offer: asking for offers, and naming one so that nobody buys another.

An offer is not kept here. Its name holds all that was shown, signed: who buys by the name buys at the fee they saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core import signing

from fleet.domain.outcomes import BlockAsk, BlockOffer
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount, InstanceType
from fleet.providers.base import ReadFailed
from fleet.services import paid_capacity, signals
from fleet.services.accounts import adapter
from fleet.services.chips import accelerators

HOLDS_FOR = timedelta(minutes=10)
"""How long a cloud keeps to an offer."""
OFFER = "purser.block-offer"


@dataclass(frozen=True)
class Offered:
    """An offer with the account it was made to, and what to name when it is to be bought."""

    name: str
    account: CloudAccount
    offer: BlockOffer
    expires_at: datetime

    @property
    def price_per_hour(self) -> Decimal:
        """Of one machine, to the price's digit."""
        offer = self.offer
        return paid_capacity.price_of_machine_hour(offer.fee, offer.machines, offer.starts_at, offer.ends_at)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for: accelerators of a kind or machines of a type, for so many hours."""

    hours: int
    instance_type: str = ""
    machines: int = 0
    accelerator: str = ""
    accelerator_count: int = 0
    region: str = ""
    earliest: datetime | None = None
    latest: datetime | None = None


def known(wanted: Wanted) -> Wanted:
    """With the accelerator's own name. Raises Refused for one that nobody makes."""
    if not wanted.accelerator:
        return wanted
    return replace(wanted, accelerator=accelerators().require(wanted.accelerator).name)


def offers(wanted: Wanted, *, accounts: Sequence[CloudAccount], to: str, now: datetime) -> list[Offered]:
    """What is for sale in these accounts, asked right here: for commands, since it takes as long as the clouds take.

    The cheapest first. `to`: the principal they are made to. Raises Refused when no account could be asked.
    """
    found: list[Offered] = []
    problems: list[str] = []
    asks = asks_of(known(wanted), accounts=accounts)
    for account, ask in asks:
        try:
            found += offers_of(account, ask, to=to, now=now)
        except (ReadFailed, Refused) as error:
            problems.append(str(error))
    if problems and len(problems) == len(asks):
        sentences = (problem.rstrip(".") + "." for problem in dict.fromkeys(problems))
        raise Refused("offers-unread", " ".join(sentences), retryable=True)
    return sorted(found, key=cheapest_first)


def asks_of(wanted: Wanted, *, accounts: Sequence[CloudAccount]) -> list[tuple[CloudAccount, BlockAsk]]:
    """The calls it takes to know what these accounts are offered."""
    return [(account, ask) for account in accounts for ask in _asks(wanted, account)]


def offers_of(account: CloudAccount, ask: BlockAsk, *, to: str, now: datetime) -> list[Offered]:
    """One call of a cloud. `to`: the principal they are made to. Raises ReadFailed, or Refused without a credential."""
    try:
        made = adapter(account).block_offers(ask)
    except ReadFailed as error:
        signals.count_unclassified(account.cloud, error.meaning, now=now)
        raise
    return [Offered(name_of(account, offer, to=to), account, offer, now + HOLDS_FOR) for offer in made]


def cheapest_first(one: Offered) -> tuple[Any, ...]:
    """The order in which offers are shown."""
    return one.offer.currency, one.offer.fee, one.offer.starts_at, one.offer.zone


def name_of(account: CloudAccount, offer: BlockOffer, *, to: str) -> str:
    """Everything that was offered, and to which principal, signed: nobody buys at a fee that was not shown to them."""
    times = {name: getattr(offer, name).isoformat() for name in ("starts_at", "ends_at")}
    said = {**vars(offer), **times, "fee": str(offer.fee), "account": account.public_id, "to": to}
    return signing.dumps(said, salt=OFFER)


def named(name: str, *, to: str) -> Offered:
    """The offer of this name, as it was shown to this principal. Raises Refused when it was not, or too long ago."""
    try:
        said = signing.loads(name, salt=OFFER, max_age=HOLDS_FOR)
    except signing.SignatureExpired as error:
        raise Refused("offer-expired", "The offer has run out; ask for offers again.", field="offer") from error
    except signing.BadSignature as error:
        raise Refused("offer-unknown", "Name an offer as it was shown.", field="offer") from error
    if said.pop("to", None) != to:
        raise Refused("offer-unknown", "It was offered to somebody else; ask for offers yourself.", field="offer")
    account = CloudAccount.objects.filter(public_id=said.pop("account"), enabled=True).first()
    if account is None:
        raise Refused("offer-unknown", "The account it was offered to is not bought from.", field="offer")
    times = {name: datetime.fromisoformat(said[name]) for name in ("starts_at", "ends_at")}
    offer = BlockOffer(**{**said, **times, "fee": Decimal(said["fee"])})
    made_at = datetime.fromtimestamp(_made_at(name), UTC)
    return Offered(name, account, offer, made_at + HOLDS_FOR)


def told(offered: Offered) -> dict[str, Any]:
    """An offer as plain data."""
    offer = offered.offer
    return {
        "account": offered.account.name,
        "cloud": offered.account.cloud,
        "instance_type": offer.instance_type,
        "region": offer.region,
        "zone": offer.zone,
        "machines": offer.machines,
        "starts_at": offer.starts_at.isoformat(),
        "ends_at": offer.ends_at.isoformat(),
        "fee": str(offer.fee),
        "currency": offer.currency,
    }


def _asks(wanted: Wanted, account: CloudAccount) -> list[BlockAsk]:
    """One for each region of the account and each shape that brings exactly what is wanted."""
    if wanted.instance_type:
        shapes = {wanted.instance_type: wanted.machines}
    else:
        kinds = InstanceType.objects.filter(cloud=account.cloud, accelerator=wanted.accelerator)
        counts = dict(kinds.values_list("name", "accelerator_count"))
        want = wanted.accelerator_count
        shapes = {name: want // count for name, count in counts.items() if count and want % count == 0}
    listed = account.options.get("regions") or [wanted.region]
    regions = [region for region in listed if wanted.region in ("", region)]
    return [
        BlockAsk(region, name, machines, wanted.hours, wanted.earliest, wanted.latest)
        for region in regions
        if region
        for name, machines in sorted(shapes.items())
        if machines > 0
    ]


def _made_at(name: str) -> int:
    """When the name was signed, in seconds of the epoch."""
    return signing.b62_decode(name.rsplit(":", 2)[1])
