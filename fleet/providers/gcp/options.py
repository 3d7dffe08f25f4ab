"""The options of an account on Google Cloud."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.providers.options import positive, refused, region_names

READ_SECONDS, WRITE_SECONDS = 15.0, 60.0
PAGE = 500
PRICES = "https://cloudbilling.googleapis.com"
PERMISSIONS = "https://cloudresourcemanager.googleapis.com"
_PROJECT = re.compile(r"([a-z0-9.-]{1,63}:)?[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")
_REGION = re.compile(r"[a-z]+(-[a-z]+)+\d{1,2}")
_ADDRESS = re.compile(r"https?://[!-~]{1,500}")


@dataclass(frozen=True)
class Options:
    """Those that the adapter itself needs; a launch has more (`order`)."""

    project: str
    regions: tuple[str, ...]
    api_endpoint: str
    billing_endpoint: str
    permissions_endpoint: str
    tpu_endpoint: str
    tpus: bool
    read_seconds: float
    write_seconds: float
    page_size: int

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Options:
        """Raises Refused when they make no sense."""
        positive(said.get("tpu_wait_seconds", 1), "tpu_wait_seconds")
        return cls(
            project=_project(said.get("project")),
            regions=region_names(said.get("regions"), _REGION, of="A Google", example="us-central1"),
            api_endpoint=_address(said.get("api_endpoint", ""), "api_endpoint"),
            billing_endpoint=_address(said.get("billing_endpoint", ""), "billing_endpoint") or PRICES,
            permissions_endpoint=_address(said.get("permissions_endpoint", ""), "permissions_endpoint") or PERMISSIONS,
            tpu_endpoint=_address(said.get("tpu_endpoint", ""), "tpu_endpoint"),
            tpus=_yes_or_no(said.get("tpus", False), "tpus"),
            read_seconds=positive(said.get("read_seconds", READ_SECONDS), "read_seconds"),
            write_seconds=positive(said.get("write_seconds", WRITE_SECONDS), "write_seconds"),
            page_size=math.ceil(positive(said.get("page_size", PAGE), "page_size")),
        )


def _project(value: Any) -> str:
    if not isinstance(value, str) or not _PROJECT.fullmatch(value):
        raise refused("A Google account needs the option project: the id of the project, such as my-project-123.")
    return value


def _yes_or_no(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise refused(f"The option {name} is true or false.")
    return value


def _address(value: Any, name: str) -> str:
    if value and (not isinstance(value, str) or not _ADDRESS.fullmatch(value)):
        raise refused(f"The option {name} is an address that begins with https:// or http://.")
    return str(value or "").rstrip("/")
