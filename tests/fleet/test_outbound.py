"""The guard against servers that hang, drip, flood, cut off, redirect, or live where we must not go."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from fleet.domain.addresses import networks, why_refused
from fleet.models import CloudAccount, Instance
from fleet.outbound import (
    LOOPBACK_ONLY,
    AddressPolicy,
    AddressRefused,
    AnswerLost,
    NotSent,
    Response,
    TimedOut,
    TooLarge,
    fetch,
    fetch_many,
    guarded_session,
    policy_for_account,
    policy_for_inventory,
    policy_for_webhooks,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
Handler = Callable[[socket.socket], None]


@contextmanager
def server(handle: Handler) -> Iterator[str]:
    """A TCP server that reads one request and lets `handle` answer it as badly as it likes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65_536)
                handle(connection)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # wakes the accept; closing alone would leave it listening
        listener.close()


def says(answer: bytes) -> Handler:
    return lambda connection: connection.sendall(answer)


def hangs(connection: socket.socket) -> None:
    connection.settimeout(30)
    connection.recv(1)  # returns when the caller gives up


def drips(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    waiting = threading.Event()
    while not waiting.wait(0.02):
        connection.sendall(b"x")


def floods(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def test_an_answer_comes_back_whole() -> None:
    with server(says(OK)) as url:
        answer = fetch(f"{url}/path?q=1", policy=LOOPBACK_ONLY)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"hi", "text/plain")


def test_the_request_carries_method_body_and_headers() -> None:
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            received = b""
            while not received.endswith(b"{}"):
                received += connection.recv(65_536)
            heard.append(received)
            connection.sendall(OK)

    thread = threading.Thread(target=serve)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1/x"
    fetch(url, policy=LOOPBACK_ONLY, method="POST", body=b"{}", headers={"Authorization": "Bearer t"})
    thread.join(5)
    listener.close()
    assert heard[0].startswith(b"POST /v1/x HTTP/1.1\r\n")
    assert b"Authorization: Bearer t\r\n" in heard[0]


def test_an_error_status_is_an_answer() -> None:
    with server(says(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")) as url:
        assert fetch(url, policy=LOOPBACK_ONLY).status == 503


def test_a_redirect_is_not_followed() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with server(says(redirect)) as url:
        assert fetch(url, policy=LOOPBACK_ONLY).status == 302
        assert asyncio.run(fetch_many([url], policy=LOOPBACK_ONLY))[url].status == 302  # type: ignore[union-attr]


def test_nothing_is_sent_when_nobody_listens() -> None:
    with server(says(OK)) as url:
        pass
    with pytest.raises(NotSent, match="cannot be reached"):
        fetch(url, policy=LOOPBACK_ONLY)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[::ffff:169.254.169.254]/",
        "http://100.64.0.1/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost/",
        "http://[::1]/",
    ],
)
def test_an_address_off_the_list_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(AddressRefused):
        fetch(url, policy=AddressPolicy())
    answer = asyncio.run(fetch_many([url], policy=AddressPolicy()))[url]
    assert isinstance(answer, NotSent)


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "nonsense",
     "http://user:secret@127.0.0.1/", "http://127.0.0.1:0/"],
)  # fmt: skip
def test_a_url_that_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(NotSent):
        fetch(url, policy=LOOPBACK_ONLY)
    assert isinstance(asyncio.run(fetch_many([url], policy=LOOPBACK_ONLY))[url], NotSent)


def test_a_header_cannot_be_smuggled_in_through_the_url() -> None:
    with server(says(OK)) as url, pytest.raises(NotSent):
        fetch(f"{url}/a b\x00", policy=LOOPBACK_ONLY)


def test_our_own_database_and_broker_are_refused_even_on_loopback() -> None:
    database = settings.DATABASES["default"]
    redis = urlsplit(settings.REDIS_URL)
    for host, port in ((database["HOST"], database["PORT"]), (redis.hostname, redis.port)):
        with pytest.raises(AddressRefused, match="own database or broker"):
            fetch(f"http://{host}:{port}/", policy=LOOPBACK_ONLY)


