"""A cloud's emulator in a process of its own.

with emulator_process("tests.emulators.aws") as aws:
    aws.put("stock", {"instance_type": "g6.xlarge", "zone": "us-east-1a", "capacity_type": "spot", "available": 0})
    boto3.client("ec2", endpoint_url=aws.url, ...)
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]


@cache
def opener(ca_file: str = "") -> urllib.request.OpenerDirector:
    """Past any proxy; over TLS it trusts what is in `ca_file`."""
    context = ssl.create_default_context(cafile=ca_file) if ca_file else None
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


@dataclass(frozen=True)
class Emulated:
    """A running emulator: its address, and what it can be told.

    One that speaks TLS has files with what its clients trust, and with what a server in its place shows.
    """

    url: str
    ca_file: str = ""
    server_file: str = ""

    def get(self, name: str, **query: str) -> dict[str, Any]:
        return self._control("GET", f"{name}?{urlencode(query)}" if query else name)

    def post(self, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._control("POST", name, body)

    def put(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._control("PUT", name, body)

    def delete(self, name: str) -> dict[str, Any]:
        return self._control("DELETE", name)

    def _control(self, method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Raises HTTPError when the emulator does not understand."""
        data = json.dumps(body or {}).encode()
        request = urllib.request.Request(f"{self.url}/_emulator/{name}", data=data, method=method)
        with opener(self.ca_file).open(request, timeout=30) as answer:
            return dict(json.loads(answer.read()))


@contextmanager
def emulator_process(module: str, *arguments: str) -> Iterator[Emulated]:
    """`python -m module`, once it has said where it listens; stopped at the end."""
    # Loopback traffic must not go to a proxy.
    environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"{module} ended with {process.wait()} before it listened"
        yield Emulated(**json.loads(line))
    finally:
        process.terminate()
        process.wait(timeout=20)
