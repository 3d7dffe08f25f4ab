"""Reading a launch request: every field checked, defaults filled in, and a hash that says whether two are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.catalog import CAPACITY_TYPES, CloudCatalog, Pool
from sandbox.vendors import refusal

MOST_AT_ONCE = 100
DEFAULTS: dict[str, Any] = {
    "count": 1,
    "min_count": 1,
    "image": "",
    "user_data": "",
    "ssh_keys": [],
    "disk_gib": 100,
    "ports": [],
    "tags": {},
    "max_run_seconds": None,
}
REQUIRED = ("token", "instance_type", "region", "zone", "capacity_type")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_port_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_whole(1, 65535), value))


def _is_tags(value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= 50 and all(map(_is_text, value.values()))


def _is_seconds_or_none(value: Any) -> bool:
    return value is None or _is_whole(1, 10 * 365 * 86_400)(value)


def _is_token(value: Any) -> bool:
    return _is_text(value) and 1 <= len(value) <= 64 and value.isascii() and value.isprintable()


RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "token": (_is_token, "1 to 64 printable ASCII characters"),
    "instance_type": (_is_text, "text"),
    "region": (_is_text, "text"),
    "zone": (_is_text, "text"),
    "capacity_type": (lambda value: value in CAPACITY_TYPES, "'on-demand' or 'spot'"),
    "count": (_is_whole(1, MOST_AT_ONCE), f"a whole number from 1 to {MOST_AT_ONCE}"),
    "min_count": (_is_whole(1, MOST_AT_ONCE), f"a whole number from 1 to {MOST_AT_ONCE}"),
    "image": (_is_text, "text"),
    "user_data": (_is_text, "text"),
    "ssh_keys": (_is_text_list, "a list of texts"),
    "disk_gib": (_is_whole(1, 65_536), "a whole number of GiB from 1 to 65536"),
    "ports": (_is_port_list, "a list of port numbers"),
    "tags": (_is_tags, "at most 50 pairs of text"),
    "max_run_seconds": (_is_seconds_or_none, "a whole number of seconds of at least 1, or null"),
}


@dataclass(frozen=True)
class LaunchOrder:
    """A launch request that makes sense. `params` is the whole request without its token."""

    token: str
    pool: Pool
    region: str
    count: int
    min_count: int
    params: dict[str, Any]
    params_hash: str


def params_hash(body: Mapping[str, Any]) -> str:
    """Equal for requests that ask for the same thing, whatever their token and the order of their fields."""
    params = {**DEFAULTS, **body}
    params.pop("token", None)
    return hashlib.blake2b(json.dumps(params, sort_keys=True).encode(), digest_size=16).hexdigest()


def read_order(cloud: CloudCatalog, body: Mapping[str, Any]) -> LaunchOrder:
    """Check a launch request against the catalogue. Raises VendorError in the cloud's own words."""
    for name in body:
        if name not in RULES:
            raise refusal(cloud.name, "bad-request", f"Unknown field {name!r}.")
    for name in REQUIRED:
        if name not in body:
            raise refusal(cloud.name, "bad-request", f"The field {name!r} is missing.")
    params = {**DEFAULTS, **body}
    for name, (holds, wanted) in RULES.items():
        if not holds(params[name]):
            raise refusal(cloud.name, "bad-request", f"{name} must be {wanted}, not {params[name]!r}.")
    if params["min_count"] > params["count"]:
        raise refusal(cloud.name, "bad-request", "min_count may not exceed count.")
    return LaunchOrder(
        token=params.pop("token"),
        pool=_pool(cloud, params),
        region=params["region"],
        count=params["count"],
        min_count=params["min_count"],
        params=params,
        params_hash=params_hash(body),
    )


def _pool(cloud: CloudCatalog, params: Mapping[str, Any]) -> Pool:
    pool = Pool(cloud.name, params["zone"], params["instance_type"], params["capacity_type"])
    if pool.instance_type not in cloud.types:
        raise refusal(cloud.name, "bad-request", f"Invalid value {pool.instance_type!r} for instance_type.")
    if cloud.region_of_zone.get(pool.zone) != params["region"]:
        raise refusal(cloud.name, "bad-request", f"Zone {pool.zone!r} is not in region {params['region']!r}.")
    if pool not in cloud.pool_set:
        text = f"{pool.instance_type} is not offered as {pool.capacity_type} in {pool.zone}."
        raise refusal(cloud.name, "unsupported", text)
    return pool
