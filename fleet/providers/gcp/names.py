"""What a launch is called in Google's words. The same token gives the same words, wherever and whenever."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping

from fleet.domain.outcomes import LaunchRequest

TOKEN, TAGS, FINGERPRINT = "purser-token", "purser-tags", "purser-request"
"""Keys of the metadata that say which launch made a machine, with its tags as they were given."""
_NAMESPACE = uuid.UUID("3b0f4a52-6d0e-5f0a-9a43-7f6f2a0c9d11")
_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_PROVIDER_ID = re.compile(r"([a-z][a-z0-9-]{0,61}[a-z0-9])/([1-9][0-9]{0,19})")
_SLICE_ID = re.compile(r"([a-z][a-z0-9-]{0,61}[a-z0-9])/(purser-[0-9a-f]{32})")
_BOUND = "bound"


def request_id(token: str) -> str:
    """With the same one, Google makes no second operation."""
    return str(uuid.uuid5(_NAMESPACE, token))


def machine_name(token: str) -> str:
    """Google lets no two machines of a zone have one name: the second safeguard, for as long as the machine lives."""
    return f"purser-{hashlib.sha256(token.encode()).hexdigest()[:32]}"


def fingerprint(request: LaunchRequest) -> str:
    """Of all that a request says: Google itself answers a token sent again without looking at the rest."""
    return hashlib.sha256(json.dumps(request.as_json(), sort_keys=True).encode()).hexdigest()[:32]


def labels(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags as labels, to find and to bill by. What a label cannot hold is there by its digest."""
    return {label_key(key): label_value(value) for key, value in tags.items()}


def label_key(key: str) -> str:
    said = re.sub(r"[^a-z0-9_-]", "-", key.lower())[:63]
    return said if re.match(r"[a-z]", said) else f"t{said}"[:63]


def label_value(value: str) -> str:
    return value if _VALUE.fullmatch(value) else f"sha256-{hashlib.sha256(value.encode()).hexdigest()[:48]}"


def provider_id(zone: str, number: int) -> str:
    """A machine is known by its zone and its number: Google gives no number twice, but a name any time again."""
    return f"{zone}/{number}"


def zone_and_number(provider_id: str) -> tuple[str, str] | None:
    """None for what can be no machine of Google's."""
    found = _PROVIDER_ID.fullmatch(provider_id)
    return (found[1], found[2]) if found else None


def slice_id(zone: str, name: str) -> str:
    """A slice of TPUs has no number, but its name is made of its token and comes once."""
    return f"{zone}/{name}"


def zone_and_slice(provider_id: str) -> tuple[str, str] | None:
    """None for what can be no slice of ours."""
    found = _SLICE_ID.fullmatch(provider_id)
    return (found[1], found[2]) if found else None


def reservation_ref(zone: str, name: str, *, bound: bool) -> str:
    """How paid capacity is known; `bound`: its machines live no longer than it does, and must say so."""
    return f"{zone}/{name}/{_BOUND}" if bound else f"{zone}/{name}"


def reservation(ref: str) -> tuple[str, bool]:
    """Its name, and whether machines are bound to it."""
    _, _, named = ref.partition("/")
    name, _, how = named.partition("/")
    return name, how == _BOUND


def region_of(zone: str) -> str:
    """us-central1 for us-central1-a."""
    return zone.rpartition("-")[0]


def last_part(link: str) -> str:
    """The name at the end of a link to a resource."""
    return link.rpartition("/")[2]
