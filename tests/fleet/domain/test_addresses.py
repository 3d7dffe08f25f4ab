"""Which addresses are never dialled, whatever the list of allowed ones says."""

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.addresses import AddressPolicy, Kind, classify, networks, unwrap, why_refused

EVERYWHERE = AddressPolicy(networks=networks(["0.0.0.0/0", "::/0"]), loopback=True)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", Kind.LOOPBACK),
        ("127.255.255.254", Kind.LOOPBACK),
        ("::1", Kind.LOOPBACK),
        ("::ffff:127.0.0.1", Kind.LOOPBACK),
        ("::127.0.0.1", Kind.LOOPBACK),
        ("0.0.0.0", Kind.UNSPECIFIED),
        ("0.1.2.3", Kind.UNSPECIFIED),
        ("::", Kind.UNSPECIFIED),
        ("169.254.169.254", Kind.METADATA),
        ("::ffff:169.254.169.254", Kind.METADATA),
        ("169.254.170.2", Kind.METADATA),
        ("168.63.129.16", Kind.METADATA),
        ("192.0.0.192", Kind.METADATA),
        ("100.100.100.200", Kind.METADATA),
        ("fd00:ec2::254", Kind.METADATA),
        ("fd20:ce::254", Kind.METADATA),
        ("169.254.1.1", Kind.LINK_LOCAL),
        ("fe80::1", Kind.LINK_LOCAL),
        ("fe80::1%eth0", Kind.LINK_LOCAL),
        ("100.64.0.1", Kind.CARRIER),
        ("100.127.255.255", Kind.CARRIER),
        ("224.0.0.1", Kind.MULTICAST),
        ("ff02::1", Kind.MULTICAST),
        ("64:ff9b::a9fe:a9fe", Kind.TRANSLATED),
        ("64:ff9b:1::a9fe:a9fe", Kind.TRANSLATED),
        ("2002:7f00:1::", Kind.TRANSLATED),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Kind.TRANSLATED),
        ("::ffff:0:7f00:1", Kind.TRANSLATED),
        ("255.255.255.255", Kind.RESERVED),
        ("198.18.0.1", Kind.RESERVED),
        ("2001:db8::1", Kind.RESERVED),
        ("10.0.0.1", Kind.ORDINARY),
        ("172.31.0.1", Kind.ORDINARY),
        ("192.168.1.1", Kind.ORDINARY),
        ("8.8.8.8", Kind.ORDINARY),
        ("100.128.0.1", Kind.ORDINARY),
        ("2606:4700::1111", Kind.ORDINARY),
        ("fd12:3456::1", Kind.ORDINARY),
    ],
)
def test_every_address_has_a_kind(address: str, kind: Kind) -> None:
    assert classify(address) is kind


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "100.64.0.1", "fe80::1", "224.0.0.1", "0.0.0.0"],
)
def test_a_dangerous_address_stays_refused_though_the_operator_allows_everything(address: str) -> None:
    assert "never dials" in why_refused(address, EVERYWHERE)


def test_an_ordinary_address_is_allowed_only_by_the_list() -> None:
    policy = AddressPolicy(networks=networks(["10.1.0.0/16", "fd12::/32"]))
    assert why_refused("10.1.2.3", policy) == ""
    assert why_refused("::ffff:10.1.2.3", policy) == ""
    assert why_refused("fd12::9", policy) == ""
    assert "OUTBOUND_ALLOWED_CIDRS" in why_refused("10.2.0.1", policy)
    assert "OUTBOUND_ALLOWED_CIDRS" in why_refused("8.8.8.8", policy)


def test_loopback_is_for_the_sandbox_even_when_a_range_holds_it() -> None:
    assert "only the sandbox" in why_refused("127.0.0.1", AddressPolicy(networks=networks(["127.0.0.0/8"])))
    assert why_refused("127.0.0.1", AddressPolicy(loopback=True)) == ""


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_the_address_it_wraps(address: IPv4Address) -> None:
    assert classify(f"::ffff:{address}") is classify(address)
    assert unwrap(ip_network(f"::ffff:{address}").network_address) == address


@given(st.ip_addresses())
def test_an_empty_policy_allows_nothing(address: object) -> None:
    assert why_refused(str(address), AddressPolicy())


def test_a_bad_range_is_named() -> None:
    with pytest.raises(ValueError, match=r"'10\.0\.0\.0/99' is no address"):
        networks(["10.0.0.0/8", "10.0.0.0/99"])