def test_a_name_that_changes_its_answer_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver, which is not ours, answers with a public address first and loopback afterwards."""
    answers = iter(["10.9.9.9", "127.0.0.1"])
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(AddressRefused, match=r"10\.9\.9\.9"):
        fetch("http://rebinding.example/", policy=LOOPBACK_ONLY)
    assert asked == ["rebinding.example"]


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    with server(hangs) as url:
        with pytest.raises(TimedOut):
            fetch(url, policy=LOOPBACK_ONLY, total_seconds=0.3)
        answer = asyncio.run(fetch_many([url], policy=LOOPBACK_ONLY, total_seconds=0.3))[url]
    assert isinstance(answer, TimedOut)


def test_a_server_that_drips_cannot_stretch_the_deadline() -> None:
    with server(drips) as url:
        with pytest.raises(TimedOut):
            fetch(url, policy=LOOPBACK_ONLY, total_seconds=0.3)
        answer = asyncio.run(fetch_many([url], policy=LOOPBACK_ONLY, total_seconds=0.3))[url]
    assert isinstance(answer, TimedOut)


def test_a_flood_stops_at_the_cap() -> None:
    with server(floods) as url:
        with pytest.raises(TooLarge):
            fetch(url, policy=LOOPBACK_ONLY, max_bytes=100_000)
        answer = asyncio.run(fetch_many([url], policy=LOOPBACK_ONLY, max_bytes=100_000))[url]
    assert isinstance(answer, TooLarge)


def test_a_declared_gigabyte_is_not_even_begun() -> None:
    with server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")) as url:
        with pytest.raises(TooLarge, match="1073741824"):
            fetch(url, policy=LOOPBACK_ONLY)
        assert isinstance(asyncio.run(fetch_many([url], policy=LOOPBACK_ONLY))[url], TooLarge)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
        b"not http at all\r\n\r\n",
    ],
)
def test_half_an_answer_is_a_lost_answer(answer: bytes) -> None:
    with server(says(answer)) as url:
        with pytest.raises(AnswerLost):
            fetch(url, policy=LOOPBACK_ONLY)
        assert isinstance(asyncio.run(fetch_many([url], policy=LOOPBACK_ONLY))[url], AnswerLost)


def test_after_send_runs_between_the_request_and_the_answer() -> None:
    received = threading.Event()
    release = threading.Event()

    def wait(connection: socket.socket) -> None:
        received.set()
        release.wait(5)
        connection.sendall(OK)

    order: list[str] = []

    def sent() -> None:
        assert received.wait(5)
        order.append("sent")
        release.set()

    with server(wait) as url:
        fetch(url, policy=LOOPBACK_ONLY, after_send=sent)
    assert order == ["sent"]


def test_one_failure_stops_no_other() -> None:
    with server(says(OK)) as good, server(hangs) as bad:
        answers = asyncio.run(fetch_many([good, bad], policy=LOOPBACK_ONLY, total_seconds=0.5))
    assert isinstance(answers[good], Response)
    assert isinstance(answers[bad], TimedOut)


def test_the_shared_session_checks_what_it_dials() -> None:
    import aiohttp

    async def dial() -> None:
        async with guarded_session(AddressPolicy()) as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get("http://127.0.0.1:1/")

    asyncio.run(dial())


def test_only_a_sandbox_account_may_use_loopback() -> None:
    assert policy_for_account(CloudAccount(provider="sandbox")).loopback
    assert not policy_for_account(CloudAccount(provider="aws")).loopback


@pytest.mark.django_db
def test_the_inventory_allows_our_live_machines_and_nothing_more(settings: object) -> None:
    account = CloudAccount.objects.create(cloud="aws", provider="aws", name="a")
    started = datetime(2026, 1, 1, tzinfo=UTC)
    machine = {
        "account": account, "cloud": "aws", "region": "r", "zone": "z", "instance_type": "t", "accelerator": "H100",
        "accelerator_count": 8, "capacity_type": "spot", "price_per_hour": Decimal(1), "launched_at": started,
    }  # fmt: skip
    Instance.objects.create(provider_id="i-1", private_ip="10.0.0.7", public_ip="54.1.2.3", **machine)
    Instance.objects.create(provider_id="i-2", private_ip="10.0.0.8", terminated_at=started, **machine)
    settings.OUTBOUND_ALLOWED_CIDRS = ["10.5.0.0/16"]  # type: ignore[attr-defined]
    policy = policy_for_inventory()
    assert set(policy.networks) == set(networks(["10.0.0.7", "54.1.2.3", "10.5.0.0/16"]))
    assert not policy.loopback


def test_a_webhook_reaches_only_what_was_allowed_for_webhooks(settings: object) -> None:
    settings.OUTBOUND_ALLOWED_CIDRS = ["10.5.0.0/16"]  # type: ignore[attr-defined]
    settings.WEBHOOK_ALLOWED_CIDRS = []  # type: ignore[attr-defined]
    assert "in no range of WEBHOOK_ALLOWED_CIDRS" in why_refused("10.5.0.1", policy_for_webhooks())
    assert why_refused("8.8.8.8", policy_for_webhooks()) == ""
    settings.WEBHOOK_ALLOWED_CIDRS = ["10.6.0.0/16"]  # type: ignore[attr-defined]
    assert why_refused("10.6.0.1", policy_for_webhooks()) == ""
    assert why_refused("10.6.0.1", policy_for_account(CloudAccount(provider="aws"))) != ""
