"""The only door through which Purser dials an address it was told of.

The check is made on the address about to be dialled, after the one resolution of its name, so a name that
answers differently the second time gains nothing. No redirects, no proxies, no cookies; caps on bytes and on
the whole time, however slowly the other side drips. What came back is never shown to a caller unread.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from fleet.domain.addresses import LOOPBACK_ONLY, ON_THIS_COMPUTER, AddressPolicy, networks, unwrap, why_refused
from fleet.models import CloudAccount, Instance

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.connector import AddrInfoType

__all__ = [
    "LOOPBACK_ONLY",
    "AddressPolicy",
    "AddressRefused",
    "AnswerLost",
    "NotSent",
    "OutboundError",
    "Response",
    "TimedOut",
    "TooLarge",
    "fetch",
    "fetch_many",
    "guarded_session",
    "policy_for_account",
    "policy_for_inventory",
    "policy_for_webhooks",
]

DEFAULT_MAX_BYTES = 2_000_000
CHUNK_BYTES = 65_536
HTTP_PORTS = {"http": 80, "https": 443}


class OutboundError(Exception):
    """A call gave no usable answer. The text is a sentence."""


class NotSent(OutboundError):
    """Provably nothing reached the other side: no name, no connection, or the address was refused."""


class AddressRefused(NotSent, OSError):
    """The guard did not let us dial. An OSError, so that aiohttp treats it as a failed connect."""


class AnswerLost(OutboundError):
    """The request went out, wholly or in part; no whole answer came. It may have been carried out."""


class TimedOut(AnswerLost):
    """The time for the whole call ran out."""


class TooLarge(AnswerLost):
    """The answer is longer than the cap; the rest was not read."""


@dataclass(frozen=True)
class Response:
    """An answer as it came. Header names are lower case; redirects are answers like any other."""

    status: int
    headers: dict[str, str]
    body: bytes


def policy_for_account(account: CloudAccount) -> AddressPolicy:
    """Loopback for the sandbox's accounts, the operator's ranges for all others."""
    if account.provider == "sandbox":
        return LOOPBACK_ONLY
    return AddressPolicy(networks=_operator_networks())


def policy_for_inventory() -> AddressPolicy:
    """The addresses of our live machines and the operator's ranges; loopback only while an account of here is on."""
    machines = Instance.objects.filter(terminated_at=None).values_list("private_ip", "public_ip")
    own = {address for pair in machines for address in pair if address}
    here = CloudAccount.objects.filter(provider__in=ON_THIS_COMPUTER, enabled=True).exists()
    return AddressPolicy(networks=networks(sorted(own)) + _operator_networks(), loopback=here)


def policy_for_webhooks() -> AddressPolicy:
    """The internet and ranges of their own: whoever sets a hook's address is not meant to reach our machines by it."""
    return AddressPolicy(networks=networks(settings.WEBHOOK_ALLOWED_CIDRS), public=True)


def fetch(
    url: str,
    *,
    policy: AddressPolicy,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    connect_seconds: float = 2.0,
    total_seconds: float = 5.0,
    max_bytes: int = DEFAULT_MAX_BYTES,
    after_send: Callable[[], None] | None = None,
) -> Response:
    """One attempt at one call; any status is a Response.

    Raises NotSent or AnswerLost (TimedOut, TooLarge), which tell a spender whether the call may have been
    carried out. `after_send` runs when the request is written and before the answer is read.
    """
    deadline = time.monotonic() + total_seconds
    target = _target(url)
    connection = http.client.HTTPConnection(target.hostname or "", _port(target), timeout=connect_seconds)
    connection.sock = _connect(target, policy, min(connect_seconds, total_seconds), deadline)
    try:
        _send(connection, target, method, body, headers, deadline)
        if after_send is not None:
            after_send()
        return _receive(connection.sock, method, max_bytes, deadline)
    finally:
        connection.close()


