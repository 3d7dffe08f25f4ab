"""Azure's routes, read out of the functions with which the installed SDKs build their requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

SERVICES = ("azure.mgmt.compute", "azure.mgmt.network")


@dataclass(frozen=True)
class Route:
    """One operation: `virtual_machines_get`, its method, its path and what may stand in its query."""

    operation: str
    method: str
    path: re.Pattern[str]
    api_version: str
    query: frozenset[str]
    fixed: int  # how many letters of the path are no parameter


@cache
def routes() -> tuple[Route, ...]:
    """Those of every service, the most exact path first."""
    found = [route for service in SERVICES for route in _of(service)]
    return tuple(sorted(found, key=lambda route: -route.fixed))


def routed(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The operation a request asks for, with the parameters of its path."""
    for route in routes():
        if route.method == method and (matched := route.path.fullmatch(path)):
            return route, matched.groupdict()
    return None


def _of(service: str) -> list[Route]:
    spec = find_spec(f"{service}.operations._operations")
    assert spec is not None and spec.origin is not None, service
    built = Path(spec.origin).read_text("utf-8").partition("\nclass ")[0]
    return [_route(text) for text in built.split("\ndef build_")[1:] if "_url = " in text]


def _route(text: str) -> Route:
    name = text.partition("_request(")[0]
    written = re.search(r'_url = \(?\s*((?:"[^"]*"\s*)+)', text)
    method = re.search(r'HttpRequest\(method="(\w+)"', text)
    version = re.search(r'"api-version", "([^"]+)"', text)
    assert written and method and version, name
    template = "".join(re.findall(r'"([^"]*)"', written[1]))
    parts = re.split(r"\{(\w+)\}", template)
    pattern = "".join(f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    return Route(
        operation=name,
        method=method[1],
        path=re.compile(pattern, re.IGNORECASE),
        api_version=version[1],
        query=frozenset(re.findall(r'_params\["([^"]+)"\]', text)),
        fixed=sum(map(len, parts[::2])),
    )
