"""An OpenID provider in a process of its own: oidc-provider-mock, behind a gate that keeps what it lacks.

The gate insists on PKCE (S256) from the authorization request to the token request, writes down what it was asked, can
claim another time of authentication, and forges on request: each test says how by `PUT /gate`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import select
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Start = Callable[..., Any]
STARTS_WITHIN_S = 60


class Provider:
    """The running process, seen from a test."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.process = process

    def person(self, sub: str, **claims: Any) -> None:
        """Somebody who can be logged in there."""
        self._call("PUT", f"/users/{sub}", claims)

    def gate(self, **orders: Any) -> None:
        """What the gate is to do from now on; nothing without orders."""
        self._call("PUT", "/gate", orders)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """Every authorization and token request, oldest first."""
        with urllib.request.urlopen(f"{self.url}/gate") as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def log_in(self, address: str, sub: str) -> str:
        """Be that person's browser at the provider's page; where it sends one back to."""
        return self._submit(address, f"sub={sub}")

    def deny(self, address: str) -> str:
        """Press the other button there. The state comes back as RFC 6749 wants it; the mock forgets it."""
        state = parse_qs(urlsplit(address).query)["state"][0]
        return f"{self._submit(address, 'action=deny')}&state={state}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def _submit(self, address: str, form: str) -> str:
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        try:
            urllib.request.build_opener(Stay).open(address, form.encode())
        except urllib.error.HTTPError as redirect:
            return str(redirect.headers["Location"])
        raise AssertionError("the provider sent nobody back")

    def _call(self, method: str, path: str, body: Any) -> None:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method=method)
        urllib.request.urlopen(request).close()


@contextmanager
def running() -> Iterator[Provider]:
    """A provider on a free port of loopback."""
    command = [sys.executable, str(Path(__file__))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ)
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], STARTS_WITHIN_S)
        assert ready, "the provider did not start"
        yield Provider(process.stdout.readline().strip(), process)
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


# --- In the process ----------------------------------------------------------------------------------------------


class Gate:
    """WSGI around the provider."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.asked: list[dict[str, Any]] = []
        self.orders: dict[str, Any] = {}
        self.challenges: dict[str, str] = {}  # code -> challenge

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path == "/gate":
            return self._ordered(environ, start, method)
        if path == "/oauth2/authorize":
            return self._authorize(environ, start)
        if path == "/oauth2/token":
            return self._token(environ, start)
        if path == "/.well-known/openid-configuration" and self.orders.get("issuer"):
            return _json(start, {**json.loads(self._ask(environ)[1]), "issuer": self.orders["issuer"]})
        if path == "/userinfo" and self.orders.get("userinfo_sub"):
            return _json(start, {**json.loads(self._ask(environ)[1]), "sub": self.orders["userinfo_sub"]})
        answer: Iterable[bytes] = self.inner(environ, start)
        return answer

    def _ordered(self, environ: dict[str, Any], start: Start, method: str) -> Iterable[bytes]:
        if method == "PUT":
            self.orders, self.asked = json.loads(_body(environ)), []
        return _json(start, self.asked)

    def _authorize(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        self.asked.append({"to": "authorize", **asked})
        if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
            return _json(start, {"error": "invalid_request"}, "400 Bad Request")
        (status, headers), body = self._ask(environ)
        location = dict(headers).get("Location", "")
        for code in parse_qs(urlsplit(location).query).get("code", []):
            self.challenges[code] = asked["code_challenge"]
        start(status, headers)
        return [body]

    def _token(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        text = _body(environ)
        asked = {name: values[0] for name, values in parse_qs(text.decode()).items()}
        self.asked.append({"to": "token", **asked})
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self.challenges.pop(asked.get("code", ""), "") != proven:
            return _json(start, {"error": "invalid_grant"}, "400 Bad Request")
        (status, _), body = self._ask({**environ, "wsgi.input": io.BytesIO(text)})
        answer = json.loads(body)
        if self.orders.get("claims"):
            answer["id_token"] = self._with_claims(answer["id_token"], self.orders["claims"])
        if self.orders.get("forged"):
            head, payload, _ = answer["id_token"].split(".")
            answer["id_token"] = f"{head}.{payload}.{'A' * 342}"
        return _json(start, answer, status)

    def _with_claims(self, id_token: str, claims: dict[str, Any]) -> str:
        """The same token with other claims, signed with the provider's own key."""
        from authlib import jose

        key = self.storage().jwk
        payload = {**json.loads(_unpadded(id_token.split(".")[1])), **claims}
        head = {"alg": "RS256", **({"kid": key.kid} if key.kid else {})}
        return str(jose.JsonWebToken(["RS256"]).encode(head, payload, key).decode())

    def storage(self) -> Any:
        """Of the provider; it hands it to its requests only."""
        import flask

        with self.app.test_request_context("/"):
            self.app.preprocess_request()
            return flask.g.oidc_provider_mock_storage

    app: Any = None

    def _ask(self, environ: dict[str, Any]) -> tuple[tuple[str, list[tuple[str, str]]], bytes]:
        """The provider's whole answer."""
        told: list[Any] = []
        parts = self.inner(environ, lambda status, headers, *_: told.append((status, headers)))
        body = b"".join(parts)
        return told[0], body


def _json(start: Start, body: Any, status: str = "200 OK") -> list[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def _body(environ: dict[str, Any]) -> bytes:
    read: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return read


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def serve() -> None:
    import oidc_provider_mock
    from werkzeug.serving import make_server

    app = oidc_provider_mock.app(require_nonce=True)
    gate = Gate(app.wsgi_app)
    gate.app = app
    server = make_server("127.0.0.1", 0, gate, threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