async def fetch_many(
    urls: Sequence[str],
    *,
    policy: AddressPolicy,
    headers: Mapping[str, str] | None = None,
    connect_seconds: float = 2.0,
    total_seconds: float = 5.0,
    max_bytes: int = DEFAULT_MAX_BYTES,
    concurrency: int = 32,
) -> dict[str, Response | OutboundError]:
    """GET every URL at once, each with its own deadline; a failure is that URL's value and stops no other."""
    async with guarded_session(
        policy, connect_seconds=connect_seconds, total_seconds=total_seconds, concurrency=concurrency
    ) as session:
        wanted = list(dict.fromkeys(urls))
        answers = await asyncio.gather(*(_get(session, url, headers, max_bytes) for url in wanted))
    return dict(zip(wanted, answers, strict=True))


def guarded_session(
    policy: AddressPolicy, *, connect_seconds: float = 2.0, total_seconds: float = 5.0, concurrency: int = 32
) -> aiohttp.ClientSession:
    """An aiohttp session whose every dialled address is checked, IP literals and redirect targets too."""
    import aiohttp  # slow to import, and only the telemetry worker needs it

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            socket_factory=_checked_socket_factory(policy), limit=concurrency, use_dns_cache=False
        ),
        timeout=aiohttp.ClientTimeout(total=total_seconds, sock_connect=connect_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity"},
        trust_env=False,
    )


# --- The guard ---------------------------------------------------------------------------------------------------


def _check(address: str, port: int, policy: AddressPolicy) -> str:
    """Why not, or empty. Our own database and broker are refused even where loopback is not."""
    reason = why_refused(address, policy)
    if not reason and (str(unwrap(networks([address])[0].network_address)), port) in _own_servers():
        return f"{address}:{port} is Purser's own database or broker."
    return reason


def _operator_networks() -> tuple[Any, ...]:
    return networks(settings.OUTBOUND_ALLOWED_CIDRS)


def _own_servers() -> frozenset[tuple[str, int]]:
    database: dict[str, Any] = settings.DATABASES["default"]
    redis = urlsplit(settings.REDIS_URL)
    return _resolved((database["HOST"], int(database["PORT"] or 5432)), (redis.hostname or "", redis.port or 6379))


@lru_cache(maxsize=4)
def _resolved(*servers: tuple[str, int]) -> frozenset[tuple[str, int]]:
    """Every address the names of these servers have, resolved once a process."""
    found = set()
    for host, port in servers:
        try:
            answers = socket.getaddrinfo(host or "127.0.0.1", port, type=socket.SOCK_STREAM)
        except OSError:
            continue  # a name that does not resolve cannot be dialled either
        found |= {(str(answer[4][0]), port) for answer in answers}
    return frozenset(found)


def _checked_socket_factory(policy: AddressPolicy) -> Callable[[AddrInfoType], socket.socket]:
    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, sockaddr = info
        reason = _check(str(sockaddr[0]), int(sockaddr[1]), policy)
        if reason:
            raise AddressRefused(reason)
        return socket.socket(family, kind, protocol)

    return make


# --- One blocking call -------------------------------------------------------------------------------------------


