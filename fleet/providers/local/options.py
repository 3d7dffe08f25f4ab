"""The options of an account of owned hosts, read whole: each is right, or refused with a sentence that names it."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from fleet.domain.owned import OwnedCost, read_cost
from fleet.domain.refusals import Refused
from fleet.providers.options import positive, refused

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
CHIP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
MOST_HOSTS, MOST_ACCELERATORS = 200, 64
HERE = "127.0.0.1"
NOTICE_SECONDS, WAIT_SECONDS, PAGE = 120, 10.0, 200
PORTS = (20_000, 20_999)
LOG_MIB, STOP_SECONDS, LONGEST_STOP_SECONDS = 64.0, 10.0, 25.0
# A claim of the worker on its replica must outlast a stop, so a stop may not take longer (LEASE_SECONDS is 30).
COMMAND = ("vllm", "serve", "{arguments}", "--host", "{host}", "--port", "{port}")
DEVICES = "CUDA_VISIBLE_DEVICES"
LOADS_CODE = re.compile(r"LD_(PRELOAD|AUDIT)|PYTHON\w*|PATH|BASH_ENV|ENV")


@dataclass(frozen=True)
class OwnedHost:
    """One computer. `accelerator` empty: what it is found to have. `off`: its owner wants it back."""

    name: str
    accelerator: str = ""
    accelerator_count: int = 0
    shapes: tuple[int, ...] = ()  # of so many accelerators one machine may be; none: of all of them
    memory_gib: float = 0.0
    vcpus: int = 0
    interconnect: str = ""
    address: str = HERE
    cost: OwnedCost | None = None
    off: bool = False
    devices: str = ""  # a pattern of which every match is one accelerator; empty: looked for where makers put them
    dcgm_url: str = ""

    @property
    def here(self) -> bool:
        """Its engines listen on this computer only."""
        return ipaddress.ip_address(self.address).is_loopback


@dataclass(frozen=True)
class EngineOptions:
    """How an engine is started on such a host."""

    command: tuple[str, ...] = COMMAND
    environment: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, int] = PORTS
    log_bytes: int = int(LOG_MIB * 2**20)
    stop_seconds: float = STOP_SECONDS


@dataclass(frozen=True)
class LocalOptions:
    folder: Path
    region: str
    hosts: tuple[OwnedHost, ...]
    notice_seconds: int
    wait_seconds: float  # for whoever else is writing in the folder
    page_size: int
    engine: EngineOptions


def read(options: Mapping[str, Any]) -> LocalOptions:
    """Raises Refused."""
    folder = options.get("folder")
    if not isinstance(folder, str) or not folder.startswith("/") or "\0" in folder:
        raise refused("An account of owned hosts needs the option folder: a full path, such as /var/lib/purser/hosts.")
    region = options.get("region", "owned")
    if not isinstance(region, str) or not NAME.fullmatch(region):
        raise refused("The option region must be small letters, digits and dashes.")
    hosts = options.get("hosts")
    if not isinstance(hosts, list) or not 0 < len(hosts) <= MOST_HOSTS:
        raise refused('The option hosts must list the hosts, such as [{"name": "gpu1", "accelerator": "H100", …}].')
    known = tuple(_host(entry) for entry in hosts)
    if len({host.name for host in known}) < len(known):
        raise refused("Two hosts have the same name; a claim could not tell them apart.")
    return LocalOptions(
        folder=Path(folder),
        region=region,
        hosts=known,
        notice_seconds=math.ceil(positive(options.get("notice_seconds", NOTICE_SECONDS), "notice_seconds")),
        wait_seconds=positive(options.get("wait_seconds", WAIT_SECONDS), "wait_seconds"),
        page_size=math.ceil(positive(options.get("page_size", PAGE), "page_size")),
        engine=_engine(options),
    )


def _host(entry: Any) -> OwnedHost:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not NAME.fullmatch(entry["name"]):
        raise refused("Each of hosts needs a name of small letters, digits and dashes.")
    where = f"hosts, {entry['name']}"
    if unknown := sorted(set(entry) - set(OwnedHost.__dataclass_fields__)):
        known = ", ".join(OwnedHost.__dataclass_fields__)
        raise refused(f"{where}: {str(unknown[0])[:40]!r} is not known. There are: {known}.")
    values = dict(entry)
    chip, count = entry.get("accelerator", ""), entry.get("accelerator_count", 0)
    if not isinstance(chip, str) or (chip and not CHIP.fullmatch(chip)):
        raise refused(f"{where}: accelerator must be a name of the catalogue, such as H100.")
    if bool(chip) != bool(count) or not _whole(count, 0 if not chip else 1, MOST_ACCELERATORS):
        raise refused(
            f"{where}: give accelerator and accelerator_count (up to {MOST_ACCELERATORS}), or neither: "
            "then what the worker finds is offered."
        )
    values["shapes"] = _shapes(entry.get("shapes", []), count or MOST_ACCELERATORS, where)
    for name in ("memory_gib", "vcpus"):
        if entry.get(name):
            positive(entry[name], f"{where}: {name}")
    values["vcpus"], values["memory_gib"] = int(entry.get("vcpus") or 0), float(entry.get("memory_gib") or 0)
    for name in ("interconnect", "devices", "dcgm_url"):
        if not isinstance(entry.get(name, ""), str) or len(entry.get(name, "")) > 200:
            raise refused(f"{where}: {name} must be a text.")
    if entry.get("devices") and not entry["devices"].startswith("/"):
        raise refused(f"{where}: devices must be a pattern of full paths, such as /dev/nvidia[0-9]*.")
    try:
        values["address"] = str(ipaddress.ip_address(entry.get("address", HERE)))
    except ValueError:
        raise refused(f"{where}: address must be an IP address of this host, such as {HERE}.") from None
    if not isinstance(entry.get("off", False), bool):
        raise refused(f"{where}: off must be true or false.")
    if entry.get("cost") is not None:
        try:
            values["cost"] = read_cost(entry["cost"])
        except Refused as error:
            raise refused(f"{where}: {error.sentence}") from error
    return OwnedHost(**values)


def _shapes(value: Any, most: int, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(_whole(count, 1, most) for count in value):
        raise refused(f"{where}: shapes must list numbers of accelerators of the host, such as [1, 2, 4, 8].")
    return tuple(sorted(set(value)))


def _engine(options: Mapping[str, Any]) -> EngineOptions:
    command = options.get("command", list(COMMAND))
    if not isinstance(command, list) or not command or not all(_word(word) for word in command):
        raise refused('The option command must list words, such as ["vllm", "serve", "{arguments}", …].')
    if not any("{port}" in word for word in command):
        raise refused("The option command must contain {port}: each engine listens on a port of its own.")
    ports = options.get("ports", list(PORTS))
    if not isinstance(ports, list) or len(ports) != 2 or not all(_whole(port, 1024, 65_535) for port in ports):
        raise refused("The option ports must be two numbers from 1024 to 65535, the first port and the last.")
    if ports[0] > ports[1]:
        raise refused("The option ports must give the first port before the last.")
    seconds = positive(options.get("stop_seconds", STOP_SECONDS), "stop_seconds")
    if seconds > LONGEST_STOP_SECONDS:
        raise refused(f"The option stop_seconds may be {LONGEST_STOP_SECONDS:g} at most; work has left by then.")
    return EngineOptions(
        command=tuple(command),
        environment=_environment(options.get("environment", {DEVICES: "{devices}"})),
        ports=(ports[0], ports[1]),
        log_bytes=int(positive(options.get("log_mib", LOG_MIB), "log_mib") * 2**20),
        stop_seconds=seconds,
    )


def _environment(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not all(_variable(name) and _word(text) for name, text in value.items()):
        raise refused(
            'The option environment must be an object of texts, such as {"CUDA_VISIBLE_DEVICES": "{devices}"}.'
        )
    for name in value:
        if LOADS_CODE.fullmatch(name):
            raise refused(f"The option environment may not set {name}: it would make the engine load other code.")
    return tuple(sorted(value.items()))


def _variable(name: Any) -> bool:
    return isinstance(name, str) and VARIABLE.fullmatch(name) is not None


def _word(text: Any) -> bool:
    return isinstance(text, str) and bool(text) and len(text) <= 2_000 and "\0" not in text


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def share_of(price_per_hour: Decimal, accelerators: int, of: int) -> Decimal:
    """What a part of a host costs: in proportion to its accelerators."""
    return (price_per_hour * accelerators / of).quantize(Decimal("0.000001"))
