"""API tokens: `prs_<key id>_<secret>`. The key id finds the row; of the secret only an HMAC is kept.

The HMAC's key is a pepper from a ring: the first one signs, all of them verify, so a pepper is changed by
putting a new one in front and taking the old one away when its tokens have expired.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

PREFIX = "prs"
KEY_ID_BYTES = 6
SECRET_BYTES = 32
LONGEST_LIFE = timedelta(days=366)
DEFAULT_LIFE = timedelta(days=90)
OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)
MOST_CIDRS = 50

_SHAPE = re.compile(rf"{PREFIX}_([0-9a-f]{{{KEY_ID_BYTES * 2}}})_([A-Za-z0-9]{{20,64}})")


@dataclass(frozen=True)
class Presented:
    """A token as a caller shows it. Its repr never says the secret."""

    key_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Presented(prs_{self.key_id}_…)"

    @property
    def plain(self) -> str:
        return f"{PREFIX}_{self.key_id}_{self.secret}"


def mint(randomness: bytes) -> Presented:
    """A token from KEY_ID_BYTES + SECRET_BYTES random bytes."""
    if len(randomness) != KEY_ID_BYTES + SECRET_BYTES:
        raise ValueError(f"a token is made of {KEY_ID_BYTES + SECRET_BYTES} random bytes")
    secret = base64.b32encode(randomness[KEY_ID_BYTES:]).decode().rstrip("=").lower()
    return Presented(randomness[:KEY_ID_BYTES].hex(), secret)


def read(text: str) -> Presented | None:
    """The token in this text, or None when it has not the shape of one."""
    match = _SHAPE.fullmatch(text)
    return Presented(match[1], match[2]) if match else None


def digest(token: Presented, ring: Mapping[str, str]) -> str:
    """`pepper id:hex`, signed with the first pepper of the ring."""
    pepper_id = next(iter(ring))
    return f"{pepper_id}:{_hmac(token, ring[pepper_id])}"


def matches(token: Presented, kept: str, ring: Mapping[str, str]) -> bool:
    """Is this the token whose digest was kept? Compares in constant time."""
    pepper_id, _, expected = kept.partition(":")
    pepper = ring.get(pepper_id)
    return pepper is not None and hmac.compare_digest(_hmac(token, pepper), expected)


def read_cidrs(texts: Iterable[str]) -> list[str]:
    """The ranges a token may be used from, each written the one right way, none twice.

    Raises ValueError with a sentence for the first that is none.
    """
    found: list[str] = []
    for text in (text.strip() for text in texts):
        try:
            network = ip_network(text)
        except ValueError:
            raise ValueError(_no_range(text)) from None
        if str(network) not in found:
            found.append(str(network))
    if len(found) > MOST_CIDRS:
        raise ValueError(f"At most {MOST_CIDRS} ranges; join neighbours into wider ones.")
    return found


def _no_range(text: str) -> str:
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        return f"{text[:60]!r} is no range of addresses. Write 203.0.113.0/24, 2001:db8::/32 or a single address."
    return (
        f"{text[:60]} is an address inside of a range. Write {meant} for the range, or the address without the slash."
    )


def used_from(address: str | None, cidrs: Iterable[str]) -> bool:
    """Whether a token bound to these ranges may be used from that address; bound to none, from anywhere."""
    ranges = list(cidrs)
    if not ranges:
        return True
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ip_network(text) for text in ranges)


def read_ring(text: str, fallback: Iterable[str], *, variable: str = "TOKEN_PEPPERS") -> dict[str, str]:
    """Peppers of `id:secret,id:secret`; without any, the fallback secrets under ids made from them.

    Raises ValueError with a sentence that repeats no secret.
    """
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    if not entries:
        return {sha256(b"purser pepper id" + secret.encode()).hexdigest()[:8]: secret for secret in fallback}
    ring: dict[str, str] = {}
    for position, entry in enumerate(entries, start=1):
        pepper_id, _, secret = entry.partition(":")
        if not pepper_id.isalnum() or len(pepper_id) > 16 or len(secret) < 32 or pepper_id in ring:
            raise ValueError(
                f"Entry {position} of {variable} must be id:secret, with an id of its own of letters and digits "
                "and a secret of 32 characters or more."
            )
        ring[pepper_id] = secret
    return ring


def _hmac(token: Presented, pepper: str) -> str:
    return hmac.new(pepper.encode(), f"{token.key_id}:{token.secret}".encode(), sha256).hexdigest()
