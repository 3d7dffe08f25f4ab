"""A proxy between an adapter and its cloud that answers in the cloud's place, as load balancers do on bad days."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.sandbox_server import NO_PROXY

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

OF_THIS_HOP = {"host", "connection", "content-length", "accept-encoding"}


@dataclass
class Reply:
    """What is answered instead of the cloud's own words; `reached`: after the cloud has had the request."""

    status: int
    body: bytes = HTML
    reached: bool = False


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


@dataclass
class Gateway:
    """Lets `lets_through` calls pass untouched, then gives `reply` to every one. Counts the calls it saw."""

    url: str
    upstream: str
    reply: Reply | None = None
    lets_through: int = 0
    seen: list[str] = field(default_factory=list)

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
        self.seen.append(f"{method} {path}")
        if self.reply is None or len(self.seen) <= self.lets_through:
            return self._forwarded(method, path, headers, body)
        if self.reply.reached:
            self._forwarded(method, path, headers, body)
        return self.reply.status, self.reply.body

    def _forwarded(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
        request = urllib.request.Request(self.upstream + path, data=body, headers=headers, method=method)
        try:
            with NO_PROXY.open(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@contextmanager
def gateway(upstream: str, reply: Reply | None = None, *, lets_through: int = 0) -> Iterator[Gateway]:
    """A running gateway in front of `upstream` (scheme, host and port)."""

    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            kept = {name: value for name, value in self.headers.items() if name.lower() not in OF_THIS_HOP}
            status, answer = made.handle(self.command, self.path, kept, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = serve

        def log_message(self, *arguments: object) -> None:
            """Nothing: pytest shows what a test needs."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Gateway(f"http://127.0.0.1:{server.server_address[1]}", upstream, reply, lets_through)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
