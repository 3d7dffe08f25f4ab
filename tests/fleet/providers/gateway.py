"""A proxy between an adapter and its cloud that answers in the cloud's place, as load balancers do on bad days."""

from __future__ import annotations

import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.emulators.process import opener

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

OF_THIS_HOP = {"connection", "content-length", "accept-encoding"}
OF_THIS_ANSWER = {"connection", "content-length", "transfer-encoding", "server", "date"}


@dataclass(frozen=True)
class Tls:
    """Files with what to trust, and with what to show in the cloud's place."""

    ca_file: str
    server_file: str


@dataclass
class Reply:
    """What is answered instead of the cloud's own words; `reached`: after the cloud has had the request."""

    status: int
    body: bytes = HTML
    reached: bool = False
    headers: dict[str, str] = field(default_factory=dict)


# What comes instead of an answer. Whoever makes sense of one of these makes it up.
NONSENSE = [
    Reply(200),
    Reply(502),
    Reply(404),
    Reply(200, b""),
    Reply(200, b"null"),
    Reply(200, b"[" * 100_000),
    Reply(200, b'"\xff"'),
    Reply(302, b"{}"),
    Reply(500, b"{}"),
    Reply(404, b'{"message": "no route matched"}'),
    Reply(400, b'{"error": "a text where an object should be"}'),
    Reply(429, b'{"error": {"code": null, "details": null, "retry_after_seconds": "soon"}}'),
    Reply(200, b'{"account_id": "a", "items": null, "instances": null, "regions": null}'),
    Reply(200, b'{"account_id": "a", "items": [null], "instances": [null], "regions": [null]}'),
    Reply(200, b'{"account_id": "a", "items": [{}], "instances": [{}], "regions": [{}], "complete_until": "then"}'),
]


Forwarded = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


@dataclass
class Gateway:
    """Lets `lets_through` calls pass untouched, then gives `reply` to every one. Counts the calls it saw."""

    url: str
    upstream: str
    reply: Reply | None = None
    lets_through: int = 0
    tls: Tls | None = None
    seen: list[str] = field(default_factory=list)

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Forwarded:
        self.seen.append(f"{method} {path}")
        if self.reply is None or len(self.seen) <= self.lets_through:
            return self._forwarded(method, path, headers, body)
        if self.reply.reached:
            self._forwarded(method, path, headers, body)
        return self.reply.status, self.reply.headers, self.reply.body

    def _forwarded(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Forwarded:
        request = urllib.request.Request(self.upstream + path, data=body, headers=headers, method=method)
        trusted = self.tls.ca_file if self.tls else ""
        try:
            with opener(trusted).open(request, timeout=20) as answer:
                return answer.status, _kept(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, _kept(error.headers), error.read()


def _kept(headers: Message) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in OF_THIS_ANSWER}


@contextmanager
def gateway(
    upstream: str, reply: Reply | None = None, *, lets_through: int = 0, tls: Tls | None = None
) -> Iterator[Gateway]:
    """A running gateway in front of `upstream` (scheme, host and port), which speaks TLS when that does."""

    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            kept = {name: value for name, value in self.headers.items() if name.lower() not in OF_THIS_HOP}
            status, headers, answer = made.handle(self.command, self.path, kept, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = serve

        def log_message(self, *arguments: object) -> None:
            """Nothing: pytest shows what a test needs."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.server_file)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    made = Gateway(url, upstream, reply, lets_through, tls)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