def _target(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotSent(f"{url!r} is no URL: {error}.") from error
    if parts.scheme not in HTTP_PORTS or not parts.hostname or port == 0:
        raise NotSent(f"{url!r} is no http:// or https:// URL with a host.")
    if parts.username is not None or parts.password is not None:
        raise NotSent("A URL with a user or password in it is never dialled.")
    return parts


def _port(target: SplitResult) -> int:
    return target.port or HTTP_PORTS[target.scheme]


def _connect(target: SplitResult, policy: AddressPolicy, seconds: float, deadline: float) -> socket.socket:
    """Resolve once, dial the first address the policy allows, and speak TLS if the URL says so."""
    host = target.hostname or ""
    try:
        found = socket.getaddrinfo(host, _port(target), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"{host} does not resolve: {error}.") from error
    failure: NotSent = NotSent(f"{host} has no address.")
    for family, kind, protocol, _, sockaddr in found:
        reason = _check(str(sockaddr[0]), int(sockaddr[1]), policy)
        if reason:
            failure = AddressRefused(reason)
            continue
        try:
            return _dial(socket.socket(family, kind, protocol), sockaddr, target, min(seconds, _left(deadline)))
        except OSError as error:
            failure = NotSent(f"{host}:{_port(target)} cannot be reached: {error}.")
    raise failure


def _dial(sock: socket.socket, sockaddr: Any, target: SplitResult, seconds: float) -> socket.socket:
    sock.settimeout(seconds)
    try:
        sock.connect(sockaddr)
        if target.scheme == "https":
            return ssl.create_default_context().wrap_socket(sock, server_hostname=target.hostname)
    except OSError:
        sock.close()
        raise
    return sock


def _send(
    connection: http.client.HTTPConnection,
    target: SplitResult,
    method: str,
    body: bytes | None,
    headers: Mapping[str, str] | None,
    deadline: float,
) -> None:
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    sent = {"Connection": "close", "Accept-Encoding": "identity", "User-Agent": "purser", **(headers or {})}
    connection.sock.settimeout(_left(deadline))
    try:
        connection.request(method, path, body=body, headers=sent)
    except (http.client.HTTPException, ValueError) as error:  # refused by http.client before a byte was written
        # Its text quotes the header it dislikes, and that may be the credential.
        raise NotSent(f"The request cannot be written ({type(error).__name__}).") from None
    except TimeoutError as error:
        raise TimedOut("The other side did not take the request in time.") from error
    except OSError as error:
        raise AnswerLost(f"The connection broke while sending: {error}.") from error


def _receive(sock: socket.socket, method: str, max_bytes: int, deadline: float) -> Response:
    try:
        response = http.client.HTTPResponse(_DeadlineSocket(sock, deadline), method=method)  # type: ignore[arg-type]
        response.begin()
        declared = response.length
        if declared is not None and declared > max_bytes:
            raise TooLarge(f"The answer has {declared} bytes; at most {max_bytes} are read.")
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, headers, _read_capped(response, max_bytes))
    except TimeoutError as error:
        raise TimedOut("No whole answer came in time.") from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise AnswerLost(f"No whole answer came: {type(error).__name__} {error}.") from error


def _read_capped(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    collected = bytearray()
    while chunk := response.read(min(CHUNK_BYTES, max_bytes + 1 - len(collected))):
        collected += chunk
        if len(collected) > max_bytes:
            raise TooLarge(f"The answer is longer than {max_bytes} bytes.")
    if response.length:
        raise AnswerLost(f"The answer ended {response.length} bytes early.")
    return bytes(collected)


def _left(deadline: float) -> float:
    """Seconds until the deadline; never 0, which would mean "do not block"."""
    return max(deadline - time.monotonic(), 0.001)


class _DeadlineSocket:
    """What http.client reads from: every read gets only what is left of the whole call's time."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self.sock, self.deadline))


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if time.monotonic() >= self.deadline:
            raise TimeoutError("the time for the whole call ran out")
        self.sock.settimeout(_left(self.deadline))
        return self.sock.recv_into(buffer)


# --- Many calls at once ------------------------------------------------------------------------------------------


async def _get(
    session: aiohttp.ClientSession, url: str, headers: Mapping[str, str] | None, max_bytes: int
) -> Response | OutboundError:
    """Every way in which the other side can misbehave becomes a value."""
    import aiohttp

    try:
        _target(url)
        async with session.get(url, headers=headers, allow_redirects=False) as answer:
            received = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, received, await _read_stream(answer, max_bytes))
    except OutboundError as error:
        return error
    except aiohttp.ClientConnectorError as error:
        refused = error.os_error if isinstance(error.os_error, AddressRefused) else None
        return refused or NotSent(f"{url} cannot be reached: {error.os_error}.")
    except aiohttp.InvalidURL:
        return NotSent(f"{url!r} is no URL that can be dialled.")
    except aiohttp.ConnectionTimeoutError:
        return NotSent(f"{url} did not accept a connection in time.")
    except TimeoutError as error:
        return TimedOut(f"{url} gave no whole answer in time ({type(error).__name__}).")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return AnswerLost(f"{url} gave no whole answer: {type(error).__name__} {error}.")


async def _read_stream(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    if answer.content_length is not None and answer.content_length > max_bytes:
        raise TooLarge(f"The answer has {answer.content_length} bytes; at most {max_bytes} are read.")
    collected = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        collected += chunk
        if len(collected) > max_bytes:
            raise TooLarge(f"The answer is longer than {max_bytes} bytes.")
    return bytes(collected)
