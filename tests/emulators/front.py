"""The HTTP front of an emulated cloud. It spoils requests as told (tests.emulators.faults) and keeps the wire log.

Under /_emulator/ it obeys the tests, and neither spoils nor counts their calls. These are the same for every cloud, and
the cloud itself obeys the rest:

POST   faults  the fields of `Fault`
DELETE faults  nothing goes wrong any more
GET    calls   ?operation= ?token=: how many requests came, with which tokens
GET    log     the same, as a list
POST   reset   as new
"""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from tests.emulators.faults import Fault, Faults, Reply, Request, WireLog

CONTROL = "/_emulator/"
NO_LINGER = struct.pack("ii", 1, 0)  # close() sends a reset instead of a proper end


class Cloud(Protocol):
    """What stands behind the front."""

    def answer(self, request: Request) -> Reply:
        """The cloud's own answer."""
        ...

    def error(self, request: Request, code: str, status: int | None, message: str) -> Reply:
        """How this cloud says an error to whoever sent the request; status None: the usual one of the code."""
        ...

    def names(self, request: Request) -> tuple[str, str]:
        """The operation a request asks for and its idempotency token, empty when it has none."""
        ...

    def control(self, method: str, name: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        """Obeys a test; what comes back is sent as JSON. Raises LookupError or ValueError for what makes no sense."""
        ...

    def reset(self) -> None:
        """As new."""
        ...


class Front:
    """A cloud on a loopback port."""

    def __init__(
        self, cloud: Cloud, port: int = 0, tls: ssl.SSLContext | None = None, told: dict[str, str] | None = None
    ) -> None:
        """`told`: what is announced beside the address."""
        self.cloud = cloud
        self._told = told or {}
        self.faults = Faults()
        self.log = WireLog()
        self._server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"front": self}))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    def serve(self) -> None:
        """Announces the address as one line of JSON, and serves until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=self._server.shutdown).start())
        print(json.dumps({"url": self.url, **self._told}), flush=True)
        self._server.serve_forever(0.05)
        self._server.server_close()

    def control(self, method: str, name: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        match method, name:
            case "POST", "faults":
                self.faults.add(**body)
            case "DELETE", "faults":
                self.faults.clear()
            case "GET", "calls":
                return self._calls(self.log.about(**query))
            case "GET", "log":
                return {"items": self.log.about(**query)}
            case "POST", "reset":
                self.faults.clear()
                self.log.clear()
                self.cloud.reset()
            case _:
                return self.cloud.control(method, name, query, body)
        return {}

    @staticmethod
    def _calls(entries: list[dict[str, Any]]) -> dict[str, Any]:
        return {"calls": len(entries), "tokens": sorted({entry["token"] for entry in entries} - {""})}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    front: Front

    def serve(self) -> None:
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, address.path, address.query, headers, self.rfile.read(length))
        if address.path.startswith(CONTROL):
            self._reply(self._controlled(request))
        else:
            self._spoiled(request)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve

    def log_message(self, *arguments: object) -> None:
        """Nothing: the wire log is what tests read."""

    def _spoiled(self, request: Request) -> None:
        fault = self.front.faults.take(request)
        operation, token = self.front.cloud.names(request)
        entry: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "operation": operation,
            "token": token,
            "fault": fault.kind if fault else "",
            "status": None,
        }
        self.front.log.add(entry)
        if fault is None:
            reply = self._answered(request)
        elif fault.kind == "error":
            reply = self.front.cloud.error(request, fault.code, fault.status, fault.message)
            reply = Reply(reply.status, reply.body, {**reply.headers, **fault.answer_headers})
        else:
            self._mishandled(request, fault, entry)
            return
        entry["status"] = reply.status
        self._reply(reply)

    def _mishandled(self, request: Request, fault: Fault, entry: dict[str, Any]) -> None:
        if fault.kind in ("refuse", "hang"):
            if fault.kind == "hang":
                self.front.faults.healed.wait()
            self._hang_up()
            return
        reply = self._answered(request)
        entry["status"] = reply.status
        if fault.kind == "slow":
            time.sleep(fault.delay_seconds_real)
            self._reply(reply)
        elif fault.kind == "truncate" and reply.body:  # of one without a body there is no half
            self._reply(reply, sent=len(reply.body) // 2)
        else:
            self._hang_up()

    def _answered(self, request: Request) -> Reply:
        """The cloud's answer; when the emulator itself fails, one that no cloud gives."""
        try:
            return self.front.cloud.answer(request)
        except Exception:  # noqa: BLE001 - whatever it is, the test must see it
            told = traceback.format_exc()
            print(told, file=sys.stderr, flush=True)
            return Reply(599, f"the emulator failed: {told}".encode(), {"Content-Type": "text/plain"})

    def _reply(self, reply: Reply, sent: int | None = None) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[:sent])
        if sent is not None:
            self.close_connection = True

    def _hang_up(self) -> None:
        """A reset: nothing of an answer, and no proper end either."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self.connection.close()

    def _controlled(self, request: Request) -> Reply:
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        try:
            body = json.loads(request.body or b"{}")
            answer = self.front.control(request.method, request.path.removeprefix(CONTROL), query, body)
            status = 200
        except (LookupError, ValueError, TypeError) as error:
            status, answer = 400, {"error": f"{type(error).__name__}: {error}"}
        return Reply(status, json.dumps(answer, default=str).encode(), {"Content-Type": "application/json"})
