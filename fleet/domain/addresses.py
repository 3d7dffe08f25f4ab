"""Which network addresses Purser may dial.

Two questions, in this order: is the address of a kind that is never dialled, and is it on the list of what
may be? The tables are ours because `ipaddress.is_private` and `is_global` disagree with what is dangerous:
CPython 3.11 calls `168.63.129.16` (Azure's wire server) and `64:ff9b::a9fe:a9fe` (NAT64 of the metadata
address) global. Ranges are those of the IANA special-purpose registries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Kind(StrEnum):
    UNSPECIFIED = "unspecified"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    METADATA = "a cloud's metadata service"
    CARRIER = "carrier-grade NAT"
    MULTICAST = "multicast"
    TRANSLATED = "an IPv4 address in disguise (NAT64, 6to4 or Teredo)"
    RESERVED = "reserved"
    ORDINARY = "ordinary"


# The first range that holds an address decides, so metadata services come before the ranges around them.
_RANGES: tuple[tuple[Network, Kind], ...] = tuple(
    (ip_network(text), kind)
    for text, kind in (
        ("169.254.169.254/32", Kind.METADATA),
        ("169.254.170.2/32", Kind.METADATA),  # ECS task credentials
        ("168.63.129.16/32", Kind.METADATA),  # Azure wire server
        ("192.0.0.192/32", Kind.METADATA),  # Oracle Cloud, old
        ("100.100.100.200/32", Kind.METADATA),  # Alibaba Cloud
        ("fd00:ec2::/32", Kind.METADATA),  # AWS
        ("fd20:ce::254/128", Kind.METADATA),  # Google Cloud
        ("0.0.0.0/8", Kind.UNSPECIFIED),
        ("127.0.0.0/8", Kind.LOOPBACK),
        ("169.254.0.0/16", Kind.LINK_LOCAL),
        ("100.64.0.0/10", Kind.CARRIER),
        ("192.0.0.0/24", Kind.RESERVED),
        ("192.0.2.0/24", Kind.RESERVED),
        ("192.88.99.0/24", Kind.TRANSLATED),  # 6to4 relays
        ("198.18.0.0/15", Kind.RESERVED),
        ("198.51.100.0/24", Kind.RESERVED),
        ("203.0.113.0/24", Kind.RESERVED),
        ("224.0.0.0/4", Kind.MULTICAST),
        ("240.0.0.0/4", Kind.RESERVED),
        ("::/128", Kind.UNSPECIFIED),
        ("::1/128", Kind.LOOPBACK),
        ("::ffff:0:0:0/96", Kind.TRANSLATED),  # SIIT
        ("64:ff9b::/96", Kind.TRANSLATED),
        ("64:ff9b:1::/48", Kind.TRANSLATED),
        ("2001::/32", Kind.TRANSLATED),  # Teredo
        ("2002::/16", Kind.TRANSLATED),  # 6to4
        ("100::/64", Kind.RESERVED),
        ("2001:2::/48", Kind.RESERVED),
        ("2001:10::/28", Kind.RESERVED),
        ("2001:20::/28", Kind.RESERVED),
        ("2001:db8::/32", Kind.RESERVED),
        ("3fff::/20", Kind.RESERVED),
        ("5f00::/16", Kind.RESERVED),
        ("fe80::/10", Kind.LINK_LOCAL),
        ("fec0::/10", Kind.LINK_LOCAL),
        ("ff00::/8", Kind.MULTICAST),
    )
)
_V4_COMPATIBLE = ip_network("::/96")
_PRIVATE = tuple(ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


@dataclass(frozen=True)
class AddressPolicy:
    """Where one kind of call may go. Without networks and without loopback: nowhere."""

    networks: tuple[Network, ...] = ()
    loopback: bool = False  # for what lives on this computer only (ON_THIS_COMPUTER)
    public: bool = False  # for webhooks only: what the internet can reach, and nothing behind a router


LOOPBACK_ONLY = AddressPolicy(loopback=True)
ON_THIS_COMPUTER = frozenset({"sandbox", "local"})
"""Providers whose machines may be found on loopback: the sandbox's, and hosts of ours."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and CIDR ranges as networks. Raises ValueError with a sentence that names the bad one."""
    parsed = []
    for text in texts:
        try:
            parsed.append(ip_network(text.strip(), strict=False))
        except ValueError as error:
            raise ValueError(f"{text!r} is no address or CIDR range, such as 10.20.0.0/16.") from error
    return tuple(parsed)


def neighbours(text: str) -> str:
    """Those who are counted as one: an IPv4 address, and of IPv6 the /64, which one customer has to themselves."""
    try:
        address = unwrap(_plain(text))
    except ValueError:
        return text
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def unwrap(address: Address) -> Address:
    """The IPv4 address an IPv4-mapped or IPv4-compatible IPv6 address is dialled as; others unchanged."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _V4_COMPATIBLE and int(address) > 1:
        return IPv4Address(int(address))
    return address


def classify(address: Address | str) -> Kind:
    """What kind of address this is. Raises ValueError when the text is no address."""
    unwrapped = unwrap(_plain(address))
    for network, kind in _RANGES:
        if unwrapped.version == network.version and unwrapped in network:
            return kind
    return Kind.ORDINARY


def why_refused(address: Address | str, policy: AddressPolicy) -> str:
    """Why `policy` does not let us dial `address`, as a sentence; empty when it does."""
    unwrapped = unwrap(_plain(address))
    kind = classify(unwrapped)
    if kind is Kind.LOOPBACK:
        return "" if policy.loopback else f"{address} is loopback, which only the sandbox and hosts of ours may use."
    if kind is not Kind.ORDINARY:
        return f"{address} is {kind.value}; Purser never dials such addresses."
    if _is_in(unwrapped, policy.networks):
        return ""
    if policy.public:
        private = f"{address} is private and in no range of WEBHOOK_ALLOWED_CIDRS."
        return private if _is_in(unwrapped, _PRIVATE) else ""
    return f"{address} belongs to none of our machines and to no range in OUTBOUND_ALLOWED_CIDRS."


def _is_in(address: Address, ranges: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in ranges)


def _plain(address: Address | str) -> Address:
    """Without a zone (`%eth0`), which is where to send and not whom."""
    text = str(address).partition("%")[0]
    return ip_address(text)
